/**
 * Upper bounds on the objective when some models are placed and others are open: twin of
 * src/reference/placement/bounds.ts, which says why they hold.
 */
import { exp, log } from '../numeric';
import {
  demandedRateOf, f64At, idleWatts, meanSoloRate, models, objective, priorityClassOf, resources, soloRateOf, u32At, valueOf,
} from './problem';

const PRIORITY_CLASSES: u32 = 4;

/** [M] f64 caps, [M] addresses of demand rows, [M] f64 least sums over resources, [M] f64 least joules. */
export let partialCaps: usize = 0;
export let partialRows: usize = 0;
export let partialTotals: usize = 0;
export let partialJoules: usize = 0;

export function beginBounds(caps: usize, rows: usize, totals: usize, joules: usize): void {
  partialCaps = caps;
  partialRows = rows;
  partialTotals = totals;
  partialJoules = joules;
}

// @ts-ignore: decorator
@inline
function capOf(m: u32): f64 {
  return f64At(partialCaps, m);
}

// @ts-ignore: decorator
@inline
function demandOn(m: u32, r: u32): f64 {
  return load<f64>(load<usize>(partialRows + (m << 2)) + (r << 3));
}

// @ts-ignore: decorator
@inline
function worthOf(m: u32): f64 {
  return objective == 0 ? 1 : f64At(valueOf, m);
}

/** The objective with every rate at its cap. */
export function capBound(): f64 {
  let sum: f64 = 0;
  let least: f64 = Infinity;
  for (let m: u32 = 0; m < models; m++) {
    const cap = capOf(m);
    sum += cap;
    if (cap < least) least = cap;
  }
  switch (objective) {
    case 0:
      return sum / <f64>models;
    case 1:
      return least * (1 + 1e-6 * (sum / <f64>models / meanSoloRate));
    case 2: {
      let weighted: f64 = 0;
      let weights: f64 = 0;
      for (let m: u32 = 0; m < models; m++) {
        weighted += f64At(valueOf, m) * capOf(m);
        weights += f64At(valueOf, m);
      }
      return weights > 0 ? weighted / weights : 0;
    }
    case 3: {
      let logs: f64 = 0;
      for (let m: u32 = 0; m < models; m++) logs += log(capOf(m));
      return exp(logs / <f64>models);
    }
    case 4: {
      let value: f64 = 0;
      let scale: f64 = 1;
      for (let c: u32 = 0; c < PRIORITY_CLASSES; c++) {
        let satisfied: f64 = 1;
        let members: u32 = 0;
        for (let m: u32 = 0; m < models; m++) {
          if (u32At(priorityClassOf, m) != c) continue;
          members++;
          const wanted = f64At(demandedRateOf, m);
          const share = capOf(m) / (wanted > 0 ? wanted : f64At(soloRateOf, m));
          if (share < satisfied) satisfied = share;
        }
        if (members == 0) continue;
        value += scale * (Math.floor(1000 * satisfied) / 1000);
        scale *= 1e-4;
      }
      return value;
    }
    default: {
      let leastJoules: f64 = Infinity;
      for (let m: u32 = 0; m < models; m++) {
        const joules = f64At(partialJoules, m);
        if (joules < leastJoules) leastJoules = joules;
      }
      return -(idleWatts / sum + leastJoules);
    }
  }
}

/** The tighter bound, resources counted. */
export function loadBound(): f64 {
  let bound = capBound();
  switch (objective) {
    case 0:
    case 2: {
      for (let r: u32 = 0; r < resources; r++) {
        const value = knapsack(r);
        if (value < bound) bound = value;
      }
      return bound;
    }
    case 1: {
      const least = leastRateBound();
      let sum: f64 = 0;
      for (let m: u32 = 0; m < models; m++) sum += capOf(m);
      const value = least * (1 + 1e-6 * (sum / <f64>models / meanSoloRate));
      return value < bound ? value : bound;
    }
    case 3: {
      for (let r: u32 = 0; r < resources; r++) {
        const value = waterFilling(r);
        if (value < bound) bound = value;
      }
      return bound;
    }
    default:
      return bound;
  }
}

function knapsack(r: u32): f64 {
  let total: f64 = 0;
  let weights: f64 = 0;
  let left: f64 = 1;
  let open: u64 = 0;
  for (let m: u32 = 0; m < models; m++) {
    weights += worthOf(m);
    if (demandOn(m, r) > 0) open |= <u64>1 << m;
    else total += worthOf(m) * capOf(m);
  }
  for (;;) {
    let next: i32 = -1;
    let density: f64 = -1;
    let rest = open;
    while (rest != 0) {
      const m = <u32>ctz(rest);
      const worth = worthOf(m) / demandOn(m, r);
      if (worth > density) {
        density = worth;
        next = m;
      }
      rest &= rest - 1;
    }
    if (next < 0 || !(left > 0)) break;
    open &= ~(<u64>1 << next);
    const demand = demandOn(next, r);
    let rate = capOf(next);
    if (left / demand < rate) rate = left / demand;
    total += worthOf(next) * rate;
    left -= rate * demand;
  }
  return weights > 0 ? total / weights : 0;
}

function leastRateBound(): f64 {
  let least: f64 = Infinity;
  let work: f64 = 0;
  for (let m: u32 = 0; m < models; m++) {
    if (capOf(m) < least) least = capOf(m);
    work += f64At(partialTotals, m);
  }
  if (<f64>resources / work < least) least = <f64>resources / work;
  for (let r: u32 = 0; r < resources; r++) {
    let total: f64 = 0;
    for (let m: u32 = 0; m < models; m++) total += demandOn(m, r);
    if (1 / total < least) least = 1 / total;
  }
  return least;
}

function waterFilling(r: u32): f64 {
  let uncapped: u64 = 0;
  let logs: f64 = 0;
  let left: f64 = 1;
  let open: u32 = 0;
  for (let m: u32 = 0; m < models; m++) {
    if (demandOn(m, r) > 0) {
      open++;
      uncapped |= <u64>1 << m;
    } else logs += log(capOf(m));
  }
  let changed = true;
  while (changed && open > 0) {
    changed = false;
    for (let m: u32 = 0; m < models; m++) {
      if ((uncapped & (<u64>1 << m)) == 0 || capOf(m) * demandOn(m, r) * <f64>open > left) continue;
      uncapped &= ~(<u64>1 << m);
      logs += log(capOf(m));
      left -= capOf(m) * demandOn(m, r);
      open--;
      changed = true;
    }
  }
  while (uncapped != 0) {
    const m = <u32>ctz(uncapped);
    logs += log(left / (<f64>open * demandOn(m, r)));
    uncapped &= uncapped - 1;
  }
  return exp(logs / <f64>models);
}
