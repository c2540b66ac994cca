/** Pieces of Once-for-All MobileNetV3: stem and tail, then first and later blocks of every stage in every form. */
import { mbv3Block, mbv3Head, mbv3Tail } from '../../networks/ofa-mbv3.ts';
import { MB_STAGES, mbShapes } from '../../ofa-mbv3.ts';
import type { SearchSpace } from '../../space.ts';
import { featureGraph, type Piece, scoreGraph } from './piece.ts';

export function mbv3Pieces(space: SearchSpace, resolution: number): Piece[] {
  const { blocks, lastSize } = mbShapes(resolution);
  const fixed: Piece = {
    entry: { resolution },
    build: () => [
      featureGraph(3, resolution, mbv3Head),
      scoreGraph(MB_STAGES[MB_STAGES.length - 1].channels, lastSize, mbv3Tail),
    ],
  };
  // Later blocks of a stage have the shapes of the second.
  const timed = blocks
    .filter(({ position }) => position < 2)
    .flatMap((shape) => {
      const { name, genes } = space.definition.stages[shape.stage];
      return genes[0].choices.flatMap((ks) =>
        genes[1].choices.map(
          (e): Piece => ({
            entry: { resolution, stage: name, ...(shape.position === 0 && { block: 0 }), form: { ks, e } },
            build: () => [
              featureGraph(shape.inChannels, shape.inSize, (builder, x) => mbv3Block(builder, x, shape, ks, e)),
            ],
          }),
        ),
      );
    });
  return [fixed, ...timed];
}
