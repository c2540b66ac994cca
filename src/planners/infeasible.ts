/** What to say when no placement within the limits was found: how near the nearest one came. */
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementKernel } from '../core/placement.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import { brokenLimits } from './occupancy.ts';

/** @param nearest the placement with the least excess, or undefined when none was even executable */
export function infeasible(
  kernel: PlacementKernel,
  nearest: Uint8Array | undefined,
  names: ProblemNames | undefined,
): HeterodyneError {
  if (!nearest) {
    return new HeterodyneError('INFEASIBLE', 'no executable placement was found', {
      path: '/models',
      expected: 'a processor, or a chain of them, that runs every block of a model',
      received: 'none among the placements tried',
      hint: 'allow more stages per model, or a larger budget',
    });
  }
  const broken = brokenLimits(kernel, nearest, names);
  return new HeterodyneError(
    'INFEASIBLE',
    `no placement within the limits was found; the nearest has ${broken.join('; ')}`,
    {
      path: '/models',
      expected: 'a placement within memory, residency and rate limits',
      received: broken.join('; '),
      hint: 'take fewer or smaller models, a lower precision, lower rate floors, or a device with more memory',
    },
  );
}
