/** Limits and derived sizes of a search, the same for both implementations. */
import { HeterodyneError } from './errors.ts';
import { LIMITS, type SearchOptions } from './placement.ts';
import type { PreparedProblem } from './prepared.ts';

/** Refuse options that the core cannot hold. */
export function checkSearchOptions(prepared: PreparedProblem, options: SearchOptions): void {
  const refuse = (
    path: string,
    expected: string,
    received: number | string,
    code: 'USAGE' | 'LIMIT' = 'USAGE',
  ): never => {
    throw new HeterodyneError(code, `search option ${path}: expected ${expected}, found ${received}`, {
      path: `/${path}`,
      expected,
      received: String(received),
    });
  };
  if (!(options.slots <= LIMITS.treeSlots)) refuse('slots', `at most ${LIMITS.treeSlots}`, options.slots, 'LIMIT');
  if (!Number.isInteger(options.slots) || options.slots < 64)
    refuse('slots', 'an integer of at least 64', options.slots);
  if (!Number.isInteger(options.batch) || options.batch < 1 || options.batch > LIMITS.batch) {
    refuse('batch', `1 to ${LIMITS.batch}`, options.batch);
  }
  if (!(options.exploration >= 0 && options.exploration < 1e6))
    refuse('exploration', 'a number from 0 to 1e6', options.exploration);
  if (options.granularity !== 'segment' && options.granularity !== 'layer') {
    refuse('granularity', 'segment or layer', options.granularity);
  }
  if (options.selection !== 'puct' && options.selection !== 'uct')
    refuse('selection', 'puct or uct', options.selection);
  if (options.rollout !== 'incumbent' && options.rollout !== 'uniform')
    refuse('rollout', 'incumbent or uniform', options.rollout);
  if (options.backup !== 'best' && options.backup !== 'mean') refuse('backup', 'best or mean', options.backup);
  if (options.granularity === 'layer' && prepared.problem.processors > LIMITS.processorsLayer) {
    refuse('granularity', `segment, as layer serves at most ${LIMITS.processorsLayer} processors`, 'layer', 'LIMIT');
  }
}

/** Entries of one opening list: as many as a tree of that many slots can ask for, and some for finds on the way. */
export function openingCapacity(options: number, slots: number): number {
  return Math.min(options, LIMITS.openings, 4 * Math.ceil(Math.sqrt(slots)) + 64);
}

/** Entries for a tree of that many slots. */
export function cacheEntries(slots: number): number {
  let entries = 1024;
  while (entries < 2 * slots && entries < 65_536) entries *= 2;
  return entries;
}
