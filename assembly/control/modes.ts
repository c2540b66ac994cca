/** Which row a mode wants; twin of src/reference/control/modes.ts, which says how. */
import { ideal, io, keys, mode } from './problem';

export let chosen: i32 = -1;
export let runnerUp: i32 = -1;
/** As in CONTROL_RULES. */
export let rule: u32 = 0;

// @ts-ignore: decorator
@inline
function powerOf(k: u32): f64 {
  return load<f64>(io + (<usize>k << 3), 960);
}

// @ts-ignore: decorator
@inline
function lossOf(k: u32): f64 {
  return load<f64>(io + (<usize>k << 3), 1472);
}

// @ts-ignore: decorator
@inline
function kept(k: u32): bool {
  return load<u8>(keys + k) != 0;
}

// @ts-ignore: decorator
@inline
function setKeys(k: u32, first: f64, second: f64): void {
  store<f64>(keys + (<usize>k << 3), first, 64);
  store<f64>(keys + (<usize>k << 3), second, 576);
}

export function selectRow(rows: u32): void {
  let feasible = false;
  for (let k: u32 = 0; k < rows; k++) {
    const can = load<u32>(io + (<usize>k << 2), 2496) == 0;
    store<u8>(keys + k, u8(can));
    feasible = feasible || can;
  }
  if (!feasible) {
    rule = 0;
    for (let k: u32 = 0; k < rows; k++) {
      store<u8>(keys + k, 1);
      setKeys(k, load<f64>(io + (<usize>k << 3), 1984), 0);
    }
  } else if (mode == 2) {
    balance(rows);
  } else {
    rule = mode + 1;
    for (let k: u32 = 0; k < rows; k++) {
      if (mode == 0) setKeys(k, powerOf(k), lossOf(k));
      else setKeys(k, lossOf(k), powerOf(k));
    }
  }
  chosen = -1;
  runnerUp = -1;
  for (let k: u32 = 0; k < rows; k++) {
    if (!kept(k)) continue;
    if (chosen < 0 || better(k, chosen)) {
      runnerUp = chosen;
      chosen = k;
    } else if (runnerUp < 0 || better(k, runnerUp)) runnerUp = k;
  }
}

function better(k: u32, l: u32): bool {
  const a = keys + (<usize>k << 3);
  const b = keys + (<usize>l << 3);
  if (load<f64>(a, 64) != load<f64>(b, 64)) return load<f64>(a, 64) < load<f64>(b, 64);
  if (load<f64>(a, 576) != load<f64>(b, 576)) return load<f64>(a, 576) < load<f64>(b, 576);
  const misses = load<u32>(io + (<usize>k << 2), 2752);
  const others = load<u32>(io + (<usize>l << 2), 2752);
  if (misses != others) return misses < others;
  if (powerOf(k) != powerOf(l)) return powerOf(k) < powerOf(l);
  return k < l;
}

function balance(rows: u32): void {
  dropDominated(rows);
  let count: f64 = 0;
  let powerSum: f64 = 0;
  let lossSum: f64 = 0;
  for (let k: u32 = 0; k < rows; k++) {
    if (!kept(k)) continue;
    count++;
    powerSum += powerOf(k);
    lossSum += lossOf(k);
  }
  if (!ideal && count >= 3) {
    const meanPower = powerSum / count;
    const meanLoss = lossSum / count;
    let covariance: f64 = 0;
    let variance: f64 = 0;
    for (let k: u32 = 0; k < rows; k++) {
      if (!kept(k)) continue;
      covariance += (powerOf(k) - meanPower) * (lossOf(k) - meanLoss);
      variance += (powerOf(k) - meanPower) * (powerOf(k) - meanPower);
    }
    const beta = covariance / variance;
    if (beta < 0) {
      rule = 3;
      for (let k: u32 = 0; k < rows; k++) setKeys(k, lossOf(k) - beta * powerOf(k), 0);
      return;
    }
  }
  rule = 4;
  let leastPower: f64 = Infinity;
  let leastLoss: f64 = Infinity;
  let mostPower: f64 = -Infinity;
  let mostLoss: f64 = -Infinity;
  for (let k: u32 = 0; k < rows; k++) {
    if (!kept(k)) continue;
    leastPower = Math.min(leastPower, powerOf(k));
    leastLoss = Math.min(leastLoss, lossOf(k));
    mostPower = Math.max(mostPower, powerOf(k));
    mostLoss = Math.max(mostLoss, lossOf(k));
  }
  for (let k: u32 = 0; k < rows; k++) {
    const p = mostPower > leastPower ? (powerOf(k) - leastPower) / (mostPower - leastPower) : 0;
    const a = mostLoss > leastLoss ? (lossOf(k) - leastLoss) / (mostLoss - leastLoss) : 0;
    setKeys(k, Math.sqrt(p * p + a * a), 0);
  }
}

function dropDominated(rows: u32): void {
  for (let k: u32 = 0; k < rows; k++) {
    for (let l: u32 = 0; l < rows && kept(k); l++) {
      if (l == k || !kept(l) || powerOf(l) > powerOf(k) || lossOf(l) > lossOf(k)) continue;
      if (powerOf(l) < powerOf(k) || lossOf(l) < lossOf(k) || l < k) store<u8>(keys + k, 0);
    }
  }
}
