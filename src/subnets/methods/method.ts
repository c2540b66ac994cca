/** What every search method works on, and what it gives. */

import { Pace } from '../../core/pace.ts';
import type { CostFactor, SubnetKernel } from '../../core/subnets.ts';
import type { Archive } from '../archive.ts';
import type { Extremes } from '../extremes.ts';
import type { AccuracyPredictor } from '../predictor.ts';
import type { SearchSpace } from '../space.ts';

export interface SearchProgress {
  evaluations: number;
  /** 0 to 1. */
  share: number;
  note: string;
}

export interface MethodContext {
  space: SearchSpace;
  kernel: SubnetKernel;
  predictor: AccuracyPredictor;
  cost: readonly CostFactor[];
  extremes: Extremes;
  /** Indices of the resolutions that are searched. */
  resolutions: readonly number[];
  /** Limits that some network keeps, ascending. */
  limits: readonly number[];
  /** Least predicted accuracy; absent = none. */
  minAccuracy?: number;
  seed: number;
  /** Networks that may be scored, in all. */
  evaluations: number;
  /** Generations, or passes, that may bring nothing better before the search ends; absent = any number. */
  stall?: number;
  signal?: AbortSignal;
  onProgress?: (progress: SearchProgress) => void;
}

/** How a method came out; its networks are in the archive. */
export interface MethodOutcome {
  archive: Archive;
  evaluations: number;
  /** Networks met again that cost no evaluation. */
  duplicates: number;
  repairs: number;
  /** Stopped before its end, from outside. */
  partial: boolean;
  /** Limits whose search gave up after its largest number of redraws. */
  capped: number[];
  /** Best score of every generation, per limit, where the method has generations for each. */
  traces?: { limit: number; scores: number[] }[];
}

export interface Method {
  id: string;
  /** Name of the published settings that it runs with. */
  preset?: string;
  title: string;
  /** Whose idea it is. */
  source: string;
  /** Networks that it scores unless told otherwise. */
  defaultEvaluations(limits: number): number;
  run(context: MethodContext): Promise<MethodOutcome>;
}

/** Networks scored between two looks at the clock: a few milliseconds. */
const SLICE = 256;

/** Scores through the kernel or ONNX Runtime, in slices that leave room for signals, and counts them. */
export class Scorer {
  readonly #context: MethodContext;
  readonly pace = new Pace();
  evaluations = 0;

  constructor(context: MethodContext) {
    this.#context = context;
  }

  get aborted(): boolean {
    return this.#context.signal?.aborted === true;
  }

  get left(): number {
    return this.#context.evaluations - this.evaluations;
  }

  async breathe(note: string): Promise<void> {
    if (!this.pace.due) return;
    await this.pace.handOver();
    const share = Math.min(1, this.evaluations / this.#context.evaluations);
    this.#context.onProgress?.({ evaluations: this.evaluations, share, note });
  }

  /** Scores of networks [count][S]. */
  async scores(networks: Uint8Array, note: string): Promise<Float32Array> {
    return this.#sliced(networks, note, (part) => this.#context.kernel.scores(part));
  }

  /** Scores of networks near `base`, good for filtering only. */
  async scoresNear(base: Uint8Array, networks: Uint8Array, note: string): Promise<Float32Array> {
    return this.#sliced(networks, note, (part) => this.#context.kernel.scoresNear(base, part));
  }

  async #sliced(networks: Uint8Array, note: string, inCore: (part: Uint8Array) => Float32Array): Promise<Float32Array> {
    const { space, predictor } = this.#context;
    const size = space.numbers.slots.length;
    const scores = new Float32Array(networks.length / size);
    for (let start = 0; start < scores.length; start += SLICE) {
      const part = networks.subarray(start * size, (start + SLICE) * size);
      scores.set(predictor.score ? await predictor.score(part) : inCore(part), start);
      this.evaluations += part.length / size;
      await this.breathe(note);
    }
    return scores;
  }
}
