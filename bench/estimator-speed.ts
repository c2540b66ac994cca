/**
 * What does a search cost beside the network that it asks? One decision of 500 evaluations with the shipped estimator,
 * against the bare time of the same batches run through the same session, interleaved, in processor time; and the share of the search
 * kernel. Prints ratios; with `--write` they go to docs/estimator.md.
 *
 *   node --import tsx bench/estimator-speed.ts [--rounds 15] [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type OnnxSession, type OnnxTensor, openNativeSession, openSession } from '../bindings/onnx/index.ts';
import type { PlacementKernel, PlacementSearch } from '../src/core/placement.ts';
import { embeddedDocument, estimatorOver } from '../src/estimators/onnx.ts';
import { shippedEstimator } from '../src/estimators/shipped/registry.ts';
import { defaultCore, plannerById } from '../src/index.ts';
import { median } from './statistics.ts';
import { mixProblem } from './study-mixes.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, write: { type: 'boolean', default: false } },
});
const ROUNDS = Number(flags.rounds);
const EVALUATIONS = 500;
/** Rounds before counting: compilation is no part of a decision. */
const WARM_UP = 20;
const MIX = ['alexnet', 'mobilenet-v1', 'resnet-50', 'squeezenet'];

/** Of all threads of this process, ms: others on the machine do not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type Feeds = Record<string, OnnxTensor>;

/** A session that keeps what it was fed. */
function recording(session: OnnxSession, into: Feeds[]): OnnxSession {
  return {
    ...session,
    run(feeds) {
      into.push(feeds as Feeds);
      return session.run(feeds);
    },
  };
}

/** A kernel whose searches add the time of their calls to `clock`. */
function timed(kernel: PlacementKernel, clock: { ms: number }): PlacementKernel {
  const measured = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          const start = performance.now();
          const result = value.apply(object, given);
          clock.ms += performance.now() - start;
          return result;
        };
      },
    });
  return new Proxy(kernel, {
    get(object, name) {
      if (name === 'search')
        return (...given: Parameters<PlacementKernel['search']>): PlacementSearch => measured(object.search(...given));
      const value = Reflect.get(object, name, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

const bytes = shippedEstimator('hikey970');
const document = embeddedDocument(bytes);
const problem = mixProblem('hikey970', MIX, 'throughput');

async function measure(name: string, open: () => Promise<OnnxSession>): Promise<string> {
  const session = await open();
  const batches: Feeds[] = [];
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
    for (const feeds of batches) await session.run(feeds);
  };
  for (let i = 0; i < WARM_UP; i++) {
    await bare();
    await decide(session, kernel);
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
    await decide(session, timed(kernel, clock));
    shares.push(clock.ms / whole);
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

const lines = [
  '| runtime | evaluations | the batches alone | decision / that, median (10 to 90 %) | least / least | search kernel |',
  '| --- | --- | ---: | ---: | ---: | ---: |',
  await measure('onnxruntime-node', () => openNativeSession(bytes)),
  await measure('onnxruntime-web', () => openSession(bytes)),
];

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
