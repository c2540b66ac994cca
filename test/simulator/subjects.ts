/** Subjects for tests: chains of blocks on one processor whose clock has two levels. */
import { PLACEMENT_STRIDE, type PlacementModel } from '../../src/core/placement.ts';
import type { Arrival } from '../../src/engine/options.ts';
import type { SimulatedClocks, Subject } from '../../src/simulator/subject.ts';
import { problemFrom } from '../core/problems.ts';
import { recordsOf } from '../engine/placements.ts';

/** Level 1 is as given, level 0 half as fast at a third of the power; changes take 5 ms. */
export function clockedSubject(
  chains: readonly (readonly number[])[],
  arrivals: readonly Arrival[],
  /** A further form of every model: its share of the time, and its loss. */
  small?: { share: number; loss: number },
): Subject {
  const problem = problemFrom(
    chains.map((seconds) => ({ seconds: [[...seconds]] })),
    { idleWatts: 1, activeWatts: Float64Array.of(9) },
  );
  const placement = recordsOf(chains.map((seconds) => [1, 0, seconds.length]));
  const times = (model: PlacementModel, factor: number): PlacementModel => ({
    ...model,
    seconds: model.seconds.map((s) => factor * s),
  });
  const smaller = (models: readonly PlacementModel[]): PlacementModel[][] =>
    models.map((model) => (small === undefined ? [] : [times(model, small.share)]));
  const at = (levels: Int32Array) => {
    if (levels[0] === 1) return { problem, variants: smaller(problem.models) };
    const models = problem.models.map((model) => times(model, 2));
    return { problem: { ...problem, models, activeWatts: Float64Array.of(3) }, variants: smaller(models) };
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
    placement,
    models: problem.models.map(({ name }, m) => ({
      name,
      arrival: arrivals[m],
      criticality: 0,
      weight: 1,
      original: 'original',
      variants: smaller(problem.models)[m].map((model) => ({
        name: 'small',
        loss: small?.loss ?? 0,
        model,
        record: placement.slice(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE),
      })),
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
