/** Markup for SVG and HTML: names from models and files are data, whatever they look like. */

export type Attributes = Record<string, string | number | undefined>;

/** Control characters and lone surrogates, which XML refuses even when escaped. */
const ILLEGAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Marks that turn the direction of a line: a name must not reorder what stands around it. */
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as content or attribute value. */
export function escapeText(text: string): string {
  return text
    .replace(ILLEGAL, '\ufffd')
    .replace(DIRECTION, '')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
}

/** A coordinate: two decimals are finer than any screen or print. */
export function coordinate(value: number): string {
  const text = value.toFixed(2).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

/** An element. Attributes that are undefined are left out; content is markup, so texts come through `escapeText`. */
export function element(name: string, attributes: Attributes, ...content: string[]): string {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    open += ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(value)}"`;
  }
  return content.length === 0 ? `${open}/>` : `${open}>${content.join('')}</${name}>`;
}

/** A tooltip, and the text alternative of the element that holds it. */
export function title(text: string): string {
  return element('title', {}, escapeText(text));
}
