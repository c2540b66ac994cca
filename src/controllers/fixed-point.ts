/** Controllers that set the clocks once: `max-n` the highest, `min-clock` the slowest point of the table. */
import type { Controller, ControllerDefinition } from './controller.ts';
import { type ControlSystem, expectedSeconds } from './system.ts';

export const maxN: ControllerDefinition = {
  id: 'max-n',
  title: 'highest clocks, always',
  reconstruction: false,
  defaults: {},
  create: (system) => atPoint('max-n', system.reference),
};

export const minClock: ControllerDefinition = {
  id: 'min-clock',
  title: 'slowest operating point of the table, always',
  reconstruction: false,
  defaults: {},
  create: (system) => atPoint('min-clock', slowest(system)),
};

/** Asks for one point at the first event, and for nothing after. */
export function atPoint(id: string, point: number): Controller {
  return {
    id,
    reasons: ['the fixed operating point'],
    react(state, _cause, _instance, request) {
      if (state.wantedPoint === point) return;
      request.point = point;
      request.reason = 0;
    },
  };
}

/** The point at which one frame of every instance takes longest together. */
function slowest(system: ControlSystem): number {
  const total = system.points.map((_, point) =>
    system.instances.reduce((sum, instance) => sum + expectedSeconds(instance, 0, point), 0),
  );
  return total.indexOf(Math.max(...total));
}
