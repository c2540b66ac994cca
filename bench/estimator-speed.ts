/**
 * What does a search cost beside the network that it asks? One decision of 500 evaluations with the shipped estimator,
 * against the bare time of the same batches, interleaved, in processor time; and the share of the search kernel. Bare is
 * what anybody would write who has the 500 placements and their features at hand: tensors made, the runtime's own session
 * run, the rates read. Prints ratios; with `--write` they go to docs/estimator.md.
 *
 *   node --import tsx bench/estimator-speed.ts [--rounds 200] [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type OnnxSession, type OnnxTensor, openNativeSession, openSession } from '../bindings/onnx/index.ts';
import type { PlacementKernel, PlacementSearch } from '../src/core/placement.ts';
import { embeddedDocument, estimatorOver } from '../src/estimators/onnx.ts';
import { shippedEstimator } from '../src/estimators/shipped/registry.ts';
import { defaultCore, plannerById } from '../src/index.ts';
import { median } from './statistics.ts';
import { mixProblem } from './study-mixes.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, write: { type: 'boolean', default: false } },
});
const ROUNDS = Number(flags.rounds);
const EVALUATIONS = 500;
/** Rounds before counting: compilation is no part of a decision. */
const WARM_UP = 50;
const MIX = ['alexnet', 'mobilenet-v1', 'resnet-50', 'squeezenet'];

/** Of all threads of this process, ms: others on the machine do not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Features of one batch, input by input. */
type Features = { name: string; data: Float32Array; dims: number[] }[];

/** A session that keeps what it was fed. */
function recording(session: OnnxSession, into: Features[]): OnnxSession {
  return {
    ...session,
    run(feeds: Readonly<Record<string, OnnxTensor>>) {
      into.push(
        Object.entries(feeds).map(([name, { data, dims }]) => ({
          name,
          data: Float32Array.from(data as Float32Array),
          dims: [...dims],
        })),
      );
      return session.run(feeds);
    },
  };
}

/** A runtime without anything of ours around it. */
interface BareRuntime {
  open(model: Uint8Array): Promise<(batch: Features) => Promise<number>>;
}

/** A session of the runtime itself, set as ours is: it runs a batch and reads what came out. */
function bareRuntime(runtime: typeof import('onnxruntime-web'), settings: object): BareRuntime {
  return {
    async open(model) {
      const session = await runtime.InferenceSession.create(model, settings);
      return async (batch) => {
        const feeds: Record<string, InstanceType<typeof runtime.Tensor>> = {};
        for (const { name, data, dims } of batch) feeds[name] = new runtime.Tensor('float32', data, dims);
        const rates = (await session.run(feeds)).rates.data as Float32Array;
        let sum = 0;
        for (let i = 0; i < rates.length; i++) sum += rates[i];
        return sum;
      };
    },
  };
}

/**
 * A kernel whose searches add the time of their calls to `clock`. Rates of the throughput model are not among them: they
 * are features of the network.
 */
function timed(kernel: PlacementKernel, clock: { ms: number }): PlacementKernel {
  const measure = <T>(call: () => T): T => {
    const start = performance.now();
    const result = call();
    clock.ms += performance.now() - start;
    return result;
  };
  const timedSearch = (search: PlacementSearch): PlacementSearch => ({
    options: search.options,
    status: () => measure(() => search.status()),
    offer: (placements) => measure(() => search.offer(placements)),
    offerScored: (placements, values) => measure(() => search.offerScored(placements, values)),
    run: (phase, evaluations, simulations) => measure(() => search.run(phase, evaluations, simulations)),
    selectLeaves: (n, phase) => measure(() => search.selectLeaves(n, phase)),
    leafRates: () => search.leafRates(),
    backup: (values) => measure(() => search.backup(values)),
    best: () => measure(() => search.best()),
    top: () => measure(() => search.top()),
    commit: () => measure(() => search.commit()),
    free: () => measure(() => search.free()),
  });
  return {
    problem: kernel.problem,
    prepared: kernel.prepared,
    optionCounts: () => kernel.optionCounts(),
    evaluate: (placements) => kernel.evaluate(placements),
    seed: (seed) => kernel.seed(seed),
    sample: (kind, count) => kernel.sample(kind, count),
    sampleModel: (kind, model) => kernel.sampleModel(kind, model),
    search: (options) => timedSearch(measure(() => kernel.search(options))),
    exact: (incumbent) => kernel.exact(incumbent),
    free: () => kernel.free(),
  };
}

const bytes = shippedEstimator('hikey970');
const document = embeddedDocument(bytes);
const problem = mixProblem('hikey970', MIX, 'throughput');

async function measure(name: string, open: () => Promise<OnnxSession>, runtime: BareRuntime): Promise<string> {
  const session = await open();
  const runBare = await runtime.open(bytes);
  const batches: Features[] = [];
  const clock = { ms: 0 };
  const kernel = defaultCore().placement(problem);
  const decide = async (over: OnnxSession, on: PlacementKernel) => {
    const estimator = estimatorOver(over, problem, document, { kernel });
    const { evaluations } = await plannerById('mcts').plan({
      kernel: on,
      estimator,
      evaluations: EVALUATIONS,
      options: { verify: 'none' },
    });
    await estimator.close();
    return evaluations;
  };
  const evaluations = await decide(recording(session, batches), kernel);
  const bare = async () => {
    for (const batch of batches) await runBare(batch);
  };
  for (let i = 0; i < WARM_UP; i++) {
    await bare();
    await decide(session, kernel);
    await decide(session, timed(kernel, clock));
  }
  const ratios: number[] = [];
  const shares: number[] = [];
  const bares: number[] = [];
  const wholes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let start = processorTime();
    await bare();
    const alone = processorTime() - start;
    start = processorTime();
    await decide(session, kernel);
    const whole = processorTime() - start;
    clock.ms = 0;
    const wall = performance.now();
    await decide(session, timed(kernel, clock));
    shares.push(clock.ms / (performance.now() - wall));
    ratios.push(whole / alone);
    bares.push(alone);
    wholes.push(whole);
  }
  kernel.free();
  await session.close();
  const spread = [...ratios].sort((a, b) => a - b);
  const line = `| ${name} | ${evaluations} in ${batches.length} batches | ${median(bares).toFixed(1)} ms | ${median(ratios).toFixed(2)} (${spread[Math.floor(0.1 * ROUNDS)].toFixed(2)} to ${spread[Math.ceil(0.9 * ROUNDS) - 1].toFixed(2)}) | ${(Math.min(...wholes) / Math.min(...bares)).toFixed(2)} | ${(100 * median(shares)).toFixed(1)} % |`;
  console.log(line);
  return line;
}

const native = (await import('onnxruntime-node')) as unknown as typeof import('onnxruntime-web');
const web = await import('onnxruntime-web');
const NATIVE_SETTINGS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
};
const WEB_SETTINGS = { executionProviders: ['wasm'], logSeverityLevel: 3 };

/** Of this machine before anything of ours runs. */
const load = loadavg()[0];
const lines = [
  '| runtime | evaluations | the batches alone | decision / that, median (10 to 90 %) | least / least | search kernel |',
  '| --- | --- | ---: | ---: | ---: | ---: |',
  await measure('onnxruntime-node', () => openNativeSession(bytes), bareRuntime(native, NATIVE_SETTINGS)),
  await measure('onnxruntime-web', () => openSession(bytes), bareRuntime(web, WEB_SETTINGS)),
  '',
  `${ROUNDS} rounds on ${cpus().length} cores of ${cpus()[0].model.trim()}; load average before: ${load.toFixed(1)}.`,
];
console.log(lines.at(-1));

if (flags.write) {
  const file = new URL('../docs/estimator.md', import.meta.url);
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(
      /(<!-- speed -->\n)[\s\S]*?(<!-- \/speed -->)/,
      (_, open, close) => `${open}${lines.join('\n')}\n${close}`,
    ),
  );
}
