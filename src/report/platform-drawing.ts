/**
 * A platform as a drawing in ASCII: processors as boxes, what they share as lines below them, then how tensors travel.
 *
 *              +------------+  +------------+
 *              | gpu        |  | dla-0      |
 *              | gpu        |  | dla        |
 *              | float16    |  | float16    |
 *              | 11.0 Top/s |  | 2.50 Top/s |
 *              +-----+------+  +-----+------+
 *                    |               |
 *    lpddr4x   ======o===============o=======
 *
 * `=` is memory, `-` anything else; `o` uses the line, `|` passes it. A bank of boxes that is wider than the page is
 * continued below, with the lines that it uses.
 */
import { bytesText } from '../documents/quantities.ts';
import type { Platform, Processor, Resource } from '../platforms/schema.ts';
import { figure, scaled } from './numbers.ts';
import { wrap } from './table.ts';

const NARROWEST = 40;
const GAP = 2;
/** Of the names at the left of shared lines. */
const LONGEST_NAME = 12;

interface Box {
  processor: Processor;
  lines: string[];
}

/**
 * Lines of at most `width` columns (at least 40), ASCII alone, each ended.
 *
 * @param width columns
 */
export function drawPlatform(platform: Platform, width: number): string {
  const columns = Math.max(NARROWEST, Math.floor(width));
  const shared = platform.resources.filter(
    ({ id, kind }) => kind === 'dram' || platform.processors.filter(({ uses }) => uses.includes(id)).length > 1,
  );
  const margin = Math.max(0, ...shared.map(({ id }) => cut(id, LONGEST_NAME).length)) + GAP;
  const boxes = platform.processors.map((processor) => ({ processor, lines: boxLines(platform, processor, shared) }));
  const longest = Math.max(...boxes.flatMap(({ lines }) => lines.map((line) => line.length)));
  const inner = Math.min(longest, columns - margin - 4);
  const most = Math.max(1, Math.floor((columns - margin + GAP) / (inner + 4 + GAP)));
  const perBank = Math.ceil(boxes.length / Math.ceil(boxes.length / most));
  const parts: string[][] = [];
  for (let first = 0; first < boxes.length; first += perBank) {
    parts.push(bank(boxes.slice(first, first + perBank), shared, margin, inner));
  }
  parts.push(legend(platform, shared, columns), transfers(platform, columns));
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.map((line) => cut(line, columns).trimEnd()).join('\n'))
    .join('\n\n')}\n`;
}

/** Name, kind, what it computes with, what it holds and draws. */
function boxLines(platform: Platform, processor: Processor, shared: readonly Resource[]): string[] {
  const { id, kind, nativePrecision, peakOpsPerS, memoryBytes, maxModels, activeWatts, off } = processor;
  const cores = processor.uses.reduce((sum, used) => {
    const resource = platform.resources.find((entry) => entry.id === used);
    return sum + (resource === undefined || shared.includes(resource) ? 0 : (resource.cores ?? 0));
  }, 0);
  const lines = [id, cores > 0 ? `${kind}, ${cores} ${cores === 1 ? 'core' : 'cores'}` : kind];
  if (off) return [...lines, 'switched off'];
  lines.push(nativePrecision, scaled(peakOpsPerS[nativePrecision] ?? 0, 'op/s'));
  if (memoryBytes !== undefined) lines.push(`holds ${bytesText(memoryBytes)}`);
  if (maxModels !== undefined) lines.push(`${maxModels} ${maxModels === 1 ? 'model' : 'models'}`);
  if (activeWatts !== undefined) lines.push(`${figure(activeWatts)} W`);
  return lines;
}

function bank(boxes: readonly Box[], shared: readonly Resource[], margin: number, inner: number): string[] {
  const side = ' '.repeat(margin);
  const between = ' '.repeat(GAP);
  const height = Math.max(...boxes.map(({ lines }) => lines.length));
  const rows = shared.filter(({ id }) => boxes.some(({ processor }) => processor.uses.includes(id)));
  const lastRow = boxes.map(({ processor }) => rows.findLastIndex(({ id }) => processor.uses.includes(id)));
  const edge = `+${'-'.repeat(inner + 2)}+`;
  const centre = Math.floor((inner + 4) / 2);
  const withFoot = `${edge.slice(0, centre)}+${edge.slice(centre + 1)}`;

  const lines = [side + boxes.map(() => edge).join(between)];
  for (let i = 0; i < height; i++) {
    lines.push(side + boxes.map(({ lines: text }) => `| ${cut(text[i] ?? '', inner).padEnd(inner)} |`).join(between));
  }
  lines.push(side + boxes.map((_, b) => ((lastRow[b] ?? -1) < 0 ? edge : withFoot)).join(between));
  const pitch = inner + 4 + GAP;
  /** `name`, then `fill` up to a little beyond the box `last`, with a mark under the middle of every box. */
  const line = (name: string, fill: string, last: number, mark: (b: number) => string): string => {
    const end = last * pitch + inner + 4;
    const signs = Array.from({ length: boxes.length * pitch }, (_, x) => (x < end ? fill : ' '));
    boxes.forEach((_, b) => {
      const sign = mark(b);
      if (sign !== '') signs[b * pitch + centre] = sign;
    });
    return name.padEnd(margin) + signs.join('');
  };
  rows.forEach(({ id, kind }, r) => {
    const users = boxes.map(({ processor }) => processor.uses.includes(id));
    lines.push(line('', ' ', boxes.length - 1, (b) => ((lastRow[b] ?? -1) >= r ? '|' : '')));
    lines.push(
      line(cut(id, LONGEST_NAME), kind === 'dram' ? '=' : '-', users.lastIndexOf(true), (b) => {
        if (users[b]) return 'o';
        return (lastRow[b] ?? -1) > r ? '|' : '';
      }),
    );
  });
  return lines;
}

/** What the lines are. */
function legend(platform: Platform, shared: readonly Resource[], columns: number): string[] {
  const listed = shared.filter(({ id }) => platform.processors.some(({ uses }) => uses.includes(id)));
  const names = Math.max(0, ...listed.map(({ id }) => cut(id, LONGEST_NAME).length));
  return listed.flatMap(({ id, kind, name, cores, bandwidthBytesPerS, memoryBytes }) => {
    const facts = [
      name ?? kind,
      ...(cores === undefined || name !== undefined ? [] : [`${cores} ${cores === 1 ? 'core' : 'cores'}`]),
      ...(bandwidthBytesPerS === undefined ? [] : [`${bytesText(bandwidthBytesPerS)}/s`]),
      ...(memoryBytes === undefined ? [] : [`holds ${bytesText(memoryBytes)}`]),
    ];
    const text = wrap(ascii(facts.join('; ')), columns - names - GAP).split('\n');
    return text.map((line, i) => (i === 0 ? cut(id, LONGEST_NAME) : '').padEnd(names + GAP) + line);
  });
}

/** One line per link, and one for everything that no link joins. */
function transfers(platform: Platform, columns: number): string[] {
  const { links = [], copy } = platform;
  const rows = links.map(({ from, to, resource, bidirectional, bandwidthBytesPerS, latencyMs }) => {
    const way = resource === undefined ? '--' : `--${resource}--`;
    return [`${from} ${bidirectional ? '<' : '-'}${way}> ${to}`, cost(bandwidthBytesPerS, latencyMs)];
  });
  if (copy !== undefined && platform.processors.length > 1) {
    const pair = rows.length === 0 ? 'any processor' : 'all other pairs';
    rows.push([
      `${pair} ${rows.length === 0 ? '--copy--> any other' : '--copy-->'}`,
      cost(copy.bandwidthBytesPerS, copy.latencyMs),
    ]);
  }
  const first = Math.max(0, ...rows.map(([pair]) => pair?.length ?? 0));
  const beside = rows.every(([, figures = '']) => first + GAP + figures.length <= columns);
  return rows.flatMap(([pair = '', figures = '']) =>
    beside ? [pair.padEnd(first + GAP) + figures] : [pair, ' '.repeat(2 * GAP) + figures],
  );
}

function cost(bandwidthBytesPerS: number | undefined, latencyMs: number): string {
  const rate = bandwidthBytesPerS === undefined ? 'no bandwidth stated' : `${bytesText(bandwidthBytesPerS)}/s`;
  return `${rate}, ${figure(latencyMs)} ms each`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 2))}..`;
}

/** Names come from documents, where any sign may stand. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
