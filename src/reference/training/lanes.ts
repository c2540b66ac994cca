/** float32 sums in four lanes: element j in lane j mod 4, joined as (0 + 1) + (2 + 3). */
export const f = Math.fround;

/** Sum of `term(j)`, each a float32, over j < count. */
export function laneSum(count: number, term: (j: number) => number): number {
  const lanes = new Float32Array(4);
  for (let j = 0; j < count; j++) lanes[j & 3] += term(j);
  return joined(lanes);
}

export function joined(lanes: Float32Array): number {
  return f(f(lanes[0] + lanes[1]) + f(lanes[2] + lanes[3]));
}
