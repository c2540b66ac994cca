/** What is left to measure, how much time each series of calls may take for it, and how busy the machine was. */
import type { CuttableModel } from '../models/cut.ts';
import type { Processor } from '../platforms/schema.ts';
import type { SamplingRule } from './requests.ts';

/** A series ends when the 95 % interval of its median is below this share of it. */
const ENOUGH = 0.03;
/** What one series gets at least, however short the time: a few calls. */
const LEAST_LIMIT_MS = 20;
const MIN_RUNS = 10;

export interface ScheduleOptions {
  /** Whole models alone. */
  wholeOnly?: boolean;
  /** How often everything is measured. */
  rounds?: number;
  timeLimitMs?: number;
  onProgress?: (share: number, note: string) => void;
}

/** Series that one model takes on one processor, as far as is known before: short blocks may share one. */
export function seriesOf({ blocked }: CuttableModel, wholeOnly: boolean | undefined): number {
  return wholeOnly ? 1 : 2 + blocked.blocks.length;
}

export class Schedule {
  private readonly began = performance.now();
  private readonly all: number;
  private readonly options: ScheduleOptions;
  private done = 0;
  private waitedMs = 0;
  private ranMs = 0;

  constructor(models: readonly CuttableModel[], processors: readonly Processor[], options: ScheduleOptions) {
    const ofModels = models.reduce((sum, model) => sum + seriesOf(model, options.wholeOnly), 0);
    this.all = (options.rounds ?? 1) * processors.length * ofModels;
    this.options = options;
  }

  /** `count` series are done, or need not be. */
  advance(count: number, note: string): void {
    this.done += count;
    this.options.onProgress?.(Math.min(1, this.done / this.all), note);
  }

  /** Time that calls waited for a core beside the time that they took. */
  waited(milliseconds: number, samplesMs: readonly number[]): void {
    this.waitedMs += milliseconds;
    this.ranMs += samplesMs.reduce((sum, each) => sum + each, 0);
  }

  /** Share of the time in which something else ran on the cores. */
  get waitedShare(): number {
    const all = this.waitedMs + this.ranMs;
    return all > 0 ? this.waitedMs / all : 0;
  }

  /** Time for the next series, warm-up included. */
  rule(mostMs: number, weight = 1): SamplingRule {
    const { timeLimitMs } = this.options;
    const left = (timeLimitMs ?? Number.POSITIVE_INFINITY) - (performance.now() - this.began);
    const share = (weight * left) / Math.max(1, this.all - this.done);
    const limitMs = Math.max(LEAST_LIMIT_MS, Math.min(mostMs, share));
    return { warmupRuns: 3, warmupMs: limitMs / 20, minRuns: MIN_RUNS, spread: ENOUGH, limitMs };
  }
}
