/** What must be timed for a space: the pieces of which its networks are made. */
import { HeterodyneError } from '../../../core/errors.ts';
import { layersOf } from '../../networks/build.ts';
import type { SearchSpace } from '../../space.ts';
import { bottleneckPieces } from './bottlenecks.ts';
import { mbv3Pieces } from './ofa-mbv3.ts';
import { resnet50Pieces } from './ofa-resnet50.ts';
import type { Piece } from './piece.ts';

const PIECES: Record<string, (space: SearchSpace, resolution: number) => Piece[]> = {
  'ofa-mbv3': mbv3Pieces,
  'ofa-resnet50': resnet50Pieces,
};

/** @throws HeterodyneError `USAGE` for a space whose layers are not known here */
export function piecesOf(space: SearchSpace): Piece[] {
  const layers = layersOf(space);
  const make = PIECES[space.name] ?? (layers && ((_, resolution) => bottleneckPieces(space, layers, resolution)));
  if (make) return space.resolutions.flatMap((resolution) => make(space, resolution));
  throw new HeterodyneError('USAGE', `the blocks of "${space.name}" cannot be built here, so they cannot be timed`, {
    path: '--measure',
    expected: 'a space that ships, or one whose document describes its layers',
    received: space.name,
  });
}
