/**
 * One clock domain as a dial: its states are numbered from 0, slowest first, so that an operating point of a platform is
 * one number per domain and never needs a list.
 *
 *   no cores to switch   one state per frequency
 *   cores to switch      [off] then, per frequency ascending, every allowed set of cores, fewest or lowest mask first
 *
 * The last state is the highest frequency with all cores on.
 */
import type { ClockDomain, Platform } from './schema.ts';

/** Setting of one domain. */
export interface DomainState {
  /** Absent = off. */
  frequencyHz?: number;
  /** Cores that are on, ascending; absent where the domain has none to switch. */
  cores?: number[];
}

/** Cores of a domain's resources, counted in their order; 0 where none are stated. */
export function coresOf(platform: Platform, domain: ClockDomain): number {
  return domain.resources.reduce((sum, id) => sum + (resourceCores(platform, id) ?? 0), 0);
}

function resourceCores(platform: Platform, id: string): number | undefined {
  return platform.resources.find((resource) => resource.id === id)?.cores;
}

/** The first `count` cores. */
export function firstCores(count: number): number[] {
  return Array.from({ length: count }, (_, core) => core);
}

function enumerated(domain: ClockDomain): readonly number[] {
  return domain.enumeratedHz ?? domain.frequencyHz;
}

/** Sets of cores of which at least one is on. */
function coreSets(platform: Platform, domain: ClockDomain): number {
  const { coreStates } = domain;
  if (coreStates === undefined) return 1;
  const total = coresOf(platform, domain);
  const { choice, alwaysOn } = coreStates;
  if (choice === 'count') return total - Math.max(alwaysOn, 1) + 1;
  return 2 ** (total - alwaysOn) - (alwaysOn === 0 ? 1 : 0);
}

/** States of a domain that numbered operating points run through. */
export function domainStates(platform: Platform, domain: ClockDomain): number {
  const off = domain.coreStates?.alwaysOn === 0 ? 1 : 0;
  return off + enumerated(domain).length * coreSets(platform, domain);
}

/** The state with number `index`, 0 to {@link domainStates} - 1. */
export function domainState(platform: Platform, domain: ClockDomain, index: number): DomainState {
  const { coreStates } = domain;
  if (coreStates === undefined) return { frequencyHz: enumerated(domain)[index] };
  let rest = index;
  if (coreStates.alwaysOn === 0) {
    if (rest === 0) return { cores: [] };
    rest -= 1;
  }
  const sets = coreSets(platform, domain);
  const set = rest % sets;
  const { choice, alwaysOn } = coreStates;
  const cores =
    choice === 'count'
      ? firstCores(Math.max(alwaysOn, 1) + set)
      : masked(coresOf(platform, domain), alwaysOn, alwaysOn === 0 ? set + 1 : set);
  return { frequencyHz: enumerated(domain)[Math.floor(rest / sets)], cores };
}

/** Cores that are on: the first `alwaysOn`, and those whose bit is set in `mask` above them. */
function masked(total: number, alwaysOn: number, mask: number): number[] {
  return firstCores(total).filter((core) => core < alwaysOn || Math.floor(mask / 2 ** (core - alwaysOn)) % 2 === 1);
}

/** Highest frequency, all cores on. */
export function highestState(platform: Platform, domain: ClockDomain): DomainState {
  const frequencyHz = domain.frequencyHz.at(-1);
  if (domain.coreStates === undefined) return { frequencyHz };
  return { frequencyHz, cores: firstCores(coresOf(platform, domain)) };
}
