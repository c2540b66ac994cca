/** A group plan as tables: models and devices, the optimum and the baselines, what stands in the way, the what-if. */
import { groupMethod } from '../planners/group/methods.ts';
import type { GroupOutcome, GroupPlan, GroupWhatIf } from '../planners/group/schema.ts';
import { figure, percent, relative } from './numbers.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { bar, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 24;
const LONGEST_DEVICE = 16;
const LONGEST_CHANGE = 36;
const LONGEST_REASON = 44;
/** Steps of a staircase that are shown. */
const MOST_STAIRS = 5;
/** Columns of a load bar. */
const BAR = 24;

export function groupPlanText(plan: GroupPlan, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const { name, partial } = plan.planner;
  const heading = `${bold('Group plan')}: ${plan.models.length} models on ${plan.devices.length} devices, sharing ${plan.sharing}, planner ${bold(name)}${partial ? `, ${yellow('interrupted: the best so far')}` : ''}`;
  return `${[
    wrap(heading, style.width),
    modelTable(plan, style),
    deviceTable(plan, style),
    scoreTable(plan, style),
    ...(plan.services ? [serviceTable(plan.services, style)] : []),
    explanation(plan)
      .map((line) => wrap(line, style.width))
      .join('\n'),
    ...(plan.whatIf ? [whatIfText(plan.whatIf, bestGroupFps(plan), style)] : []),
  ].join('\n\n')}\n`;
}

function modelTable({ models }: GroupPlan, style: TextStyle): string {
  const services = models.some(({ service }) => service !== undefined);
  const calls = models.some(({ callsPerFrame }) => callsPerFrame !== 1);
  const rows = models.map((model) => [
    shorten(model.name, LONGEST_NAME, style),
    ...(services ? [model.service ?? ''] : []),
    shorten(model.device, LONGEST_DEVICE, style),
    ...(calls ? [String(Number(model.callsPerFrame.toPrecision(3)))] : []),
    figure(model.soloFramesPerS),
    figure(model.timeMs),
    percent(model.loadShare),
    model.origin,
  ]);
  return table(
    [
      { title: 'model' },
      ...(services ? [{ title: 'service' }] : []),
      { title: 'device' },
      ...(calls ? [{ title: 'calls', align: 'right' as const }] : []),
      { title: 'alone/s', align: 'right' },
      { title: 'ms a frame', align: 'right' },
      { title: 'of load', align: 'right' },
      { title: 'rate is' },
    ],
    rows,
    style,
  );
}

function deviceTable({ devices }: GroupPlan, style: TextStyle): string {
  const rows = devices.map(({ id, models, maxModels, frameMs, busy }) => [
    shorten(id, LONGEST_DEVICE, style),
    maxModels === undefined ? String(models) : `${models} of ${maxModels}`,
    bar(busy, BAR, style),
    percent(busy),
    figure(frameMs),
  ]);
  return table(
    [
      { title: 'device' },
      { title: 'models', align: 'right' },
      { title: 'load' },
      { title: 'busy', align: 'right' },
      { title: 'ms a frame', align: 'right' },
    ],
    rows,
    style,
  );
}

function scoreTable(plan: GroupPlan, style: TextStyle): string {
  const { bold, green, red } = paint(style);
  const fps = plan.score.groupFps;
  const gain = (other: number): string => {
    const text = relative(fps, other, style.unicode);
    return fps > other ? green(text) : fps < other ? red(text) : text;
  };
  const { name, wonBy } = plan.planner;
  const rows = [[bold(name), bold(figure(fps)), '', wonBy === undefined || wonBy === name ? '' : `found by ${wonBy}`]];
  if (plan.bound.kind === 'exact') {
    rows.push([
      'optimum',
      figure(plan.bound.groupFps),
      gain(plan.bound.groupFps),
      (plan.bound.provenBy ?? []).join(', '),
    ]);
  }
  for (const [baseline, other] of Object.entries(plan.baselines)) {
    rows.push([
      baseline,
      figure(other),
      gain(other),
      baseline === plan.strongestBaseline ? 'strongest baseline' : 'baseline',
    ]);
  }
  return table(
    [
      { title: 'method' },
      { title: 'group FPS', align: 'right' },
      { title: 'plan gains', align: 'right' },
      { title: 'note' },
    ],
    rows,
    style,
  );
}

function serviceTable(services: NonNullable<GroupPlan['services']>, style: TextStyle): string {
  const rows = services.map(({ name, weight, fps, aloneFps }) => [
    name,
    String(Number(weight.toPrecision(3))),
    figure(fps),
    figure(aloneFps),
    percent(fps / aloneFps),
  ]);
  return table(
    [
      { title: 'service' },
      { title: 'weight', align: 'right' },
      { title: 'FPS here', align: 'right' },
      { title: 'FPS alone', align: 'right' },
      { title: 'kept', align: 'right' },
    ],
    rows,
    style,
  );
}

/** What limits the plan, in sentences. */
function explanation(plan: GroupPlan): string[] {
  const { bottleneck, nextMove, bound, bounds, provenance } = plan;
  const lines = [`${bottleneck.device} is the slowest device, and ${bottleneck.model} takes most of it.`];
  if (plan.deviceSets) lines.push(overlapText(plan.deviceSets));
  if (nextMove) {
    const words = nextMove.kind === 'move' ? `moving ${nextMove.model} to` : `swapping ${nextMove.model} with`;
    lines.push(
      nextMove.gain > 0
        ? `The best next step from there, ${words} ${nextMove.to}, would gain ${percent(nextMove.gain)}.`
        : `No move or swap from there helps: the best, ${words} ${nextMove.to}, would give ${figure(nextMove.groupFps)} FPS.`,
    );
  }
  const limits = `no plan exceeds ${figure(bounds.work)} FPS by the least work${bounds.lp === undefined ? '' : `, ${figure(bounds.lp)} by the linear programme`}`;
  if (bound.kind !== 'exact') lines.push(`The gap to the optimum is at most ${percent(bound.gap)}: ${limits}.`);
  else if (bound.gap === 0) lines.push(`This is the optimum, proven by ${(bound.provenBy ?? []).join(' and ')}.`);
  else lines.push(`The gap to the optimum is ${percent(bound.gap)}; ${limits}.`);
  const method = groupMethod(plan.planner.name);
  if (method.source.startsWith('reconstructed')) lines.push(`${method.title}; ${plan.planner.source}.`);
  const { steps } = plan;
  if (steps)
    lines.push(`Decided in this order: ${steps.map(({ model, device }) => `${model} on ${device}`).join(', ')}.`);
  const parts = Object.entries(provenance).filter(([, share]) => share > 0);
  lines.push(
    `Rates by load: ${parts.map(([name, share]) => `${percent(share)} ${name}`).join(', ')}. Group rates are modelled from them.`,
  );
  return lines;
}

function overlapText(sets: NonNullable<GroupPlan['deviceSets']>): string {
  const words = sets.map(({ devices, groupFps }, s) => {
    const gives = groupFps === undefined ? 'impossible' : `${figure(groupFps)} FPS`;
    return `${devices.join(' with ')} ${gives}${s === 0 ? ' (this plan)' : ''}`;
  });
  return `Some devices share cores and never work side by side: ${words.join(', ')}.`;
}

/** Rates with ever more devices; of many steps the middle gives way, so that the line fits. */
function stairsText(rates: readonly number[], style: TextStyle): string {
  const { arrow, ellipsis } = signs(style);
  const words = rates.map(figure);
  const shown = words.length > MOST_STAIRS ? [...words.slice(0, 3), ellipsis, ...words.slice(-1)] : words;
  return shown.join(` ${arrow} `);
}

/** Of the best plan as things are: what changed conditions are held against, whichever planner made this one. */
export function bestGroupFps({ bound, score, whatIf }: GroupPlan): number {
  return bound.kind === 'exact' ? bound.groupFps : (whatIf?.more[0]?.groupFps[0] ?? score.groupFps);
}

function whatIfText(
  { more, withoutDevice, withoutModel, limits, noise }: GroupWhatIf,
  fps: number,
  style: TextStyle,
): string {
  const { bold } = paint(style);
  const stairs = more.map(({ device, groupFps, limitedBy }) => [
    `one more ${shorten(device, LONGEST_DEVICE, style)}`,
    stairsText(groupFps, style),
    limitedBy === undefined ? '' : `${shorten(limitedBy, LONGEST_NAME, style)} allows no more`,
  ]);
  const row = ({ change, groupFps, keptFps, infeasible }: GroupOutcome) => [
    shorten(change, LONGEST_CHANGE, style),
    groupFps === undefined ? 'impossible' : `${figure(groupFps)} (${relative(groupFps, fps, style.unicode)})`,
    infeasible !== undefined
      ? shorten(infeasible, LONGEST_REASON, style)
      : keptFps === undefined
        ? 'the plan must change'
        : `as it is ${figure(keptFps)}`,
  ];
  const rows = [...stairs, ...[...withoutDevice, ...withoutModel, ...limits].map(row)];
  const { smallestBreak } = noise;
  const weak =
    smallestBreak === undefined
      ? ''
      : ` The least change of one rate that makes another plan better: ${smallestBreak.model} on ${smallestBreak.device} by ${relative(1 + smallestBreak.change, 1, style.unicode)}.`;
  const shaken = `With all rates off by up to ${percent(noise.share)}, the plan stays optimal in ${percent(noise.staysOptimal)} of ${noise.samples} draws; it then gives up ${percent(noise.meanRegret)} on average, ${percent(noise.worstRegret)} at most.${weak}`;
  return [
    table(
      [{ title: bold('what if') }, { title: `best group FPS (now ${figure(fps)})` }, { title: '', flexible: true }],
      rows,
      style,
    ),
    wrap(shaken, style.width),
  ].join('\n\n');
}
