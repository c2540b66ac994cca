/** Taking apart the names of kernels: `conv1 + relu1`, `PWN(PWN(Sigmoid_4), Mul_5)`, `[a;b;c]:12`, `conv1_nchwc`. */

const SEPARATORS = [' + ', ' || ', '||', ';'];
const WRAPPED = /^PWN\((.*)\)$/s;
const REGION = /ForeignNode\[(.+?)\.\.\.(.+?)\]/s;

/** What a tool writes before and after the name of a node. */
const PREFIX = /^(?:fused |onnx_|graph\/)/i;
const SUFFIX =
  /(?:_nchwc|_token_\d+|_nhwc|\/(?:WithoutBiases|fq_\w+|DimensionsExpanded|Reshape)|_quant|_QuantizeLinear|#\d+|:\d+)$/i;

/** Names that a part may have in the model, as it stands first. */
export function spellings(part: string): string[] {
  const names = [part];
  let name = part.trim();
  if (name !== part) names.push(name);
  for (let i = 0; i < 4; i++) {
    const shorter = name.replace(SUFFIX, '').replace(PREFIX, '');
    if (shorter === name || shorter === '') break;
    names.push(shorter);
    name = shorter;
  }
  return names;
}

/** The parts that a fused name joins; one part is the name without its wrapping. */
export function partsOf(name: string): string[] {
  const bare = name.trim().replace(/^\[(.*)\](?::\d+)?$/s, '$1');
  return splitOutside(bare, SEPARATORS).flatMap((part) => {
    const inner = WRAPPED.exec(part.trim())?.[1];
    return inner === undefined ? [part.trim()] : splitOutside(inner, [', ', ...SEPARATORS]).flatMap(partsOf);
  });
}

/** First and last node of a region that was compiled as one: `{ForeignNode[a...b]}`. */
export function regionOf(name: string): { first: string; last: string } | undefined {
  const match = REGION.exec(name);
  return match === null ? undefined : { first: match[1]!, last: match[2]! };
}

/** The node whose input or output a copy serves: `Reformatting CopyNode for Input Tensor 0 to conv1 + relu1`. */
export function copiedFor(name: string): { node: string; side: 'input' | 'output' } | undefined {
  const match = /\bfor (Input|Output) Tensor \d+ (?:to|from) (.+)$/s.exec(name);
  return match === null ? undefined : { node: match[2]!, side: match[1] === 'Input' ? 'input' : 'output' };
}

/** Splits where no parenthesis is open; parentheses that do not close are letters. */
function splitOutside(text: string, separators: readonly string[]): string[] {
  const balanced = count(text, '(') === count(text, ')');
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (balanced && text[i] === '(') depth++;
    else if (balanced && text[i] === ')') depth--;
    if (depth !== 0) continue;
    const found = separators.find((separator) => text.startsWith(separator, i));
    if (found === undefined) continue;
    parts.push(text.slice(start, i));
    i += found.length - 1;
    start = i + 1;
  }
  parts.push(text.slice(start));
  return parts.filter((part) => part.trim() !== '');
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}
