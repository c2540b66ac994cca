/**
 * Identical processors: two sticks of one kind, two clusters of one chip. Placements that differ only in which of them
 * does what are worth the same; counted as one, a search does not score them twice.
 */
import type { PlacementProblem } from './placement.ts';

/**
 * [P] for each processor the lowest one that it is identical to (itself, where it is the only one of its kind), or
 * undefined where all differ. Identical: exchanging the two, with the resource that each has for itself, leaves the
 * problem as it is.
 */
export function identicalProcessors(problem: PlacementProblem): Uint8Array | undefined {
  const P = problem.processors;
  const first = Uint8Array.from({ length: P }, (_, p) => p);
  let any = false;
  for (let q = 1; q < P; q++) {
    for (let p = 0; p < q; p++) {
      // Every member of a kind is exchangeable with the first of it, hence with every other.
      if (first[p] !== p || !exchangeable(problem, p, q)) continue;
      first[q] = p;
      any = true;
      break;
    }
  }
  return any ? first : undefined;
}

function exchangeable(problem: PlacementProblem, p: number, q: number): boolean {
  const P = problem.processors;
  for (const { seconds, blocks } of problem.models) {
    for (let b = 0; b < blocks; b++) if (seconds[p * blocks + b] !== seconds[q * blocks + b]) return false;
  }
  const same = (numbers: ArrayLike<number>) => Object.is(numbers[p], numbers[q]);
  if (!same(problem.dramResource) || !same(problem.dramSecondsPerByte)) return false;
  if (!same(problem.maxModels) || !same(problem.activeWatts)) return false;
  const own = (x: number, y: number) => problem.processorUses[x] & ~problem.processorUses[y];
  if (!isPrivate(problem, own(p, q), p) || !isPrivate(problem, own(q, p), q)) return false;
  const swapped = (x: number) => (x === p ? q : x === q ? p : x);
  for (const table of [problem.transferSeconds, problem.transferSecondsPerByte, problem.transferResource]) {
    for (let x = 0; x < P; x++) {
      for (const y of [p, q]) {
        if (x === y) continue;
        if (table[x * P + y] !== table[swapped(x) * P + swapped(y)]) return false;
        if (table[y * P + x] !== table[swapped(y) * P + swapped(x)]) return false;
      }
    }
  }
  return samePools(problem, p, q);
}

/** One resource that nothing else touches. */
function isPrivate(problem: PlacementProblem, resources: number, owner: number): boolean {
  if (resources === 0 || (resources & (resources - 1)) !== 0) return false;
  const r = 31 - Math.clz32(resources);
  for (let x = 0; x < problem.processors; x++) if (x !== owner && problem.processorUses[x] & resources) return false;
  return !problem.dramResource.includes(r) && !problem.transferResource.includes(r);
}

/** Exchanging p and q in all memory pools gives the same pools. */
function samePools(problem: PlacementProblem, p: number, q: number): boolean {
  const pools = Array.from(problem.poolProcessors, (mask, i) => ({ mask, bytes: problem.poolBytes[i] }));
  const keys = (list: { mask: number; bytes: number }[]) =>
    list
      .map(({ mask, bytes }) => `${mask}:${bytes}`)
      .sort()
      .join();
  const exchange = (mask: number) => {
    const hasP = (mask >> p) & 1;
    const hasQ = (mask >> q) & 1;
    return (mask & ~((1 << p) | (1 << q))) | (hasP << q) | (hasQ << p);
  };
  return keys(pools) === keys(pools.map(({ mask, bytes }) => ({ mask: exchange(mask), bytes })));
}
