/**
 * Kernels over lists of placements: score them, draw them. The binding passes buffers of at most ioCapacity joint
 * placements.
 *
 *   IO_RECORDS [capacity][M] records, padded by 8     IO_VALUES, IO_MEANS, IO_EXCESS [capacity] f64
 *   IO_RATES   [capacity][M] f64                      IO_DEMANDS [capacity][M][R] f64
 */
import { allocate } from '../arena';
import { demandBytes, demandOf, RECORD_BYTES } from './demand';
import { excessOf, executable } from './limits';
import { scoredExcess, scoredMean, scoreRates } from './objective';
import { models, resources } from './problem';
import { beginRates, maxMinRates } from './rates';
import { beginSampler, samplePlacement } from './sampler';

export let ioRecords: usize = 0;
export let ioValues: usize = 0;
export let ioMeans: usize = 0;
export let ioExcess: usize = 0;
export let ioRates: usize = 0;
export let ioDemands: usize = 0;

let addresses: usize = 0;
let area: usize = 0;
let draft: usize = 0;

/** Make the buffers; false = no memory. */
export function beginKernel(capacity: u32): bool {
  const M: usize = models;
  const count: usize = capacity;
  ioRecords = allocate(count * M * RECORD_BYTES + 8);
  ioValues = allocate(count << 3);
  ioMeans = allocate(count << 3);
  ioExcess = allocate(count << 3);
  ioRates = allocate((count * M) << 3);
  ioDemands = allocate((count * M * resources) << 3);
  addresses = allocate(M << 2);
  area = allocate(M * demandBytes());
  draft = allocate(16);
  return draft != 0 && beginRates() && beginSampler();
}

/** Score `count` placements in the buffers. */
export function scorePlacements(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const records = ioRecords + i * models * RECORD_BYTES;
    const rates = ioRates + ((i * models) << 3);
    let legal = true;
    for (let m: u32 = 0; m < models; m++) {
      const record = records + m * RECORD_BYTES;
      legal = legal && executable(m, record);
      store<f64>(rates + (m << 3), 0);
    }
    let value: f64 = -Infinity;
    let mean: f64 = 0;
    let excess: f64 = Infinity;
    if (legal) {
      for (let m: u32 = 0; m < models; m++) {
        const out = area + m * demandBytes();
        demandOf(m, records + m * RECORD_BYTES, out);
        store<usize>(addresses + (m << 2), out);
      }
      maxMinRates(addresses, rates);
      const score = scoreRates(addresses, rates);
      mean = scoredMean;
      excess = excessOf(addresses) + scoredExcess;
      if (excess == 0) value = score;
    }
    store<f64>(ioValues + (i << 3), value);
    store<f64>(ioMeans + (i << 3), mean);
    store<f64>(ioExcess + (i << 3), excess);
  }
}

/** Draw `count` joint placements into the buffers. */
export function drawPlacements(uniform: bool, count: u32): void {
  let out = ioRecords;
  for (let i: u32 = 0; i < count; i++) {
    for (let m: u32 = 0; m < models; m++) {
      samplePlacement(m, uniform, out);
      out += RECORD_BYTES;
    }
  }
}

/** Draw one record of model m into the buffers. */
export function drawModel(uniform: bool, m: u32): void {
  samplePlacement(m, uniform, ioRecords);
}
