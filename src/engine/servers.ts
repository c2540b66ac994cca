/** What the engine knows of each server: its discipline, how fast it is just now, whose turn it is. */
import type { Discipline } from './options.ts';
import type { EngineSystem } from './system.ts';

const FIFO = 0;
const PRIORITY = 1;
const DEADLINE = 2;
const ROUND_ROBIN = 3;
const TIME_SLICED = 4;
const CODES: Readonly<Record<Discipline, number>> = {
  fifo: FIFO,
  priority: PRIORITY,
  deadline: DEADLINE,
  'round-robin': ROUND_ROBIN,
  'time-sliced': TIME_SLICED,
};

export class Servers {
  readonly count: number;
  /** Per server: its first lane; one more entry at the end. A time-sliced server has a lane per model. */
  readonly firstLane: Int32Array;
  readonly #system: EngineSystem;
  readonly #models: number;
  readonly #discipline: Uint8Array;
  readonly #disturbance: Float64Array;
  readonly #burst: Float64Array;
  readonly #stalledUntil: Float64Array;
  readonly #lastModel: Int32Array;
  /** Turn of the step that runs. */
  readonly #turn: Float64Array;
  /** [server][model] turn after the last one that the model had. */
  readonly #nextTurn: Float64Array;

  constructor(system: EngineSystem, discipline: Discipline | readonly Discipline[]) {
    const S = system.servers;
    this.count = S;
    this.#system = system;
    this.#models = system.models.length;
    this.#discipline = Uint8Array.from(
      { length: S },
      (_, s) => CODES[typeof discipline === 'string' ? discipline : discipline[s]],
    );
    this.firstLane = new Int32Array(S + 1);
    for (let s = 0; s < S; s++) this.firstLane[s + 1] = this.firstLane[s] + (this.isSliced(s) ? this.#models : 1);
    this.#disturbance = new Float64Array(S).fill(1);
    this.#burst = new Float64Array(S).fill(1);
    this.#stalledUntil = new Float64Array(S);
    this.#lastModel = new Int32Array(S).fill(-1);
    this.#turn = new Float64Array(S);
    this.#nextTurn = new Float64Array(S * this.#models);
  }

  isSliced(server: number): boolean {
    return this.#discipline[server] === TIME_SLICED;
  }

  laneOf(server: number, model: number): number {
    return this.firstLane[server] + (this.isSliced(server) ? model : 0);
  }

  /** 1 = as profiled, 0 = stands still. */
  speedOf(server: number, now: number): number {
    return this.#stalledUntil[server] > now ? 0 : 1 / (this.#disturbance[server] * this.#burst[server]);
  }

  disturb(server: number, slowdown: number): void {
    this.#disturbance[server] = slowdown;
  }

  hasVanished(server: number): boolean {
    return this.#disturbance[server] === Number.POSITIVE_INFINITY;
  }

  /** Begins or ends a burst; gives whether it has begun. */
  toggleBurst(server: number, slowdown: number): boolean {
    const begins = this.#burst[server] === 1;
    this.#burst[server] = begins ? slowdown : 1;
    return begins;
  }

  /** Gives whether it stands still longer than it did. */
  stall(server: number, until: number): boolean {
    if (until <= this.#stalledUntil[server]) return false;
    this.#stalledUntil[server] = until;
    return true;
  }

  /** A step's place in the queue: lower goes first, equal ones in order of arrival. */
  keyOf(server: number, model: number, deadline: number): number {
    switch (this.#discipline[server]) {
      case PRIORITY:
        return this.#system.models[model].priority;
      case DEADLINE:
        return deadline;
      case ROUND_ROBIN: {
        // Start-time fair queueing (Goyal, Vin, Cheng, 1996), in which every step costs one turn.
        const at = server * this.#models + model;
        const turn = Math.max(this.#turn[server], this.#nextTurn[at]);
        this.#nextTurn[at] = turn + 1 / this.#system.models[model].weight;
        return turn;
      }
      default:
        return 0;
    }
  }

  /** A step begins; gives whether another model had the server before. */
  begins(server: number, model: number, key: number): boolean {
    if (this.#discipline[server] === ROUND_ROBIN) this.#turn[server] = key;
    const last = this.#lastModel[server];
    this.#lastModel[server] = model;
    return last >= 0 && last !== model;
  }
}
