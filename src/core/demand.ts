/**
 * What one placement of one model demands of every resource: the row d[m][.] of the throughput model, and the few
 * numbers beside it that objectives, priors and hashes need.
 */
import { PLACEMENT_STRIDE } from './placement.ts';
import type { PreparedProblem } from './prepared.ts';

/** Salts of the low and the high word of a placement's hash. */
export const HASH_SALTS = [0x9e3779b9, 0x7f4a7c15] as const;

export interface Demand {
  /** PLACEMENT_STRIDE bytes, see the contract. */
  record: Uint8Array;
  /** [R] seconds of each resource per frame. */
  row: Float64Array;
  /** Bit r set = row[r] > 0. */
  uses: number;
  /** Slowest stage, its incoming transfer included, one call. */
  slowest: number;
  /** Sum over stages and transfers per frame: the reciprocal of the rate with one request in flight. */
  latency: number;
  /** Joules above idle per frame; 0 where power is not declared. */
  joules: number;
  /** 64-bit hash of (model, record); the sum over models identifies a joint placement. */
  hashLow: number;
  hashHigh: number;
}

/** Demand of model m placed as in `record` (a view of PLACEMENT_STRIDE bytes; copied). */
export function demandOf(prepared: PreparedProblem, m: number, record: Uint8Array): Demand {
  const { problem } = prepared;
  const { outputBytes, callsPerFrame } = problem.models[m];
  const model = prepared.models[m];
  const P = problem.processors;
  const n = model.blocks;
  const row = new Float64Array(problem.resources);
  let slowest = 0;
  let latency = 0;
  let joules = 0;
  let first = 0;
  for (let s = 0; s < record[0]; s++) {
    const p = record[1 + 2 * s];
    const end = record[2 + 2 * s];
    const seconds = model.secondsPrefix[p * (n + 1) + end] - model.secondsPrefix[p * (n + 1) + first];
    let stage = seconds;
    if (s > 0) {
      const hop = record[2 * s - 1] * P + p;
      const transfer = problem.transferSeconds[hop] + outputBytes[first - 1] * problem.transferSecondsPerByte[hop];
      const link = problem.transferResource[hop];
      if (link >= 0) row[link] += transfer;
      else occupy(row, problem.processorUses[p], transfer);
      stage = transfer + seconds;
    }
    occupy(row, problem.processorUses[p], seconds);
    const dram = problem.dramResource[p];
    if (dram >= 0) row[dram] += (model.dramPrefix[end] - model.dramPrefix[first]) * problem.dramSecondsPerByte[p];
    if (problem.activeWatts[p] > 0) joules += seconds * problem.activeWatts[p];
    latency += stage;
    if (stage > slowest) slowest = stage;
    first = end;
  }
  let uses = 0;
  for (let r = 0; r < row.length; r++) {
    row[r] *= callsPerFrame;
    if (row[r] > 0) uses = (uses | (1 << r)) >>> 0;
  }
  const copy = record.slice(0, PLACEMENT_STRIDE);
  return {
    record: copy,
    row,
    uses,
    slowest,
    latency: latency * callsPerFrame,
    joules: joules * callsPerFrame,
    hashLow: hashRecord(copy, m, HASH_SALTS[0]),
    hashHigh: hashRecord(copy, m, HASH_SALTS[1]),
  };
}

function occupy(row: Float64Array, resources: number, seconds: number): void {
  for (let r = 0; r < row.length; r++) if (resources & (1 << r)) row[r] += seconds;
}

/** Multiply-rotate hash of the record's three little-endian words, finished by xor-shifts. */
export function hashRecord(record: Uint8Array, m: number, salt: number): number {
  let h = salt ^ Math.imul(m + 1, 0x85ebca6b);
  for (let i = 0; i < PLACEMENT_STRIDE; i += 4) {
    const word = record[i] | (record[i + 1] << 8) | (record[i + 2] << 16) | (record[i + 3] << 24);
    h = Math.imul(h ^ word, 0xcc9e2d51);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + salt) | 0;
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return h >>> 0;
}

/** A joint placement: the records of all models, one after another. */
export function joinRecords(demands: readonly Demand[]): Uint8Array {
  const placement = new Uint8Array(demands.length * PLACEMENT_STRIDE);
  for (const [m, demand] of demands.entries()) placement.set(demand.record, m * PLACEMENT_STRIDE);
  return placement;
}
