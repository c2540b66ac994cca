/**
 * Upper bounds on the objective when some models are placed and others are open. Every model comes with the most it
 * can reach alone (`caps`) and the least it demands of every resource (`rows`); both are exact for placed models.
 *
 * Why they hold under max-min sharing: whatever the allocation, no rate exceeds its cap and no resource is used more
 * than fully. Among all rates that keep to that, the objective's maximum is a bound; it is found resource by resource
 * (one constraint at a time is a relaxation) in closed form:
 *   mean, weighted   a fractional knapsack: fill by value per second
 *   min              all rates at least the minimum: 1 / total demand; and over all resources, R / total work
 *   geometric mean   water filling: r = min(cap, share / demand)
 *   priority         each class at its caps
 *   energy           idle power over the largest rate sum, plus the least joules of any model
 */
import { LIMITS } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { exp, log } from '../numeric.ts';

export interface Partial {
  /** [M] */
  caps: Float64Array;
  /** [M] demand rows, [R] each. */
  rows: Float64Array[];
  /** [M] least sum over resources. */
  totals: Float64Array;
  /** [M] least joules per frame. */
  joules: Float64Array;
}

/** The objective with every rate at its cap: never rises when a cap falls. */
export function capBound(prepared: PreparedProblem, { caps, joules }: Partial): number {
  const { models, objective, idleWatts } = prepared.problem;
  const M = models.length;
  let sum = 0;
  let least = Infinity;
  for (let m = 0; m < M; m++) {
    sum += caps[m];
    if (caps[m] < least) least = caps[m];
  }
  switch (objective) {
    case 'throughput':
      return sum / M;
    case 'min':
      return least * (1 + 1e-6 * (sum / M / prepared.meanSoloRate));
    case 'weighted': {
      let weighted = 0;
      let weights = 0;
      for (let m = 0; m < M; m++) {
        weighted += models[m].value * caps[m];
        weights += models[m].value;
      }
      return weights > 0 ? weighted / weights : 0;
    }
    case 'geometric-mean': {
      let logs = 0;
      for (let m = 0; m < M; m++) logs += log(caps[m]);
      return exp(logs / M);
    }
    case 'priority': {
      let value = 0;
      let scale = 1;
      for (let c = 0; c < LIMITS.priorityClasses; c++) {
        let satisfied = 1;
        let members = 0;
        for (let m = 0; m < M; m++) {
          if (models[m].priorityClass !== c) continue;
          members++;
          const demanded = models[m].demandedRate > 0 ? models[m].demandedRate : models[m].soloRate;
          const share = caps[m] / demanded;
          if (share < satisfied) satisfied = share;
        }
        if (members === 0) continue;
        value += scale * (Math.floor(1000 * satisfied) / 1000);
        scale *= 1e-4;
      }
      return value;
    }
    case 'energy': {
      let leastJoules = Infinity;
      for (let m = 0; m < M; m++) if (joules[m] < leastJoules) leastJoules = joules[m];
      return -(idleWatts / sum + leastJoules);
    }
  }
}

/** The tighter bound, resources counted. Objectives without a formula of their own get `capBound`. */
export function loadBound(prepared: PreparedProblem, partial: Partial): number {
  const { objective } = prepared.problem;
  const simple = capBound(prepared, partial);
  let bound = simple;
  switch (objective) {
    case 'throughput':
    case 'weighted':
      for (let r = 0; r < prepared.problem.resources; r++) {
        const value = knapsack(prepared, partial, r);
        if (value < bound) bound = value;
      }
      return bound;
    case 'min': {
      const least = leastRateBound(prepared, partial);
      let sum = 0;
      for (const cap of partial.caps) sum += cap;
      const value = least * (1 + 1e-6 * (sum / partial.caps.length / prepared.meanSoloRate));
      return Math.min(value, bound);
    }
    case 'geometric-mean':
      for (let r = 0; r < prepared.problem.resources; r++) {
        const value = waterFilling(partial, r);
        if (value < bound) bound = value;
      }
      return bound;
    default:
      return bound;
  }
}

/** Most weighted mean when only resource r is scarce: models by value per second of it. */
function knapsack(prepared: PreparedProblem, { caps, rows }: Partial, r: number): number {
  const { models, objective } = prepared.problem;
  const M = models.length;
  const worthOf = (m: number) => (objective === 'throughput' ? 1 : models[m].value);
  let total = 0;
  let weights = 0;
  let left = 1;
  const taken = new Uint8Array(M);
  for (let m = 0; m < M; m++) {
    weights += worthOf(m);
    if (rows[m][r] > 0) continue;
    total += worthOf(m) * caps[m];
    taken[m] = 1;
  }
  for (;;) {
    let next = -1;
    let density = -1;
    for (let m = 0; m < M; m++) {
      if (taken[m]) continue;
      const worth = worthOf(m) / rows[m][r];
      if (worth > density) {
        density = worth;
        next = m;
      }
    }
    if (next < 0 || !(left > 0)) break;
    taken[next] = 1;
    const rate = Math.min(caps[next], left / rows[next][r]);
    total += worthOf(next) * rate;
    left -= rate * rows[next][r];
  }
  return weights > 0 ? total / weights : 0;
}

/** Most that the least rate can be. */
function leastRateBound(prepared: PreparedProblem, { caps, rows, totals }: Partial): number {
  const R = prepared.problem.resources;
  let least = Infinity;
  let work = 0;
  for (let m = 0; m < caps.length; m++) {
    if (caps[m] < least) least = caps[m];
    work += totals[m];
  }
  if (R / work < least) least = R / work;
  for (let r = 0; r < R; r++) {
    let load = 0;
    for (let m = 0; m < caps.length; m++) load += rows[m][r];
    if (1 / load < least) least = 1 / load;
  }
  return least;
}

/** Largest geometric mean when only resource r is scarce: equal time for all that are not at their cap. */
function waterFilling({ caps, rows }: Partial, r: number): number {
  const M = caps.length;
  const capped = new Uint8Array(M);
  let logs = 0;
  let left = 1;
  let open = 0;
  for (let m = 0; m < M; m++) {
    if (rows[m][r] > 0) open++;
    else {
      capped[m] = 1;
      logs += log(caps[m]);
    }
  }
  for (let changed = true; changed && open > 0; ) {
    changed = false;
    for (let m = 0; m < M; m++) {
      if (capped[m] || caps[m] * rows[m][r] * open > left) continue;
      capped[m] = 1;
      logs += log(caps[m]);
      left -= caps[m] * rows[m][r];
      open--;
      changed = true;
    }
  }
  for (let m = 0; m < M; m++) if (!capped[m]) logs += log(left / (open * rows[m][r]));
  return exp(logs / M);
}
