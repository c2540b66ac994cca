/**
 * Which row a mode wants. Rows that no variant can save are out while any other is left; where none is, the row that is
 * least late. Ties: fewer predicted misses, lower power, lower row. Twin of assembly/control/modes.ts.
 *
 *   min-energy      least power, then least loss
 *   max-accuracy    least loss, then least power
 *   balanced        trend-residual: a line a = alpha + beta p through the rows that no other dominates, the row furthest
 *                   below it; with fewer than 3 rows, no spread in p or beta >= 0: ideal-distance, to the best p and best a
 */
import { CONTROL_RULES, type ControlChoice, type ControlOutput } from '../../core/control.ts';

export interface Selection {
  chosen: number;
  runnerUp: number;
  /** Position in CONTROL_RULES. */
  rule: number;
}

export function select(
  output: ControlOutput,
  rows: number,
  choice: ControlChoice,
  into: Selection,
  keys: RowKeys,
): void {
  const { power, loss, infeasible, tardiness } = output;
  const { kept, first, second } = keys;
  let feasible = 0;
  for (let k = 0; k < rows; k++) {
    kept[k] = infeasible[k] === 0 ? 1 : 0;
    feasible += kept[k];
  }
  second.fill(0, 0, rows);
  if (feasible === 0) {
    into.rule = CONTROL_RULES.indexOf('least-tardiness');
    for (let k = 0; k < rows; k++) {
      kept[k] = 1;
      first[k] = tardiness[k];
    }
  } else if (choice.mode === 'balanced') {
    into.rule = CONTROL_RULES.indexOf(balance(output, rows, choice, keys));
  } else {
    into.rule = CONTROL_RULES.indexOf(choice.mode);
    const energy = choice.mode === 'min-energy';
    for (let k = 0; k < rows; k++) {
      first[k] = energy ? power[k] : loss[k];
      second[k] = energy ? loss[k] : power[k];
    }
  }
  into.chosen = -1;
  into.runnerUp = -1;
  for (let k = 0; k < rows; k++) {
    if (kept[k] === 0) continue;
    if (into.chosen < 0 || better(output, keys, k, into.chosen)) {
      into.runnerUp = into.chosen;
      into.chosen = k;
    } else if (into.runnerUp < 0 || better(output, keys, k, into.runnerUp)) into.runnerUp = k;
  }
}

/** Room for what rows are compared by. */
export interface RowKeys {
  kept: Uint8Array;
  first: Float64Array;
  second: Float64Array;
}

function better({ misses, power }: ControlOutput, { first, second }: RowKeys, k: number, l: number): boolean {
  if (first[k] !== first[l]) return first[k] < first[l];
  if (second[k] !== second[l]) return second[k] < second[l];
  if (misses[k] !== misses[l]) return misses[k] < misses[l];
  if (power[k] !== power[l]) return power[k] < power[l];
  return k < l;
}

function balance(
  { power, loss }: ControlOutput,
  rows: number,
  choice: ControlChoice,
  { kept, first }: RowKeys,
): 'trend-residual' | 'ideal-distance' {
  dropDominated(power, loss, kept, rows);
  let count = 0;
  let powerSum = 0;
  let lossSum = 0;
  for (let k = 0; k < rows; k++) {
    if (kept[k] === 0) continue;
    count++;
    powerSum += power[k];
    lossSum += loss[k];
  }
  if (choice.balanced === 'trend-residual' && count >= 3) {
    const meanPower = powerSum / count;
    const meanLoss = lossSum / count;
    let covariance = 0;
    let variance = 0;
    for (let k = 0; k < rows; k++) {
      if (kept[k] === 0) continue;
      covariance += (power[k] - meanPower) * (loss[k] - meanLoss);
      variance += (power[k] - meanPower) * (power[k] - meanPower);
    }
    const beta = covariance / variance;
    if (beta < 0) {
      for (let k = 0; k < rows; k++) first[k] = loss[k] - beta * power[k];
      return 'trend-residual';
    }
  }
  let leastPower = Number.POSITIVE_INFINITY;
  let leastLoss = Number.POSITIVE_INFINITY;
  let mostPower = Number.NEGATIVE_INFINITY;
  let mostLoss = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < rows; k++) {
    if (kept[k] === 0) continue;
    leastPower = Math.min(leastPower, power[k]);
    leastLoss = Math.min(leastLoss, loss[k]);
    mostPower = Math.max(mostPower, power[k]);
    mostLoss = Math.max(mostLoss, loss[k]);
  }
  for (let k = 0; k < rows; k++) {
    const p = mostPower > leastPower ? (power[k] - leastPower) / (mostPower - leastPower) : 0;
    const a = mostLoss > leastLoss ? (loss[k] - leastLoss) / (mostLoss - leastLoss) : 0;
    first[k] = Math.sqrt(p * p + a * a);
  }
  return 'ideal-distance';
}

/** Out goes what another kept row equals or beats in both; of equal rows the first stays. */
function dropDominated(power: Float64Array, loss: Float64Array, kept: Uint8Array, rows: number): void {
  for (let k = 0; k < rows; k++) {
    for (let l = 0; l < rows && kept[k] === 1; l++) {
      if (l === k || kept[l] === 0 || power[l] > power[k] || loss[l] > loss[k]) continue;
      if (power[l] < power[k] || loss[l] < loss[k] || l < k) kept[k] = 0;
    }
  }
}
