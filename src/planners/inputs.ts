/** What a request is about: names become documents, and models become costs, at one operating point or at any. */

import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { BlockedModel } from '../models/graph.ts';
import { modelWarnings } from '../models/warnings.ts';
import { loadZooModel } from '../models/zoo/load.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import { platformById } from '../platforms/registry.ts';
import type { OperatingPoint, Platform } from '../platforms/schema.ts';
import { profileAtOperatingPoint } from '../profiles/at-operating-point.ts';
import { rooflineProfile } from '../profiles/roofline.ts';
import type { Profile } from '../profiles/schema.ts';
import { type Workload, workloadNames, workloadOf } from '../profiles/workload.ts';
import type { PlanRequest } from './request.ts';

export interface Inputs {
  platform: Platform;
  workload: Workload;
  profile: Profile;
  warnings: Warning[];
}

/** The part of a request that says what is planned, and for which device. */
export type InputRequest = Pick<PlanRequest, 'platform' | 'workload' | 'models' | 'profile' | 'variants'>;

/** @throws HeterodyneError `USAGE` for unknown names, or lists that do not go together */
export function resolveInputs(request: InputRequest): Inputs {
  const { platform, workload, warnings, costs } = resolveRequest(request);
  return { platform, workload, profile: costs(platform), warnings };
}

/** As {@link resolveInputs}, for a platform at its highest clocks that is planned at other operating points. */
export function resolveAtPoints(request: InputRequest): Omit<Inputs, 'profile'> & {
  costsAt(point: OperatingPoint): Pick<Inputs, 'platform' | 'profile'>;
} {
  const { platform, workload, warnings, costs } = resolveRequest(request);
  const { profile } = request;
  return {
    platform,
    workload,
    warnings,
    costsAt(point) {
      if (profile !== undefined) return profileAtOperatingPoint(profile, platform, point);
      const held = atOperatingPoint(platform, point);
      return { platform: held, profile: costs(held) };
    },
  };
}

function resolveRequest(request: InputRequest) {
  const warnings: Warning[] = [];
  let { platform } = request;
  if (typeof platform === 'string') {
    const found = platformById(platform);
    platform = found.platform;
    warnings.push(...found.warnings);
  }
  const workload = request.workload ?? workloadFrom(request.models);
  const { profile } = request;
  if (profile !== undefined) return { platform, workload, warnings, costs: () => profile };
  const models = resolveModels(request, workload, warnings);
  const further = request.variants ?? [];
  const costs = (held: Platform): Profile =>
    rooflineProfile([...models, ...further.map(({ model }) => model)], held, {
      precision: [...workload.models.map((wish) => wish.precision), ...further.map(({ precision }) => precision)],
      variants: [...models.map(() => 'original'), ...further.map(({ variant }) => variant)],
    });
  return { platform, workload, warnings, costs };
}

/** Models cut into blocks, under the workload's names. */
function resolveModels(request: InputRequest, workload: Workload, warnings: Warning[]): BlockedModel[] {
  if (request.models && request.models.length !== workload.models.length) {
    throw new HeterodyneError('USAGE', `${request.models.length} models for a workload of ${workload.models.length}`, {
      path: '/models',
      expected: 'one model per entry of the workload, in its order',
      received: String(request.models.length),
    });
  }
  const names = workloadNames(workload);
  const models = workload.models.map((wish, m): BlockedModel => {
    const given = request.models?.[m] ?? wish.model;
    const model =
      typeof given === 'string'
        ? loadZooModel(given, {
            ...(wish.batch !== undefined && { batch: wish.batch }),
            ...(wish.shapes !== undefined && { shapes: wish.shapes }),
          })
        : given;
    return { ...model, name: names[m] };
  });
  warnings.push(...modelWarnings(models));
  return models;
}

function workloadFrom(models: PlanRequest['models']): Workload {
  if (!models || models.length === 0) {
    throw new HeterodyneError('USAGE', 'nothing to plan: neither a workload nor models are given', {
      path: '/models',
      expected: 'a workload, or at least one model',
      received: 'none',
    });
  }
  return workloadOf(models.map((model) => (typeof model === 'string' ? model : model.name)));
}
