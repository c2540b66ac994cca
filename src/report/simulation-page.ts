/** The report of a simulation: one HTML file without a script, in the dress of the plan's report. */
import { stagesText } from '../simulator/replanning.ts';
import type { SimulationDocument } from '../simulator/schema.ts';
import { type PercentileRow, percentileChart } from './charts/percentiles.ts';
import {
  courseChart,
  type DrawnRun,
  type DrawnSimulation,
  energyChart,
  missesChart,
  responseTimes,
} from './charts/simulation.ts';
import { element, escapeText } from './charts/svg.ts';
import { counted } from './charts/units.ts';
import { clockText } from './clock-text.ts';
import { figure, percent } from './numbers.ts';
import { paragraph, table } from './page/parts/part.ts';
import { commandText, drawnTwice, factList, section, stillPage, warningList } from './page/still-page.ts';
import { comparedRuns, missRate, overallP99 } from './simulation-runs.ts';

export interface SimulationEvidence {
  document: SimulationDocument;
  models: DrawnSimulation['models'];
  /** The run itself first, then those that it is compared with, in the document's order. */
  runs: readonly DrawnRun[];
  command: readonly string[];
}

/** What stands behind every figure of the page. */
const SIMULATED = {
  origin: 'simulated',
  meaning: 'from modelled or profiled costs in virtual time; nothing was measured',
};

/** The same evidence gives the same bytes. */
export function simulationPage(evidence: SimulationEvidence): string {
  const { document, command } = evidence;
  const name = `${counted(document.models.length, 'model')} on ${document.platform}`;
  const sections = [
    ...(document.compared ? [section('controllers', 'Controllers', SIMULATED, controllerTable(document))] : []),
    section('responses', 'Response times', SIMULATED, ...responseParts(evidence)),
    ...(hasDeadlines(document) ? [section('misses', 'Deadlines', SIMULATED, ...missParts(evidence))] : []),
    ...(document.phases ? [section('scenario', 'Scenario', SIMULATED, ...scenarioParts(document))] : []),
    section('energy', 'Energy', SIMULATED, ...energyParts(evidence)),
    ...courseSection(evidence),
    ...(document.warnings.length > 0
      ? [section('warnings', 'Warnings', undefined, warningList(document.warnings))]
      : []),
    section('provenance', 'Provenance', undefined, facts(document), commandText('The same simulation again', command)),
  ];
  return stillPage({ name, kind: 'Heterodyne simulation', headline: headline(document, name), sections });
}

function hasDeadlines({ models }: SimulationDocument): boolean {
  return models.some(({ deadline }) => deadline !== undefined);
}

function headline(document: SimulationDocument, name: string): string {
  const { seconds, controller, operatingPoint, device, partial } = document;
  const { energy } = device;
  const misses = missRate(document);
  const found = [
    ...(misses === undefined ? [] : [`${percent(misses)} of deadlines missed`]),
    ...(energy === undefined ? [] : [`${figure(energy.mjPerFrame)} mJ per frame`]),
  ];
  if (found.length === 0) found.push(`P99 ${figure(overallP99(document) ?? Number.NaN)} ms`);
  const who =
    controller === undefined
      ? `at operating point ${clockText(operatingPoint)}, without a controller`
      : `under the controller ${controller.id}${controller.reconstruction ? ' (a reconstruction)' : ''}, mode ${controller.mode}`;
  return (
    element('h1', {}, escapeText(`${name}: ${found.join(', ')}`)) +
    paragraph(`${figure(seconds)} s of virtual time ${who}${partial ? '; interrupted' : ''}.`, 'standing')
  );
}

const number = (title: string) => ({ title, number: true as const });

function controllerTable(document: SimulationDocument): string {
  return table(
    'The same frames, noise and scenario under each',
    [
      { title: 'controller' },
      number('missed'),
      number('worst P99, ms'),
      number('mJ/frame'),
      number('mean W'),
      number('mean loss'),
      number('switches/frame'),
    ],
    comparedRuns(document).map((run) => [
      escapeText(run.name),
      run.missRate === undefined ? '' : percent(run.missRate),
      run.p99Ms === undefined ? '' : figure(run.p99Ms),
      run.mjPerFrame === undefined ? '' : figure(run.mjPerFrame),
      run.watts === undefined ? '' : figure(run.watts),
      percent(run.loss),
      figure(run.switchesPerFrame),
    ]),
  );
}

function responseParts({ document, models, runs }: SimulationEvidence): string[] {
  const [own] = runs;
  const several = runs.length > 1;
  const rows = document.models.flatMap(({ name, deadline, responseMs }, m): PercentileRow[] => {
    const limit = deadline && { deadlineMs: deadline.deadlineMs };
    const others = document.compared ?? [];
    return [
      { name: several ? `${name}, ${own.name}` : name, ...responseMs, ...limit },
      ...others.map((other) => ({ name: other.controller, ...other.models[m].responseMs, ...limit })),
    ];
  });
  const drawn = { course: own.course, platform: document.platform, models };
  return [
    drawnTwice('percentiles', 'Response times, ms: P50 to P99.9 beside the deadline', (frame) =>
      percentileChart(rows, frame),
    ),
    table(
      `From release to end, ms${several ? `; ${own.name}` : ''}`,
      [
        { title: 'model' },
        number('frames'),
        number('frames/s'),
        number('planned, frames/s'),
        number('P50, ms'),
        number('P95, ms'),
        number('P99, ms'),
        number('P99.9, ms'),
        number('mean loss'),
      ],
      document.models.map(({ name, finished, throughputPerS, plannedThroughputPerS, responseMs, loss }) => [
        escapeText(name),
        String(finished),
        figure(throughputPerS),
        plannedThroughputPerS === undefined ? '' : figure(plannedThroughputPerS),
        ...(['p50', 'p95', 'p99', 'p999'] as const).map((key) => (responseMs ? figure(responseMs[key]) : '')),
        percent(loss.mean),
      ]),
    ),
    drawnTwice('response-times', `Every frame over time${several ? `, ${own.name}` : ''}`, (frame) =>
      responseTimes(drawn, frame),
    ),
  ];
}

function missParts({ document, runs }: SimulationEvidence): string[] {
  return [
    drawnTwice('misses', 'Misses so far', (frame) => missesChart(runs, true, frame)),
    table(
      'Late, without a place, given up, or unfinished after the deadline',
      [
        { title: 'model' },
        number('deadline, ms'),
        number('missed'),
        number('95 % interval'),
        number('latest, ms'),
        number('most in a row'),
        number('not done'),
      ],
      document.models.flatMap(({ name, deadline, skipped, givenUp }) =>
        deadline === undefined
          ? []
          : [
              [
                escapeText(name),
                figure(deadline.deadlineMs),
                percent(deadline.missRate),
                deadline.missRate95.map(percent).join(' – '),
                figure(deadline.worstTardinessMs),
                String(deadline.bursts.longest),
                String(skipped + givenUp),
              ],
            ],
      ),
    ),
  ];
}

function scenarioParts({ phases = [], replans = [], models }: SimulationDocument): string[] {
  const deadlines = models.some(({ deadline }) => deadline !== undefined);
  const parts = [
    table(
      `From one event to the next: frames per second of each model${deadlines ? ', and misses of all' : ''}`,
      [
        { title: 'from, s' },
        { title: 'what happened' },
        ...models.map(({ name }) => number(name)),
        ...(deadlines ? [number('missed')] : []),
        number('W'),
      ],
      phases.map((phase) => [
        figure(phase.fromMs / 1000),
        escapeText(phase.events.length === 0 ? 'start' : phase.events.join('; ')),
        ...phase.models.map(({ throughputPerS }) => figure(throughputPerS)),
        ...(deadlines ? [String(phase.models.reduce((sum, { missed = 0 }) => sum + missed, 0))] : []),
        phase.joules === undefined ? '' : figure((1000 * phase.joules) / (phase.untilMs - phase.fromMs)),
      ]),
    ),
  ];
  if (replans.length === 0) return parts;
  const moves = replans.flatMap(({ holdsAtMs, cause, moves: all, infeasible }) =>
    all.length === 0
      ? [[figure(holdsAtMs / 1000), escapeText(cause), '', '', infeasible ? 'nothing fits: all stay' : 'nothing moves']]
      : all.map(({ model, from, to }) => [
          figure(holdsAtMs / 1000),
          escapeText(cause),
          escapeText(model),
          escapeText(stagesText(from)),
          escapeText(stagesText(to)),
        ]),
  );
  const columns = [
    { title: 'at, s' },
    { title: 'because' },
    { title: 'model' },
    { title: 'from blocks' },
    { title: 'to' },
  ];
  return [...parts, table('Planned anew', columns, moves)];
}

function energyParts({ document, runs }: SimulationEvidence): string[] {
  const { energy, utilization } = document.device;
  const words =
    energy === undefined
      ? 'Energy is unknown: not all watts are declared.'
      : `${figure(energy.joules)} J in all, ${figure(energy.idleJoules)} J of them the idle device; ${figure(energy.meanWatts)} W on average.`;
  return [
    paragraph(words),
    drawnTwice('energy', 'Energy so far, J, idle device included', (frame) => energyChart(runs, frame)),
    table(
      'Share of the time that each works',
      [{ title: 'processor or link' }, number('busy')],
      utilization.map(({ id, share }) => [escapeText(id), percent(Math.min(1, share))]),
    ),
  ];
}

function courseSection({ document, models, runs }: SimulationEvidence): string[] {
  const drawn = runs.flatMap(({ name, course }, r) => {
    const figures = drawnTwice(`course-${r}`, `Clocks, power and levels: ${name}`, (frame) =>
      courseChart({ course, platform: document.platform, models }, { ...frame, prefix: `${frame.prefix}${r}-` }),
    );
    return figures === '' ? [] : [figures];
  });
  return drawn.length === 0 ? [] : [section('course', 'Clocks and levels', SIMULATED, ...drawn)];
}

function facts({
  planHash,
  scenarioHash,
  seed,
  discipline,
  noise,
  events,
  operatingPoint,
}: SimulationDocument): string {
  const { blockSigma, bursts } = noise;
  return factList([
    ['plan hash', planHash],
    ['scenario hash', scenarioHash],
    ['seed', String(seed)],
    ['who runs next', discipline],
    ['operating point at the start', clockText(operatingPoint)],
    ['noise', `log-normal, ${percent(blockSigma)} per block`],
    [
      'bursts of interference',
      bursts &&
        `every ${figure(bursts.meanGapMs)} ms for ${figure(bursts.meanMs)} ms on average, ${figure(bursts.slowdown)} times slower`,
    ],
    ['events', String(events)],
  ]);
}
