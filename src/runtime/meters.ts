/** What a running plan is measured by: frames and times per model, stage and processor, in a fixed amount of memory. */
import type { FlowListener, Route, Stop } from './flow.ts';
import { Latencies } from './latencies.ts';
import type { StageAnswer } from './station.ts';

/** Calls of one stage. */
class StageMeter {
  /** The call alone, by the clock of the process. */
  readonly latency = new Latencies();
  /** Round trips less the call, where no other call was in the way: messages there and back, with their tensors. */
  readonly handover = new Latencies();
  /** Of the last call. */
  outputBytes = 0;
}

export interface ModelCounts {
  released: number;
  finished: number;
  skipped: number;
  failed: number;
}

/** One model. */
export class ModelMeter implements FlowListener {
  readonly response = new Latencies();
  /** By variant, then stage. */
  readonly stages = new Map<string, StageMeter[]>();
  readonly counts: ModelCounts = { released: 0, finished: 0, skipped: 0, failed: 0 };
  missed = 0;
  /** Of the frame that ended last: its deadline less its response; NaN without a deadline or a frame. */
  lagMs = Number.NaN;
  variant = '';
  readonly #deadlineMs: number;

  constructor(deadlineMs = Number.POSITIVE_INFINITY) {
    this.#deadlineMs = deadlineMs;
  }

  released(): void {
    this.counts.released++;
  }

  stageEnded(_frame: number, stop: Stop, index: number, answer: StageAnswer): void {
    const meter = this.#stage(stop.stage.variant, index);
    meter.latency.add(answer.latencyMs);
    if (answer.alone) meter.handover.add(Math.max(0, answer.elapsedMs - answer.latencyMs));
    meter.outputBytes = answer.outputs.payload.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  ended(_frame: number, route: Route, responseMs: number): void {
    this.counts.finished++;
    this.response.add(responseMs);
    this.variant = route.name;
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) return;
    this.lagMs = this.#deadlineMs - responseMs;
    if (this.lagMs < 0) this.missed++;
  }

  skipped(): void {
    this.counts.skipped++;
  }

  failed(): void {
    this.counts.failed++;
  }

  #stage(variant: string, index: number): StageMeter {
    let stages = this.stages.get(variant);
    if (stages === undefined) {
      stages = [];
      this.stages.set(variant, stages);
    }
    return (stages[index] ??= new StageMeter());
  }
}
