/**
 * The cost table: latency of every block on every processor, darker (on white) for dearer, with the placement drawn
 * around the blocks that it chose.
 *
 *   3 resnet-50, 18 blocks             whole
 *        big │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒│   210 ms
 *        gpu │┏━━━━━━━━━┓░░░░░░░│  41.0 ms     whole model on that processor
 *     little │████████┗━┿━━━━━━┓│   502 ms
 */
import type { Plan } from '../../planners/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { figure } from '../numbers.ts';
import { drawing, type Frame, label } from './frame.ts';
import { heatLegend } from './heat-legend.ts';
import { type HeatScale, heatScale } from './heat-scale.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { coordinate, element, escapeText, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';
import { counted, originsOf } from './units.ts';

type ProfileModel = Profile['models'][number];
type PlannedModel = Plan['models'][number];

/** Widest a block is drawn. */
const WIDEST_CELL = 44;
/** Narrower blocks are not parted by lines. */
const PARTED_CELL = 6;

export function heatMapTitle(): string {
  return 'Latency of every block on every processor, ms, and the placement';
}

/** Where the cells of one model lie. */
interface Grid {
  processors: readonly string[];
  /** [processor][block] ms; Infinity = cannot run. */
  costs: number[][];
  left: number;
  top: number;
  cell: number;
  row: number;
}

export function heatMapChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette, prefix } = frame;
  const { processors } = view.profile;
  const numbers = modelNumbers(view);
  const shown = view.plan.models.flatMap((placed) => {
    const model = view.profile.models.find(({ name, variant }) => name === placed.name && variant === placed.variant);
    return model ? [{ model, placed, costs: processors.map((id) => latencies(model, id)) }] : [];
  });
  const scale = heatScale(shown.flatMap(({ costs }) => costs.flat()));
  const totals = shown.map(({ costs }) => costs.map(totalText));

  const nameWidth = Math.min(0.24 * width, Math.max(...processors.map((name) => textWidth(name, fontSize))));
  const totalWidth = Math.max(textWidth('whole', fontSize), ...totals.flat().map((text) => textWidth(text, fontSize)));
  const left = nameWidth + 8;
  const plot = width - totalWidth - 10 - left;
  const row = fontSize + 5;
  const hatch = `${prefix}cannot-run`;
  const gaps = shown.some(({ costs }) => costs.some((row) => row.includes(Number.POSITIVE_INFINITY)));

  const legend = heatLegend(frame, scale, { hatch: gaps ? hatch : undefined, origin: originText(view.profile) });
  const body = [gaps ? hatchDefinition(frame, hatch) : '', ...legend.body];
  let top = legend.height + 2;
  shown.forEach(({ model, placed, costs }, i) => {
    const aside = `, ${counted(model.blocks.length, 'block')}`;
    // Bold text is about a tenth wider.
    const room = (width - totalWidth - 10 - textWidth(aside, fontSize)) / 1.12;
    body.push(
      element(
        'text',
        { x: 0, y: top + fontSize },
        element(
          'tspan',
          { 'font-weight': 'bold' },
          escapeText(fitText(`${numbers.get(model.name)} ${model.name}`, room, fontSize)),
        ),
        element('tspan', { fill: palette.faint }, aside),
      ),
      label(width, top + fontSize, 'whole', { anchor: 'end', fill: palette.faint }),
    );
    top += fontSize + 7;
    const grid: Grid = { processors, costs, left, top, row, cell: Math.min(WIDEST_CELL, plot / model.blocks.length) };
    processors.forEach((id, p) => {
      const baseline = top + (p + 0.5) * row + 0.36 * fontSize;
      body.push(
        label(nameWidth, baseline, fitText(id, nameWidth, fontSize), { anchor: 'end' }),
        label(width, baseline, totals[i]?.[p] as string, { anchor: 'end', fill: palette.faint }),
      );
    });
    body.push(
      element(
        'g',
        {
          // For a page that tells the cost under the pointer.
          'data-model': model.name,
          'data-left': left,
          'data-top': top,
          'data-cell': String(grid.cell),
          'data-row': row,
        },
        title(placementText(placed)),
        ...cells(frame, grid, scale, hatch),
        ...cellTexts(frame, grid, scale),
      ),
      placementOutline(frame, grid, placed),
    );
    top += processors.length * row + 10;
  });
  return drawing(frame, {
    id: 'heat-map',
    title: heatMapTitle(),
    description: `Whole models in ms, ${originText(view.profile)}: ${shown
      .map(
        ({ model, placed }, i) =>
          `${model.name}: ${processors.map((id, p) => `${id} ${totals[i]?.[p]}`).join(', ')}; ${placementText(placed)}`,
      )
      .join('. ')}.`,
    height: top,
    body,
  });
}

function latencies(model: ProfileModel, processor: string): number[] {
  return model.blocks.map(({ costs }) => {
    const cost = costs[processor];
    return cost === undefined || cost === 'unsupported' ? Number.POSITIVE_INFINITY : cost.latencyMs.mean;
  });
}

/** `41.0 ms` for the whole model, or how many blocks cannot run. */
function totalText(costs: readonly number[]): string {
  const missing = costs.filter((ms) => ms === Number.POSITIVE_INFINITY).length;
  if (missing > 0) return `${missing} cannot`;
  return `${figure(costs.reduce((sum, ms) => sum + ms, 0))} ms`;
}

function placementText({ name, stages }: PlannedModel): string {
  const parts = stages.map(({ processor, firstBlock, lastBlock }) =>
    firstBlock === lastBlock
      ? `block ${firstBlock} on ${processor}`
      : `blocks ${firstBlock} to ${lastBlock} on ${processor}`,
  );
  return `${name} runs ${parts.join(', then ')}`;
}

function originText({ models, processors }: Profile): string {
  const words = new Set(models.flatMap((model) => processors.flatMap((id) => originsOf(model, id))));
  if (words.size === 1) return `all costs ${[...words][0]}`;
  const parts = processors.map((id) => {
    const own = new Set(models.flatMap((model) => originsOf(model, id)));
    return `${id} ${[...own].sort().join(' and ') || 'unsupported'}`;
  });
  return parts.join(', ');
}

/** One path per step: neighbours of one step are one rectangle, so that large tables stay small files. */
function cells({ palette }: Frame, { costs, left, top, cell, row }: Grid, scale: HeatScale, hatch: string): string[] {
  const paths = new Map<number, string>();
  costs.forEach((line, p) => {
    const y = coordinate(top + p * row);
    let start = 0;
    for (let b = 1; b <= line.length; b++) {
      const step = stepOf(scale, line[start] as number);
      if (b < line.length && stepOf(scale, line[b] as number) === step) continue;
      const x = left + start * cell;
      const wide = (b - start) * cell;
      paths.set(
        step,
        `${paths.get(step) ?? ''}M${coordinate(x)} ${y}h${coordinate(wide)}v${coordinate(row)}h${coordinate(-wide)}z`,
      );
      start = b;
    }
  });
  const parts = [...paths.keys()]
    .sort((a, b) => a - b)
    .map((step) => element('path', { d: paths.get(step), fill: step < 0 ? `url(#${hatch})` : palette.heat[step] }));
  const blocks = costs[0]?.length ?? 0;
  const right = left + blocks * cell;
  const bottom = top + costs.length * row;
  let grid = '';
  for (let p = 0; p <= costs.length; p++)
    grid += `M${coordinate(left)} ${coordinate(top + p * row)}H${coordinate(right)}`;
  if (cell >= PARTED_CELL) {
    for (let b = 0; b <= blocks; b++)
      grid += `M${coordinate(left + b * cell)} ${coordinate(top)}V${coordinate(bottom)}`;
  }
  parts.push(element('path', { d: grid, stroke: palette.paper, fill: 'none' }));
  return parts;
}

function stepOf(scale: HeatScale, ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? -1 : scale.step(ms);
}

/** The numbers themselves, where all of a model's fit into its cells. */
function cellTexts({ fontSize, palette }: Frame, { costs, left, top, cell, row }: Grid, scale: HeatScale): string[] {
  const size = fontSize - 1.5;
  const texts = costs.map((line) => line.map((ms) => (ms === Number.POSITIVE_INFINITY ? '' : figure(ms))));
  if (texts.flat().some((text) => textWidth(text, size) > cell - 3)) return [];
  return texts.flatMap((line, p) =>
    line.map((text, b) =>
      text === ''
        ? ''
        : label(left + (b + 0.5) * cell, top + (p + 0.5) * row + 0.36 * size, text, {
            anchor: 'middle',
            'font-size': size,
            fill: palette.onHeat[scale.step(costs[p]?.[b] as number)],
          }),
    ),
  );
}

/** A frame around the blocks of each stage, joined where the model moves on. */
function placementOutline(
  { palette }: Frame,
  { processors, left, top, cell, row }: Grid,
  placed: PlannedModel,
): string {
  let path = '';
  let previous: number | undefined;
  for (const { processor, firstBlock, lastBlock } of placed.stages) {
    const p = processors.indexOf(processor);
    if (p < 0) continue;
    const x = left + firstBlock * cell;
    const y = top + p * row;
    const wide = (lastBlock + 1 - firstBlock) * cell;
    if (previous !== undefined) {
      const [from, to] = previous < p ? [top + (previous + 1) * row, y] : [top + previous * row, y + row];
      if (from !== to) path += `M${coordinate(x)} ${coordinate(from)}V${coordinate(to)}`;
    }
    path += `M${coordinate(x)} ${coordinate(y)}h${coordinate(wide)}v${coordinate(row)}h${coordinate(-wide)}z`;
    previous = p;
  }
  const stroke = { d: path, fill: 'none', 'stroke-linejoin': 'round' };
  return (
    element('path', { ...stroke, stroke: palette.halo, 'stroke-width': 4.5 }) +
    element('path', { ...stroke, stroke: palette.path, 'stroke-width': 2.5 })
  );
}

function hatchDefinition({ palette }: Frame, id: string): string {
  return element(
    'defs',
    {},
    element(
      'pattern',
      { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
      element('rect', { width: 6, height: 6, fill: palette.paper }),
      element('path', { d: 'M-1 7L7 -1M-1 1L1 -1M5 7L7 5', stroke: palette.hatch, 'stroke-width': 1, fill: 'none' }),
    ),
  );
}
