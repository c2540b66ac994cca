/**
 * What is controlled, as the binding laid it out, and the block of numbers that goes in and out. f64 unless said.
 *
 *   model record, 64 bytes
 *     0 blocks u32 │ 4 answers u32 │ 8 deadline │ 16 weight │ 24 slack │ then u32 addresses:
 *     32 referencePrefix [B + 1] │ 36 deadlinePrefix [B + 1] │ 40 tableAt [B] u32 │ 44 answers [A], 32 bytes each:
 *     0 SpeedUp │ 8 loss │ 16 variant u64; ascending in SpeedUp and loss
 *
 *   member record, 72 bytes, one per model that takes part, in order; written anew for each decision
 *     0 speedUp of its table, address u32 │ 4 model u32 │ 8 answers, address u32 │ 12 table record, address u32
 *     16 requiredSpeedUp │ 24 work left │ 32 elapsed │ 40 factor │ 48 deadline │ 56 weight │ 64 answers u32
 *
 *   table record, 32 bytes: u32
 *     0 speedUp, address of [points] f32, padded with -1 to whole vectors of 16 │ 4 points in its index, ascending
 *     8 their SpeedUps, address of f32 │ 12 their numbers, address of u32
 *    16 low: bits of its least SpeedUp │ 20 shift │ 24 last bucket │ 28 buckets, address of u16: where each begins in the index
 *
 *   A SpeedUp falls into bucket (its bits - low) >> shift: bits of positive floats ascend as the floats do, about as their
 *   logarithms.
 *
 *   IO, 4032 bytes
 *     in     0 elapsed [16] │ 128 margin [16] │ 256 factor [16] │ 384 position [16] u32
 *     out  448 lag [16] │ 576 requiredSpeedUp [16] │ 704 point [64] u32 │ 960 power [64] │ 1472 loss [64]
 *         1984 tardiness [64] │ 2496 infeasible [64] u32 │ 2752 misses [64] u32 │ 3008 variant [64][16] u8
 */
import { allocate } from '../arena';

export const MODEL_BYTES: usize = 64;
export const MEMBER_BYTES: usize = 72;

export const IO_BYTES: usize = 4032;
export const OUT: usize = 448;

export let models: u32 = 0;
export let points: u32 = 0;
export let fastest: u32 = 0;
export let horizon: u32 = 0;
export let modelRecords: usize = 0;
export let tableRecords: usize = 0;
/** [points] f32, padded like the tables */
export let powerUp: usize = 0;
/** [points] f64 */
export let busyWatts: usize = 0;
export let idleWatts: usize = 0;
export let io: usize = 0;
/** [members] records, and how many. */
export let memberRecords: usize = 0;
export let members: u32 = 0;
/** Per row: kept u8 [64], first key f64 [64], second key f64 [64] */
export let keys: usize = 0;

/** What is chosen by; numbers as in CONTROL_CODES. */
export let mode: u32 = 2;
export let energy: bool = true;
export let residual: bool = false;
export let aggregate: u32 = 0;
export let ideal: bool = false;
export let scan: bool = false;
export let all: bool = false;
export let epochSeconds: f64 = 0;

/** false = no memory. */
export function beginControl(
  modelCount: u32, pointCount: u32, fastestPoint: u32, blocks: u32, modelsAt: usize, tablesAt: usize, powerAt: usize,
  busyAt: usize, idleAt: usize,
): bool {
  models = modelCount;
  points = pointCount;
  fastest = fastestPoint;
  horizon = blocks;
  modelRecords = modelsAt;
  tableRecords = tablesAt;
  powerUp = powerAt;
  busyWatts = busyAt;
  idleWatts = idleAt;
  io = allocate(IO_BYTES);
  memberRecords = allocate(16 * MEMBER_BYTES);
  keys = allocate(64 + 2 * 64 * 8);
  return keys != 0;
}

export function chooseControl(
  modeCode: u32, objective: u32, measure: u32, aggregation: u32, balanced: u32, search: u32, candidates: u32, epoch: f64,
): void {
  mode = modeCode;
  energy = objective == 1;
  residual = measure == 1;
  aggregate = aggregation;
  ideal = balanced == 1;
  scan = search == 1;
  all = candidates == 1;
  epochSeconds = epoch;
}

// @ts-ignore: decorator
@inline
export function recordOf(m: u32): usize {
  return modelRecords + <usize>m * MODEL_BYTES;
}

export function clearMembers(): void {
  members = 0;
}

// @ts-ignore: decorator
@inline
export function nextMember(): usize {
  const record = memberRecords + <usize>members * MEMBER_BYTES;
  members++;
  return record;
}
