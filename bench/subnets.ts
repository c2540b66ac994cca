/**
 * Sub-network search: predictor, evolution and non-dominated sorting in the core against typed arrays, batched
 * onnxruntime-web and the textbook, as ratios; all opponents take turns in this process, round by round. Then the
 * default method against one faithful evolution run, in evaluations, time and accuracy found.
 *
 *   node --import tsx bench/subnets.ts [--quick] [--predictor acc.onnx --costs DIR] [--write]      (or deno run -A)
 *
 * Without files, a seeded predictor of the published shape and tables made from counted work stand in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import process from 'node:process';
import { openSession } from '../bindings/onnx/index.ts';
import { CORE_HASH } from '../bindings/wasm/core.generated.ts';
import { wasmCore } from '../bindings/wasm/index.ts';
import { slotValues } from '../src/core/subnet-checks.ts';
import type { SubnetPredictor, SubnetSearch } from '../src/core/subnets.ts';
import { referenceCore } from '../src/reference/index.ts';
import { Random } from '../src/reference/random.ts';
import { encode, slotColumns } from '../src/subnets/input-layout.ts';
import { EVOLUTION_DEFAULTS, evolutionMethod } from '../src/subnets/methods/evolution.ts';
import { exactSurrogateMethod } from '../src/subnets/methods/exact-surrogate.ts';
import { TypedEvolution, TypedPredictor } from './baselines/evolution-typed.ts';
import { textbookRanks } from './baselines/non-dominated-sort.ts';
import { median } from './statistics.ts';
import { subnetProblem } from './subnet-problem.ts';

const quick = process.argv.includes('--quick');
const lines: string[] = [];
/** Everything that is said may go into the document. */
function say(line: string): void {
  lines.push(line);
  console.log(line);
}

const { space, layout, predictor, file, model, extremes, limits: shares } = await subnetProblem();
const chain = predictor.chain as SubnetPredictor;
const columns = slotColumns(space, layout);
const BATCH = 100;
const SLOTS = space.numbers.slots.length;

const problem = { space: space.numbers, cost: model.factors, predictor: chain };
const kernel = wasmCore().subnets(problem);
const session = await openSession(file);

/** Scores by onnxruntime-web, as anyone would call it: one-hot rows, one run for the batch. */
async function byRuntime(networks: Uint8Array): Promise<Float32Array> {
  const data = encode(networks, columns, layout.inputs);
  const dims = [networks.length / SLOTS, layout.inputs];
  return (await session.run({ architecture: { type: 'float32', data, dims } })).accuracy.data as Float32Array;
}

type Contender = [name: string, run: (round: number) => void | Promise<void>];

/** Milliseconds by contender and round. */
async function interleave(contenders: readonly Contender[], rounds: number): Promise<Map<string, number[]>> {
  const times = new Map(contenders.map(([name]) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of contenders) {
      const start = performance.now();
      await run(Math.max(0, round));
      if (round >= 0) times.get(name)!.push(performance.now() - start);
    }
  }
  return times;
}

function ratio(slower: readonly number[], faster: readonly number[]): string {
  const ratios = slower.map((time, i) => time / faster[i]).sort((a, b) => a - b);
  const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(ratios.length * share))];
  return `${median(ratios).toFixed(2)} (${at(0.25).toFixed(2)}–${at(0.75).toFixed(2)})`;
}

function table(title: string, times: Map<string, number[]>, count: number, unit: string): void {
  const [[first, own], ...others] = [...times];
  say(`\n### ${title}\n`);
  say(`| version | ${unit} per second | time / ${first} |\n| --- | ---: | ---: |`);
  say(`| ${first} | ${Math.round((count / median(own)) * 1000).toLocaleString('en')} | 1 |`);
  for (const [name, other] of others) {
    say(`| ${name} | ${Math.round((count / median(other)) * 1000).toLocaleString('en')} | ${ratio(other, own)} |`);
  }
}

async function predictors(): Promise<void> {
  const random = new Random(3);
  const { choices } = space.numbers;
  const genomes = Uint8Array.from({ length: 5 * BATCH * choices.length }, (_, i) =>
    random.below(choices[i % choices.length]),
  );
  const networks = kernel.networks(genomes);
  const batches = [0, 1, 2, 3, 4].map((b) => networks.slice(b * BATCH * SLOTS, (b + 1) * BATCH * SLOTS));
  const typed = new TypedPredictor(space.numbers, chain, BATCH);
  const scores = new Float64Array(5 * BATCH);
  const reference = referenceCore().subnets(problem);
  const times = await interleave(
    [
      ['wasm core', () => batches.forEach((batch) => void kernel.scores(batch))],
      ['typed arrays', () => batches.forEach((batch, b) => void typed.score(batch, BATCH, scores, b * BATCH))],
      [
        'onnxruntime-web',
        async () => {
          for (const batch of batches) await byRuntime(batch);
        },
      ],
      ['reference', () => void reference.scores(batches[0].slice(0, 20 * SLOTS))],
    ],
    quick ? 7 : 25,
  );
  times.set(
    'reference',
    times.get('reference')!.map((time) => time * 25),
  );
  table(`Predictor, batches of ${BATCH} networks`, times, 5 * BATCH, 'networks');
}

const GENERATIONS = quick ? 10 : 100;
const limit = shares[2];

async function breed(search: SubnetSearch, score: (search: SubnetSearch) => void | Promise<void>): Promise<void> {
  for (let status = search.status(); status.generation < GENERATIONS; status = search.status()) {
    if (search.advance(1e6).state !== 'scoring') throw new Error('the search gave up');
    await score(search);
  }
}

async function evolutions(): Promise<void> {
  const options = { ...EVOLUTION_DEFAULTS, limit, floor: -Infinity };
  const times = await interleave(
    [
      ['wasm core', (round) => breed(kernel.evolution({ ...options, seed: round }), (search) => search.score())],
      [
        'typed arrays',
        (round) =>
          new TypedEvolution(space.numbers, model.factors, chain, { ...options, seed: round }).generations(GENERATIONS),
      ],
      [
        'onnxruntime-web',
        (round) =>
          breed(kernel.evolution({ ...options, seed: round }), async (search) =>
            search.tell(await byRuntime(search.batch())),
          ),
      ],
    ],
    quick ? 5 : 11,
  );
  table(`Evolution under one limit, ${GENERATIONS} generations`, times, BATCH * (GENERATIONS + 1), 'evaluations');
}

async function sorts(): Promise<void> {
  for (const n of [200, 1000, 5000]) {
    const random = new Random(n);
    const costs = Float64Array.from({ length: n }, () => random.unit());
    const scores = Float64Array.from({ length: n }, () => random.unit());
    const repeats = n > 1000 ? 10 : 50;
    const times = await interleave(
      [
        [
          'wasm core',
          () => {
            for (let i = 0; i < repeats; i++) kernel.rankFronts(costs, scores);
          },
        ],
        ['textbook', () => void textbookRanks(costs, scores)],
      ],
      n > 1000 ? 5 : 25,
    );
    times.set(
      'textbook',
      times.get('textbook')!.map((time) => time * repeats),
    );
    table(`Non-dominated sort of ${n} points`, times, repeats, 'sorts');
  }
}

/** The default method for all limits against faithful runs, one for each; both take turns, as often as there are limits. */
async function methods(): Promise<void> {
  const context = { space, kernel, predictor, cost: model.factors, extremes, resolutions: [0, 1, 2, 3, 4] };
  const evolution = evolutionMethod();
  const exact = exactSurrogateMethod();
  say(
    `\n### All of ${shares.map((share) => share.toFixed(1)).join(', ')} ${model.unit} by the default method against faithful evolution\n`,
  );
  say(
    '| seed | gain over evolution, points | mean | evaluations, all limits / one evolution run | time, all limits / one evolution run |',
  );
  say('| ---: | --- | ---: | ---: | ---: |');
  const evaluations = exact.defaultEvaluations(shares.length);
  const answer = (seed: number) => exact.run({ ...context, seed, limits: shares, evaluations });
  // Both warm, as the tables above are: a first run is mostly compiled.
  for (const seed of [8, 9]) await answer(seed);
  await evolution.run({ ...context, seed: 9, limits: [limit], evaluations: 1e9 });
  for (const seed of quick ? [1] : [1, 2, 3]) {
    const gains: number[] = [];
    const own: number[] = [];
    const runs: number[] = [];
    let [least, most] = [0, 0];
    for (const each of shares) {
      let start = performance.now();
      const found = await answer(seed);
      own.push(performance.now() - start);
      start = performance.now();
      const faithful = await evolution.run({ ...context, seed, limits: [each], evaluations: 1e9 });
      runs.push(performance.now() - start);
      [least, most] = [found.evaluations, faithful.evaluations];
      gains.push(100 * (found.archive.best(each)!.score - faithful.archive.best(each)!.score));
    }
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    say(
      `| ${seed} | ${gains.map((gain) => gain.toFixed(3)).join(', ')} | ${mean.toFixed(3)} | ${least.toLocaleString('en')} / ${most.toLocaleString('en')} | ${ratio(own, runs)} |`,
    );
  }
}

const deno = (process.versions as Record<string, string | undefined>).deno;
say(`\n## ${cpus()[0]?.model.trim()}, ${deno ? `Deno ${deno}` : `Node ${process.versions.node}`}, core ${CORE_HASH}`);
say(
  `predictor ${predictor.source.split(/[\\/]/).at(-1)}, ${slotValues(space.numbers).length} slots, costs in ${model.unit}`,
);
await predictors();
await evolutions();
await sorts();
await methods();
await session.close();

if (process.argv.includes('--write')) {
  const document = new URL('../docs/search-speed.md', import.meta.url);
  const key = deno ? 'deno' : 'node';
  const marked = new RegExp(`(<!-- ${key} -->\\n)[\\s\\S]*?(<!-- /${key} -->)`);
  const text = readFileSync(document, 'utf8');
  writeFileSync(
    document,
    text.replace(marked, (_, open, close) => `${open}${lines.join('\n')}\n${close}`),
  );
}
