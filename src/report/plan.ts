/** A plan as tables: stages, processors, and the score beside what it is compared with. */
import type { Objective } from '../core/placement.ts';
import { bytesText } from '../documents/quantities.ts';
import type { Plan, PlannedModel } from '../planners/schema.ts';
import { MEASURES, valueText } from './charts/units.ts';
import { clockText } from './clock-text.ts';
import { figure, percent, relative } from './numbers.ts';
import { formName } from './profile.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { bar, KEEP, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;
/** Columns of a utilisation bar. */
const BAR = 30;

/** What the objective's value counts. */
const UNIT: Record<Objective, string> = {
  throughput: 'mean throughput/s',
  min: 'least throughput/s',
  weighted: 'weighted throughput/s',
  'geometric-mean': 'geometric mean/s',
  priority: 'priority score',
  energy: 'mJ per inference',
};

export function planText(plan: Plan, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const count = plan.models.length === 1 ? '1 model' : `${plan.models.length} models`;
  const { id } = plan.operatingPoint;
  // A joint plan tells its clocks in full, below.
  const point = id === 'max' || plan.joint ? '' : ` at ${clockText(id)}`;
  const heading = `${bold(`Plan for ${plan.platform}`)}${point}: ${count}, objective ${plan.objective}`;
  const partial = plan.planner.partial ? `, ${yellow('interrupted: the best so far')}` : '';
  return `${[
    wrap(heading + partial, style.width),
    modelTable(plan, style),
    processorTable(plan, style),
    scoreTable(plan, style),
    ...(plan.replan ? [movesText(plan, plan.replan, style)] : []),
    ...(plan.joint ? [jointText(plan, plan.joint, style)] : []),
    [...boundLines(plan, style), ...estimateLines(plan, style), wrap(provenanceLine(plan), style.width)].join('\n'),
  ].join('\n\n')}\n`;
}

/** What a learned estimator expected, and who had the last word. */
function estimateLines({ planner, objective }: Plan, style: TextStyle): string[] {
  const { estimator, estimate, verified, rankDisagreements } = planner;
  if (estimator === undefined || estimate === undefined) return [];
  const words = [
    `estimator ${estimator} expects ${figure(estimate.value)} (${UNIT[objective]})${estimate.aboveBound ? ', more than the bound allows' : ''}`,
    ...(verified
      ? [
          `${VERIFIED[verified.by] ?? verified.by}: ${figure(verified.value)}, the best of its ${verified.checked} favourites (${rankDisagreements?.pairs ?? 0} pairs in another order)`,
        ]
      : []),
  ];
  return [wrap(words.join('; '), style.width)];
}

/** Who verified, in words that keep measured and simulated apart. */
const VERIFIED: Record<string, string> = {
  engine: 'simulated',
  execution: 'measured',
  analytic: 'throughput model',
};

/** `gpu 0-4 9.10 ms -> big 5-7 8.70 ms`, breaking lines at arrows alone. */
function stagesText({ stages }: PlannedModel, style: TextStyle): string {
  const { arrow, dash } = signs(style);
  return stages
    .map(({ processor, firstBlock, lastBlock, latencyMs }, s) => {
      const blocks = firstBlock === lastBlock ? String(firstBlock) : `${firstBlock}${dash}${lastBlock}`;
      const words = [processor, blocks, figure(latencyMs), 'ms'];
      return (s === 0 ? words : [arrow, ...words]).join(KEEP);
    })
    .join(' ');
}

function modelTable(plan: Plan, style: TextStyle): string {
  const accuracies = plan.models.some((model) => model.accuracy !== undefined);
  const deadlines = plan.models.some((model) => model.deadlineMs !== undefined);
  const rows = plan.models.map((model) => [
    shorten(formName(model), LONGEST_NAME, style),
    stagesText(model, style),
    figure(model.throughputPerS),
    figure(model.soloThroughputPerS),
    figure(model.latencyMs),
    ...(accuracies ? [model.accuracy === undefined ? 'unknown' : percent(model.accuracy)] : []),
    ...(deadlines ? [model.deadlineMs === undefined ? '' : figure(model.deadlineMs)] : []),
  ]);
  return table(
    [
      { title: 'model' },
      { title: 'stages', flexible: true },
      { title: 'throughput/s', align: 'right' },
      { title: 'solo/s', align: 'right' },
      { title: 'latency ms', align: 'right' },
      ...(accuracies ? [{ title: 'accuracy', align: 'right' as const }] : []),
      ...(deadlines ? [{ title: 'deadline ms', align: 'right' as const }] : []),
    ],
    rows,
    style,
  );
}

function processorTable(plan: Plan, style: TextStyle): string {
  const rows = plan.processors.map(({ id, utilization, memoryBytes }) => [
    id,
    bar(utilization, BAR, style),
    percent(utilization),
    bytesText(memoryBytes),
  ]);
  return table(
    [
      { title: 'processor' },
      { title: 'utilization' },
      { title: 'busy', align: 'right' },
      { title: 'memory', align: 'right' },
    ],
    rows,
    style,
  );
}

/** Energy is scored as minus joules; people read millijoules. */
function shown(plan: Plan, value: number): string {
  return figure(plan.objective === 'energy' ? -1000 * value : value);
}

function scoreTable(plan: Plan, style: TextStyle): string {
  const { bold, green, red } = paint(style);
  const { value } = plan.score;
  const gain = (other: number): string => {
    const text = relative(value, other, style.unicode);
    return value > other ? green(text) : value < other ? red(text) : text;
  };
  const { name, seed, evaluations, takenFrom, value: own } = plan.planner;
  const budget = `${evaluations} ${evaluations === 1 ? 'evaluation' : 'evaluations'}, seed ${seed}`;
  const rows: string[][] = [];
  if (takenFrom === undefined) rows.push([bold(name), bold(shown(plan, value)), '', budget]);
  else {
    rows.push([bold('this plan'), bold(shown(plan, value)), '', `found by ${takenFrom}`]);
    if (own !== undefined) rows.push([name, shown(plan, own), gain(own), budget]);
  }
  for (const [planner, other] of Object.entries(plan.baselines ?? {})) {
    rows.push([planner, shown(plan, other), gain(other), 'baseline']);
  }
  return table(
    [
      { title: 'score' },
      { title: UNIT[plan.objective], align: 'right' },
      { title: 'plan gains', align: 'right' },
      { title: 'from' },
    ],
    rows,
    style,
  );
}

/** Which clocks and forms were chosen, and out of how many. */
function jointText(plan: Plan, joint: NonNullable<Plan['joint']>, style: TextStyle): string {
  const { points, combinations, searched, exhaustive, maxWatts, watts } = joint;
  const { id, frequencyHz } = plan.operatingPoint;
  const clocks = Object.entries(frequencyHz).map(([domain, hz]) => `${domain} ${figure(hz / 1e6)} MHz`);
  const forms = plan.models.map(({ name, variant, accuracy }) => {
    const known = accuracy === undefined ? '' : ` (${percent(accuracy)} accurate)`;
    return `${shorten(name, LONGEST_NAME, style)} ${variant}${known}`;
  });
  const power = watts === undefined ? '' : `, ${figure(watts)} W`;
  const cap = maxWatts === undefined ? '' : ` of at most ${figure(maxWatts)} W`;
  const way = exhaustive
    ? `every placement of ${combinations} combinations was tried`
    : `${searched} of ${combinations} combinations searched, the others excluded by their bounds or not reached`;
  return [
    wrap(`Operating point ${id.includes('=') ? '' : `${id}: `}${clocks.join(', ')}${power}${cap}.`, style.width),
    wrap(`Forms: ${forms.join(', ')}.`, style.width),
    wrap(`${points} operating points were candidates; ${way}.`, style.width),
  ].join('\n');
}

/** What moves against the plan in use, and why. */
function movesText(plan: Plan, replan: NonNullable<Plan['replan']>, style: TextStyle): string {
  const { moves, kept, before, moveCost } = replan;
  const reason = {
    moved: (gain: number | undefined) => (gain === undefined ? 'could not stay' : `gains ${shown(plan, gain)}`),
    forced: () => 'a processor of it is gone',
    new: () => 'not in the old plan, or cut into other blocks',
  };
  const stay = kept === 1 ? '1 model stays' : `${kept} models stay`;
  const was = before === undefined ? 'the old plan no longer fits' : `the old plan, adapted: ${shown(plan, before)}`;
  const heading = wrap(`${stay} in place; ${was}; a moved stage had to gain ${percent(moveCost)}.`, style.width);
  if (moves.length === 0) return heading;
  const rows = moves.map(({ model, kind, stages, gain }) => [
    shorten(model, LONGEST_NAME, style),
    kind,
    String(stages),
    reason[kind](gain),
  ]);
  const columns = [
    { title: 'model' },
    { title: 'move' },
    { title: 'stages moved', align: 'right' as const },
    { title: 'why', flexible: true },
  ];
  return `${table(columns, rows, style)}\n\n${heading}`;
}

function boundLines(plan: Plan, style: TextStyle): string[] {
  const { score, bound } = plan;
  const figures = [
    `mean ${figure(score.meanThroughputPerS)}/s`,
    `least ${figure(score.minThroughputPerS)}/s`,
    `geometric mean ${figure(score.geometricMeanPerS)}/s`,
    `Jain fairness ${figure(score.jain)}`,
  ];
  if (score.energyMjPerInference !== undefined) {
    figures.push(`${figure(score.energyMjPerInference)} mJ per inference with the idle device`);
  }
  const lines = [wrap(figures.join(', '), style.width)];
  if (bound === undefined) return lines;
  const limit = valueText(plan.objective, bound.value);
  const text =
    bound.kind === 'exact'
      ? plan.joint
        ? 'Every placement at every candidate point was tried: no better one exists among them.'
        : 'Every placement was tried: no better one exists.'
      : `No placement ${MEASURES[plan.objective].lessIsBetter ? 'needs less than' : 'scores above'} ${limit} (${bound.kind === 'fluid-lp' ? 'fluid relaxation' : 'branch and bound'}): this plan is within ${percent(bound.gap)} of that.`;
  return [...lines, wrap(text, style.width)];
}

function provenanceLine({ provenance }: Plan): string {
  const { measured, imported, modelled } = provenance;
  if (modelled === 1)
    return 'All costs are modelled (roofline), none is measured: trust the order more than the figures.';
  if (measured === 1) return 'All costs are measured.';
  const shares = [
    ['measured', measured],
    ['imported', imported],
    ['modelled (roofline)', modelled],
  ] as const;
  const parts = shares.filter(([, share]) => share > 0).map(([name, share]) => `${percent(share)} ${name}`);
  return `Costs by busy time: ${parts.join(', ')}.`;
}
