/**
 * Maximum matching of models to devices that take several: Hopcroft and Karp (SIAM J. Computing 2(4), 1973), with a
 * device of capacity c standing for c vertices. It is the maximum flow of the feasibility question.
 */

export interface Matching {
  /** Device of every model; -1 = none. */
  device: number[];
  /** Models matched. */
  size: number;
}

/** @param allowed devices that each model may take */
export function maximumMatching(allowed: readonly (readonly number[])[], caps: readonly number[]): Matching {
  const device = allowed.map(() => -1);
  const residents = caps.map((): number[] => []);
  let size = 0;
  for (;;) {
    const layer = layers(allowed, caps, device, residents);
    if (!layer) return { device, size };
    const tried = new Set<number>();
    for (const i of device.keys()) if (device[i]! < 0 && augment(i, layer, tried)) size++;
  }

  function augment(i: number, layer: readonly number[], tried: Set<number>): boolean {
    tried.add(i);
    for (const j of allowed[i]!) {
      if (residents[j]!.length >= caps[j]!) {
        const next = residents[j]!.find((k) => layer[k] === layer[i]! + 1 && !tried.has(k) && augment(k, layer, tried));
        if (next === undefined) continue;
      }
      const old = device[i]!;
      if (old >= 0) residents[old]!.splice(residents[old]!.indexOf(i), 1);
      device[i] = j;
      residents[j]!.push(i);
      return true;
    }
    return false;
  }
}

/** Distance of every model from the unmatched ones along alternating paths; undefined = no device with room is reached. */
function layers(
  allowed: readonly (readonly number[])[],
  caps: readonly number[],
  device: readonly number[],
  residents: readonly (readonly number[])[],
): number[] | undefined {
  const layer: number[] = device.map((j) => (j < 0 ? 0 : -1));
  const queue = [...device.keys()].filter((i) => device[i]! < 0);
  let reached = false;
  for (const i of queue) {
    for (const j of allowed[i]!) {
      if (residents[j]!.length < caps[j]!) reached = true;
      for (const k of residents[j]!) {
        if (layer[k]! >= 0) continue;
        layer[k] = layer[i]! + 1;
        queue.push(k);
      }
    }
  }
  return reached ? layer : undefined;
}

/**
 * Why a matching that leaves models out is the largest: the models that alternating paths reach from an unmatched one,
 * and all the devices that they may take, which together have too little room (Hall's condition).
 */
export function bottleneckOf(
  allowed: readonly (readonly number[])[],
  device: readonly number[],
): { models: number[]; devices: number[] } {
  const models = new Set([...device.keys()].filter((i) => device[i]! < 0).slice(0, 1));
  const devices = new Set<number>();
  for (const i of models) {
    for (const j of allowed[i]!) {
      devices.add(j);
      device.forEach((at, k) => {
        if (at === j) models.add(k);
      });
    }
  }
  const ascending = (a: number, b: number) => a - b;
  return { models: [...models].sort(ascending), devices: [...devices].sort(ascending) };
}
