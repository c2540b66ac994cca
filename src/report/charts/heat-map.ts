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
import { type Drawing, drawing, type Frame, label } from './frame.ts';
import { hatchPath } from './hatching.ts';
import { CANNOT_RUN, heatLegend } from './heat-legend.ts';
import { type HeatScale, heatScale } from './heat-scale.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { coordinate, element, escapeText } from './svg.ts';
import { BOLD, fitText, textWidth } from './text-width.ts';
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
  const pieces = heatMapPieces(view, frame);
  let top = 0;
  const body = pieces.map(({ body, height }) => {
    const group = element('g', { transform: `translate(0 ${coordinate(top)})` }, ...body);
    top += height;
    return group;
  });
  const description = pieces.map((piece) => piece.description).join(' ');
  return drawing(frame, { id: 'heat-map', title: heatMapTitle(), description, height: top, body });
}

/** The legend, then one drawing per model: a page can break between them. */
export function heatMapPieces(view: PlanView, frame: Frame): Drawing[] {
  const { width, fontSize } = frame;
  const { processors } = view.profile;
  const shown = view.plan.models.flatMap((placed) => {
    const model = view.profile.models.find(({ name, variant }) => name === placed.name && variant === placed.variant);
    return model ? [{ model, placed, costs: processors.map((id) => latencies(model, id)) }] : [];
  });
  const scale = heatScale(shown.flatMap(({ costs }) => costs.flat()));
  const totals = shown.map(({ costs }) => costs.map(totalText));
  const nameWidth = Math.min(0.24 * width, Math.max(...processors.map((name) => textWidth(name, fontSize))));
  const totalWidth = Math.max(textWidth('whole', fontSize), ...totals.flat().map((text) => textWidth(text, fontSize)));
  const columns = { nameWidth, left: nameWidth + 8, totalWidth, plot: width - totalWidth - 18 - nameWidth };
  const gaps = shown.some(({ costs }) => costs.some((line) => line.includes(Number.POSITIVE_INFINITY)));
  const origin = originText(view.profile);
  const legend = heatLegend(frame, scale, { gaps, origin });
  const numbers = modelNumbers(view);
  return [
    {
      id: 'heat-map-legend',
      title: heatMapTitle(),
      description: `Whole models in ms; ${origin}.`,
      height: legend.height,
      body: legend.body,
    },
    ...shown.map(({ model, placed, costs }, i) =>
      modelPiece(frame, columns, scale, {
        number: numbers.get(model.name) as number,
        name: model.name,
        processors,
        costs,
        totals: totals[i] as string[],
        placed,
      }),
    ),
  ];
}

interface Columns {
  nameWidth: number;
  left: number;
  plot: number;
  totalWidth: number;
}

interface ModelCosts {
  number: number;
  name: string;
  processors: readonly string[];
  costs: number[][];
  totals: string[];
  placed: PlannedModel;
}

function modelPiece(frame: Frame, columns: Columns, scale: HeatScale, model: ModelCosts): Drawing {
  const { width, fontSize, palette } = frame;
  const { nameWidth, left, plot, totalWidth } = columns;
  const { number, name, processors, costs, totals, placed } = model;
  const blocks = costs[0]?.length ?? 0;
  const row = fontSize + 5;
  const top = fontSize + 9;
  const grid: Grid = { processors, costs, left, top, row, cell: Math.min(WIDEST_CELL, plot / blocks) };
  const aside = `, ${counted(blocks, 'block')}`;
  const room = (width - totalWidth - 10 - textWidth(aside, fontSize)) / BOLD;
  const body = [
    element(
      'text',
      { x: 0, y: fontSize },
      element('tspan', { 'font-weight': 'bold' }, escapeText(fitText(`${number} ${name}`, room, fontSize))),
      element('tspan', { fill: palette.faint }, aside),
    ),
    label(width, fontSize, 'whole', { anchor: 'end', fill: palette.faint }),
  ];
  processors.forEach((id, p) => {
    const baseline = top + (p + 0.5) * row + 0.36 * fontSize;
    body.push(
      label(nameWidth, baseline, fitText(id, nameWidth, fontSize), { anchor: 'end' }),
      label(width, baseline, totals[p] as string, { anchor: 'end', fill: palette.faint }),
    );
  });
  body.push(
    element(
      'g',
      {
        // For a page that tells the cost under the pointer.
        'data-model': name,
        'data-left': left,
        'data-top': top,
        'data-cell': String(grid.cell),
        'data-row': row,
      },
      ...cells(frame, grid, scale),
      ...cellTexts(frame, grid, scale),
    ),
    placementOutline(frame, grid, placed),
  );
  return {
    id: `heat-map-${number}`,
    title: `${name}: latency of every block on every processor, ms, and the placement`,
    description: `${name}, whole: ${processors.map((id, p) => `${id} ${totals[p]}`).join(', ')}; ${placementText(placed)}.`,
    height: top + processors.length * row + 10,
    body,
  };
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
function cells({ palette }: Frame, { costs, left, top, cell, row }: Grid, scale: HeatScale): string[] {
  const paths = new Map<number, string>();
  let hatching = '';
  costs.forEach((line, p) => {
    const y = coordinate(top + p * row);
    let start = 0;
    for (let b = 1; b <= line.length; b++) {
      const step = stepOf(scale, line[start] as number);
      if (b < line.length && stepOf(scale, line[b] as number) === step) continue;
      const x = left + start * cell;
      const wide = (b - start) * cell;
      if (step < 0) {
        const place = { x, y: top + p * row, width: wide, height: row };
        hatching += hatchPath(place, CANNOT_RUN.direction, CANNOT_RUN.spacing);
      }
      paths.set(
        step,
        `${paths.get(step) ?? ''}M${coordinate(x)} ${y}h${coordinate(wide)}v${coordinate(row)}h${coordinate(-wide)}z`,
      );
      start = b;
    }
  });
  const parts = [...paths.keys()]
    .sort((a, b) => a - b)
    .map((step) => element('path', { d: paths.get(step), fill: step < 0 ? palette.paper : palette.heat[step] }));
  if (hatching !== '') parts.push(element('path', { d: hatching, stroke: palette.hatch, fill: 'none' }));
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
