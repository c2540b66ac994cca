/** From milliseconds to the steps of the heat map: equal ratios, since latencies span orders of magnitude. */
import { HEAT_STEPS } from './palette.ts';

export interface HeatScale {
  /** HEAT_STEPS + 1 limits, ms, ascending; empty when nothing costs anything. */
  limits: number[];
  /** 0 (cheap) to HEAT_STEPS - 1. */
  step(ms: number): number;
}

export function heatScale(latencies: readonly number[]): HeatScale {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const ms of latencies) {
    if (ms > 0 && ms < low) low = ms;
    if (ms > high && ms < Number.POSITIVE_INFINITY) high = ms;
  }
  if (high === 0) return { limits: [], step: () => 0 };
  const ratio = Math.log(high / low) / HEAT_STEPS;
  const limits = Array.from({ length: HEAT_STEPS + 1 }, (_, i) =>
    i === HEAT_STEPS ? high : low * Math.exp(i * ratio),
  );
  return {
    limits,
    step: (ms) => {
      if (!(ms > low)) return 0;
      return Math.min(HEAT_STEPS - 1, Math.floor(Math.log(ms / low) / ratio + 1e-9));
    },
  };
}
