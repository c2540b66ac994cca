/**
 * The control study: cohorts on the GPU of a Jetson under every controller, on the event engine, with actuation delays, noise
 * and interference. Writes docs/control-study.md with its plots.
 *
 *   node --import tsx bench/control-study.ts [--frames 1000] [--seeds 10] [--write]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { pointsByEnergy } from '../src/controllers/static-best.ts';
import type { ControlMode } from '../src/core/control-modes.ts';
import { Random } from '../src/reference/random.ts';
import { clairvoyantJoulesPerFrame } from './control/bound.ts';
import { type Board, boardOf, type Cohort, cohortOf, NETWORKS, STUDY_COHORTS, STUDY_NOISE } from './control/cohort.ts';
import { disturbance, LIMIT_MS, runLadder } from './control/ladder-fixture.ts';
import { plotSvg } from './control/plots.ts';
import { type Outcome, replay } from './control/replay.ts';
import { halfInterval95, mean } from './statistics.ts';

const option = (name: string, fallback: number) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const FRAMES = option('frames', 1000);
const SEEDS = option('seeds', 10);

/** Charged to every block, seconds, by cohort in order: rounded up from what `bench/control/decision-cost.ts` measured. */
const DECISION_SECONDS: Record<string, readonly number[]> = {
  predictive: [2e-6, 4e-6, 8e-6, 14e-6],
  neuos: [0.6e-6, 1e-6, 1.6e-6, 1.6e-6],
};
const OTHER_DECISION_SECONDS = 0.4e-6;

const FIXED = ['max-n', 'min-clock', 'static-best'];
const BLIND = ['neuos', 'neuos-heuristic', 'ondemand', 'predjoule-like', 'apnet-like', 'alert-like'];
const CONTROLLERS = ['predictive', ...BLIND, ...FIXED];

interface Setting {
  board: Board;
  cohort: (typeof STUDY_COHORTS)[number];
  factor: number | 'varying';
  delays: boolean;
  mode: ControlMode;
  seeds: number;
}

interface Cell extends Setting {
  controller: string;
  runs: Outcome[];
  /** Per seed, percent and joules. */
  miss: number[];
  joules: number[];
}

function cohortFor({ board, cohort, factor, delays }: Setting, seed: number, controller: string): Cohort {
  const random = new Random(1000 + seed);
  return cohortOf(board, cohort.networks, {
    factor: factor === 'varying' ? cohort.networks.map(() => 1 + 2 * random.unit()) : factor,
    delays,
    approximation: true,
    decisionSeconds: FIXED.includes(controller)
      ? 0
      : (DECISION_SECONDS[controller]?.[STUDY_COHORTS.indexOf(cohort)] ?? OTHER_DECISION_SECONDS),
  });
}

/** The least energy of points that keep nearly all deadlines in a trial run of their own seed. */
function trainedPoint(cohort: Cohort, mode: ControlMode): number {
  for (const { point, utilization } of pointsByEnergy(cohort.control)) {
    if (utilization > 1) continue;
    const trial = replay(cohort, {
      controller: 'static-best',
      parameters: { point },
      mode,
      seed: 777,
      frames: 120,
      noise: STUDY_NOISE,
    });
    if (trial.missed <= 0.005 * trial.frames) return point;
  }
  return cohort.control.reference;
}

function runCell(setting: Setting, controller: string): Cell {
  const runs: Outcome[] = [];
  let point = -1;
  for (let seed = 1; seed <= setting.seeds; seed++) {
    const cohort = cohortFor(setting, seed, controller);
    const trained = controller === 'static-best' && (point < 0 || setting.factor === 'varying');
    if (trained) point = trainedPoint(cohort, setting.mode);
    const framesPerS = cohort.control.instances.reduce((sum, { periodSeconds }) => sum + 1 / periodSeconds, 0);
    const longest = Math.max(...cohort.control.instances.map(({ periodSeconds }) => periodSeconds));
    runs.push(
      replay(cohort, {
        controller,
        parameters: controller === 'static-best' ? { point } : undefined,
        mode: setting.mode,
        seed,
        frames: Math.max(3, FRAMES / framesPerS / longest),
        noise: STUDY_NOISE,
      }),
    );
  }
  return {
    ...setting,
    controller,
    runs,
    miss: runs.map(({ missed, frames }) => (100 * missed) / frames),
    joules: runs.map(({ joules, frames }) => joules / frames),
  };
}

const lines: string[] = [];
const print = (line = '') => {
  console.log(line);
  lines.push(line);
};
const plots: { file: string; text: string }[] = [];

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(2);
}

/** One line per cell: the data behind the tables. */
const records = [
  'board,cohort,factor,delays,mode,controller,seeds,miss_percent,miss_half95,joules_per_frame,joules_half95,joules_per_frame_in_time,loss_points,response_over_deadline_p50,p95,p99,p999,longest_run_of_misses,clock_changes_per_frame',
];

function record(cell: Cell): void {
  const { board, cohort, factor, delays, mode, controller, seeds, runs, miss, joules } = cell;
  const stretch = runs.flatMap((run) => run.stretch).sort((a, b) => a - b);
  records.push(
    [
      board.platform.id,
      `"${cohort.name}"`,
      factor,
      delays ? 'on' : 'off',
      mode,
      controller,
      seeds,
      mean(miss).toFixed(3),
      halfInterval95(miss).toFixed(3),
      mean(joules).toFixed(5),
      halfInterval95(joules).toFixed(5),
      inTime(cell),
      lossOf(cell).toFixed(3),
      ...[0.5, 0.95, 0.99, 0.999].map((q) => quantile(stretch, q)),
      Math.max(...runs.map(({ longestBurst }) => longestBurst)),
      mean(runs.map(({ switches, frames }) => switches / frames)).toFixed(3),
    ].join(),
  );
}

/** Mean loss of finished frames, in points of accuracy. */
function lossOf({ runs }: Cell): number {
  return mean(runs.map((run) => 100 * run.loss));
}

/** Joules for each frame that is in time. */
function inTime({ miss, joules }: Cell): string {
  const share = 1 - mean(miss) / 100;
  return share > 0 ? (mean(joules) / share).toFixed(4) : 'none';
}

const figures = (cell: Cell): string =>
  `${mean(cell.miss).toFixed(2)} / ${mean(cell.joules).toFixed(4)} / ${lossOf(cell).toFixed(2)}`;

/** One row: ours, the NeuOS-style method, and who needs least energy of those that miss no more than we do. */
function overviewRow(cells: readonly Cell[], bound: number): string {
  const [ours] = cells;
  const neuos = cells.find(({ controller }) => controller === 'neuos') as Cell;
  const rivals = cells.slice(1).filter((cell) => mean(cell.miss) <= mean(ours.miss));
  rivals.sort((a, b) => mean(a.joules) - mean(b.joules));
  const best = rivals[0];
  const rival = best === undefined ? 'none' : `${best.controller} ${mean(best.joules).toFixed(4)}`;
  return `| ${ours.factor} | ${figures(ours)} | ${figures(neuos)} | ${rival} | ${Number.isNaN(bound) ? '' : bound.toFixed(4)} |`;
}

interface Verdicts {
  compared: number;
  dominated: string[];
  costlier: string[];
  againstNeuos: string[];
}
const verdicts: Verdicts = { compared: 0, dominated: [], costlier: [], againstNeuos: [] };

/** Where energy is spent on keeping deadlines: what both paid for frames in time, and what giving up accuracy would do. */
function exception(ours: Cell, neuos: Cell, bound: number): string {
  const { board, cohort, factor } = ours;
  const balanced = runCell({ ...ours, mode: 'balanced' }, 'predictive');
  return `| ${board.platform.id}, ${cohort.name} | ${factor} | ${figures(neuos)} | ${figures(ours)} | ${inTime(neuos)}, ${inTime(ours)} | ${bound.toFixed(4)} | ${figures(balanced)} |`;
}

/** Paired by seed: every controller meets the same releases and noise settings. */
function surelyLess(a: readonly number[], b: readonly number[]): boolean {
  const difference = a.map((value, i) => value - b[i]);
  return mean(difference) + (difference.length > 1 ? halfInterval95(difference) : 0) < 0;
}

function noneMore(a: readonly number[], b: readonly number[]): boolean {
  return !surelyLess(b, a);
}

function judge(cells: readonly Cell[], bound: number): void {
  const ours = cells[0];
  if (ours.factor !== 'varying' && ours.factor < 1.2) return;
  verdicts.compared++;
  const where = `${ours.board.platform.id}, ${ours.cohort.name}, factor ${ours.factor}, delays ${ours.delays ? 'on' : 'off'}, ${ours.mode}`;
  for (const other of cells.slice(1)) {
    const noMoreMisses = mean(other.miss) <= mean(ours.miss);
    const noMoreJoules = mean(other.joules) <= mean(ours.joules);
    const better = surelyLess(other.miss, ours.miss) || surelyLess(other.joules, ours.joules);
    const both = `${mean(other.miss).toFixed(2)} % and ${mean(other.joules).toFixed(4)} J against ${mean(ours.miss).toFixed(2)} % and ${mean(ours.joules).toFixed(4)} J`;
    if (noMoreMisses && noMoreJoules && better) verdicts.dominated.push(`${where}: ${other.controller} (${both})`);
    if (BLIND.includes(other.controller) && noMoreMisses && surelyLess(other.joules, ours.joules))
      verdicts.costlier.push(`${where}: ${other.controller} (${both})`);
    if (other.controller === 'neuos' && ours.delays) {
      // Who hardly misses cannot be beaten clearly.
      const fewer = surelyLess(ours.miss, other.miss) || (mean(other.miss) < 0.5 && noneMore(ours.miss, other.miss));
      if (!fewer || surelyLess(other.joules, ours.joules)) verdicts.againstNeuos.push(exception(ours, other, bound));
    }
  }
}

function section(setting: Setting): { cells: Cell[]; row: string } {
  const cells = CONTROLLERS.map((controller) => runCell(setting, controller));
  const form = setting.mode === 'max-accuracy' ? 'original' : 'fastest';
  const bound =
    setting.factor === 'varying' ? Number.NaN : clairvoyantJoulesPerFrame(cohortFor(setting, 1, 'max-n').control, form);
  judge(cells, bound);
  for (const cell of cells) record(cell);
  return { cells, row: overviewRow(cells, bound) };
}

const OVERVIEW = [
  '| factor | `predictive`: misses %, J, loss | `neuos` | least J among those that miss no more | clairvoyant bound, J |',
  '| --- | --- | --- | --- | ---: |',
];

/** What must hold in a world without noise and delays, or the study says nothing. */
function gates(board: Board): boolean {
  const ideal = { delays: false, decisionSeconds: 0 };
  const aware = ['predictive', 'neuos', 'predjoule-like', 'apnet-like', 'alert-like', 'static-best'];
  let all = true;
  const gate = (name: string, holds: boolean, found: string) => {
    all &&= holds;
    print(`- ${holds ? 'holds' : '**FAILS**'}: ${name} (${found})`);
  };
  const missed = (factor: number, approximation: boolean, networks: number[]) =>
    aware.map((controller) => {
      const cohort = cohortOf(board, networks, { ...ideal, factor, approximation });
      const run = replay(cohort, { controller, mode: 'max-accuracy', seed: 1, frames: 200 });
      return { controller, percent: (100 * run.missed) / run.frames };
    });
  const text = (found: { controller: string; percent: number }[]) =>
    found.map(({ controller, percent }) => `${controller} ${percent.toFixed(1)} %`).join(', ');
  const loose = missed(3, true, [1, 2]);
  gate(
    'factor 3, no noise, no delays: about no misses',
    loose.every(({ percent }) => percent <= 2),
    text(loose),
  );
  const tight = missed(0.8, false, [2]);
  gate(
    'factor 0.8 without approximation: about all frames miss',
    tight.every(({ percent }) => percent >= 98),
    text(tight),
  );
  const cohort = cohortOf(board, [2], { ...ideal, factor: 1.5, approximation: true });
  const run = replay(cohort, {
    controller: 'neuos',
    parameters: { decideAtRelease: true },
    mode: 'max-accuracy',
    seed: 1,
    frames: 300,
  });
  gate(
    "factor 1.5, no noise, no delays: the NeuOS-style controller, deciding before the first block too, is never behind by more than the longest block's sub-deadline",
    run.worstLag >= -1,
    `worst ${run.worstLag.toFixed(2)}, ${run.missed} misses`,
  );
  return all;
}

function ladderSection(): void {
  print('\n## The ladder: replay `level-4-to-2`\n');
  const runs = Array.from({ length: 400 }, (_, s) => runLadder(s + 1));
  const direct = runs.filter(({ moves }) => moves.map(({ from, to }) => `${from}${to}`).join() === '42,24');
  const downs = direct.map(({ moves }) => moves[0].atMs - 2470).sort((a, b) => a - b);
  const ups = direct.map(({ moves }) => moves[1].atMs - 12_000).sort((a, b) => a - b);
  const others = Array.from({ length: 400 }, (_, s) => runLadder(s + 1, { controller: 'ladder-one-step' }));
  const theirs = others
    .map(({ moves }) => (moves.find(({ to }) => to <= 2)?.atMs ?? Number.NaN) - 2470)
    .sort((a, b) => a - b);
  print(`Modelled: stored latencies times a factor times noise (sigma 0.02), ${runs.length} seeds.\n`);
  print('| | ladder | one step at a time (reconstruction) |');
  print('| --- | ---: | ---: |');
  print(`| runs with exactly the moves 4 to 2, 2 to 4 | ${((100 * direct.length) / 400).toFixed(1)} % | 0 % |`);
  print(
    `| from the disturbance to level 2, ms: least, median, most | ${downs[0].toFixed(0)}, ${downs[downs.length >> 1].toFixed(0)}, ${downs.at(-1)?.toFixed(0)} | ${theirs[0].toFixed(0)}, ${theirs[200].toFixed(0)}, ${theirs.at(-1)?.toFixed(0)} |`,
  );
  print(
    `| from its end back to level 4, ms: median, most | ${ups[ups.length >> 1].toFixed(0)}, ${ups.at(-1)?.toFixed(0)} | |`,
  );
  const over = (list: typeof runs) =>
    mean(
      list.map(({ frames }) => (100 * frames.filter(({ latencyMs }) => latencyMs > LIMIT_MS).length) / frames.length),
    );
  print(`| frames over the limit of ${LIMIT_MS} ms | ${over(runs).toFixed(1)} % | ${over(others).toFixed(1)} % |`);
  const noisy = Array.from({ length: 400 }, (_, s) => runLadder(s + 1, { sigma: 0.03 }));
  const toLevelOne = noisy.filter(({ moves }) => moves.some(({ to }) => to === 1)).length;
  print(
    `\nWith sigma 0.03 level 2's p95 is close to the limit: ${((100 * toLevelOne) / 400).toFixed(0)} % of the runs use level 1.`,
  );
  print('\n![replay](control-study/ladder.svg)');
  const line = (name: string, run: (typeof runs)[number]) => ({
    name,
    points: run.frames.map(({ atMs, latencyMs }) => ({ x: atMs / 1000, y: latencyMs })),
  });
  plots.push({
    file: 'ladder.svg',
    text: plotSvg({
      title: `Frame latency; disturbed ${disturbance(3)} from 2.47 s to 12 s (modelled)`,
      xLabel: 'time, s',
      yLabel: 'latency, ms',
      lines: true,
      series: [line('one step at a time', others[0]), line('ladder', runs[0])].reverse(),
      marks: [{ y: LIMIT_MS, name: 'limit' }],
      xMost: 20,
    }),
  });
}

function frontPlot(cells: readonly Cell[], file: string, title: string): void {
  plots.push({
    file,
    text: plotSvg({
      title,
      xLabel: 'frames that miss, %',
      yLabel: 'joules per frame',
      rootX: true,
      series: CONTROLLERS.map((controller) => ({
        name: controller,
        points: cells
          .filter((cell) => cell.controller === controller)
          .map(({ miss, joules }) => ({ x: mean(miss), y: mean(joules) })),
      })),
    }),
  });
}

const started = performance.now();
const tx2 = boardOf('jetson-tx2');
print(`# Control study

Made by \`npm run evaluate:control\`. All results are simulated: times and powers come from the platform model, losses of
low-rank variants are synthetic, and methods named "-like" (and \`neuos\`) are reconstructions from public descriptions.

Every cell: ${SEEDS} seeds of about ${FRAMES} frames (half as many seeds where said). Deadline = period = factor x isolated time at the highest clocks x number of networks; "varying" draws each network's
factor between 1 and 3. Frames share the GPU in equal parts; releases have random phases; noise is log-normal (5 % a block, 3 %
a frame) with interference bursts (1.3 times slower, 0.1 s every 2 s on average). Clocks take 1, 5 and 8 ms (CPU, GPU, memory)
to change unless delays are off; a change under way is completed before the next. Decisions cost every block what
\`bench/control/decision-cost.ts\` measured, rounded up: 2, 4, 8 and 14 µs with \`predictive\` (cohort by cohort), 0.6 to 1.6 µs with
\`neuos\`, 0.4 µs with others that decide at blocks. \`predictive\` was tuned on other seeds. A late frame, a release without a
free place and a frame given up all count as missed. \`neuos\` counts the frames that share the GPU into its expected times, which
favours it. \`static-best\` took its point from trial runs.
`);
print('## Gates\n');
const sane = gates(tx2);
if (!sane) process.exitCode = 2;
const summaryAt = lines.length;

print('\n## Setting by setting');
print(`
Misses in %, joules per frame, accuracy given up in points, means over seeds. The bound: no schedule without misses needs less,
clocks changing at once and for nothing, all frames known (originals in \`max-accuracy\`, else the fastest forms). All controllers,
intervals, response times, runs of misses and changes of clocks: [cells.csv](control-study/cells.csv).`);
print('\n### Jetson TX2, mode `max-accuracy`, delays on');
for (const [c, cohort] of STUDY_COHORTS.entries()) {
  print(`\n**${cohort.name}**\n`);
  for (const line of OVERVIEW) print(line);
  const cells: Cell[] = [];
  for (const factor of [0.8, 1, 1.2, 1.5, 2, 3, 'varying'] as const) {
    const some = section({ board: tx2, cohort, factor, delays: true, mode: 'max-accuracy', seeds: SEEDS });
    print(some.row);
    if (factor !== 'varying' && factor >= 1.2) cells.push(...some.cells);
    process.stderr.write(`${cohort.name} ${factor}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  const file = `front-${c + 1}.svg`;
  frontPlot(cells, file, `${cohort.name}: deadline factors 1.2 to 3 (modelled)`);
  print(`\n![misses against energy](control-study/${file})`);
}

const half = Math.max(2, Math.ceil(SEEDS / 2));
for (const [title, setting] of [
  [
    'Jetson TX2, `max-accuracy`, delays off (half the seeds)',
    { board: tx2, delays: false, mode: 'max-accuracy', seeds: half },
  ],
  ['Jetson TX2, `min-energy` (half the seeds)', { board: tx2, delays: true, mode: 'min-energy', seeds: half }],
  ['Jetson TX2, `balanced` (half the seeds)', { board: tx2, delays: true, mode: 'balanced', seeds: half }],
  [
    'Jetson AGX Xavier, `max-accuracy`',
    { board: boardOf('jetson-agx-xavier'), delays: true, mode: 'max-accuracy', seeds: SEEDS },
  ],
] as const) {
  print(`\n### ${title}`);
  for (const cohort of STUDY_COHORTS) {
    print(`\n**${cohort.name}**\n`);
    for (const line of OVERVIEW) print(line);
    for (const factor of [1.2, 2] as const) print(section({ ...setting, cohort, factor }).row);
    process.stderr.write(`${title} ${cohort.name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
}

ladderSection();

const details = lines.splice(summaryAt);
print('\n## What came out\n');
const list = (title: string, items: readonly string[]) => {
  print(`- ${title}: ${items.length === 0 ? 'nowhere' : ''}`);
  for (const item of items) print(`  - ${item}`);
};
print(
  `Compared in ${verdicts.compared} settings with a deadline factor of at least 1.2 (differences paired by seed, 95 %):\n`,
);
list('some method has no more misses and no more energy than `predictive`, and surely less of one', verdicts.dominated);
list('a method that ignores delays has no more misses and surely less energy', verdicts.costlier);
print(`- with delays on, \`predictive\` does not surely miss less than \`neuos\` (where that misses 0.5 % or more), misses surely more, or
  takes surely more energy: ${verdicts.againstNeuos.length === 0 ? 'nowhere' : ''}
`);
if (verdicts.againstNeuos.length > 0) {
  print(
    '| cohort | factor | `neuos`: misses %, J, loss | `predictive` | J per frame in time, each | bound, J | `predictive` in mode `balanced` |',
  );
  print('| --- | ---: | --- | --- | --- | ---: | --- |');
  for (const row of verdicts.againstNeuos) print(row);
  print(`
There deadlines cost energy: \`neuos\` gives up more accuracy, and lets frames be late or fall out, which takes little. Per frame in
time it pays more where it misses much; where its energy lies below the bound, nobody who keeps deadlines and accuracy can match it.
The last column is the same controller, allowed to give up accuracy.`);
}
print(`\nGates: ${sane ? 'all hold' : 'FAILED, the run is void'}. Networks: ${NETWORKS.join(', ')}.`);

lines.push(...details);

if (process.argv.includes('--write')) {
  const docs = new URL('../docs/', import.meta.url);
  mkdirSync(new URL('control-study/', docs), { recursive: true });
  for (const { file, text } of plots) writeFileSync(new URL(`control-study/${file}`, docs), text);
  writeFileSync(new URL('control-study/cells.csv', docs), `${records.join('\n')}\n`);
  writeFileSync(new URL('control-study.md', docs), `${lines.join('\n')}\n`);
}
