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
import { type Board, boardOf, type Cohort, cohortOf, NETWORKS } from './control/cohort.ts';
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

const NOISE = { blockSigma: 0.05, frameSigma: 0.03, bursts: { meanGapSeconds: 2, meanSeconds: 0.1, slowdown: 1.3 } };
/** Charged to every block: about what a decision was measured to take (`bench/decision.ts`, and predictive on its own). */
const DECISION_SECONDS: Record<string, number> = {
  predictive: 8e-6,
  'max-n': 0,
  'min-clock': 0,
  'static-best': 0,
  ondemand: 0,
};
const OTHER_DECISION_SECONDS = 1.5e-6;

const COHORTS: { name: string; networks: number[] }[] = [
  { name: 'one: resnet-50', networks: [2] },
  { name: 'medium: 2 googlenet, 2 resnet-50', networks: [1, 2, 1, 2] },
  { name: 'large: 8 resnet-50', networks: [2, 2, 2, 2, 2, 2, 2, 2] },
  { name: 'mixed: 2 each of alexnet, googlenet, resnet-50, vgg-19', networks: [0, 1, 2, 3, 0, 1, 2, 3] },
];

const FIXED = ['max-n', 'min-clock', 'static-best'];
const BLIND = ['neuos', 'ondemand', 'predjoule-like', 'apnet-like', 'alert-like'];
const CONTROLLERS = ['predictive', ...BLIND, ...FIXED];

interface Setting {
  board: Board;
  cohort: (typeof COHORTS)[number];
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
    decisionSeconds: DECISION_SECONDS[controller] ?? OTHER_DECISION_SECONDS,
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
      noise: NOISE,
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
        noise: NOISE,
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

function interval(values: readonly number[], digits: number): string {
  return `${mean(values).toFixed(digits)} ± ${values.length > 1 ? halfInterval95(values).toFixed(digits) : '?'}`;
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(2);
}

function table(cells: readonly Cell[]): void {
  print(
    '| controller | misses, % | J per frame | loss, points | response / deadline p50, p95, p99, p99.9 | longest run of misses | changes of clocks per frame |',
  );
  print('| --- | ---: | ---: | ---: | --- | ---: | ---: |');
  for (const { controller, runs, miss, joules } of cells) {
    const stretch = runs.flatMap((run) => run.stretch).sort((a, b) => a - b);
    const quantiles = [0.5, 0.95, 0.99, 0.999].map((q) => quantile(stretch, q)).join(', ');
    const loss = mean(runs.map((run) => 100 * run.loss));
    const changes = mean(runs.map(({ switches, frames }) => switches / frames));
    const burst = Math.max(...runs.map(({ longestBurst }) => longestBurst));
    print(
      `| ${controller} | ${interval(miss, 2)} | ${interval(joules, 4)} | ${loss.toFixed(2)} | ${quantiles} | ${burst} | ${changes.toFixed(2)} |`,
    );
  }
}

interface Verdicts {
  compared: number;
  dominated: string[];
  costlier: string[];
  againstNeuos: string[];
}
const verdicts: Verdicts = { compared: 0, dominated: [], costlier: [], againstNeuos: [] };

/** Paired by seed: every controller meets the same releases and noise settings. */
function surelyLess(a: readonly number[], b: readonly number[]): boolean {
  const difference = a.map((value, i) => value - b[i]);
  return mean(difference) + (difference.length > 1 ? halfInterval95(difference) : 0) < 0;
}

function noneMore(a: readonly number[], b: readonly number[]): boolean {
  return !surelyLess(b, a);
}

function judge(cells: readonly Cell[]): void {
  const ours = cells[0];
  if (ours.factor !== 'varying' && ours.factor < 1.2) return;
  verdicts.compared++;
  const where = `${ours.board.platform.id}, ${ours.cohort.name}, factor ${ours.factor}, delays ${ours.delays ? 'on' : 'off'}, ${ours.mode}`;
  for (const other of cells.slice(1)) {
    const noMoreMisses = mean(other.miss) <= mean(ours.miss);
    const noMoreJoules = mean(other.joules) <= mean(ours.joules);
    const better = surelyLess(other.miss, ours.miss) || surelyLess(other.joules, ours.joules);
    const figures = `${mean(other.miss).toFixed(2)} % and ${mean(other.joules).toFixed(4)} J against ${mean(ours.miss).toFixed(2)} % and ${mean(ours.joules).toFixed(4)} J`;
    if (noMoreMisses && noMoreJoules && better) verdicts.dominated.push(`${where}: ${other.controller} (${figures})`);
    if (BLIND.includes(other.controller) && noMoreMisses && surelyLess(other.joules, ours.joules))
      verdicts.costlier.push(`${where}: ${other.controller} (${figures})`);
    if (other.controller === 'neuos' && ours.delays) {
      // Who hardly misses cannot be beaten clearly.
      const fewer = surelyLess(ours.miss, other.miss) || (mean(other.miss) < 0.5 && noneMore(ours.miss, other.miss));
      if (!fewer || surelyLess(other.joules, ours.joules))
        verdicts.againstNeuos.push(`${where}: ${figures} (neuos first)`);
    }
  }
}

function section(setting: Setting, full: boolean): Cell[] {
  const cells = CONTROLLERS.map((controller) => runCell(setting, controller));
  judge(cells);
  if (full) {
    print(`\n#### ${setting.cohort.name}, deadline factor ${setting.factor}\n`);
    table(cells);
    if (setting.factor !== 'varying') {
      const bound = clairvoyantJoulesPerFrame(
        cohortFor(setting, 1, 'max-n').control,
        setting.mode === 'min-energy' ? 'fastest' : 'original',
      );
      if (!Number.isNaN(bound))
        print(
          `\nClairvoyant bound without misses, ${setting.mode === 'min-energy' ? 'fastest variants' : 'originals'}: ${bound.toFixed(4)} J per frame.`,
        );
    }
  }
  return cells;
}

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

Every cell: ${SEEDS} seeds of about ${FRAMES} frames (half as many seeds where said); ± is the 95 % interval of the mean over
seeds. Deadline = period = factor x isolated time at the highest clocks x number of networks; "varying" draws each network's
factor between 1 and 3. Frames share the GPU in equal parts; releases have random phases; noise is log-normal (5 % a block, 3 %
a frame) with interference bursts (1.3 times slower, 0.1 s every 2 s on average). Clocks take 1, 5 and 8 ms (CPU, GPU, memory)
to change unless delays are off; a change under way is completed before the next. Decisions cost every block 8 µs with
\`predictive\` and 1.5 µs with others that decide at blocks, about what was measured. A late frame, a release without a free
place and a frame given up all count as missed. \`neuos\` counts the frames that share the GPU into its expected times, which
favours it. \`static-best\` took its point from trial runs.
`);
print('## Gates\n');
const sane = gates(tx2);
if (!sane) process.exitCode = 2;
const summaryAt = lines.length;

print('\n## Jetson TX2, mode `max-accuracy`, delays on');
for (const [c, cohort] of COHORTS.entries()) {
  print(`\n### ${cohort.name}`);
  const cells: Cell[] = [];
  for (const factor of [0.8, 1, 1.2, 1.5, 2, 3, 'varying'] as const) {
    const some = section({ board: tx2, cohort, factor, delays: true, mode: 'max-accuracy', seeds: SEEDS }, true);
    if (factor !== 'varying' && factor >= 1.2) cells.push(...some);
    process.stderr.write(`${cohort.name} ${factor}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  const file = `front-${c + 1}.svg`;
  frontPlot(cells, file, `${cohort.name}: deadline factors 1.2 to 3 (modelled)`);
  print(`\n![misses against energy](control-study/${file})`);
}

const half = Math.max(2, Math.ceil(SEEDS / 2));
for (const [title, settings] of [
  [
    'Jetson TX2, `max-accuracy`, delays off (half the seeds)',
    [{ board: tx2, delays: false, mode: 'max-accuracy' as const }],
  ],
  ['Jetson TX2, `min-energy` (half the seeds)', [{ board: tx2, delays: true, mode: 'min-energy' as const }]],
  ['Jetson TX2, `balanced` (half the seeds)', [{ board: tx2, delays: true, mode: 'balanced' as const }]],
  [
    'Jetson AGX Xavier, `max-accuracy` (half the seeds)',
    [{ board: boardOf('jetson-agx-xavier'), delays: true, mode: 'max-accuracy' as const }],
  ],
] as const) {
  print(`\n## ${title}`);
  for (const setting of settings)
    for (const cohort of COHORTS) {
      for (const factor of [1.2, 2]) section({ ...setting, cohort, factor, seeds: half }, true);
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
list(
  'with delays on, `predictive` does not surely miss less than `neuos` (where that misses 0.5 % or more), misses surely more, or takes surely more energy',
  verdicts.againstNeuos,
);
print(`\nGates: ${sane ? 'all hold' : 'FAILED, the run is void'}. Networks: ${NETWORKS.join(', ')}.`);

lines.push(...details);

if (process.argv.includes('--write')) {
  const docs = new URL('../docs/', import.meta.url);
  mkdirSync(new URL('control-study/', docs), { recursive: true });
  for (const { file, text } of plots) writeFileSync(new URL(`control-study/${file}`, docs), text);
  writeFileSync(new URL('control-study.md', docs), `${lines.join('\n')}\n`);
}
