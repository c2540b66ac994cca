/**
 * The search tree: what a node knows, and which child is visited next. Worths are kept as float32 and scores computed
 * in float32 because the WASM core scores four children at a time in one vector; they only guide the search, values of
 * placements stay double.
 */
import { MOST_WORTH } from '../../core/magnitudes.ts';
import { log } from '../numeric.ts';

/** Siblings come in chunks of four slots, one cache line of the WASM core. */
export const CHUNK = 4;
/** Bytes of a slot in the WASM core's tree. */
export const SLOT_BYTES = 22;

export interface Node {
  /** Completed visits. */
  visits: number;
  /** Visits in flight: leaves below that wait for their value. */
  flight: number;
  /** Best value below, or mean of values: float32. */
  worth: number;
  children: Node[];
  /** Nothing below is left to try: a complete placement, or a node whose children are all closed and all opened. */
  closed: boolean;
  closedChildren: number;
}

export const newNode = (): Node => ({ visits: 0, flight: 0, worth: 0, children: [], closed: false, closedChildren: 0 });

/** Running extremes of the values seen, which scale Q to [0, 1]. */
export class Range {
  low = Infinity;
  high = -Infinity;

  add(value: number): void {
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
  }
}

/** Number of children a node may have open: 2 sqrt(visits), progressive widening with exponent 1/2. */
export function allowedChildren(node: Node): number {
  return Math.ceil(2 * Math.sqrt(Math.max(1, node.visits + node.flight)));
}

export interface Scoring {
  selection: 'puct' | 'uct';
  exploration: number;
  range: Range;
}

/**
 * Index of the child with the highest score, the lowest on ties.
 *   PUCT: Q n/(n+v) + c P sqrt(N) / (1 + n + v)      UCT: Q n/(n+v) + c sqrt(ln(1 + N) / (n + v))
 * n visits, v in flight, N both of the parent, Q the worth scaled to [0, 1], P the prior over opened children.
 */
export function selectChild(
  parent: Node,
  priors: ArrayLike<number>,
  priorSum: number,
  { selection, exploration, range }: Scoring,
): number {
  const f = Math.fround;
  const width = range.high - range.low;
  const spread = width >= 1 / MOST_WORTH && range.low >= -MOST_WORTH && range.high <= MOST_WORTH;
  const low = f(range.low);
  const scale = spread ? f(1 / width) : 0;
  const offset = spread ? 0 : 0.5;
  const total = parent.visits + parent.flight;
  const weight = selection === 'puct' ? f((exploration * Math.sqrt(total)) / priorSum) : f(exploration);
  const logTotal = selection === 'puct' ? 0 : f(log(1 + total));
  let best = -1;
  let bestScore = -Infinity;
  for (const [i, child] of parent.children.entries()) {
    if (child.closed) continue;
    const tries = f(child.visits + child.flight);
    const q = spread ? f(f(f(child.worth - low) * scale) + offset) : offset;
    const value = f(f(q * f(child.visits)) / tries);
    const bonus =
      selection === 'puct' ? f(f(weight * f(priors[i])) / f(1 + tries)) : f(weight * f(Math.sqrt(f(logTotal / tries))));
    const score = f(value + bonus);
    if (score > bestScore) {
      best = i;
      bestScore = score;
    }
  }
  return best;
}

/** Nothing is left to try below: the node is not selected again. */
export function close(node: Node, parent: Node | undefined): void {
  node.closed = true;
  if (parent) parent.closedChildren++;
}

/** Fold one value into a node. The worth of a closed one is no longer needed. */
export function recordVisit(node: Node, found: number, backup: 'best' | 'mean'): void {
  const value = Math.min(Math.max(found, -MOST_WORTH), MOST_WORTH);
  node.flight--;
  node.visits++;
  if (node.closed) return;
  if (backup === 'mean') node.worth = Math.fround(node.worth + (value - node.worth) / node.visits);
  else if (node.visits === 1 || value > node.worth) node.worth = Math.fround(value);
}
