/** The spaces that ship. */
import { HeterodyneError } from '../core/errors.ts';
import { nearest } from '../documents/nearest.ts';
import { SHAPES_SPACE } from './elastic/shapes-space.ts';
import type { ElasticSpace } from './elastic-space.ts';
import { type MbChoices, ofaMbv3 } from './ofa-mbv3.ts';
import { ofaResnet50 } from './ofa-resnet50.ts';

const SPACES: Record<string, (resolutions?: readonly number[], choices?: MbChoices) => ElasticSpace> = {
  'ofa-mbv3': ofaMbv3,
  'ofa-resnet50': ofaResnet50,
  shapes: (resolutions) => ({ ...SHAPES_SPACE, ...(resolutions && { resolutions: [...resolutions] }) }),
};

export const spaceNames = Object.keys(SPACES);

/**
 * @param choices a part of ofa-mbv3
 * @throws HeterodyneError `USAGE`
 */
export function spaceByName(name: string, resolutions?: readonly number[], choices?: MbChoices): ElasticSpace {
  const make = Object.hasOwn(SPACES, name) ? SPACES[name] : undefined;
  if (make) return make(resolutions, choices);
  const guess = nearest(name, spaceNames);
  throw new HeterodyneError('USAGE', `there is no search space "${name}"`, {
    path: 'space',
    expected: `one of ${spaceNames.join(', ')}, or a file of kind elastic-space`,
    received: name,
    hint: guess === undefined ? undefined : `did you mean "${guess}"?`,
  });
}
