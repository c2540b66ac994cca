/** Random control problems and the states that cohorts get into. */
import type { ControlChoice, ControlKernel, ControlProblem } from '../../src/core/control.ts';
import type { Random } from '../../src/reference/random.ts';

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

/** Figures on a coarse grid, so that ties are common. */
const grid = (random: Random, least: number, steps: number) => least + random.below(steps) / 8;

export function randomProblem(random: Random, mostPoints: number): ControlProblem {
  const points = 1 + random.below(mostPoints);
  const tables = Array.from({ length: 1 + random.below(6) }, () =>
    Float32Array.from({ length: points }, () => grid(random, 0.25, 24)),
  );
  const variants = (count: number) => Array.from({ length: count }, (_, v) => v);
  return {
    tables,
    powerUp: Float32Array.from({ length: points }, () => grid(random, 0.25, 24)),
    busyWatts: Float64Array.from({ length: points }, () => 3 + 12 * random.unit()),
    idleWatts: Float64Array.from({ length: points }, () => 1 + 2 * random.unit()),
    fastest: random.below(points),
    subDeadline: pick(random, ['proportional', 'front-loaded']),
    horizon: pick(random, [1, 2, 3, 255]),
    models: Array.from({ length: 1 + random.below(16) }, () => {
      const blocks = 1 + random.below(12);
      const referenceSeconds = Float64Array.from({ length: blocks }, () => 0.001 + 0.01 * random.unit());
      const total = referenceSeconds.reduce((sum, seconds) => sum + seconds, 0);
      const forms = variants(1 + random.below(5));
      return {
        referenceSeconds,
        deadlineSeconds: total * (0.6 + 3 * random.unit()),
        weight: 1 + random.below(3),
        tableAt: Uint32Array.from({ length: blocks }, () => random.below(tables.length)),
        variantSpeedUp: Float64Array.from(forms, (v) => (v === 0 ? 1 : grid(random, 0.5, 16))),
        variantLoss: Float64Array.from(forms, (v) => (v === 0 ? 0 : grid(random, 0, 8) / 10)),
      };
    }),
  };
}

export function randomChoice(random: Random, points: number): ControlChoice {
  return {
    mode: pick(random, ['min-energy', 'max-accuracy', 'balanced']),
    objective: pick(random, ['power', 'energy']),
    epochSeconds: 0.2 * random.unit(),
    measure: pick(random, ['loss', 'residual-speedup']),
    aggregate: pick(random, ['sum', 'weighted', 'max']),
    balanced: pick(random, ['trend-residual', 'ideal-distance']),
    search: pick(random, ['index', 'scan']),
    candidates: points <= 64 && random.below(4) === 0 ? 'all' : 'needs',
  };
}

/** Where a cohort stands, written into both kernels alike. */
export function randomState(random: Random, problem: ControlProblem, kernels: readonly ControlKernel[]): void {
  for (const [m, model] of problem.models.entries()) {
    const blocks = model.referenceSeconds.length;
    const position = random.below(blocks + 1);
    const elapsed = (model.deadlineSeconds * (position / blocks) * 2 + 0.01) * random.unit();
    const margin = 0.002 * random.unit();
    const factor = random.below(2) === 0 ? 1 : 1 + random.unit();
    for (const { input } of kernels) {
      input.position[m] = position;
      input.elapsed[m] = elapsed;
      input.margin[m] = margin;
      input.factor[m] = factor;
    }
  }
}
