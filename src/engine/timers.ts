/**
 * The engine's agenda: a fixed set of timers in a binary heap that knows where each timer lies, so that a timer is set,
 * moved or cleared in place and nothing is allocated or left stale.
 *
 *   heap      ids, the earliest first; children of i at 2i + 1 and 2i + 2
 *   place     id -> index in heap, -1 = not set
 *
 * Equal times go by id: the order of events never depends on the order in which timers were set.
 */
export class Timers {
  readonly #at: Float64Array;
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #size = 0;

  constructor(count: number) {
    this.#at = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.#heap = new Int32Array(count);
    this.#place = new Int32Array(count).fill(-1);
  }

  /** Id of the earliest timer, or -1. */
  get first(): number {
    return this.#size > 0 ? this.#heap[0] : -1;
  }

  /** When timer `id` is due; Infinity = not set. */
  at(id: number): number {
    return this.#at[id];
  }

  /** Sets or moves a timer; Infinity clears it. */
  set(id: number, at: number): void {
    const before = this.#at[id];
    if (at === before) return;
    let place = this.#place[id];
    if (at === Number.POSITIVE_INFINITY) {
      this.#remove(id);
      return;
    }
    this.#at[id] = at;
    if (place < 0) {
      place = this.#size++;
      this.#up(id, place);
    } else if (at < before) this.#up(id, place);
    else this.#down(id, place);
  }

  #remove(id: number): void {
    const place = this.#place[id];
    this.#place[id] = -1;
    this.#at[id] = Number.POSITIVE_INFINITY;
    const last = this.#heap[--this.#size];
    if (last === id) return;
    this.#up(last, place);
    this.#down(last, this.#place[last]);
  }

  #up(id: number, place: number): void {
    const heap = this.#heap;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!this.#before(id, above)) break;
      heap[place] = above;
      this.#place[above] = place;
      place = parent;
    }
    heap[place] = id;
    this.#place[id] = place;
  }

  #down(id: number, place: number): void {
    const heap = this.#heap;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(heap[child + 1], heap[child])) child++;
      const below = heap[child];
      if (!this.#before(below, id)) break;
      heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    heap[place] = id;
    this.#place[id] = place;
  }

  #before(a: number, b: number): boolean {
    const at = this.#at[a];
    const other = this.#at[b];
    return at < other || (at === other && a < b);
  }
}
