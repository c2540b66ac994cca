/**
 * Additive cost: a sum over factors, each a table over the values of up to four slots. Twin of
 * src/reference/subnets/cost.ts.
 *
 *   a factor, 32 bytes   ├ slots u32 │ table address ┼ 4 x (slot | stride << 8) u32 ┼ unused ┤
 */
export let factors: u32 = 0;
export let factorsOf: usize = 0;

/** Entry of a factor's table for a network. */
// @ts-ignore: decorator
@inline
function entry(factor: usize, network: usize): f64 {
  let index: u32 = 0;
  for (let at = factor + 8, end = at + (load<u32>(factor) << 2); at < end; at += 4) {
    const pair = load<u32>(at);
    index += load<u8>(network + (pair & 255)) * (pair >> 8);
  }
  return load<f64>(load<usize>(factor, 4) + (index << 3));
}

export function costOf(network: usize): f64 {
  let sum: f64 = 0;
  for (let factor = factorsOf, end = factorsOf + (factors << 5); factor < end; factor += 32) sum += entry(factor, network);
  return sum;
}

