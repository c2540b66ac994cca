/** Numbers from other people's files, and what samples amount to. */
import { median, quantile } from '../samples.ts';
import type { Findings } from './findings.ts';
import type { LatencyFigures } from './record.ts';

const FEW = 20;
const HIGH_SPREAD = 0.1;
const BIMODAL = 0.2;

/** A finite number, also from text (`"12.5"`, `" 7 "`); undefined for anything else. */
export function finiteNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const text = value.trim();
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? finiteNumber(Number(text)) : undefined;
}

/** Four months in microseconds: no unit of a profiler makes an inference that long. */
const LONGEST = 1e13;

/** A duration in the unit of the file: undefined where absent, and, with a warning, where it is none. */
export function duration(value: unknown, findings: Findings, what: string, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = finiteNumber(value);
  if (number !== undefined && number >= 0 && number <= LONGEST) return number;
  findings.count(
    'BAD_VALUE',
    `${what} that are no durations (NaN, infinite, negative, beyond months, or no numbers) were left out`,
    path,
  );
  return undefined;
}

/** Sum with the error of each addition carried along (Neumaier), so that order and size hardly matter. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** Figures of at least one sample; `std` is that of a sample (n - 1). */
export function latencyFigures(samples: readonly number[]): LatencyFigures {
  const sorted = [...samples].sort((a, b) => a - b);
  const mean = sum(samples) / samples.length;
  const deviation = sum(samples.map((sample) => (sample - mean) ** 2));
  return {
    samples: [...samples],
    count: samples.length,
    min: sorted[0]!,
    median: quantile(sorted, 0.5),
    mean,
    p95: quantile(sorted, 0.95),
    max: sorted.at(-1)!,
    ...(samples.length > 1 && { std: Math.sqrt(deviation / (samples.length - 1)) }),
  };
}

/** Few samples, a wide spread, two modes: what makes figures doubtful. */
export function noteSpread(figures: LatencyFigures, findings: Findings, what = 'samples'): void {
  const { count, mean, median: middle, std } = figures;
  if (count !== undefined && count < FEW) {
    findings.add('FEW_SAMPLES', `${count} ${what} after warm-up: at least ${FEW} make figures that hold`, { count });
  }
  if (mean === undefined || mean === 0) return;
  if (std !== undefined && std / mean > HIGH_SPREAD) {
    findings.add('HIGH_SPREAD', `the standard deviation is ${percentText(std / mean)} of the mean`);
  }
  if (middle !== undefined && Math.abs(middle - mean) > BIMODAL * mean) {
    findings.add(
      'BIMODAL',
      `median (${middle.toPrecision(4)} ms) and mean (${mean.toPrecision(4)} ms) differ by more than 20 %`,
    );
  }
}

/**
 * Leading samples that are not like the rest: the first `certain`, then more while one exceeds three times the median of
 * what follows, at most a tenth of all. At least one sample stays.
 */
export function warmUpLength(samples: readonly number[], certain: number): number {
  const most = Math.min(samples.length - 1, certain + Math.floor(samples.length / 10));
  let removed = Math.min(certain, samples.length - 1);
  while (removed < most && samples[removed]! > 3 * median(samples.slice(removed + 1))) removed++;
  return Math.max(0, removed);
}

/** `12.3 %` */
export function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** `1 kernel`, `3 kernels`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
