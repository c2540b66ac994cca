/** All controllers. Adding one = adding its file and a line here. */
import { HeterodyneError } from '../core/errors.ts';
import { nearest } from '../documents/nearest.ts';
import { alertLike } from './alert-like.ts';
import { apnetLike } from './apnet-like.ts';
import type { Controller, ControllerDefinition, ControllerParameters } from './controller.ts';
import { maxN, minClock } from './fixed-point.ts';
import { ladder } from './ladder.ts';
import { ladderOneStep } from './ladder-one-step.ts';
import { neuos } from './neuos.ts';
import { neuosHeuristic } from './neuos-heuristic.ts';
import { ondemand } from './ondemand.ts';
import { predictive } from './predictive.ts';
import { predjouleLike } from './predjoule-like.ts';
import { staticBest } from './static-best.ts';
import type { ControlSystem } from './system.ts';

export const controllers: readonly ControllerDefinition[] = [
  predictive,
  neuos,
  neuosHeuristic,
  ladder,
  ladderOneStep,
  maxN,
  minClock,
  ondemand,
  staticBest,
  predjouleLike,
  apnetLike,
  alertLike,
];

/** @throws HeterodyneError `USAGE` for an id that no controller has */
export function controllerById(id: string): ControllerDefinition {
  const found = controllers.find((each) => each.id === id);
  if (found) return found;
  const ids = controllers.map((each) => each.id);
  const meant = nearest(id, ids);
  throw new HeterodyneError('USAGE', `there is no controller "${id}"`, {
    path: 'controller',
    expected: `one of ${ids.join(', ')}`,
    received: `"${id}"`,
    hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
  });
}

/**
 * A controller for a system; parameters that are left out take the definition's defaults.
 *
 * @throws HeterodyneError `USAGE` for an unknown id or parameter, or a value of another type than the default's
 */
export function createController(id: string, system: ControlSystem, parameters: ControllerParameters = {}): Controller {
  const definition = controllerById(id);
  const { defaults } = definition;
  for (const [name, value] of Object.entries(parameters)) {
    const fallback = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (typeof fallback === typeof value && !Number.isNaN(value)) continue;
    throw new HeterodyneError('USAGE', `${id} has no parameter ${name} = ${value}`, {
      path: `parameters/${name}`,
      expected: fallback === undefined ? `one of ${Object.keys(defaults).join(', ') || '(none)'}` : typeof fallback,
      received: String(value),
    });
  }
  return definition.create(system, { ...defaults, ...parameters });
}
