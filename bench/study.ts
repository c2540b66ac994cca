/**
 * How good are the planners? Every planner's own result, before `plan` would take a better baseline instead, on random
 * mixes of zoo models, at equal evaluations. Prints the tables; with `--write` they go to docs/planner-study.md.
 *
 *   node --import tsx bench/study.ts [--mixes 30] [--seeds 5] [--evaluations 500] [--write]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { prepareProblem } from '../src/core/prepared.ts';
import { defaultCore, type Objective, type PlannerOptions, plannerById } from '../src/index.ts';
import { fluidBound } from '../src/planners/bound.ts';
import { halfInterval95, mean, median } from './statistics.ts';
import { drawMixes, mixProblem, STUDY_PLATFORMS } from './study-mixes.ts';

const { values: flags } = parseArgs({
  options: {
    mixes: { type: 'string', default: '30' },
    seeds: { type: 'string', default: '5' },
    evaluations: { type: 'string', default: '500' },
    write: { type: 'boolean', default: false },
  },
});
const MIXES = Number(flags.mixes);
const SEEDS = Number(flags.seeds);
const EVALUATIONS = Number(flags.evaluations);
const MIX_SEED = 2023;
const OBJECTIVES: Objective[] = ['throughput', 'min', 'geometric-mean'];

interface Contender {
  name: string;
  planner: string;
  options?: PlannerOptions;
}
const OURS: Contender[] = [
  { name: 'mcts, seeds', planner: 'mcts', options: { seeds: true } },
  { name: 'mcts, no seeds', planner: 'mcts', options: { seeds: false } },
];
const RIVALS: Contender[] = ['random', 'hill-climb', 'genetic'].map((planner) => ({ name: planner, planner }));
const FIXED: Contender[] = [
  { name: 'single-best', planner: 'single-best' },
  { name: 'mosaic-dp', planner: 'mosaic-dp' },
  { name: 'mosaic-dp, best of 3', planner: 'mosaic-dp', options: { variant: 'best' } },
];
const ALL = [...OURS, ...RIVALS, ...FIXED];

/** One mix on one platform: value by contender and seed. NaN where a contender finds nothing within the limits. */
interface Outcome {
  platform: string;
  objective: Objective;
  values: Map<string, number[]>;
  bound: number;
}

const core = defaultCore();

async function runMixes(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const mixes = drawMixes(MIXES, MIX_SEED, 3, 5);
  for (const objective of OBJECTIVES) {
    for (const platform of STUDY_PLATFORMS) {
      for (const mix of mixes) {
        const problem = mixProblem(platform, mix, objective);
        const kernel = core.placement(problem);
        const values = new Map<string, number[]>();
        for (const { name, planner, options } of ALL) {
          const found: number[] = [];
          const seeds = planner === 'mosaic-dp' || planner === 'single-best' ? 1 : SEEDS;
          for (let seed = 1; seed <= seeds; seed++) {
            const context = { kernel, evaluations: EVALUATIONS, seed, ...(options && { options }) };
            const value = await plannerById(planner)
              .plan(context)
              .then(
                (result) => result.value,
                () => Number.NaN,
              );
            found.push(value);
          }
          values.set(name, found);
        }
        kernel.free();
        outcomes.push({ platform, objective, values, bound: fluidBound(prepareProblem(problem)) ?? Number.NaN });
      }
    }
  }
  return outcomes;
}

/** Per mix: the mean over seeds of ours/theirs - 1, in percent. */
function pairedDifferences(outcomes: Outcome[], ours: string, theirs: string): number[] {
  return outcomes.map(({ values }) => {
    const rival = values.get(theirs) ?? [];
    return mean((values.get(ours) ?? []).map((value, i) => 100 * (value / rival[i] - 1)));
  });
}

const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
const interval = (differences: number[]): string => {
  const centre = mean(differences);
  const half = halfInterval95(differences);
  return `${signed(centre)} [${signed(centre - half)}, ${signed(centre + half)}]`;
};
const table = (header: string[], rows: string[][]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

function differenceTable(outcomes: Outcome[]): string {
  const rows: string[][] = [];
  for (const objective of OBJECTIVES) {
    for (const { name } of OURS) {
      for (const platform of [...STUDY_PLATFORMS, 'all']) {
        const chosen = outcomes.filter(
          (each) => each.objective === objective && (platform === 'all' || each.platform === platform),
        );
        rows.push([
          objective,
          name,
          platform,
          ...RIVALS.map((rival) => interval(pairedDifferences(chosen, name, rival.name))),
        ]);
      }
    }
  }
  return table(['objective', 'planner', 'platform', ...RIVALS.map(({ name }) => `against ${name}, %`)], rows);
}

function shareTable(outcomes: Outcome[]): string {
  const rows = ALL.map(({ name }) => [
    name,
    ...OBJECTIVES.map((objective) => {
      const shares = outcomes
        .filter((each) => each.objective === objective)
        .map(({ values }) => {
          const best = Math.max(...[...values.values()].flat().filter((value) => !Number.isNaN(value)));
          const own = (values.get(name) ?? []).map((value) => (Number.isNaN(value) ? 0 : value / best));
          return mean(own);
        });
      return mean(shares).toFixed(3);
    }),
  ]);
  return table(['planner', ...OBJECTIVES], rows);
}

function gapTable(outcomes: Outcome[]): string {
  const rows = OBJECTIVES.map((objective) => {
    const gaps = outcomes
      .filter((each) => each.objective === objective)
      .map(({ values, bound }) => 100 * Math.max(0, 1 - Math.max(...(values.get('mcts, seeds') ?? [])) / bound));
    return [objective, median(gaps).toFixed(1), Math.max(...gaps).toFixed(1)];
  });
  return table(['objective', 'median gap, %', 'largest gap, %'], rows);
}

/** Mixes of two, where branch and bound proves the optimum: the share of it that the search reaches. */
async function optimumTable(): Promise<string> {
  const rows: string[][] = [];
  const mixes = drawMixes(10, MIX_SEED + 1, 2, 2);
  for (const objective of OBJECTIVES) {
    const shares: number[][] = [[], [], [], []];
    const boundGaps: number[] = [];
    let proven = 0;
    let tried = 0;
    for (const platform of STUDY_PLATFORMS) {
      for (const mix of mixes) {
        tried++;
        const problem = mixProblem(platform, mix, objective);
        const kernel = core.placement(problem);
        const start = await plannerById('mcts').plan({ kernel, evaluations: 5000 });
        const exact = kernel.exact(start.placement);
        let status = exact.run(0);
        for (let i = 0; i < 40 && !status.done; i++) status = exact.run(250_000);
        if (status.done) {
          proven++;
          const bound = fluidBound(prepareProblem(problem));
          if (bound !== undefined) boundGaps.push(100 * Math.max(0, 1 - status.bestValue / bound));
          let column = 0;
          for (const evaluations of [500, 5000]) {
            for (const seeds of [true, false]) {
              for (let seed = 1; seed <= SEEDS; seed++) {
                const { value } = await plannerById('mcts').plan({ kernel, evaluations, seed, options: { seeds } });
                shares[column].push(value / status.bestValue);
              }
              column++;
            }
          }
        }
        kernel.free();
      }
    }
    rows.push([
      objective,
      `${proven} of ${tried}`,
      ...shares.map((column) => (column.length > 0 ? mean(column).toFixed(4) : 'none')),
      boundGaps.length > 0 ? median(boundGaps).toFixed(1) : 'none',
    ]);
  }
  return table(
    [
      'objective',
      'proven optima',
      '500, seeds',
      '500, no seeds',
      '5000, seeds',
      '5000, no seeds',
      'bound above optimum, median %',
    ],
    rows,
  );
}

const outcomes = await runMixes();
const text = `# How the planners compare

Made by \`node --import tsx bench/study.ts --write\`, core ${core.version}. All figures are predictions of the
throughput model on roofline profiles: they compare planners, not devices.

${MIXES} random mixes of 3 to 5 different zoo models on each of ${STUDY_PLATFORMS.join(', ')}; ${SEEDS} seeds;
${EVALUATIONS} evaluations for every planner. Each planner's raw result counts: \`heterodyne plan\` would take the best
baseline's answer where that is better. Comparators count every scored placement, mcts every distinct one.

## Paired differences

Mean over mixes of (mcts / comparator − 1), in percent, seeds averaged within a mix first, with the 95 % interval of
the mean over mixes.

${differenceTable(outcomes)}

## Share of the best value that any planner found

Mean over all mixes and platforms; 1 = always the best of all. What finds nothing within the limits counts as 0.

${shareTable(outcomes)}

## Distance to the upper bound

The best of ${SEEDS} runs of mcts with seeds, below the bound that plans print. The bound allows splitting blocks at will,
so part of the gap is the bound's.

${gapTable(outcomes)}

## Mixes of two against the proven optimum

10 mixes of two on each platform, where branch and bound ends within ten million nodes. Share of the optimum's value by
evaluations, and how far the bound of the plans lies above the optimum.

${await optimumTable()}
`;
console.log(text);
if (flags.write) writeFileSync(new URL('../docs/planner-study.md', import.meta.url), text);
