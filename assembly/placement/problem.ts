/**
 * The problem as the binding laid it out: dimensions, switches, and addresses of tables. The binding sets these
 * exported globals once, before any kernel runs; nothing here is written afterwards.
 *
 * Tables `...Of` hold one number or address per model. m model, p processor, r resource, q pool, b block, n blocks.
 */

export let models: u32 = 0;
export let processors: u32 = 0;
export let resources: u32 = 0;
/** Resources rounded up to even: f64 per row. */
export let rowStride: u32 = 0;
export let pools: u32 = 0;
/** 0 throughput, 1 min, 2 weighted, 3 geometric mean, 4 priority, 5 energy. */
export let objective: u32 = 0;
export let depthOne: bool = false;
/** Some model has a rate limit, or depthOne. */
export let rateLimited: bool = false;
/** Memory or residency limits can bind. */
export let constrained: bool = false;
export let idleWatts: f64 = 0;
export let meanSoloRate: f64 = 0;

/** [P] u32 resource bits */
export let processorUses: usize = 0;
/** [P][P] f64 */
export let transferSeconds: usize = 0;
export let transferSecondsPerByte: usize = 0;
/** [P][P] i32, -1 = receiver */
export let transferResource: usize = 0;
/** [P] i32 */
export let dramResource: usize = 0;
/** [P] f64 */
export let dramSecondsPerByte: usize = 0;
/** [P] u32 */
export let maxModels: usize = 0;
/** [Q] u32 processor bits, [Q] f64 */
export let poolProcessors: usize = 0;
export let poolBytes: usize = 0;
/** [P] f64 */
export let activeWatts: usize = 0;

/** [M] u32 */
export let blocksOf: usize = 0;
export let maxStagesOf: usize = 0;
/** [M] address of [P][n + 1] f64 */
export let secondsPrefixOf: usize = 0;
/** [M] address of [P][n] u8 */
export let reachOf: usize = 0;
/** [M] address of [n] f64 */
export let outputBytesOf: usize = 0;
/** [M] address of [n + 1] f64 */
export let weightPrefixOf: usize = 0;
export let dramPrefixOf: usize = 0;
/** [M] address of [maxStages + 1] f64 */
export let waysOf: usize = 0;
/** [M] f64 */
export let optionsOf: usize = 0;
/** [M] u32 count and address of u8 list of processors that run everything; count 0 = see tuples */
export let usableCountOf: usize = 0;
export let usableOf: usize = 0;
/** [M] address of [maxStages + 1] entries { u32 count, u32 address of [count][k] u8, u32 address of [count] f64 } */
export let tuplesOf: usize = 0;
/** [M] f64 */
export let callsPerFrameOf: usize = 0;
export let activationBytesOf: usize = 0;
export let shareWeightOf: usize = 0;
export let valueOf: usize = 0;
export let rateLimitOf: usize = 0;
export let soloRateOf: usize = 0;
export let demandedRateOf: usize = 0;
export let rateFloorOf: usize = 0;
/** [M] u32 */
export let priorityClassOf: usize = 0;
/** [P] u8: the lowest processor that each is identical to; 0 = all differ */
export let identical: usize = 0;
/** [M] u8: model decided at each turn */
export let order: usize = 0;

// @ts-ignore: decorator
@inline
export function u32At(table: usize, i: u32): u32 {
  return load<u32>(table + ((<usize>i) << 2));
}

// @ts-ignore: decorator
@inline
export function i32At(table: usize, i: u32): i32 {
  return load<i32>(table + ((<usize>i) << 2));
}

// @ts-ignore: decorator
@inline
export function f64At(table: usize, i: u32): f64 {
  return load<f64>(table + ((<usize>i) << 3));
}

// @ts-ignore: decorator
@inline
export function addressAt(table: usize, i: u32): usize {
  return load<usize>(table + ((<usize>i) << 2));
}
