/** The machine while a plan runs: what other programs took of its cores, and its energy where it has a meter. */
import { EnergyMeter } from '../../bindings/host/clocks/index.ts';
import { type CpuTime, cpuTime } from '../../bindings/host/index.ts';
import type { Station } from './station.ts';

export interface MachineFigures {
  /** Share of the cores' time. */
  otherLoad?: number;
  energyJ?: number;
}

export class MachineMeter {
  readonly #stations: () => readonly Station[];
  #energy = new EnergyMeter();
  #before: CpuTime | undefined;

  constructor(stations: () => readonly Station[]) {
    this.#stations = stations;
    this.begin();
  }

  /** Counts from now on. */
  begin(): void {
    this.#energy = new EnergyMeter();
    this.#energy.sample(performance.now());
    this.#before = cpuTime(this.#pids());
  }

  /** To be called at least every 30 s, for counters wrap. */
  look(): MachineFigures {
    this.#energy.sample(performance.now());
    const now = cpuTime(this.#pids());
    const before = this.#before;
    const all = now && before ? now.total - before.total : 0;
    // A process that was started anew begins at 0: then less is known to be ours, never more.
    const own = now && before ? Math.max(0, now.own - before.own) : 0;
    return {
      ...(all > 0 && { otherLoad: Math.min(1, Math.max(0, now!.busy - before!.busy - own) / all) }),
      ...(this.#energy.available && { energyJ: this.#energy.joules }),
    };
  }

  #pids(): number[] {
    return this.#stations().flatMap(({ pid }) => pid ?? []);
  }
}
