/** Objectives over rates: twin of src/reference/placement/objective.ts. */
import { exp, log } from '../numeric';
import { JOULES } from './demand';
import {
  demandedRateOf, f64At, idleWatts, meanSoloRate, models, objective, priorityClassOf, rateFloorOf, soloRateOf, u32At, valueOf,
} from './problem';

/** Excess of one missed rate floor, or one model too many. */
export const UNIT_EXCESS: f64 = 1099511627776.0;
const PRIORITY_CLASSES: u32 = 4;

/** Results of the last call of scoreRates. */
export let scoredMean: f64 = 0;
export let scoredExcess: f64 = 0;

/** Value of the objective, -Infinity when a rate floor is missed. */
export function scoreRates(demands: usize, rates: usize): f64 {
  const M = models;
  let sum: f64 = 0;
  let least: f64 = Infinity;
  for (let m: u32 = 0; m < M; m++) {
    const rate = f64At(rates, m);
    sum += rate;
    if (rate < least) least = rate;
  }
  scoredMean = sum / <f64>M;
  scoredExcess = 0;
  switch (objective) {
    case 0:
      return scoredMean;
    case 1:
      return least * (1 + 1e-6 * (scoredMean / meanSoloRate));
    case 2: {
      let weighted: f64 = 0;
      let weights: f64 = 0;
      for (let m: u32 = 0; m < M; m++) {
        weighted += f64At(valueOf, m) * f64At(rates, m);
        weights += f64At(valueOf, m);
      }
      return weights > 0 ? weighted / weights : 0;
    }
    case 3: {
      let logs: f64 = 0;
      for (let m: u32 = 0; m < M; m++) logs += log(f64At(rates, m));
      return exp(logs / <f64>M);
    }
    case 4:
      return priorityValue(rates);
    default: {
      let watts = idleWatts;
      for (let m: u32 = 0; m < M; m++) {
        const rate = f64At(rates, m);
        watts += rate * load<f64>(load<usize>(demands + (m << 2)), JOULES);
        const floor = f64At(rateFloorOf, m);
        if (rate < floor * (1 - 1e-9)) scoredExcess += ((floor - rate) / floor) * UNIT_EXCESS;
      }
      return scoredExcess > 0 ? -Infinity : -(watts / sum);
    }
  }
}

function priorityValue(rates: usize): f64 {
  let value: f64 = 0;
  let scale: f64 = 1;
  for (let c: u32 = 0; c < PRIORITY_CLASSES; c++) {
    let satisfied: f64 = 1;
    let members: u32 = 0;
    for (let m: u32 = 0; m < models; m++) {
      if (u32At(priorityClassOf, m) != c) continue;
      members++;
      const wanted = f64At(demandedRateOf, m);
      const share = f64At(rates, m) / (wanted > 0 ? wanted : f64At(soloRateOf, m));
      if (share < satisfied) satisfied = share;
    }
    if (members == 0) continue;
    value += scale * (Math.floor(1000 * satisfied) / 1000);
    scale *= 1e-4;
  }
  return value;
}
