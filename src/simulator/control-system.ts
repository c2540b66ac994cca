/** A subject as controllers see it: expected times per block and point, power, delays. */
import type { ControlSystem } from '../controllers/system.ts';
import {
  type EngineFigures,
  type EngineRoute,
  type EngineStep,
  type EngineSystem,
  TRANSFER,
  wayOf,
} from '../engine/system.ts';
import type { Subject } from './subject.ts';

/**
 * Expected times come from the same figures that the engine runs on, noise and contention left out. A transfer counts
 * with the block that it leads to. Busy watts are the idle device and the processors of the placement, weighted by the
 * time that each works on one frame of every model.
 *
 * @param placement which of the subject's placements holds, as `routesAt` counts them
 */
export function controlSystemOf(system: EngineSystem, subject: Subject, placement = 0): ControlSystem {
  const figures = subject.points.map(({ levels }) => system.figures(levels));
  const routes = routesAt(system, subject, placement);
  const domains = system.domains.map(({ name, delaySeconds, stallSeconds }) => ({ name, delaySeconds, stallSeconds }));
  return {
    instances: system.models.map(({ name }, m) => {
      const { arrival, criticality, weight, original, variants } = subject.models[m];
      const forms = routes[m].map(({ steps }) => figures.map((each) => blockSeconds(system, steps, each)));
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
      busyWatts: busyWatts(system, routes, figures[k]),
    })),
    domains,
    reference: subject.reference,
    start: subject.start,
    variantChange: variantChange(system, subject),
    canSkip: true,
  };
}

/** Per model: its routes while a placement holds, one per form. 0 = the plan's own, then those of `replans` in order. */
function routesAt({ models }: EngineSystem, subject: Subject, placement: number): EngineRoute[][] {
  return models.map(({ routes }, m) => {
    const forms = 1 + subject.models[m].variants.length;
    return routes.slice(placement * forms, (placement + 1) * forms);
  });
}

/** Whether frames under way can change to any other variant: all routes of a model under one placement go the same way. */
export function variantChange(system: EngineSystem, subject: Subject): 'block' | 'frame' {
  const alike = (placement: number): boolean =>
    routesAt(system, subject, placement).every((routes) => {
      const ways = routes.map((route) => wayOf(route, system.segmentBlock));
      return ways.every((way) => way === ways[0]);
    });
  const placements = 1 + (subject.replans?.length ?? 0);
  return Array.from({ length: placements }, (_, e) => e).every(alike) ? 'block' : 'frame';
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

function busyWatts(
  { processors }: EngineSystem,
  routes: readonly EngineRoute[][],
  { seconds, idleWatts, activeWatts }: EngineFigures,
): number {
  let busy = 0;
  let joules = 0;
  for (const [{ steps }] of routes) {
    for (const { server, first, end } of steps) {
      for (let i = first; i < end; i++) {
        busy += seconds[i];
        if (server < processors) joules += seconds[i] * activeWatts[server];
      }
    }
  }
  return idleWatts + joules / busy;
}
