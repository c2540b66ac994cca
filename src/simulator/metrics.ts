/** What a simulation is judged by: response times, misses, losses, energy, switches. */
import type { Meters } from '../engine/meters.ts';

/** Standard normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

export interface ModelMetrics {
  name: string;
  released: number;
  /** Frames that ended. */
  finished: number;
  /** Releases that found no place. */
  skipped: number;
  /** Frames given up before they were done. */
  givenUp: number;
  /** Under way at the end. */
  unfinished: number;
  throughputPerS: number;
  /** From release to end, of finished frames; absent when none finished. */
  responseMs?: { mean: number; p50: number; p95: number; p99: number; p999: number; worst: number };
  /** Present with a deadline. Frames that are still under way before their deadline do not count. */
  deadline?: DeadlineMetrics;
  /** Of finished frames: accuracy given up. */
  loss: { mean: number; worst: number };
  /** Changes of variant. */
  variantSwitches: number;
  /** Above idle, per finished frame; absent = unknown watts. */
  activeMjPerFrame?: number;
}

export interface DeadlineMetrics {
  deadlineMs: number;
  counted: number;
  /** Late, skipped, given up, or unfinished after its deadline. */
  missed: number;
  missRate: number;
  /** Wilson's interval, which takes frames for independent: bursts make the truth wider. */
  missRate95: [number, number];
  /** Of finished frames, after the deadline. */
  worstTardinessMs: number;
  /** Misses in a row. */
  bursts: { count: number; mean: number; longest: number };
}

/** Collects frames of one model; grows by doubling, allocates nothing else. */
export class FrameLog {
  released = 0;
  finished = 0;
  skipped = 0;
  givenUp = 0;
  variantSwitches = 0;
  /** Frames whose deadline is decided, and those that missed it. */
  counted = 0;
  missed = 0;
  #response = new Float64Array(1024);
  #joules = 0;
  #loss = 0;
  #worstLoss = 0;
  #worstTardiness = 0;
  #run = 0;
  #bursts = 0;
  #longest = 0;

  ended(released: number, deadline: number, joules: number, loss: number, now: number): void {
    if (this.finished === this.#response.length) {
      const larger = new Float64Array(2 * this.finished);
      larger.set(this.#response);
      this.#response = larger;
    }
    this.#response[this.finished++] = now - released;
    this.#joules += joules;
    this.#loss += loss;
    this.#worstLoss = Math.max(this.#worstLoss, loss);
    this.#worstTardiness = Math.max(this.#worstTardiness, now - deadline);
    this.judge(now > deadline);
  }

  /** One frame whose deadline is decided. */
  judge(missed: boolean): void {
    this.counted++;
    if (!missed) {
      this.#run = 0;
      return;
    }
    this.missed++;
    if (this.#run++ === 0) this.#bursts++;
    this.#longest = Math.max(this.#longest, this.#run);
  }

  metrics(name: string, deadlineSeconds: number | undefined, unfinished: number, seconds: number): ModelMetrics {
    const sorted = this.#response.slice(0, this.finished).sort();
    const at = (share: number): number => 1000 * sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    const n = this.finished;
    return {
      name,
      released: this.released,
      finished: n,
      skipped: this.skipped,
      givenUp: this.givenUp,
      unfinished,
      throughputPerS: n / seconds,
      ...(n > 0 && {
        responseMs: {
          mean: (1000 * sorted.reduce((sum, each) => sum + each, 0)) / n,
          p50: at(0.5),
          p95: at(0.95),
          p99: at(0.99),
          p999: at(0.999),
          worst: at(1),
        },
      }),
      ...(deadlineSeconds !== undefined && {
        deadline: {
          deadlineMs: 1000 * deadlineSeconds,
          counted: this.counted,
          missed: this.missed,
          missRate: this.counted > 0 ? this.missed / this.counted : 0,
          missRate95: wilson(this.missed, this.counted),
          worstTardinessMs: 1000 * this.#worstTardiness,
          bursts: {
            count: this.#bursts,
            mean: this.#bursts > 0 ? this.missed / this.#bursts : 0,
            longest: this.#longest,
          },
        },
      }),
      loss: { mean: n > 0 ? this.#loss / n : 0, worst: this.#worstLoss },
      variantSwitches: this.variantSwitches,
      ...(n > 0 && !Number.isNaN(this.#joules) && { activeMjPerFrame: (1000 * this.#joules) / n }),
    };
  }
}

/** Score interval of Wilson (1927) for a share of k in n, 95 %. */
export function wilson(k: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const share = k / n;
  const z2 = (Z95 * Z95) / n;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z95 / (1 + z2)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n));
  return [k === 0 ? 0 : Math.max(0, middle - half), k === n ? 1 : Math.min(1, middle + half)];
}

export interface DeviceMetrics {
  /** Share of the time that each processor and link works. */
  utilization: { id: string; share: number }[];
  /** Whole device, idle included; absent = unknown watts. */
  energy?: { joules: number; idleJoules: number; meanWatts: number; mjPerFrame: number };
  /** Changes of the operating point that took effect, and all switches per finished frame. */
  pointSwitches: number;
  switchesPerFrame: number;
}

export function deviceMetrics(
  servers: readonly string[],
  meters: Meters,
  models: readonly ModelMetrics[],
  pointSwitches: number,
  seconds: number,
): DeviceMetrics {
  const frames = models.reduce((sum, { finished }) => sum + finished, 0);
  const switches = models.reduce((sum, { variantSwitches }) => sum + variantSwitches, pointSwitches);
  const joules = meters.totalJoules;
  return {
    utilization: servers.map((id, s) => ({ id, share: meters.busySeconds[s] / seconds })),
    ...(!Number.isNaN(joules) && {
      energy: {
        joules,
        idleJoules: meters.idleJoules,
        meanWatts: joules / seconds,
        mjPerFrame: frames > 0 ? (1000 * joules) / frames : 0,
      },
    }),
    pointSwitches,
    switchesPerFrame: frames > 0 ? switches / frames : 0,
  };
}
