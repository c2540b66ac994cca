/** Subjects for tests: chains of blocks on one processor whose clock has two levels. */
import type { PlacementProblem } from '../../src/core/placement.ts';
import type { Arrival } from '../../src/engine/options.ts';
import type { SimulatedClocks, Subject } from '../../src/simulator/subject.ts';
import { problemFrom } from '../core/problems.ts';
import { recordsOf } from '../engine/placements.ts';

/** Level 1 is as given, level 0 half as fast at a third of the power; changes take 5 ms. */
export function clockedSubject(chains: readonly (readonly number[])[], arrivals: readonly Arrival[]): Subject {
  const problem = problemFrom(
    chains.map((seconds) => ({ seconds: [[...seconds]] })),
    { idleWatts: 1, activeWatts: Float64Array.of(9) },
  );
  const at = (levels: Int32Array): { problem: PlacementProblem } => {
    if (levels[0] === 1) return { problem };
    const models = problem.models.map((model) => ({ ...model, seconds: model.seconds.map((s) => 2 * s) }));
    return { problem: { ...problem, models, activeWatts: Float64Array.of(3) } };
  };
  const clocks: SimulatedClocks = {
    domains: [{ name: 'gpu', delaySeconds: 0.005, stallSeconds: 0, servers: 1 }],
    levels: Int32Array.of(1),
    at,
    frequencyHz: (_domain, level) => (level === 1 ? 1e9 : 5e8),
    nameOf: (levels) => (levels[0] === 1 ? 'fast' : 'slow'),
    capped: (levels, cap) => Int32Array.of(Math.min(levels[0], cap[0])),
    levelsOf: (choice) => Int32Array.of(choice === 'fast' ? 1 : 0),
  };
  return {
    problem,
    placement: recordsOf(chains.map((seconds) => [1, 0, seconds.length])),
    models: problem.models.map(({ name }, m) => ({
      name,
      arrival: arrivals[m],
      criticality: 0,
      weight: 1,
      original: 'original',
      variants: [],
    })),
    servers: ['gpu'],
    clocks,
    points: [
      { id: 'slow', levels: Int32Array.of(0) },
      { id: 'fast', levels: Int32Array.of(1) },
    ],
    reference: 1,
    start: 1,
  };
}
