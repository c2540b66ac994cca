/** What the pointer is at, in words below the chart: tooltips do not exist on touch screens. */
import { originWord } from '../../charts/units.ts';
import { figure } from '../../numbers.ts';
import type { Drawings } from './drawings.ts';

export function tellUnderPointer(drawings: Drawings): void {
  for (const kind of ['pointermove', 'pointerdown'] as const) {
    document.addEventListener(kind, (event) => {
      const target = event.target as Element;
      const chart = target.closest?.('figure[data-chart]');
      const readout = chart?.querySelector('.readout');
      if (!chart || !readout) return;
      readout.textContent = blockText(drawings, target, event) ?? titleText(target) ?? '';
    });
  }
}

/** The cost of the block under the pointer, in the cost table. */
function blockText({ view }: Drawings, target: Element, { clientX, clientY }: PointerEvent): string | undefined {
  const svg = target.closest('svg');
  const grid = svg?.querySelector<SVGGElement>('[data-model]');
  if (!svg || !grid) return undefined;
  const { model: name, left, top, cell, row } = grid.dataset;
  const { profile } = view;
  const model = profile.models.find((each) => each.name === name);
  const box = svg.getBoundingClientRect();
  const scale = svg.viewBox.baseVal.width / box.width;
  const b = Math.floor(((clientX - box.left) * scale - Number(left)) / Number(cell));
  const p = Math.floor(((clientY - box.top) * scale - Number(top)) / Number(row));
  const block = model?.blocks[b];
  const processor = profile.processors[p];
  if (!model || !block || processor === undefined) return undefined;
  const cost = block.costs[processor];
  const where = `${name}, block ${b} (${block.name}) on ${processor}`;
  if (cost === undefined || cost === 'unsupported') {
    return `${where}: cannot run${block.reasons?.[processor] ? `, ${block.reasons[processor]}` : ''}`;
  }
  const origin = originWord(cost.origin ?? model.origin[processor] ?? 'roofline');
  return `${where}: ${figure(cost.latencyMs.mean)} ms, ${origin}`;
}

/** The tooltip of the nearest element that has one, the drawing as a whole apart. */
function titleText(target: Element): string | undefined {
  for (let at: Element | null = target; at && at.tagName.toLowerCase() !== 'svg'; at = at.parentElement) {
    for (const child of at.children) if (child.tagName === 'title') return child.textContent ?? undefined;
  }
  return undefined;
}
