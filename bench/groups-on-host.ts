/**
 * Do groups run as fast as their plans say? Five groups of three to six networks on this machine: the FPS matrix is
 * measured, three plans are made from it and executed in turns: the portfolio's, that of `in-order`, and everything on
 * all cores together, one model after another. Printed are predicted and measured group rates; with `--write` they go to
 * docs/hams-on-host.md.
 *
 *   node --import tsx bench/groups-on-host.ts [--rounds 3] [--seconds 1.5] [--matrix-seconds 8] [--write]
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { nativeVersion } from '../bindings/onnx/index.ts';
import { measureModels } from '../src/execution/measure.ts';
import { runnableProcessors } from '../src/execution/pool.ts';
import { thisHost } from '../src/execution/this-host.ts';
import type { CuttableModel } from '../src/models/cut.ts';
import { cuttableZoo } from '../src/models/cuttable.ts';
import { planGroup } from '../src/planners/group/group-plan.ts';
import type { GroupPlan } from '../src/planners/group/schema.ts';
import type { Platform } from '../src/platforms/schema.ts';
import type { FpsMatrix } from '../src/profiles/fps-matrix.ts';
import { measuredFpsMatrix } from '../src/profiles/fps-matrix-measured.ts';
import { batchInterval } from '../src/profiles/samples.ts';
import { runGroupPlan } from '../src/runtime/group-run.ts';
import type { GroupRunDocument } from '../src/runtime/group-run-schema.ts';
import { mean } from './statistics.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    'matrix-seconds': { type: 'string', default: '8' },
    write: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const WARMUP_MS = 300;
/** Share of the calls' time that others may hold the cores for before the text says so. */
const BUSY = 0.1;

/** Calls per group frame by network of the zoo. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'three networks': { squeezenet: 1, 'mobilenet-v2': 1, googlenet: 1 },
  'a detector and heads': { 'resnet-34': 1, squeezenet: 3, 'mobilenet-v3-large': 3 },
  'four light ones': { squeezenet: 1, 'mobilenet-v1': 1, 'mobilenet-v2': 1, 'efficientnet-b0': 1 },
  'five, twice the light ones': {
    googlenet: 1,
    'resnet-34': 1,
    'mobilenet-v1': 2,
    'mobilenet-v2': 2,
    squeezenet: 2,
  },
  'six networks': {
    'resnet-34': 1,
    googlenet: 1,
    'mobilenet-v1': 1,
    'mobilenet-v2': 1,
    'mobilenet-v3-large': 1,
    squeezenet: 1,
  },
};

interface Contender {
  name: string;
  plan: GroupPlan;
  runs: GroupRunDocument[];
}

interface Outcome {
  group: string;
  models: string;
  load: string;
  contenders: Contender[];
}

/** One column of the matrix: all cores as one device. */
function togetherOnly(matrix: FpsMatrix): FpsMatrix {
  const all = matrix.devices.reduce((a, b) => ((b.uses ?? []).length > (a.uses ?? []).length ? b : a));
  return {
    ...matrix,
    devices: [all],
    models: matrix.models.map((model) => ({ ...model, cells: { [all.id]: model.cells[all.id]! }, reasons: undefined })),
  };
}

async function studied(group: string, calls: Readonly<Record<string, number>>, platform: Platform): Promise<Outcome> {
  const names = Object.keys(calls);
  const models = new Map<string, CuttableModel>(names.map((name) => [name, cuttableZoo(name)]));
  const load = loadavg()[0]!.toFixed(1);
  const { outcomes } = await measureModels([...models.values()], platform, {
    wholeOnly: true,
    timeLimitMs: 1000 * Number(flags['matrix-seconds']),
  });
  const blocked = [...models.values()].map((model) => model.blocked);
  const matrix = measuredFpsMatrix(blocked, platform, outcomes);
  const contenders: Contender[] = [
    { name: 'portfolio', plan: await planGroup({ matrix, calls }), runs: [] },
    { name: 'in-order', plan: await planGroup({ matrix, calls, planner: 'in-order' }), runs: [] },
    { name: 'all cores, in turn', plan: await planGroup({ matrix: togetherOnly(matrix), calls }), runs: [] },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    // Every other round backwards: a drift meets first and last alike.
    for (const each of round % 2 === 0 ? contenders : contenders.toReversed()) {
      each.runs.push(await runGroupPlan(each.plan, models, { platform, forMs: 1000 * SECONDS, warmupMs: WARMUP_MS }));
    }
  }
  const listed = names.map((name) => (calls[name] === 1 ? name : `${calls[name]} x ${name}`)).join(', ');
  return { group, models: listed, load: `${load} to ${loadavg()[0]!.toFixed(1)}`, contenders };
}

const figure = (value: number): string => value.toPrecision(3);

/** Mean over rounds, and half the width of its 95 % interval (Student's t). */
function over(values: readonly number[]): string {
  const { mean: centre, high } = batchInterval(values);
  return values.length > 1 ? `${figure(centre)} ± ${(high - centre).toPrecision(2)}` : figure(centre);
}

function ratio(values: readonly number[]): string {
  const { mean: centre, high } = batchInterval(values);
  return values.length > 1 ? `${centre.toFixed(2)} ± ${(high - centre).toFixed(2)}` : centre.toFixed(2);
}

function groupRows({ group, contenders }: Outcome): string[] {
  return contenders.map(({ name, plan, runs }, c) => {
    const waited = mean(runs.map(({ devices }) => Math.max(...devices.map((device) => device.waitedShare))));
    return `| ${[
      c === 0 ? group : '',
      name,
      figure(plan.score.groupFps),
      over(runs.map((run) => run.measuredFps)),
      ratio(runs.map((run) => run.ratio)),
      over(runs.map((run) => run.undisturbedFps)),
      ratio(runs.map((run) => run.undisturbedRatio)),
      `${Math.round(100 * waited)} %`,
    ].join(' | ')} |`;
  });
}

/** Rates of the portfolio's plan over those of another one, round by round. */
function gainRow({ group, contenders }: Outcome): string {
  const [first, ...others] = contenders as [Contender, ...Contender[]];
  const placed = (plan: GroupPlan): string => plan.models.map(({ device }) => device).join();
  const cells = others.flatMap(({ plan, runs }) => {
    const gain = (rate: (run: GroupRunDocument) => number): string =>
      ratio(runs.map((run, round) => rate(first.runs[round]!) / rate(run)));
    return [
      placed(plan) === placed(first.plan) ? 'same plan' : (first.plan.score.groupFps / plan.score.groupFps).toFixed(2),
      gain((run) => run.measuredFps),
      gain((run) => run.undisturbedFps),
    ];
  });
  return `| ${[group, ...cells].join(' | ')} |`;
}

function deviceRows({ group, contenders: [first] }: Outcome): string[] {
  const { plan, runs } = first!;
  return runs[0]!.devices.map(({ id, predictedFrameMs, interference }, d) => {
    const here = plan.models.filter(({ device }) => device === id).map(({ name }) => name);
    return `| ${[
      d === 0 ? group : '',
      id,
      here.join(', '),
      figure(predictedFrameMs),
      over(runs.map(({ devices }) => devices[d]!.undisturbedMs.mean)),
      ratio(runs.map(({ devices }) => devices[d]!.undisturbedRatio)),
      interference === undefined ? '' : mean(runs.map(({ devices }) => devices[d]!.interference ?? 0)).toFixed(3),
    ].join(' | ')} |`;
  });
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

const began = performance.now();
const { platform: whole } = await thisHost();
// WebAssembly shares its core with a native processor that is faster, so that no plan would take it.
const native = runnableProcessors(whole).filter(({ execution }) => execution?.runtime === 'native');
const platform: Platform = { ...whole, processors: native };
const version = await nativeVersion();
if (native.length === 0 || version === undefined) {
  console.error('skipped: onnxruntime-node is not installed');
  process.exit(0);
}
const outcomes: Outcome[] = [];
for (const [group, calls] of Object.entries(GROUPS)) {
  outcomes.push(await studied(group, calls, platform));
  for (const row of groupRows(outcomes.at(-1)!)) console.log(row);
}
const first = outcomes.map(({ contenders }) => contenders[0]!);
const meanRatio = (ratioOf: (run: GroupRunDocument) => number): string =>
  mean(first.flatMap(({ runs }) => runs.map(ratioOf))).toFixed(2);

const waits = outcomes.flatMap(({ contenders }) =>
  contenders.flatMap(({ runs }) => runs.flatMap(({ devices }) => devices)),
);
const busiest = Math.max(...waits.map(({ waitedShare }) => waitedShare));
const busy =
  busiest < BUSY
    ? ''
    : `
**The machine was busy**: other programs held cores for up to ${Math.round(100 * busiest)} % of the calls' time. Rates by the clock then
say how busy it was, and nothing about the plans. Waits can be taken off the calls of one thread; the threads of a session on
all cores wait for each other, so that rows of *all cores, in turn*, and what the matrix says of \`cpu\`, are not to be trusted.
`;

const text = `# Groups on this machine

Made by \`node --import tsx bench/groups-on-host.ts --write\` on ${cpus()[0]!.model.trim()}, ${cpus().length} cores,
Node ${process.versions.node}, onnxruntime-node ${version}, commit ${commit()}. Networks of the zoo with seeded random weights,
batch 1, float32. For every group the FPS matrix was measured (processors ${native.map(({ id }) => id).join(', ')}), plans were
made from it, and executed in turns: ${ROUNDS} rounds of ${SECONDS} s each. Figures are means over the rounds, ± half the
width of their 95 % interval (Student's t). **Predicted** figures are computed from the matrix; **by the clock** is what was
seen, with all that other programs did meanwhile; **undisturbed** is computed from the same calls without waiting for cores
that something else held, which is how the matrix is measured ([hams.md](hams.md#running-a-group)). *Waited* is the share of
the calls' time that this takes off; near 0 the machine was quiet.
${busy}
| group | networks | load average |
| --- | --- | ---: |
${outcomes.map(({ group, models, load }) => `| ${group} | ${models} | ${load} |`).join('\n')}

## Predicted and measured group frames per second

| group | plan | predicted | by the clock | ratio | undisturbed | ratio | waited |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${outcomes.flatMap(groupRows).join('\n')}

Mean ratio of measured to predicted of the portfolio's plans: ${meanRatio((run) => run.ratio)} by the clock, ${meanRatio((run) => run.undisturbedRatio)} undisturbed.

## The portfolio's plan over the others

Its rate as a multiple of the other plan's, round by round; "same plan" means that what differs is noise.

| group | in-order: predicted | by the clock | undisturbed | all cores, in turn: predicted | by the clock | undisturbed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${outcomes.map(gainRow).join('\n')}

## The portfolio's plan by device

Milliseconds of one group frame; κ is the interference that explains the undisturbed time.

| group | device | networks | predicted | undisturbed | ratio of rates | κ |
| --- | --- | --- | ---: | ---: | ---: | ---: |
${outcomes.flatMap(deviceRows).join('\n')}
`;
console.log(`\n${text}\nTook ${((performance.now() - began) / 1000).toFixed(0)} s.`);
if (flags.write) writeFileSync(new URL('../docs/hams-on-host.md', import.meta.url), text);
