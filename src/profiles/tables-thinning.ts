/**
 * Thinning: from thousands of operating points to the few that a controller chooses among.
 *
 *   1  per block the points that no other beats in both time and power      (the union over all blocks of all models)
 *   2  of those as few as wanted, by epsilon-dominance: a point goes when a kept one is at most (1 + epsilon) times as
 *      slow in every block and as hungry; epsilon is the least that fits
 *
 * Slowest, fastest and the wanted points always stay. What is lost is reported against the union.
 */
import type { SpeedTables } from './tables.ts';

const MOST_ROWS = 32;

export interface ThinnedTables extends SpeedTables {
  thinning: Thinning;
}

export interface Thinning {
  /** Rows before: points that stand on some block's front. */
  union: number;
  epsilon: number;
  /** Most SpeedUp that a block lost by the exchange of its row for the one that stands in, as a fraction. */
  worstSpeedUpLoss: number;
  /** Most PowerUp that came with it, as a fraction. */
  worstPowerExcess: number;
}

/** @param keep rows that must stay, besides the fastest and the slowest */
export function thinTables(tables: SpeedTables, most = MOST_ROWS, keep: readonly number[] = []): ThinnedTables {
  const union = unionOfFronts(tables);
  const speed = (row: number) => Math.min(...tables.models.map((model) => frameSpeed(model, row)));
  const slowest = union.reduce((a, b) => (speed(b) < speed(a) ? b : a));
  const fixed = [...new Set([tables.reference, slowest, ...keep])];
  let low = 0;
  let high = 4;
  let kept = cover(tables, union, fixed, 0);
  let epsilon = 0;
  if (kept.length > most) {
    for (let step = 0; step < 30; step++) {
      epsilon = (low + high) / 2;
      if (cover(tables, union, fixed, epsilon).length > most) low = epsilon;
      else high = epsilon;
    }
    epsilon = high;
    kept = cover(tables, union, fixed, epsilon);
  }
  const { worstSpeedUpLoss, worstPowerExcess } = lossOf(tables, union, kept);
  return {
    ...rowsOnly(tables, kept),
    thinning: { union: union.length, epsilon, worstSpeedUpLoss, worstPowerExcess },
  };
}

function frameSpeed({ referenceMs, speedUp }: SpeedTables['models'][number], row: number): number {
  const B = referenceMs.length;
  let before = 0;
  let after = 0;
  for (let b = 0; b < B; b++) {
    before += referenceMs[b];
    after += referenceMs[b] / speedUp[row * B + b];
  }
  return before / after;
}

/** Rows on the (time, power) front of at least one block, ascending. Of equal points the first counts. */
function unionOfFronts(tables: SpeedTables): number[] {
  const { powerUp } = tables;
  const order = Array.from(powerUp.keys()).sort((a, b) => powerUp[a] - powerUp[b] || a - b);
  const onFront = new Set<number>();
  for (const { referenceMs, speedUp } of tables.models) {
    const B = referenceMs.length;
    for (let b = 0; b < B; b++) {
      let i = 0;
      let best = 0;
      while (i < order.length) {
        // Among points of equal power only the fastest can be on the front.
        let top = order[i];
        const power = powerUp[top];
        for (; i < order.length && powerUp[order[i]] === power; i++)
          if (speedUp[order[i] * B + b] > speedUp[top * B + b]) top = order[i];
        if (speedUp[top * B + b] <= best) continue;
        best = speedUp[top * B + b];
        onFront.add(top);
      }
    }
  }
  return [...onFront].sort((a, b) => a - b);
}

/** Kept rows, ascending: the fixed ones, and from low power to high whatever they do not cover. */
function cover(tables: SpeedTables, union: readonly number[], fixed: readonly number[], epsilon: number): number[] {
  const kept = [...fixed];
  for (const row of union.toSorted((a, b) => tables.powerUp[b] - tables.powerUp[a] || a - b)) {
    if (!kept.some((other) => stretch(tables, other, row) <= 1 + epsilon)) kept.push(row);
  }
  return [...new Set(kept)].sort((a, b) => a - b);
}

/** How many times slower or hungrier `other` is than `row`, in its worst respect. */
function stretch(tables: SpeedTables, other: number, row: number): number {
  let worst = tables.powerUp[other] / tables.powerUp[row];
  for (const { referenceMs, speedUp } of tables.models) {
    const B = referenceMs.length;
    for (let b = 0; b < B; b++) worst = Math.max(worst, speedUp[row * B + b] / speedUp[other * B + b]);
  }
  return worst;
}

function lossOf(tables: SpeedTables, union: readonly number[], kept: readonly number[]) {
  let worstSpeedUpLoss = 0;
  let worstPowerExcess = 0;
  for (const row of union) {
    const standIn = kept.reduce((a, b) => (stretch(tables, b, row) < stretch(tables, a, row) ? b : a));
    worstPowerExcess = Math.max(worstPowerExcess, tables.powerUp[standIn] / tables.powerUp[row] - 1);
    for (const { referenceMs, speedUp } of tables.models) {
      const B = referenceMs.length;
      for (let b = 0; b < B; b++)
        worstSpeedUpLoss = Math.max(worstSpeedUpLoss, 1 - speedUp[standIn * B + b] / speedUp[row * B + b]);
    }
  }
  return { worstSpeedUpLoss, worstPowerExcess };
}

function rowsOnly(tables: SpeedTables, rows: readonly number[]): SpeedTables {
  return {
    ...tables,
    point: Uint32Array.from(rows, (row) => tables.point[row]),
    standsFor: Uint32Array.from(rows, (row) => tables.standsFor[row]),
    reference: rows.indexOf(tables.reference),
    powerUp: Float32Array.from(rows, (row) => tables.powerUp[row]),
    busyWatts: Float64Array.from(rows, (row) => tables.busyWatts[row]),
    idleWatts: Float64Array.from(rows, (row) => tables.idleWatts[row]),
    models: tables.models.map((model) => {
      const B = model.referenceMs.length;
      return {
        ...model,
        speedUp: Float32Array.from(
          { length: rows.length * B },
          (_, i) => model.speedUp[rows[Math.floor(i / B)] * B + (i % B)],
        ),
      };
    }),
  };
}
