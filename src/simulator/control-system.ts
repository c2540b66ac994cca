/** A subject as controllers see it: expected times per block and point, power, delays. */
import type { ControlSystem } from '../controllers/system.ts';
import { type EngineFigures, type EngineStep, type EngineSystem, TRANSFER } from '../engine/system.ts';
import type { Subject } from './subject.ts';

/**
 * Expected times come from the same figures that the engine runs on, noise and contention left out. A transfer counts
 * with the block that it leads to. Busy watts are the idle device and the processors of the placement, weighted by the
 * time that each works on one frame of every model.
 */
export function controlSystemOf(system: EngineSystem, subject: Subject, delaySeconds = 0): ControlSystem {
  const figures = subject.points.map(({ levels }) => system.figures(levels));
  const domains = system.domains.map(({ name, delaySeconds: own, stallSeconds }) => ({
    name,
    delaySeconds: own + delaySeconds,
    stallSeconds,
  }));
  return {
    instances: system.models.map(({ name, routes }, m) => {
      const { arrival, criticality, weight, original, variants } = subject.models[m];
      const forms = routes.map(({ steps }) => figures.map((each) => blockSeconds(system, steps, each)));
      return {
        name,
        blocks: forms[0][0].length,
        deadlineSeconds: arrival.deadlineSeconds ?? Number.POSITIVE_INFINITY,
        periodSeconds:
          arrival.kind === 'periodic'
            ? arrival.periodSeconds
            : arrival.kind === 'sporadic'
              ? arrival.meanSeconds
              : Number.POSITIVE_INFINITY,
        criticality,
        weight,
        variants: forms.map((points, v) => ({
          name: v === 0 ? original : variants[v - 1].name,
          loss: v === 0 ? 0 : variants[v - 1].loss,
          seconds: Float64Array.from(points.flat()),
        })),
      };
    }),
    points: subject.points.map(({ id, levels }, k) => ({
      id,
      levels,
      idleWatts: figures[k].idleWatts,
      busyWatts: busyWatts(system, figures[k]),
    })),
    domains,
    reference: subject.reference,
    start: subject.start,
    variantChange: variantChange(system),
    canSkip: true,
  };
}

/** Whether frames under way can change to any other variant: all routes of a model go the same way. */
export function variantChange(system: EngineSystem): 'block' | 'frame' {
  const way = (steps: readonly EngineStep[]): string =>
    steps.map(({ server, first, end }) => `${server}:${system.segmentBlock.subarray(first, end).join()}`).join(' ');
  return system.models.every(({ routes }) => routes.every(({ steps }) => way(steps) === way(routes[0].steps)))
    ? 'block'
    : 'frame';
}

function blockSeconds(system: EngineSystem, steps: readonly EngineStep[], { seconds }: EngineFigures): number[] {
  const blocks: number[] = [];
  let transfer = 0;
  for (const { first, end } of steps) {
    for (let i = first; i < end; i++) {
      if (system.segmentBlock[i] === TRANSFER) transfer += seconds[i];
      else {
        blocks.push(transfer + seconds[i]);
        transfer = 0;
      }
    }
  }
  return blocks;
}

function busyWatts(system: EngineSystem, { seconds, idleWatts, activeWatts }: EngineFigures): number {
  let busy = 0;
  let joules = 0;
  for (const { routes } of system.models) {
    for (const { server, first, end } of routes[0].steps) {
      for (let i = first; i < end; i++) {
        busy += seconds[i];
        if (server < system.processors) joules += seconds[i] * activeWatts[server];
      }
    }
  }
  return idleWatts + joules / busy;
}
