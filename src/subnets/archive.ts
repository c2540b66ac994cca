/**
 * The best networks seen, by cost: one per bucket, so that any limit is answered from the same memory, and a larger
 * limit never gets a worse network.
 */
export interface Found {
  network: Uint8Array;
  score: number;
  cost: number;
}

export class Archive {
  /** Upper ends of the buckets, ascending; the limits asked for are among them. */
  readonly #ends: number[];
  readonly #best: (Found | undefined)[];

  /**
   * @param from least cost of any network
   * @param limits limits that will be asked for exactly
   */
  constructor(from: number, limits: readonly number[], buckets = 200) {
    const to = Math.max(...limits);
    const uniform = Array.from({ length: buckets }, (_, b) => from + ((to - from) * (b + 1)) / buckets);
    this.#ends = [...new Set([...uniform.slice(0, -1), ...limits])].sort((a, b) => a - b);
    this.#best = this.#ends.map(() => undefined);
  }

  /** Keeps a network that is better than its bucket's, or as good and cheaper. */
  offer(network: Uint8Array, score: number, cost: number): void {
    const bucket = this.#bucket(cost);
    if (bucket === this.#ends.length) return;
    const held = this.#best[bucket];
    if (held && (held.score > score || (held.score === score && held.cost <= cost))) return;
    this.#best[bucket] = { network: network.slice(), score, cost };
  }

  /** First bucket whose end is not below the cost. */
  #bucket(cost: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] < cost) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The best network within a limit, if any was seen. */
  best(limit: number): Found | undefined {
    let best: Found | undefined;
    for (const found of this.#best) {
      if (found && found.cost <= limit && (!best || found.score > best.score)) best = found;
    }
    return best;
  }

  /** Non-dominated networks, cheapest first. */
  front(): Found[] {
    const front: Found[] = [];
    for (const found of this.#best) {
      if (found && (front.length === 0 || found.score > front[front.length - 1].score)) front.push(found);
    }
    return front;
  }
}

/**
 * Area that a front dominates, in units of cost times score: maximal scores, minimal costs, up to the reference point.
 */
export function hypervolume(front: readonly Found[], reference: { cost: number; score: number }): number {
  let area = 0;
  let score = reference.score;
  for (const found of [...front].sort((a, b) => a.cost - b.cost)) {
    if (found.cost >= reference.cost || found.score <= score) continue;
    area += (reference.cost - found.cost) * (found.score - score);
    score = found.score;
  }
  return area;
}
