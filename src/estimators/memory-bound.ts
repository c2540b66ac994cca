/** What memory and residency limits forbid for certain, before any search. */
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementProblem } from '../core/placement.ts';
import { bitCount } from '../core/prepared.ts';
import { bytesText } from '../documents/quantities.ts';

/** Names of a problem's parts, for messages. */
export interface ProblemNames {
  models: string[];
  /** Which form of each model is planned. */
  variants: string[];
  processors: string[];
  resources: string[];
  /** One per memory pool: the processor or DRAM that holds it. */
  pools: string[];
}

/**
 * Throws `INFEASIBLE` when the models cannot fit whatever the placement. Lower bounds: every model needs its weights
 * once and its working memory at least once; a pool must hold the models that have nowhere else to go; all pools
 * together must hold everything. A problem that passes may still turn out infeasible.
 */
export function checkMemoryBounds(problem: PlacementProblem, names: ProblemNames): void {
  const P = problem.processors;
  const needs = problem.models.map((model) => model.weightBytes.reduce((sum, x) => sum + x, 0) + model.activationBytes);
  // Bit p set = model m can use processor p for at least one block.
  const reach = problem.models.map((model) => {
    let bits = 0;
    for (let p = 0; p < P; p++) {
      const row = model.seconds.subarray(p * model.blocks, (p + 1) * model.blocks);
      if (row.some((seconds) => seconds < Number.POSITIVE_INFINITY)) bits |= 1 << p;
    }
    return bits;
  });
  const everything = reach.reduce((union, bits) => union | bits, 0);

  for (let q = 0; q < problem.poolBytes.length; q++) {
    const pool = problem.poolProcessors[q];
    const confined = problem.models.flatMap((_, m) => ((reach[m] & ~pool) === 0 ? [m] : []));
    refuseIfLarger(confined, problem.poolBytes[q], names.pools[q]);
  }
  const together = coveringPools(problem, everything);
  if (together !== undefined && together.length > 1) {
    const capacity = together.reduce((sum, q) => sum + problem.poolBytes[q], 0);
    refuseIfLarger([...needs.keys()], capacity, together.map((q) => names.pools[q]).join(' and '));
  }
  refuseTooManyModels();

  function refuseIfLarger(models: number[], capacity: number, where: string): void {
    const need = models.reduce((sum, m) => sum + needs[m], 0);
    if (need <= capacity) return;
    const list = models.map((m) => ({ name: names.models[m], bytes: needs[m] })).sort((a, b) => b.bytes - a.bytes);
    const shown = list.slice(0, 5).map(({ name, bytes }) => `${name} ${bytesText(bytes)}`);
    const rest = list.length > 5 ? ` and ${list.length - 5} smaller` : '';
    throw new HeterodyneError(
      'INFEASIBLE',
      `the models need ${bytesText(need)}, ${where} has ${bytesText(capacity)}: ${bytesText(need - capacity)} too much`,
      {
        path: '/models',
        expected: `at most ${bytesText(capacity)}`,
        received: bytesText(need),
        hint: `take fewer or smaller models (${shown.join(', ')}${rest}), or a lower precision`,
      },
    );
  }

  function refuseTooManyModels(): void {
    const M = problem.models.length;
    let places = 0;
    for (let p = 0; p < P; p++) if (everything & (1 << p)) places += problem.maxModels[p];
    if (places >= M) return;
    throw new HeterodyneError('INFEASIBLE', `${M} models, but the processors hold ${places}: ${M - places} too many`, {
      path: '/models',
      expected: `at most ${places} models`,
      received: `${M}`,
      hint: 'take fewer models, or a platform with a higher maxModels',
    });
  }
}

/** Pools that contain all of `processors` between them (largest pools first), or undefined when some have no limit. */
function coveringPools(problem: PlacementProblem, processors: number): number[] | undefined {
  const chosen: number[] = [];
  let open = processors;
  const bySize = [...problem.poolProcessors.keys()].sort(
    (a, b) => bitCount(problem.poolProcessors[b]) - bitCount(problem.poolProcessors[a]) || a - b,
  );
  for (const q of bySize) {
    const pool = problem.poolProcessors[q];
    if ((pool & open) === 0) continue;
    chosen.push(q);
    open &= ~pool;
  }
  return open === 0 ? chosen : undefined;
}
