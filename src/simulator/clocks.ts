/** The clock domains of a platform as dials: levels are numbers, and stand for frequencies and cores. */
import type { EngineDomain } from '../engine/system.ts';
import type { DomainState } from '../platforms/clock-domain.ts';
import { type OperatingPointChoice, operatingPoint, stateIn } from '../platforms/operating-point.ts';
import type { ClockDomain, OperatingPoint, Platform } from '../platforms/schema.ts';

/** Levels are given out as settings come up: most platforms have too many to list. */
export class Dials {
  readonly domains: EngineDomain[];
  readonly #platform: Platform;
  readonly #clockDomains: readonly ClockDomain[];
  /** Per domain: the states that have a number. */
  readonly #states: DomainState[][];

  /**
   * @param platform at its highest clocks
   * @param servers processors in the engine's order
   */
  constructor(platform: Platform, servers: readonly string[]) {
    this.#platform = platform;
    this.#clockDomains = platform.clockDomains ?? [];
    this.#states = this.#clockDomains.map(() => []);
    this.domains = this.#clockDomains.map((domain) => ({
      name: domain.id,
      delaySeconds: domain.actuationDelayMs / 1000,
      stallSeconds: (domain.stallMs ?? 0) / 1000,
      servers: servers.reduce((bits, id, s) => {
        const uses = platform.processors.find((processor) => processor.id === id)?.uses ?? [];
        return uses.some((resource) => domain.resources.includes(resource)) ? (bits | (1 << s)) >>> 0 : bits;
      }, 0),
    }));
  }

  /** Level of each domain. @throws HeterodyneError `USAGE` as `operatingPoint` */
  levelsOf(choice: OperatingPointChoice): Int32Array {
    const point = operatingPoint(this.#platform, choice);
    return Int32Array.from(this.#clockDomains, (domain, d) => this.#levelOf(d, stateIn(point, domain)));
  }

  /** The point that the levels stand for. */
  pointAt(levels: Int32Array): OperatingPoint {
    const frequencyHz: Record<string, number> = {};
    const cores: Record<string, readonly number[]> = {};
    this.#clockDomains.forEach(({ id }, d) => {
      const state = this.#states[d][levels[d]];
      if (state.frequencyHz !== undefined) frequencyHz[id] = state.frequencyHz;
      if (state.cores !== undefined) cores[id] = state.cores;
      else if (state.frequencyHz === undefined) cores[id] = [];
    });
    return operatingPoint(this.#platform, { frequencyHz, cores });
  }

  frequencyHz(domain: number, level: number): number {
    return this.#states[domain][level].frequencyHz ?? 0;
  }

  capped(levels: Int32Array, cap: Int32Array): Int32Array {
    return Int32Array.from(levels, (level, d) => {
      const wanted = this.#states[d][level];
      const most = this.#states[d][cap[d]];
      if (wanted.frequencyHz === undefined || most.frequencyHz === undefined) {
        return wanted.frequencyHz === undefined ? level : cap[d];
      }
      const state: DomainState = { frequencyHz: Math.min(wanted.frequencyHz, most.frequencyHz) };
      if (wanted.cores !== undefined) {
        const fewer = most.cores !== undefined && most.cores.length < wanted.cores.length;
        state.cores = fewer ? most.cores : wanted.cores;
      }
      return this.#levelOf(d, state);
    });
  }

  #levelOf(domain: number, state: DomainState): number {
    const states = this.#states[domain];
    const same = (each: DomainState): boolean =>
      each.frequencyHz === state.frequencyHz && each.cores?.join() === state.cores?.join();
    const known = states.findIndex(same);
    return known >= 0 ? known : states.push(state) - 1;
  }
}
