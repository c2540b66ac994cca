/**
 * Busy time, power and energy of a run: the device's idle watts all the time, a server's active watts while anything
 * runs on it (waiting for memory included, for a processor that waits is not idle).
 */
import type { EngineFigures } from './system.ts';

export class Meters {
  /** Per server, up to {@link readAt}. */
  readonly busySeconds: Float64Array;
  /** Per server, above idle; NaN = unknown watts. */
  readonly joules: Float64Array;
  /** Of the idle device. */
  idleJoules = 0;
  #figures: EngineFigures;
  readonly #runs: Int32Array;
  readonly #off: Uint8Array;
  readonly #since: Float64Array;
  #idleSince = 0;

  constructor(figures: EngineFigures) {
    const servers = figures.activeWatts.length;
    this.#figures = figures;
    this.busySeconds = new Float64Array(servers);
    this.joules = new Float64Array(servers);
    this.#runs = new Int32Array(servers);
    this.#off = new Uint8Array(servers);
    this.#since = new Float64Array(servers);
  }

  /** Watts of the whole device now; NaN = unknown. */
  get watts(): number {
    let watts = this.#figures.idleWatts;
    for (let s = 0; s < this.#runs.length; s++) if (this.#works(s)) watts += this.#figures.activeWatts[s];
    return watts;
  }

  /** Joules of the whole device up to {@link readAt}; NaN = unknown. */
  get totalJoules(): number {
    let sum = this.idleJoules;
    for (let s = 0; s < this.joules.length; s++) if (this.busySeconds[s] > 0) sum += this.joules[s];
    return sum;
  }

  /** Something begins to run on a server. */
  begin(server: number, now: number): void {
    if (this.#runs[server]++ === 0) this.#since[server] = now;
  }

  end(server: number, now: number): void {
    if (this.#runs[server] === 1) this.#book(server, now);
    this.#runs[server]--;
  }

  /** A server vanishes or comes back. */
  powered(server: number, on: boolean, now: number): void {
    this.#book(server, now);
    this.#off[server] = on ? 0 : 1;
  }

  /** Another setting of the clocks holds. */
  setFigures(figures: EngineFigures, now: number): void {
    this.readAt(now);
    this.#figures = figures;
  }

  /** Bring all figures up to `now`. */
  readAt(now: number): void {
    this.idleJoules += this.#figures.idleWatts * (now - this.#idleSince);
    this.#idleSince = now;
    for (let s = 0; s < this.#runs.length; s++) this.#book(s, now);
  }

  #works(server: number): boolean {
    return this.#runs[server] > 0 && this.#off[server] === 0;
  }

  #book(server: number, now: number): void {
    if (this.#works(server)) {
      const seconds = now - this.#since[server];
      this.busySeconds[server] += seconds;
      this.joules[server] += seconds * this.#figures.activeWatts[server];
    }
    this.#since[server] = now;
  }
}
