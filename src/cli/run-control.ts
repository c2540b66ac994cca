/** `run --controller`: which controller, over which forms, within which limits, with which clocks. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Actuators } from '../../bindings/host/clocks/index.ts';
import type { ControllerParameters } from '../controllers/controller.ts';
import { controllers } from '../controllers/registry.ts';
import { CONTROL_MODES, type ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { workloadNames, workloadVariants } from '../profiles/workload.ts';
import { type ControlOptions, control, type LiveControl } from '../runtime/control.ts';
import type { Runtime } from '../runtime/deploy.ts';
import type { Options } from './command.ts';
import { readShare, wholeNumber } from './option-values.ts';
import type { RunInputs } from './run-inputs.ts';

export const CONTROL_OPTIONS = {
  controller: {
    type: 'enum',
    options: controllers.filter(({ clairvoyant }) => !clairvoyant).map(({ id }) => id),
    valueHint: 'NAME',
    description: 'what sets forms and clocks meanwhile; absent = the plan as it is',
  },
  mode: {
    type: 'enum',
    options: [...CONTROL_MODES],
    valueHint: 'NAME',
    description: 'what the controller aims at (balanced)',
  },
  limit: { type: 'string', valueHint: 'TIME', description: 'within what every frame should end, as 60ms' },
  level: { type: 'string', valueHint: 'N', description: 'ladder: the level to start at, 1 = the fastest form' },
  'min-accuracy': {
    type: 'string',
    valueHint: 'SHARE',
    description: 'use no form of lower accuracy, as the workload states it, as 0.75 or 75%',
  },
  'set-clocks': { type: 'boolean', description: 'really set clocks; they are restored on every way out (dry run)' },
} as const satisfies Options;

export interface ControlValues {
  controller?: string;
  mode?: string;
  limit?: string;
  level?: string;
  'min-accuracy'?: string;
  'set-clocks'?: boolean;
}

/** A controller at work, and what gives the clocks back. */
export interface Controlled {
  control: LiveControl;
  end(): void;
}

/** @throws HeterodyneError `USAGE` for options without --controller; as `control`, `Actuators` */
export function checkControl(values: ControlValues): void {
  if (values.controller !== undefined) return;
  for (const option of ['mode', 'limit', 'level', 'min-accuracy', 'set-clocks'] as const) {
    if (values[option] === undefined) continue;
    throw new HeterodyneError('USAGE', `--${option} means nothing without --controller`, {
      path: `--${option}`,
      expected: `--controller, one of ${CONTROL_OPTIONS.controller.options.join(', ')}`,
      received: `--${option} alone`,
    });
  }
}

export async function startControl(
  runtime: Runtime,
  inputs: RunInputs,
  ratesPerS: Record<string, number>,
  values: ControlValues,
): Promise<Controlled | undefined> {
  const { controller } = values;
  if (controller === undefined) return undefined;
  const limitMs = values.limit === undefined ? undefined : parseQuantity(values.limit, 'ms', '--limit');
  const writes = values['set-clocks'] === true;
  const actuators = new Actuators({ write: writes, journal: join(tmpdir(), 'heterodyne-clocks.json') });
  const release = actuators.restoreOnExit();
  try {
    const options: ControlOptions = {
      controller,
      mode: (values.mode ?? 'balanced') as ControlMode,
      parameters: parametersOf(controller, limitMs, values),
      accuracies: accuraciesOf(inputs, values['min-accuracy']),
      ...(limitMs !== undefined && {
        deadlinesMs: Object.fromEntries(runtime.models.map(({ name }) => [name, limitMs])),
      }),
      ratesPerS,
      actuators,
      writes,
    };
    const live = await control(runtime, options);
    return {
      control: live,
      end() {
        live.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function parametersOf(controller: string, limitMs: number | undefined, values: ControlValues): ControllerParameters {
  const isLadder = controller === 'ladder' || controller === 'ladder-one-step';
  if (values.level !== undefined && !isLadder) {
    throw new HeterodyneError('USAGE', `--level means nothing to ${controller}`, {
      path: '--level',
      expected: '--controller ladder',
      received: `--controller ${controller}`,
    });
  }
  return {
    ...(isLadder && limitMs !== undefined && { limitMs }),
    ...(values.level !== undefined && { startLevel: wholeNumber(values.level, '--level', 1, 8) }),
  };
}

/** Accuracies that the workload and the plan state, at least the floor. */
function accuraciesOf({ plan, workload }: RunInputs, floorText: string | undefined): ControlOptions['accuracies'] {
  const floor = floorText === undefined ? 0 : readShare(floorText, '--min-accuracy');
  const all: Record<string, Record<string, number>> = {};
  const note = (model: string, form: string, accuracy: number | undefined): void => {
    if (accuracy === undefined || accuracy < floor) return;
    (all[model] ??= {})[form] = accuracy;
  };
  for (const { name, variant, accuracy } of plan.models) note(name, variant, accuracy);
  if (workload !== undefined) {
    const names = workloadNames(workload);
    workload.models.forEach((entry, m) => {
      for (const { name, accuracy } of workloadVariants(entry)) note(names[m]!, name, accuracy);
    });
  }
  // Without a floor a model of unknown accuracy runs as planned.
  if (floorText !== undefined) for (const { name } of plan.models) all[name] ??= {};
  return all;
}
