/** Objectives over rates, all maximised; the formulas stand in docs/throughput-model.md. */

import type { Demand } from '../../core/demand.ts';
import { LIMITS, type PlacementModel } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { exp, log } from '../numeric.ts';

/** Excess that one missed rate floor or one model too many counts as, beside bytes. */
export const UNIT_EXCESS = 2 ** 40;

export interface Score {
  /** -Infinity = a rate floor is missed. */
  value: number;
  meanRate: number;
  /** How far rate floors are missed, in UNIT_EXCESS. */
  excess: number;
}

/**
 * @param prepared of a whole preparation, only these are asked for
 * @param rates [M], from place `at` on
 */
export function scoreRates(
  prepared: Pick<PreparedProblem, 'problem' | 'meanSoloRate'>,
  demands: readonly Demand[],
  rates: Float64Array,
  at = 0,
): Score {
  const { problem } = prepared;
  const { models } = problem;
  const M = models.length;
  let sum = 0;
  let least = Infinity;
  for (let m = 0; m < M; m++) {
    sum += rates[at + m];
    if (rates[at + m] < least) least = rates[at + m];
  }
  const meanRate = sum / M;
  switch (problem.objective) {
    case 'throughput':
      return { value: meanRate, meanRate, excess: 0 };
    case 'min':
      // The factor only tells plateaus apart; reports give the pure minimum.
      return { value: least * (1 + 1e-6 * (meanRate / prepared.meanSoloRate)), meanRate, excess: 0 };
    case 'weighted': {
      let weighted = 0;
      let weights = 0;
      for (let m = 0; m < M; m++) {
        weighted += models[m].value * rates[at + m];
        weights += models[m].value;
      }
      return { value: weights > 0 ? weighted / weights : 0, meanRate, excess: 0 };
    }
    case 'geometric-mean': {
      let logs = 0;
      for (let m = 0; m < M; m++) logs += log(rates[at + m]);
      return { value: exp(logs / M), meanRate, excess: 0 };
    }
    case 'priority':
      return { value: priorityValue(models, rates, at), meanRate, excess: 0 };
    case 'energy': {
      let watts = problem.idleWatts;
      let excess = 0;
      for (let m = 0; m < M; m++) {
        watts += rates[at + m] * demands[m].joules;
        const floor = models[m].rateFloor;
        if (rates[at + m] < floor * (1 - 1e-9)) excess += ((floor - rates[at + m]) / floor) * UNIT_EXCESS;
      }
      return { value: excess > 0 ? -Infinity : -(watts / sum), meanRate, excess };
    }
  }
}

/** sum_c 1e-4^c floor(1000 s_c) / 1000, s_c = least satisfied share of demand in class c: lexicographic in steps of 1e-3. */
function priorityValue(models: readonly PlacementModel[], rates: Float64Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let c = 0; c < LIMITS.priorityClasses; c++) {
    let satisfied = 1;
    let members = 0;
    for (let m = 0; m < models.length; m++) {
      if (models[m].priorityClass !== c) continue;
      members++;
      const demanded = models[m].demandedRate > 0 ? models[m].demandedRate : models[m].soloRate;
      const share = rates[at + m] / demanded;
      if (share < satisfied) satisfied = share;
    }
    if (members === 0) continue;
    value += scale * (Math.floor(1000 * satisfied) / 1000);
    scale *= 1e-4;
  }
  return value;
}
