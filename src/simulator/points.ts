/**
 * Operating points for a controller to choose among: a platform has thousands, of which a few dozen are worth asking for.
 *
 *   candidates   named points, and a grid through the states of the clock domains; those that change no time are held at
 *                their lowest
 *   front        of these, what no other beats in both time and watts, for one frame of every model
 *   table        the front thinned evenly in the logarithm of time; slowest, fastest, start and reference stay
 */

import type { EngineFigures, EngineSystem } from '../engine/system.ts';
import { type DomainState, domainState, domainStates } from '../platforms/clock-domain.ts';
import { HIGHEST_POINT, operatingPointNames } from '../platforms/operating-point.ts';
import type { OperatingPoint, Platform } from '../platforms/schema.ts';
import { exp, log } from '../reference/numeric.ts';
import type { Dials } from './clocks.ts';
import type { SimulatedPoint } from './subject.ts';

/** Points of the grid: figures are made for each. */
const MOST_CANDIDATES = 160;
const MOST_POINTS = 32;

export interface PointTable {
  points: SimulatedPoint[];
  reference: number;
  start: number;
}

/** The one point of a run whose clocks are left alone. */
export function fixedPoint(dials: Dials, start: OperatingPoint): PointTable {
  return { points: [{ id: start.id, levels: dials.levelsOf(start) }], reference: 0, start: 0 };
}

/** @param system as it is at `start`; its figures say what a point costs and gives */
export function pointTable(platform: Platform, dials: Dials, start: OperatingPoint, system: EngineSystem): PointTable {
  const candidates = new Map<string, Candidate>();
  const add = (levels: Int32Array, keep = false): void => {
    const key = levels.join();
    const known = candidates.get(key);
    if (known !== undefined) {
      known.keep ||= keep;
      return;
    }
    const cost = costOf(system, system.figures(levels));
    if (cost.seconds < Number.POSITIVE_INFINITY || keep) candidates.set(key, { levels, ...cost, keep });
  };
  const startLevels = dials.levelsOf(start);
  const highest = dials.levelsOf(HIGHEST_POINT);
  add(startLevels, true);
  add(highest, true);
  for (const name of operatingPointNames(platform)) add(dials.levelsOf(name));
  for (const point of grid(platform, dials, system)) add(point);

  const points = thinned(front([...candidates.values()])).map(({ levels }) => ({
    id: dials.pointAt(levels).id,
    levels,
  }));
  const indexOf = (levels: Int32Array): number => points.findIndex((point) => point.levels.join() === levels.join());
  return { points, reference: indexOf(highest), start: indexOf(startLevels) };
}

interface Candidate {
  levels: Int32Array;
  /** One frame of every model, one after the other. */
  seconds: number;
  /** Whole device while they run; 0 = unknown. */
  watts: number;
  keep: boolean;
}

function costOf(system: EngineSystem, figures: EngineFigures): { seconds: number; watts: number } {
  let seconds = 0;
  let joules = 0;
  for (const { routes } of system.models) {
    for (const { server, first, end } of routes[0].steps) {
      for (let i = first; i < end; i++) {
        seconds += figures.seconds[i];
        joules += figures.seconds[i] * figures.activeWatts[server];
      }
    }
  }
  const watts = figures.idleWatts + joules / seconds;
  return { seconds, watts: Number.isNaN(watts) ? 0 : watts };
}

interface Settings {
  frequencyHz: Record<string, number>;
  cores: Record<string, number[]>;
}

/** Evenly spread states of every domain, in all combinations. */
function grid(platform: Platform, dials: Dials, system: EngineSystem): Int32Array[] {
  const domains = platform.clockDomains ?? [];
  const fastest = costOf(system, system.figures(dials.levelsOf(HIGHEST_POINT))).seconds;
  const matters = domains.map((domain) => {
    const lowest = dials.levelsOf(
      withState({ frequencyHz: {}, cores: {} }, domain.id, domainState(platform, domain, 0)),
    );
    return costOf(system, system.figures(lowest)).seconds > fastest * (1 + 1e-9);
  });
  const count = matters.filter((each) => each).length;
  let perDomain = 2;
  while (count > 0 && (perDomain + 1) ** count <= MOST_CANDIDATES) perDomain++;
  let settings: Settings[] = [{ frequencyHz: {}, cores: {} }];
  domains.forEach((domain, d) => {
    const states = domainStates(platform, domain);
    const taken = matters[d] ? Math.min(perDomain, states) : 1;
    const chosen = Array.from({ length: taken }, (_, i) =>
      domainState(platform, domain, taken === 1 ? 0 : Math.round((i * (states - 1)) / (taken - 1))),
    );
    settings = settings.flatMap((each) => chosen.map((state) => withState(each, domain.id, state)));
  });
  return settings.map((each) => dials.levelsOf(each));
}

function withState({ frequencyHz, cores }: Settings, id: string, state: DomainState): Settings {
  return {
    frequencyHz: state.frequencyHz === undefined ? frequencyHz : { ...frequencyHz, [id]: state.frequencyHz },
    cores: state.cores === undefined ? cores : { ...cores, [id]: state.cores },
  };
}

/** By time, shortest first; what is kept in any case stays. */
function front(candidates: Candidate[]): Candidate[] {
  candidates.sort((a, b) => a.seconds - b.seconds || a.watts - b.watts);
  let least = Number.POSITIVE_INFINITY;
  return candidates.filter(({ watts, keep }) => {
    const better = watts < least;
    if (better) least = watts;
    return better || keep;
  });
}

function thinned(candidates: Candidate[]): Candidate[] {
  if (candidates.length <= MOST_POINTS) return candidates;
  const fastest = log(candidates[0].seconds);
  const slowest = log(candidates[candidates.length - 1].seconds);
  const chosen = new Set(candidates.filter(({ keep }) => keep));
  for (let i = 0; i < MOST_POINTS - 2; i++) {
    const wanted = exp(fastest + ((slowest - fastest) * i) / (MOST_POINTS - 3));
    const next = candidates.find(({ seconds }) => seconds >= wanted * (1 - 1e-12)) ?? candidates[candidates.length - 1];
    chosen.add(next);
  }
  return candidates.filter((candidate) => chosen.has(candidate));
}
