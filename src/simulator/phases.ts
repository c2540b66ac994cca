/** A run in pieces: from one thing that happens in the scenario to the next, what came of frames and of energy. */
import type { Meters } from '../engine/meters.ts';
import type { FrameLog } from './metrics.ts';

export interface Phase {
  fromMs: number;
  untilMs: number;
  /** What happened at its beginning; empty at the start. */
  events: string[];
  models: {
    name: string;
    finished: number;
    throughputPerS: number;
    /** With a deadline: frames whose deadline was decided, and how many missed it. */
    counted?: number;
    missed?: number;
  }[];
  /** Whole device, idle included; absent = unknown watts. */
  joules?: number;
}

interface Counts {
  finished: number[];
  counted: number[];
  missed: number[];
  joules: number;
}

export class Phases {
  readonly #models: readonly { name: string; deadline: boolean }[];
  readonly #logs: readonly FrameLog[];
  readonly #meters: Meters;
  readonly #done: Phase[] = [];
  #from = 0;
  #events: string[] = [];
  #before: Counts;

  constructor(models: readonly { name: string; deadline: boolean }[], logs: readonly FrameLog[], meters: Meters) {
    this.#models = models;
    this.#logs = logs;
    this.#meters = meters;
    this.#before = this.#counts(0);
  }

  /** Something happens: another phase begins, unless one has begun at this very time. */
  begin(now: number): void {
    if (now > this.#from) this.#close(now);
  }

  because(events: readonly string[]): void {
    this.#events.push(...events);
  }

  /** All phases; one alone is none. */
  ended(now: number): Phase[] {
    if (this.#done.length === 0) return [];
    if (now > this.#from) this.#close(now);
    return this.#done;
  }

  #close(now: number): void {
    const counts = this.#counts(now);
    const before = this.#before;
    const joules = counts.joules - before.joules;
    this.#done.push({
      fromMs: this.#from * 1000,
      untilMs: now * 1000,
      events: this.#events,
      models: this.#models.map(({ name, deadline }, m) => {
        const finished = counts.finished[m] - before.finished[m];
        return {
          name,
          finished,
          throughputPerS: finished / (now - this.#from),
          ...(deadline && {
            counted: counts.counted[m] - before.counted[m],
            missed: counts.missed[m] - before.missed[m],
          }),
        };
      }),
      ...(!Number.isNaN(joules) && { joules }),
    });
    this.#from = now;
    this.#events = [];
    this.#before = counts;
  }

  #counts(now: number): Counts {
    this.#meters.readAt(now);
    return {
      finished: this.#logs.map(({ finished }) => finished),
      counted: this.#logs.map(({ counted }) => counted),
      missed: this.#logs.map(({ missed }) => missed),
      joules: this.#meters.totalJoules,
    };
  }
}
