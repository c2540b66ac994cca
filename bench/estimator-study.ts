/**
 * Does a search that asks a learned estimator find better placements than simpler searches that ask the same one? On mixes
 * that the shipped estimator never saw, at equal evaluations, each answer scored by the engine. Prints a table; with
 * `--write` it goes to docs/estimator.md.
 *
 *   node --import tsx bench/estimator-study.ts [--mixes 30] [--evaluations 500] [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { splitByMix, TEST } from '../src/estimators/dataset/data.ts';
import { drawMixes, mixProblem } from '../src/estimators/dataset/mixes.ts';
import { engineVerifier } from '../src/estimators/engine-verifier.ts';
import { openEstimatorNetwork } from '../src/estimators/onnx.ts';
import { shippedEstimator } from '../src/estimators/shipped/registry.ts';
import { defaultCore, loadZooModel, plannerById, platformById, rooflineProfile, ZOO } from '../src/index.ts';
import { halfInterval95, mean } from './statistics.ts';

const { values: flags } = parseArgs({
  options: {
    mixes: { type: 'string', default: '30' },
    evaluations: { type: 'string', default: '500' },
    write: { type: 'boolean', default: false },
  },
});
const MIXES = Number(flags.mixes);
const EVALUATIONS = Number(flags.evaluations);
const PLATFORM = 'hikey970';
/** As the shipped estimator's data set was drawn (bench/ship-estimator.ts). */
const DRAWN = { mixes: 500, most: 5, seed: 1 };
/** The engine's noise in the judgement is another one than in training. */
const JUDGE_SEED = 20_231;

const { platform } = platformById(PLATFORM);
const profile = rooflineProfile(
  ZOO.map(({ name }) => loadZooModel(name)),
  platform,
);
const drawn = drawMixes(profile.models.length, DRAWN.mixes, DRAWN.most, DRAWN.seed);
const split = splitByMix(
  Int32Array.from(drawn, (_, i) => i),
  DRAWN.seed,
);
/** A single model leaves little to search. */
const heldOut = drawn.filter((mix, i) => split[i] === TEST && mix.length > 1).slice(0, MIXES);

const CONTENDERS = [
  { name: 'mcts, estimator', planner: 'mcts', learned: true },
  { name: 'mcts without its seeds, estimator', planner: 'mcts', learned: true, seeds: false },
  { name: 'random best of N, estimator', planner: 'random', learned: true },
  { name: 'hill-climb, estimator', planner: 'hill-climb', learned: true },
  { name: 'mcts, throughput model', planner: 'mcts', learned: false },
];

const network = await openEstimatorNetwork(shippedEstimator(PLATFORM));
const scores = CONTENDERS.map((): number[] => []);
for (const mix of heldOut) {
  const problem = mixProblem(profile, platform, mix);
  const kernel = defaultCore().placement(problem);
  const estimator = network.over(problem, kernel);
  const judge = engineVerifier(problem, 1, JUDGE_SEED);
  for (const [c, { planner, learned, seeds = true }] of CONTENDERS.entries()) {
    const { placement } = await plannerById(planner).plan({
      kernel,
      evaluations: EVALUATIONS,
      ...(learned && { estimator }),
      options: { verify: 'none', seeds },
    });
    const [value] = await judge.score(placement);
    scores[c].push(value);
  }
  await estimator.close();
  kernel.free();
}
await network.close();

const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
const lines = [
  '| planner | mean throughput/s, simulated | first row against it, % (95 % interval) |',
  '| --- | ---: | ---: |',
  ...CONTENDERS.map(({ name }, c) => {
    const differences = scores[0].map((value, i) => 100 * (value / scores[c][i] - 1));
    const centre = mean(differences);
    const half = halfInterval95(differences);
    const against = c === 0 ? '' : `${signed(centre)} [${signed(centre - half)}, ${signed(centre + half)}]`;
    return `| ${name} | ${mean(scores[c]).toFixed(2)} | ${against} |`;
  }),
];
console.log(`${heldOut.length} mixes, ${EVALUATIONS} evaluations\n${lines.join('\n')}`);

if (flags.write) {
  const file = new URL('../docs/estimator.md', import.meta.url);
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(
      /(<!-- study -->\n)[\s\S]*?(<!-- \/study -->)/,
      (_, open, close) => `${open}${lines.join('\n')}\n${close}`,
    ),
  );
}
