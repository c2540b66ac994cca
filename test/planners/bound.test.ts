import { createRequire } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/wasm/index.ts';
import type { PlacementKernel, PlacementProblem } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { fluidBound } from '../../src/planners/bound.ts';
import { randomProblem } from '../core/problems.ts';

interface Solution {
  Status: string;
  ObjectiveValue: number;
}
// The package is CommonJS with an asynchronous factory as its export.
const makeHighs = createRequire(import.meta.url)('highs') as () => Promise<{ solve(lp: string): Solution }>;

/**
 * The fluid relaxation in CPLEX LP format: f_m_b_p inferences/s of block b of model m on processor p, transfers free,
 * objective mean, weighted mean or minimum.
 */
function linearProgramme(problem: PlacementProblem): string {
  const P = problem.processors;
  const load: string[][] = Array.from({ length: problem.resources }, () => []);
  const rows: string[] = [];
  const bounds: string[] = [];
  for (const [m, model] of problem.models.entries()) {
    for (let b = 0; b < model.blocks; b++) {
      const sum: string[] = [];
      for (let p = 0; p < P; p++) {
        const seconds = model.seconds[p * model.blocks + b] * model.callsPerFrame;
        if (seconds === Number.POSITIVE_INFINITY) continue;
        const variable = `f_${m}_${b}_${p}`;
        sum.push(`+ ${variable}`);
        for (let r = 0; r < problem.resources; r++) {
          let demand = (problem.processorUses[p] >> r) & 1 ? seconds : 0;
          if (problem.dramResource[p] === r) {
            demand += model.dramBytes[b] * problem.dramSecondsPerByte[p] * model.callsPerFrame;
          }
          if (demand > 0) load[r].push(`+ ${demand} ${variable}`);
        }
      }
      rows.push(` c_${m}_${b}: ${sum.join(' ')} - r_${m} = 0`);
    }
    if (problem.objective === 'min') rows.push(` least_${m}: r_${m} - least >= 0`);
    if (model.rateLimit < Number.POSITIVE_INFINITY) bounds.push(` r_${m} <= ${model.rateLimit}`);
  }
  for (const [r, terms] of load.entries()) if (terms.length > 0) rows.push(` res_${r}: ${terms.join(' ')} <= 1`);
  const M = problem.models.length;
  const weights = problem.models.reduce((sum, model) => sum + model.value, 0);
  const objective =
    problem.objective === 'min'
      ? 'least'
      : problem.models
          .map(({ value }, m) => `+ ${problem.objective === 'throughput' ? 1 / M : value / weights} r_${m}`)
          .join(' ');
  return `Maximize\n obj: ${objective}\nSubject To\n${rows.join('\n')}\nBounds\n${bounds.join('\n')}\nEnd\n`;
}

const test = suite('fluid bound');

test('comes near the linear programme as HiGHS solves it, and is never below a proven optimum', async () => {
  const highs = await makeHighs();
  const core = wasmCore();
  const above: number[] = [];
  let optima = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const objective = (['throughput', 'min', 'weighted', 'geometric-mean'] as const)[seed % 4];
    const problem = randomProblem(seed + 30_000, { objective, models: 2 + (seed % 3), blocks: 4 });
    let kernel: PlacementKernel;
    try {
      kernel = core.placement(problem);
    } catch {
      continue;
    }
    const bound = fluidBound(prepareProblem(problem));
    if (bound === undefined) continue;
    const { done, bestValue } = kernel.exact().run(3e5);
    if (done && bestValue > Number.NEGATIVE_INFINITY) {
      optima++;
      // Values of `min` carry the tie term, the bound does not.
      const slack = objective === 'min' ? 1e-5 : 1e-9;
      assert.ok(
        bound >= bestValue * (1 - slack),
        `problem ${seed}, ${objective}: ${bound} below the optimum ${bestValue}`,
      );
    }
    if (objective === 'geometric-mean') continue;
    const solution = highs.solve(linearProgramme(problem));
    assert.is(solution.Status, 'Optimal', `problem ${seed}`);
    // The tie term of `min` lifts values by up to a few parts in a million.
    above.push(bound / solution.ObjectiveValue - 1);
  }
  assert.ok(optima > 60, `${optima} optima were proven`);
  above.sort((a, b) => a - b);
  const median = above[above.length >> 1];
  const p90 = above[Math.floor(above.length * 0.9)];
  console.log(
    `  fluid bound above the linear programme: median ${(100 * median).toFixed(3)} %, 90 % within ${(100 * p90).toFixed(2)} %`,
  );
  assert.ok(median < 0.005, `median ${median}`);
  assert.ok(p90 < 0.03, `p90 ${p90}`);
});

test.run();
