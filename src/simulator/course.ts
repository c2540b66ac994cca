/** The course of a simulation, recorded for traces and charts: who ran when, and what counters showed. */

export interface CourseSlice {
  server: number;
  model: number;
  frame: number;
  route: number;
  step: number;
  /** Seconds. */
  start: number;
  end: number;
}

export interface CourseFrame {
  model: number;
  frame: number;
  released: number;
  deadline: number;
  /** NaN = under way at the end. */
  ended: number;
  givenUp: boolean;
}

export interface CourseMark {
  at: number;
  text: string;
  kind: 'scenario' | 'decision';
}

/** A quantity that changes in steps; the name ends with its unit. */
export interface CourseCounter {
  name: string;
  values: { at: number; value: number }[];
}

/** A course keeps at most so many slices: what follows is not recorded. */
const MOST_SLICES = 200_000;

export class Course {
  readonly slices: CourseSlice[] = [];
  readonly frames: CourseFrame[] = [];
  readonly marks: CourseMark[] = [];
  /** Frames that missed their deadline, when that was certain. */
  readonly misses: { at: number; model: number }[] = [];
  /** Operating points that held, each from its time on. */
  readonly settings: { at: number; id: string }[] = [];
  readonly #counters = new Map<string, CourseCounter>();
  readonly #open = new Map<string, CourseSlice>();
  readonly #living = new Map<string, CourseFrame>();
  /** When recording ended, seconds. */
  endsAt = 0;
  /** No further slices were kept from here on; Infinity = all are there. */
  fullAt = Number.POSITIVE_INFINITY;

  get counters(): CourseCounter[] {
    return [...this.#counters.values()];
  }

  stepStarted(server: number, model: number, frame: number, route: number, step: number, now: number): void {
    if (this.slices.length + this.#open.size >= MOST_SLICES) {
      this.fullAt = Math.min(this.fullAt, now);
      return;
    }
    this.#open.set(`${server} ${model}`, { server, model, frame, route, step, start: now, end: now });
  }

  /** Also where a more urgent frame takes over. */
  stepEnded(server: number, model: number, now: number): void {
    const key = `${server} ${model}`;
    const slice = this.#open.get(key);
    if (slice === undefined) return;
    slice.end = now;
    this.#open.delete(key);
    this.slices.push(slice);
  }

  released(model: number, frame: number, deadline: number, now: number): void {
    if (now >= this.fullAt) return;
    const life = { model, frame, released: now, deadline, ended: Number.NaN, givenUp: false };
    this.#living.set(`${model} ${frame}`, life);
    this.frames.push(life);
  }

  frameLeft(model: number, frame: number, givenUp: boolean, now: number): void {
    const key = `${model} ${frame}`;
    const life = this.#living.get(key);
    if (life === undefined) return;
    life.ended = now;
    life.givenUp = givenUp;
    this.#living.delete(key);
  }

  missed(model: number, now: number): void {
    if (now < this.fullAt) this.misses.push({ at: now, model });
  }

  mark(kind: CourseMark['kind'], text: string, now: number): void {
    if (now < this.fullAt) this.marks.push({ at: now, text, kind });
  }

  holds(id: string, now: number): void {
    if (now < this.fullAt) this.settings.push({ at: now, id });
  }

  count(name: string, value: number, now: number): void {
    if (now >= this.fullAt || Number.isNaN(value)) return;
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = { name, values: [] };
      this.#counters.set(name, counter);
    }
    const last = counter.values.at(-1);
    if (last?.value === value) return;
    if (last?.at === now) last.value = value;
    else counter.values.push({ at: now, value });
  }

  end(now: number): void {
    this.endsAt = Math.min(now, this.fullAt);
    for (const slice of this.#open.values()) this.slices.push({ ...slice, end: now });
    this.#open.clear();
    this.slices.sort((a, b) => a.start - b.start || a.server - b.server || a.model - b.model);
  }
}
