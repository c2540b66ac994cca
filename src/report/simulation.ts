/** A simulation as tables: models, processors, energy, and what it rests on. */
import { stagesText } from '../simulator/replanning.ts';
import type { SimulationDocument } from '../simulator/schema.ts';
import { clockText } from './clock-text.ts';
import { figure, percent } from './numbers.ts';
import { comparedRuns } from './simulation-runs.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { bar, type Column, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;
const BAR = 30;

export function simulationText(document: SimulationDocument, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const { platform, seconds, controller, operatingPoint } = document;
  const who =
    controller === undefined
      ? `operating point ${clockText(operatingPoint)}, no controller`
      : `controller ${controller.id}${controller.reconstruction ? ' (a reconstruction)' : ''}, mode ${controller.mode}`;
  const partial = document.partial ? `, ${yellow('interrupted')}` : '';
  return `${[
    wrap(`${bold(`Simulation on ${platform}`)}: ${figure(seconds)} s, ${who}${partial}`, style.width),
    modelTable(document, style),
    ...(document.models.some(({ deadline }) => deadline !== undefined) ? [deadlineTable(document, style)] : []),
    ...(document.replans === undefined ? [] : [replanTable(document.replans, style)]),
    ...(document.phases === undefined ? [] : [phaseTable(document.phases, style)]),
    ...(document.compared === undefined ? [] : [comparisonTable(document, style)]),
    processorTable(document, style),
    footer(document, style),
  ].join('\n\n')}\n`;
}

function modelTable({ models }: SimulationDocument, style: TextStyle): string {
  const losses = models.some(({ loss }) => loss.worst > 0);
  const columns: Column[] = [
    { title: 'model' },
    { title: 'frames', align: 'right' },
    { title: 'frames/s', align: 'right' },
    { title: 'planned/s', align: 'right' },
    { title: 'P50 ms', align: 'right' },
    { title: 'P95 ms', align: 'right' },
    { title: 'P99 ms', align: 'right' },
    { title: 'P99.9 ms', align: 'right' },
    ...(losses ? [{ title: 'mean loss', align: 'right' as const }] : []),
  ];
  const rows = models.map(({ name, finished, throughputPerS, plannedThroughputPerS, responseMs, loss }) => [
    shorten(name, LONGEST_NAME, style),
    String(finished),
    figure(throughputPerS),
    plannedThroughputPerS === undefined ? '' : figure(plannedThroughputPerS),
    ...(['p50', 'p95', 'p99', 'p999'] as const).map((key) => (responseMs === undefined ? '' : figure(responseMs[key]))),
    ...(losses ? [percent(loss.mean)] : []),
  ]);
  return table(columns, rows, style);
}

function deadlineTable({ models }: SimulationDocument, style: TextStyle): string {
  const { dash } = signs(style);
  const rows = models.flatMap(({ name, deadline, skipped, givenUp }) => {
    if (deadline === undefined) return [];
    const { deadlineMs, missRate, missRate95, worstTardinessMs, bursts } = deadline;
    return [
      [
        shorten(name, LONGEST_NAME, style),
        figure(deadlineMs),
        percent(missRate),
        `${percent(missRate95[0])}${dash}${percent(missRate95[1])}`,
        figure(worstTardinessMs),
        String(bursts.longest),
        String(skipped + givenUp),
      ],
    ];
  });
  return table(
    [
      { title: 'deadlines' },
      { title: 'ms', align: 'right' },
      { title: 'missed', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'latest ms', align: 'right' },
      { title: 'in a row', align: 'right' },
      { title: 'not done', align: 'right' },
    ],
    rows,
    style,
  );
}

/** The same frames, noise and scenario under each controller. */
function comparisonTable(document: SimulationDocument, style: TextStyle): string {
  return table(
    [
      { title: 'controller' },
      { title: 'missed', align: 'right' },
      { title: 'worst P99 ms', align: 'right' },
      { title: 'mJ/frame', align: 'right' },
      { title: 'W', align: 'right' },
      { title: 'mean loss', align: 'right' },
      { title: 'switches/frame', align: 'right' },
    ],
    comparedRuns(document).map((run) => [
      run.name,
      run.missRate === undefined ? '' : percent(run.missRate),
      run.p99Ms === undefined ? '' : figure(run.p99Ms),
      run.mjPerFrame === undefined ? '' : figure(run.mjPerFrame),
      run.watts === undefined ? '' : figure(run.watts),
      percent(run.loss),
      figure(run.switchesPerFrame),
    ]),
    style,
  );
}

/** What became of all frames from one event of the scenario to the next. */
function phaseTable(phases: NonNullable<SimulationDocument['phases']>, style: TextStyle): string {
  const deadlines = phases.some(({ models }) => models.some(({ counted }) => counted !== undefined));
  const power = phases.some(({ joules }) => joules !== undefined);
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((all, each = 0) => all + each, 0);
  return table(
    [
      { title: 'from ms', align: 'right' },
      { title: 'what happened', flexible: true },
      { title: 'frames/s', align: 'right' },
      ...(deadlines ? [{ title: 'missed', align: 'right' as const }] : []),
      ...(power ? [{ title: 'W', align: 'right' as const }] : []),
    ],
    phases.map(({ fromMs, untilMs, events, models, joules }) => {
      const counted = sum(models.map((model) => model.counted));
      return [
        figure(fromMs),
        events.length === 0 ? 'start' : events.join('; '),
        figure(sum(models.map(({ throughputPerS }) => throughputPerS))),
        ...(deadlines ? [counted > 0 ? percent(sum(models.map(({ missed }) => missed)) / counted) : ''] : []),
        ...(power ? [joules === undefined ? '' : figure((1000 * joules) / (untilMs - fromMs))] : []),
      ];
    }),
    style,
  );
}

/** What moved when. */
function replanTable(replans: NonNullable<SimulationDocument['replans']>, style: TextStyle): string {
  const rows = replans.flatMap(({ holdsAtMs, cause, moves, infeasible }) => {
    const when = figure(holdsAtMs);
    if (moves.length === 0) return [[when, cause, '', infeasible ? 'nothing fits: all stay' : 'nothing moves', '']];
    return moves.map(({ model, kind, from, to }, i) => [
      i === 0 ? when : '',
      i === 0 ? cause : '',
      shorten(model, LONGEST_NAME, style),
      stagesText(from),
      `${stagesText(to)}${KINDS[kind]}`,
    ]);
  });
  return table(
    [
      { title: 'planned anew, ms', align: 'right' },
      { title: 'because' },
      { title: 'model' },
      { title: 'from blocks', flexible: true },
      { title: 'to', flexible: true },
    ],
    rows,
    style,
  );
}

const KINDS = { forced: ' (forced)', moved: ' (pays)', back: ' (as before)' };

function processorTable({ device }: SimulationDocument, style: TextStyle): string {
  return table(
    [{ title: 'processor' }, { title: 'utilization' }, { title: 'busy', align: 'right' }],
    device.utilization.map(({ id, share }) => [id, bar(Math.min(1, share), BAR, style), percent(Math.min(1, share))]),
    style,
  );
}

function footer({ device, controller, noise, seed, discipline }: SimulationDocument, style: TextStyle): string {
  const { energy, pointSwitches, switchesPerFrame } = device;
  const power =
    energy === undefined
      ? 'energy unknown: not all watts are declared'
      : `${figure(energy.mjPerFrame)} mJ per frame, idle included; ${figure(energy.meanWatts)} W on average`;
  const bursts = noise.bursts === undefined ? '' : ', bursts of interference';
  const spread = noise.blockSigma > 0 ? `log-normal noise ${noise.blockSigma} per block${bursts}` : `no noise${bursts}`;
  const switches =
    controller === undefined
      ? []
      : [
          `${controller.decisions === 1 ? '1 decision' : `${controller.decisions} decisions`} among ${controller.operatingPoints.length} operating points, ${pointSwitches} of their changes, ${figure(switchesPerFrame)} switches per frame`,
        ];
  return [power, ...switches, `simulated, not measured: ${discipline}, ${spread}, seed ${seed}`]
    .map((text) => wrap(text, style.width))
    .join('\n');
}
