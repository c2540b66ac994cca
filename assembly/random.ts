/** xoshiro128** seeded through splitmix32; twin of src/reference/random.ts, which names the source. */

let s0: u32 = 0;
let s1: u32 = 0;
let s2: u32 = 0;
let s3: u32 = 0;
let seeding: u32 = 0;

function nextSeed(): u32 {
  seeding += 0x9e3779b9;
  let z = seeding;
  z = (z ^ (z >> 16)) * 0x85ebca6b;
  z = (z ^ (z >> 13)) * 0xc2b2ae35;
  return z ^ (z >> 16);
}

export function seedRandom(seed: u32): void {
  seeding = seed;
  s0 = nextSeed();
  s1 = nextSeed();
  s2 = nextSeed();
  s3 = nextSeed();
  if ((s0 | s1 | s2 | s3) == 0) s0 = 1;
}

/** Uniform in 0 .. 2^32 - 1. */
export function nextU32(): u32 {
  const result = rotl<u32>(s1 * 5, 7) * 9;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = rotl<u32>(s3, 11);
  return result;
}

/** Uniform in 0 .. n - 1. */
// @ts-ignore: decorator
@inline
export function below(n: u32): u32 {
  return <u32>((<u64>nextU32() * <u64>n) >> 32);
}

/** Uniform in [0, 1), a multiple of 2^-32. */
// @ts-ignore: decorator
@inline
export function unit(): f64 {
  return <f64>nextU32() * (1.0 / 4294967296.0);
}
