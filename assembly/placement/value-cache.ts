/**
 * Values of placements already scored, direct-mapped by hash: twin of src/reference/placement/value-cache.ts.
 *
 *   entry, 16 bytes: │ hash low u32 │ hash high u32 │ value f64 │
 */
import { allocate } from '../arena';

let table: usize = 0;
let mask: u32 = 0;
/** Value found by the last successful `lookUp`. */
export let cachedValue: f64 = 0;

/** @param entries a power of two */
export function beginCache(entries: u32): bool {
  table = allocate(<usize>entries << 4);
  mask = entries - 1;
  return table != 0;
}

export function lookUp(low: u32, high: u32): bool {
  const entry = table + (<usize>(low & mask) << 4);
  if (load<u32>(entry) != low || load<u32>(entry, 4) != high) return false;
  cachedValue = load<f64>(entry, 8);
  return true;
}

export function remember(low: u32, high: u32, value: f64): void {
  const entry = table + (<usize>(low & mask) << 4);
  store<u32>(entry, low);
  store<u32>(entry, high, 4);
  store<f64>(entry, value, 8);
}
