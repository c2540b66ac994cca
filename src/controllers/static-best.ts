/**
 * The best single operating point, set once. By default the one of least energy at which the cohort's frames fit into its
 * periods with a margin; studies give the point that did best in trial runs.
 */
import type { ControllerDefinition } from './controller.ts';
import { atPoint } from './fixed-point.ts';
import { Remaining } from './remaining.ts';
import type { ControlSystem } from './system.ts';

export const staticBest: ControllerDefinition = {
  id: 'static-best',
  title: 'one operating point, the best for the cohort',
  reconstruction: false,
  defaults: { margin: 0.15, point: -1 },
  create(system, parameters) {
    const point = Number(parameters.point);
    return atPoint('static-best', point >= 0 ? point : leastEnergyPoint(system, Number(parameters.margin)));
  },
};

function leastEnergyPoint(system: ControlSystem, margin: number): number {
  const watts = pointsByEnergy(system);
  return watts.find(({ utilization }) => utilization * (1 + margin) <= 1)?.point ?? system.reference;
}

/** Points by the device's mean watts under the cohort's load; utilization above 1 = cannot serve it. */
export function pointsByEnergy(system: ControlSystem): { point: number; utilization: number; watts: number }[] {
  const remaining = new Remaining(system);
  return system.points
    .map(({ busyWatts, idleWatts }, point) => {
      const utilization = system.instances.reduce(
        (sum, { periodSeconds, deadlineSeconds }, i) =>
          sum + remaining.frame(i, 0, point) / Math.min(periodSeconds, deadlineSeconds),
        0,
      );
      const share = Math.min(1, utilization);
      return { point, utilization, watts: busyWatts * share + idleWatts * (1 - share) };
    })
    .sort((a, b) => a.watts - b.watts || a.point - b.point);
}
