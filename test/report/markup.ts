/** Reads the markup that reports write: a strict subset of XML, so that a slip is an error. */

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** @throws Error for anything that is not well-formed */
export function parseMarkup(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open: Element[] = [root];
  let at = text.startsWith('<?xml') ? text.indexOf('?>') + 2 : 0;
  while (at < text.length) {
    const parent = open.at(-1) as Element;
    const next = text.indexOf('<', at);
    const end = next < 0 ? text.length : next;
    if (end > at) parent.children.push(decode(text.slice(at, end)));
    if (next < 0) break;
    const close = text.indexOf('>', next);
    if (close < 0) throw new Error(`a tag is left open: ${text.slice(next, next + 80)}`);
    const tag = text.slice(next + 1, close);
    at = close + 1;
    if (tag.startsWith('/')) {
      if (open.pop()?.name !== tag.slice(1)) throw new Error(`${tag} ends nothing`);
      continue;
    }
    const match = /^([a-zA-Z][\w-]*)((?: [a-zA-Z][\w:-]*="[^"<]*")*)(\/?)$/.exec(tag);
    if (match === null) throw new Error(`not a tag: <${tag}>`);
    const element: Element = { name: match[1] as string, attributes: {}, children: [] };
    for (const [, key, value] of (match[2] as string).matchAll(/ ([\w:-]+)="([^"]*)"/g)) {
      if (Object.hasOwn(element.attributes, key as string)) throw new Error(`${key} stands twice in <${tag}>`);
      element.attributes[key as string] = decode(value as string);
    }
    parent.children.push(element);
    if (match[3] === '') open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is not ended`);
  const [only] = root.children.filter((child) => typeof child !== 'string');
  if (only === undefined) throw new Error('no element');
  return only as Element;
}

function decode(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not occur
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) throw new Error('a control character');
  return text.replace(/&([^;&]*)(;?)/g, (whole, name, semicolon) => {
    const found = ENTITIES[name as string];
    if (semicolon === '' || found === undefined) throw new Error(`not an entity: ${whole}`);
    return found;
  });
}

/** All elements of a name, at any depth. */
export function all(element: Element, name: string): Element[] {
  const found = element.name === name ? [element] : [];
  for (const child of element.children) if (typeof child !== 'string') found.push(...all(child, name));
  return found;
}

export function textOf(element: Element): string {
  return element.children
    .map((child) => (typeof child === 'string' ? child : child.name === 'title' ? '' : textOf(child)))
    .join('');
}
