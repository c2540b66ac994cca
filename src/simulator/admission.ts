/**
 * Admission: what no controller can hold, found before anything runs. At the highest clocks, with every model in its fastest
 * form, a deadline is lost for certain where one frame alone takes longer, and where processors are asked for more than
 * all of their time. Both conditions are necessary, not sufficient: waiting, noise and interference come on top.
 */
import type { Warning } from '../documents/warnings.ts';
import type { EngineFigures, EngineRoute } from '../engine/system.ts';
import { engineSystemOf } from './simulate.ts';
import type { Subject } from './subject.ts';

export interface Admission {
  admitted: boolean;
  models: {
    name: string;
    /** One frame alone, its fastest form at the highest clocks: no smaller deadline can be kept. */
    leastDeadlineMs: number;
    /** Absent = none. */
    deadlineMs?: number;
  }[];
  /** Share of the time that frames at their rates need of each processor and link; above 1 = too much. */
  servers: { id: string; load: number; loadOfOriginals: number }[];
}

/** Models that are not there at the start count, too: a scenario brings them. */
export function admission(subject: Subject): Admission {
  const system = engineSystemOf(subject);
  const figures = system.figures(subject.points[subject.reference].levels);
  const loads = new Float64Array(system.servers);
  const ofOriginals = new Float64Array(system.servers);
  const models = system.models.map(({ name, routes }, m) => {
    const { arrival, variants } = subject.models[m];
    const forms = routes.slice(0, 1 + variants.length);
    const fastest = forms.reduce((best, form) => (secondsOf(form, figures) < secondsOf(best, figures) ? form : best));
    const perS =
      arrival.kind === 'periodic'
        ? 1 / arrival.periodSeconds
        : arrival.kind === 'sporadic'
          ? 1 / arrival.meanSeconds
          : 0;
    load(loads, fastest, figures, perS);
    load(ofOriginals, forms[0], figures, perS);
    return {
      name,
      leastDeadlineMs: 1000 * secondsOf(fastest, figures),
      ...(arrival.deadlineSeconds !== undefined && { deadlineMs: 1000 * arrival.deadlineSeconds }),
    };
  });
  const servers = subject.servers.map((id, s) => ({ id, load: loads[s], loadOfOriginals: ofOriginals[s] }));
  return {
    admitted:
      models.every(({ leastDeadlineMs, deadlineMs }) => deadlineMs === undefined || leastDeadlineMs <= deadlineMs) &&
      servers.every((server) => server.load <= 1),
    models,
    servers,
  };
}

/** What a user should know before believing a controller to blame. */
export function admissionWarnings({ models, servers }: Admission): Warning[] {
  const figure = (value: number): string => String(Number(value.toPrecision(3)));
  return [
    ...models.flatMap(({ name, leastDeadlineMs, deadlineMs }, m): Warning[] =>
      deadlineMs === undefined || leastDeadlineMs <= deadlineMs
        ? []
        : [
            {
              code: 'NOT_ADMITTED',
              message: `${name} misses every deadline of ${figure(deadlineMs)} ms, whatever is done: alone, in its fastest form at the highest clocks, a frame takes ${figure(leastDeadlineMs)} ms`,
              path: `/models/${m}/deadline`,
            },
          ],
    ),
    ...servers.flatMap(({ id, load: needed, loadOfOriginals }, s): Warning[] => {
      if (needed > 1)
        return [
          {
            code: 'NOT_ADMITTED',
            message: `frames come faster than ${id} can do them, whatever is done: they need ${figure(100 * needed)} % of its time at the highest clocks; ${figure(100 / needed)} % of the rates would fit`,
            path: `/device/utilization/${s}`,
          },
        ];
      return loadOfOriginals > 1
        ? [
            {
              code: 'NEEDS_APPROXIMATION',
              message: `${id} keeps up only with faster forms of the models: as planned they need ${figure(100 * loadOfOriginals)} % of its time at the highest clocks`,
              path: `/device/utilization/${s}`,
            },
          ]
        : [];
    }),
  ];
}

function secondsOf({ steps }: EngineRoute, { seconds }: EngineFigures): number {
  let sum = 0;
  for (const { first, end } of steps) for (let i = first; i < end; i++) sum += seconds[i];
  return sum;
}

function load(loads: Float64Array, { steps }: EngineRoute, { seconds }: EngineFigures, perS: number): void {
  for (const { server, first, end } of steps) for (let i = first; i < end; i++) loads[server] += perS * seconds[i];
}
