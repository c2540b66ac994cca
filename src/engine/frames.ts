/**
 * Frames under way, as slots of arrays, and the queues in which they wait. Slots are taken from a stock per model, so
 * that nothing is allocated while the engine runs.
 *
 *   slot     model  frame  route  step  released  deadline  joules  factor     what a frame is and where it has come to
 *            key  next  previous                                              its place in a queue: ascending key
 *   queue    head  tail  count
 */
const NONE = -1;
const FREE = 0;
const UNDER_WAY = 1;
const GIVEN_UP = 2;

export class Frames {
  readonly model: Int32Array;
  /** Number of the frame, from 0 at the model's first release. */
  readonly frame: Float64Array;
  readonly route: Int32Array;
  /** Step of the system that is next or under way. */
  readonly step: Int32Array;
  /** Segment of the step to go on with. */
  readonly segment: Int32Array;
  readonly released: Float64Array;
  readonly deadline: Float64Array;
  readonly joules: Float64Array;
  /** Noise factor of the whole frame. */
  readonly factor: Float64Array;
  readonly #key: Float64Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #state: Uint8Array;
  /** Per model: its first slot; one more entry at the end. */
  readonly #first: Int32Array;
  readonly #free: Int32Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;

  /** @param places per model: most frames under way. */
  constructor(places: readonly number[], queues: number) {
    const slots = places.reduce((sum, count) => sum + count, 0);
    this.model = new Int32Array(slots);
    this.frame = new Float64Array(slots);
    this.route = new Int32Array(slots);
    this.step = new Int32Array(slots);
    this.segment = new Int32Array(slots);
    this.released = new Float64Array(slots);
    this.deadline = new Float64Array(slots);
    this.joules = new Float64Array(slots);
    this.factor = new Float64Array(slots);
    this.#key = new Float64Array(slots);
    this.#next = new Int32Array(slots).fill(NONE);
    this.#previous = new Int32Array(slots).fill(NONE);
    this.#state = new Uint8Array(slots);
    this.#first = new Int32Array(places.length + 1);
    this.#free = new Int32Array(places.length).fill(NONE);
    this.#head = new Int32Array(queues).fill(NONE);
    this.#tail = new Int32Array(queues).fill(NONE);
    let slot = 0;
    places.forEach((count, m) => {
      for (let i = 0; i < count; i++, slot++) {
        this.model[slot] = m;
        this.#next[slot] = this.#free[m];
        this.#free[m] = slot;
      }
      this.#first[m + 1] = slot;
    });
  }

  get slots(): number {
    return this.model.length;
  }

  isUnderWay(slot: number): boolean {
    return this.#state[slot] === UNDER_WAY;
  }

  /** A free slot of the model, or -1. */
  take(model: number): number {
    const slot = this.#free[model];
    if (slot >= 0) {
      this.#free[model] = this.#next[slot];
      this.#state[slot] = UNDER_WAY;
    }
    return slot;
  }

  /** Marks a frame that is under way; one that is not is left alone. */
  giveUp(model: number, frame: number): void {
    for (let slot = this.#first[model]; slot < this.#first[model + 1]; slot++) {
      if (this.#state[slot] === UNDER_WAY && this.frame[slot] === frame) this.#state[slot] = GIVEN_UP;
    }
  }

  /** Frames of a model under way whose deadline has passed. */
  overdue(model: number, now: number): number {
    let count = 0;
    for (let slot = this.#first[model]; slot < this.#first[model + 1]; slot++) {
      if (this.#state[slot] !== FREE && this.deadline[slot] < now) count++;
    }
    return count;
  }

  isGivenUp(slot: number): boolean {
    return this.#state[slot] === GIVEN_UP;
  }

  giveBack(slot: number): void {
    const model = this.model[slot];
    this.#state[slot] = FREE;
    this.#next[slot] = this.#free[model];
    this.#free[model] = slot;
  }

  /** Behind all with the same key, or before them. */
  enqueue(queue: number, slot: number, key: number, before = false): void {
    this.#key[slot] = key;
    let after = this.#tail[queue];
    while (after >= 0 && (before ? this.#key[after] >= key : this.#key[after] > key)) after = this.#previous[after];
    const next = after < 0 ? this.#head[queue] : this.#next[after];
    this.#previous[slot] = after;
    this.#next[slot] = next;
    if (after < 0) this.#head[queue] = slot;
    else this.#next[after] = slot;
    if (next < 0) this.#tail[queue] = slot;
    else this.#previous[next] = slot;
  }

  /** The first of a queue leaves it; -1 = the queue is empty. */
  dequeue(queue: number): number {
    const slot = this.#head[queue];
    if (slot < 0) return NONE;
    const next = this.#next[slot];
    this.#head[queue] = next;
    if (next < 0) this.#tail[queue] = NONE;
    else this.#previous[next] = NONE;
    return slot;
  }

  /** Key of the first in a queue; Infinity = it is empty. */
  firstKey(queue: number): number {
    const slot = this.#head[queue];
    return slot < 0 ? Number.POSITIVE_INFINITY : this.#key[slot];
  }

  key(slot: number): number {
    return this.#key[slot];
  }
}
