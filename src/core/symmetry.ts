/**
 * Identical processors: two sticks of one kind, two clusters of one chip. Placements that differ only in which of them
 * does what are worth the same; counted as one, a search does not score them twice.
 */
import type { PlacementProblem } from './placement.ts';

/**
 * [P] for each processor the lowest one that it is identical to (itself, where it is the only one of its kind), or
 * undefined where all differ. Identical: exchanging the two, with the resources that each has for itself, leaves the
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
  if (!same(problem.dramSecondsPerByte) || !same(problem.maxModels) || !same(problem.activeWatts)) return false;
  const swapped = (x: number) => (x === p ? q : x === q ? p : x);
  for (const table of [problem.transferSeconds, problem.transferSecondsPerByte]) {
    for (let x = 0; x < P; x++) {
      for (const y of [p, q]) {
        if (x === y) continue;
        if (table[x * P + y] !== table[swapped(x) * P + swapped(y)]) return false;
        if (table[y * P + x] !== table[swapped(y) * P + swapped(x)]) return false;
      }
    }
  }
  return exchangesResources(problem, p, q) && samePools(problem, p, q);
}

/**
 * Whether some exchange of resources (each stick's own engine, each stick's own link) goes with that of p and q, such
 * that every processor and every transfer then occupies what its counterpart did.
 */
function exchangesResources(problem: PlacementProblem, p: number, q: number): boolean {
  const P = problem.processors;
  const { processorUses, transferResource, dramResource } = problem;
  const swapped = (x: number) => (x === p ? q : x === q ? p : x);
  const counterpart = new Int32Array(problem.resources).fill(-1);
  const pair = (r: number, s: number): boolean => {
    if (r < 0 || s < 0) return r === s;
    if (counterpart[r] < 0 && counterpart[s] < 0) {
      counterpart[r] = s;
      counterpart[s] = r;
    }
    return counterpart[r] === s && counterpart[s] === r;
  };
  const onlyP = (processorUses[p] & ~processorUses[q]) >>> 0;
  const onlyQ = (processorUses[q] & ~processorUses[p]) >>> 0;
  if (!isOne(onlyP) || !isOne(onlyQ) || !pair(31 - Math.clz32(onlyP), 31 - Math.clz32(onlyQ))) return false;
  for (let x = 0; x < P; x++) {
    if (!pair(dramResource[x], dramResource[swapped(x)])) return false;
    for (let y = 0; y < P; y++) {
      if (x !== y && !pair(transferResource[x * P + y], transferResource[swapped(x) * P + swapped(y)])) return false;
    }
  }
  for (let x = 0; x < P; x++) {
    let moved = 0;
    for (let r = 0; r < problem.resources; r++) {
      if (processorUses[x] & (1 << r)) moved |= 1 << (counterpart[r] < 0 ? r : counterpart[r]);
    }
    if (moved >>> 0 !== processorUses[swapped(x)] >>> 0) return false;
  }
  return true;
}

function isOne(bits: number): boolean {
  return bits !== 0 && (bits & (bits - 1)) === 0;
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
