/** A front of sub-networks as text: what each limit got, the front, and the ladder. */
import type { Front, FrontNetwork, FrontResult } from '../subnets/front-schema.ts';
import { figure, scaled } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { type Column, table, wrap } from './table.ts';

/** Rows of the front that are shown; all are in the document. */
const SHOWN = 12;

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;

type Cost = Pick<FrontNetwork, 'costMs' | 'costSigmaMs' | 'costMflops'> & { calibratedMs?: number };

function costText({ costMs, costSigmaMs, costMflops, calibratedMs }: Cost): string {
  if (costMflops !== undefined) return `${figure(costMflops)} MFLOPs`;
  return `${figure(costMs ?? 0)}${costSigmaMs === undefined ? '' : ` ± ${figure(costSigmaMs)}`} ms${calibratedMs === undefined ? '' : ` (calibrated ${figure(calibratedMs)})`}`;
}

function limitText({ limitMs, limitMflops }: FrontResult): string {
  return limitMs === undefined ? `${figure(limitMflops ?? 0)} MFLOPs` : `${figure(limitMs)} ms`;
}

const OUTCOMES: Record<FrontResult['outcome'], string> = {
  found: 'best found',
  unconstrained: 'every network fits',
  'not-found': 'below the accuracy asked for',
  infeasible: 'impossible: this is the cheapest network',
  capped: 'gave up after too many redraws',
};

const NETWORK: Column[] = [
  { title: 'accuracy', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'MACs', align: 'right' },
  { title: 'pixels', align: 'right' },
];

function networkCells(network: Omit<FrontNetwork, 'accuracy'> & { accuracy?: number }): string[] {
  const { accuracy, calibratedAccuracy, macs, resolution } = network;
  return [
    accuracy === undefined
      ? '-'
      : percent(accuracy) + (calibratedAccuracy === undefined ? '' : ` (${percent(calibratedAccuracy)})`),
    costText(network),
    macs === undefined ? '-' : scaled(macs),
    String(resolution),
  ];
}

export function frontText(front: Front, style: TextStyle): string {
  const { bold } = paint(style);
  const { name, preset, seed, evaluations, duplicates } = front.method;
  const parts = [
    `${bold(`Sub-networks of ${front.space}`)} by ${name}${preset === undefined ? '' : ` (${preset})`}, seed ${seed}: ${evaluations} predictor evaluations, ${duplicates} saved`,
  ];
  for (const processor of front.processors) {
    const results = front.results.filter((each) => each.processor === processor.id);
    const shown = frontRows(front, processor.id, style);
    if (results.length + shown.length > 0) parts.push(`${processor.id}: costs ${processor.provenance}`);
    if (results.length > 0) {
      const rows = results.map((result) => [limitText(result), ...networkCells(result), OUTCOMES[result.outcome]]);
      const columns: Column[] = [{ title: 'limit', align: 'right' }, ...NETWORK, { title: '' }];
      parts.push(table(columns, rows, style));
    }
    parts.push(...shown);
    const { hypervolume } = processor;
    if (hypervolume) {
      const { value, referenceCost, referenceAccuracy } = hypervolume;
      parts.push(
        wrap(
          `Hypervolume ${figure(value)} ${processor.unit} x accuracy to the reference point (${figure(referenceCost)} ${processor.unit}, ${percent(referenceAccuracy)}). The cheapest network costs ${costText(processor.least)}, the dearest ${costText(processor.most)}.`,
          style.width,
        ),
      );
    }
  }
  const scale = 'Accuracy is what the predictor says, on its own scale: no measurement.';
  const unsure =
    front.predictor.checked || front.method.evaluations === 0
      ? ''
      : ' Its input layout was not confirmed by check vectors.';
  const limits = front.processors.some(({ unit, calibration }) => unit === 'ms' && !calibration)
    ? ' Costs are sums over a table and not calibrated to the device: measure a network before calling a limit met.'
    : '';
  parts.push(wrap(scale + unsure + limits, style.width));
  return `${parts.join('\n\n')}\n`;
}

/** The front, thinned out, or the ladder picked from it. */
function frontRows(front: Front, processor: string, style: TextStyle): string[] {
  const own = front.front.filter((each) => each.processor === processor);
  if (own.length === 0) return [];
  const ladder = front.ladders?.find((each) => each.processor === processor);
  if (ladder) {
    const rows = ladder.levels.map((place, level) => [String(level + 1), ...networkCells(front.front[place])]);
    return [
      `Ladder of ${rows.length} levels for ${processor}, from ${own.length} trade-offs`,
      table([{ title: 'level', align: 'right' }, ...NETWORK], rows, style),
    ];
  }
  if (front.results.length > 0) return [];
  const step = Math.max(1, own.length / SHOWN);
  const rows = Array.from({ length: Math.min(SHOWN, own.length) }, (_, i) => networkCells(own[Math.floor(i * step)]));
  return [`Front for ${processor}: ${rows.length} of ${own.length} trade-offs`, table(NETWORK, rows, style)];
}
