/**
 * Settings of the search methods, chosen on some seeds and judged on others. Every setting is varied in turn; a variant is
 * taken where it is better by two standard errors of the paired differences, seed by seed. With `--write` the tables go
 * to docs/search-settings.md.
 *
 *   node --import tsx bench/subnet-settings.ts [--predictor acc.onnx --costs DIR] [--seeds 20] [--write]
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { wasmCore } from '../bindings/wasm/index.ts';
import { evolutionMethod } from '../src/subnets/methods/evolution.ts';
import { EXACT_SURROGATE_DEFAULTS, exactSurrogateMethod } from '../src/subnets/methods/exact-surrogate.ts';
import type { Method } from '../src/subnets/methods/method.ts';
import { NSGA2_DEFAULTS, nsga2Method } from '../src/subnets/methods/nsga2.ts';
import { mean } from './statistics.ts';
import { subnetProblem } from './subnet-problem.ts';

const { space, predictor, model, extremes, limits } = await subnetProblem();
const kernel = wasmCore().subnets({ space: space.numbers, cost: model.factors, predictor: predictor.chain });
const context = {
  space,
  kernel,
  predictor,
  cost: model.factors,
  extremes,
  resolutions: space.resolutions.map((_, r) => r),
};

const flag = process.argv.indexOf('--seeds');
const COUNT = flag < 0 ? 20 : Number(process.argv[flag + 1]);
const CHOOSING = Array.from({ length: COUNT }, (_, i) => 101 + i);
const JUDGING = [1, 2, 3];
/** Standard errors by which a variant must be better. */
const SURE = 2;

type Settings = Record<string, number>;

interface Study {
  id: string;
  make(settings: Settings): Method;
  defaults: Settings;
  variants: Record<string, number[]>;
}

const STUDIES: Study[] = [
  {
    id: 'exact-surrogate',
    make: exactSurrogateMethod,
    defaults: { ...EXACT_SURROGATE_DEFAULTS },
    variants: {
      samples: [400, 1500],
      frontWeight: [30, 300],
      focus: [1, 10],
      proposals: [6, 24],
      proposalPasses: [2, 4],
      margin: [0.001, 0.004],
      width: [16, 64],
      kick: [1, 3],
      kicks: [3, 12],
      buckets: [256, 1024],
    },
  },
  {
    id: 'nsga2',
    make: nsga2Method,
    defaults: { ...NSGA2_DEFAULTS },
    variants: { population: [50, 200], mutateProbability: [0.02, 0.1], resolutionProbability: [0.03, 0.3] },
  },
];

/** Points of accuracy, the mean over all limits, for each seed. */
async function pointsOf(method: Method, seeds: readonly number[]): Promise<number[]> {
  const points: number[] = [];
  for (const seed of seeds) {
    const { archive } = await method.run({
      ...context,
      seed,
      limits,
      evaluations: method.defaultEvaluations(limits.length),
    });
    points.push(mean(limits.map((limit) => 100 * archive.best(limit)!.score)));
  }
  return points;
}

/** Mean difference, seed by seed, and its standard error. */
function gain(points: readonly number[], over: readonly number[]): { by: number; error: number } {
  const differences = points.map((value, i) => value - over[i]);
  const by = mean(differences);
  const spread = Math.sqrt(mean(differences.map((each) => (each - by) ** 2)));
  return { by, error: spread / Math.sqrt(Math.max(1, differences.length - 1)) };
}

const signed = ({ by, error }: { by: number; error: number }) =>
  `${by < 0 ? '−' : '+'}${Math.abs(by).toFixed(3)} ± ${error.toFixed(3)}`;

const sections: string[] = [];
const baseline = {
  choosing: await pointsOf(evolutionMethod(), CHOOSING),
  judging: await pointsOf(evolutionMethod(), JUDGING),
};
for (const { id, make, defaults, variants } of STUDIES) {
  const started = await pointsOf(make(defaults), CHOOSING);
  let chosen = { ...defaults };
  let best = started;
  const rows: string[] = [];
  for (const [name, values] of Object.entries(variants)) {
    const tried: string[] = [];
    let taken = { ...chosen };
    let reached = best;
    for (const value of values) {
      const points = await pointsOf(make({ ...chosen, [name]: value }), CHOOSING);
      const better = gain(points, best);
      tried.push(`${value}: ${signed(better)}`);
      if (better.by <= SURE * better.error || mean(points) <= mean(reached)) continue;
      taken = { ...chosen, [name]: value };
      reached = points;
    }
    rows.push(`| \`${name}\` | ${defaults[name]} | ${tried.join('; ')} | ${taken[name]} |`);
    chosen = taken;
    best = reached;
    process.stderr.write(`${id} ${name}: ${tried.join('; ')}\n`);
  }
  const judged = await pointsOf(make(defaults), JUDGING);
  const changed = Object.keys(chosen).filter((name) => chosen[name] !== defaults[name]);
  const verdict =
    changed.length === 0
      ? 'No variant was better by two standard errors: the settings stay.'
      : `Chosen: ${changed.map((name) => `\`${name}\` ${chosen[name]}`).join(', ')}; on seeds ${JUDGING.join(', ')} that is ${signed(gain(await pointsOf(make(chosen), JUDGING), judged))} points against the settings that ship.`;
  sections.push(`## \`${id}\`, ${make(defaults).defaultEvaluations(limits.length).toLocaleString('en')} evaluations for all limits

| setting | ships with | variants: points gained on the choosing seeds, ± standard error | chosen |
| --- | ---: | --- | ---: |
${rows.join('\n')}

${verdict} Over faithful evolution (one run of 50,100 evaluations for each limit) the settings that ship gain ${signed(gain(started, baseline.choosing))} points on the choosing seeds and ${signed(gain(judged, baseline.judging))} on the judging ones.`);
}

const files = predictor.source === 'seeded' ? '' : ' --predictor acc.onnx --costs note10';
const shown = limits.map((limit) => limit.toFixed(0)).join(', ');
const text = `# Settings of the search methods

Made by \`node --import tsx bench/subnet-settings.ts${files} --write\`.
What counts is the mean predicted accuracy at ${shown} ${model.unit}, in points, on the predictor's scale.
Settings are chosen on seeds ${CHOOSING[0]} to ${CHOOSING[CHOOSING.length - 1]} and judged on seeds ${JUDGING.join(', ')}, which choosing never saw.
The settings of \`exact-surrogate\` were first found on seeds ${JUDGING.join(', ')}, so its gain there flatters it: the other seeds give the fair figure.
\`evolution\` has nothing to choose: it is the published loop with the published settings.

${sections.join('\n\n')}
`;
if (process.argv.includes('--write')) writeFileSync(new URL('../docs/search-settings.md', import.meta.url), text);
else console.log(text);
