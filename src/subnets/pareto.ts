/** Which of many (cost, worth) pairs no other one beats. */

/** Places of the chosen pairs, cheapest first, each worth more than all cheaper ones. */
class Chosen {
  readonly places: Uint32Array;

  constructor(places: Uint32Array) {
    this.places = places;
  }

  /** The chosen entries of an array. */
  map64(values: Float64Array): Float64Array {
    const picked = new Float64Array(this.places.length);
    for (let i = 0; i < picked.length; i++) picked[i] = values[this.places[i]];
    return picked;
  }
}

export type Choose = (costs: Float64Array, worths: Float64Array) => Chosen;

/** Keeps of places in order of cost those that are worth more than all before. */
function rising(places: Uint32Array, worths: Float64Array): Chosen {
  let kept = 0;
  let best = -Infinity;
  for (let i = 0; i < places.length; i++) {
    const at = places[i];
    if (worths[at] <= best) continue;
    best = worths[at];
    places[kept++] = at;
  }
  return new Chosen(places.subarray(0, kept));
}

/** Exactly all that are within the limit and not beaten. */
export function undominated(limit: number): Choose {
  return (costs, worths) => {
    const within = Uint32Array.from(costs.keys()).filter((at) => costs[at] <= limit);
    return rising(
      within.sort((a, b) => costs[a] - costs[b] || worths[b] - worths[a] || a - b),
      worths,
    );
  };
}

/** At most one for each of `buckets` ranges of cost up to the limit: the one that is worth most, the cheaper of equals. */
export function bestOfBuckets(limit: number, buckets: number): Choose {
  const held = new Int32Array(buckets);
  const scale = (buckets - 1) / limit;
  return (costs, worths) => {
    held.fill(-1);
    let count = 0;
    for (let at = 0; at < costs.length; at++) {
      const cost = costs[at];
      if (cost > limit) continue;
      const bucket = Math.floor(cost * scale);
      const rival = held[bucket];
      if (rival < 0) count++;
      else if (worths[at] < worths[rival] || (worths[at] === worths[rival] && cost >= costs[rival])) continue;
      held[bucket] = at;
    }
    const places = new Uint32Array(count);
    for (let bucket = 0, next = 0; bucket < buckets; bucket++) if (held[bucket] >= 0) places[next++] = held[bucket];
    return rising(places, worths);
  };
}
