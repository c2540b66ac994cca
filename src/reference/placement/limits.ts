/** Memory pools and residency: by how much a joint placement exceeds what the device holds. */

import type { Demand } from '../../core/demand.ts';
import { bitCount, type PreparedProblem } from '../../core/prepared.ts';
import { UNIT_EXCESS } from './objective.ts';

/** Excess bytes over all pools, plus UNIT_EXCESS for each model too many on a processor; 0 = fits. */
export function excessOf(prepared: PreparedProblem, demands: readonly Demand[]): number {
  const { problem, models } = prepared;
  const bytes = new Float64Array(problem.processors);
  const residents = new Uint32Array(problem.processors);
  for (let m = 0; m < demands.length; m++) {
    const { record } = demands[m];
    let first = 0;
    for (let s = 0; s < record[0]; s++) {
      const p = record[1 + 2 * s];
      const end = record[2 + 2 * s];
      bytes[p] += models[m].weightPrefix[end] - models[m].weightPrefix[first] + problem.models[m].activationBytes;
      residents[p]++;
      first = end;
    }
  }
  let excess = 0;
  for (let q = 0; q < problem.poolBytes.length; q++) {
    let used = 0;
    for (let p = 0; p < problem.processors; p++) if (problem.poolProcessors[q] & (1 << p)) used += bytes[p];
    if (used > problem.poolBytes[q]) excess += used - problem.poolBytes[q];
  }
  for (let p = 0; p < problem.processors; p++) {
    if (residents[p] > problem.maxModels[p]) excess += (residents[p] - problem.maxModels[p]) * UNIT_EXCESS;
  }
  return excess;
}

/** Whether model m can be placed on this record at all. */
export function executable(prepared: PreparedProblem, m: number, record: Uint8Array): boolean {
  const model = prepared.models[m];
  const k = record[0];
  if (k < 1 || k > model.maxStages) return false;
  let first = 0;
  let used = 0;
  for (let s = 0; s < k; s++) {
    const p = record[1 + 2 * s];
    const end = record[2 + 2 * s];
    if (p >= prepared.problem.processors || end <= first || end > model.blocks) return false;
    if (model.reach[p * model.blocks + first] < end) return false;
    used |= 1 << p;
    first = end;
  }
  return first === model.blocks && bitCount(used) === k;
}
