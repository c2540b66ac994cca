/**
 * Pieces of Once-for-All ResNet50: the stem in each of its forms, the classifier behind each last width, and the blocks of
 * every stage by expansion, width and the width before.
 */
import { resnetBlock, resnetClassifier, resnetStem } from '../../networks/ofa-resnet50.ts';
import { strided } from '../../ofa-mbv3.ts';
import { blockMiddle, RES_STRIDES, STAGE_OUT, STEM_MIDDLE, STEM_OUT } from '../../ofa-resnet50.ts';
import type { SearchSpace } from '../../space.ts';
import { featureGraph, type Piece, scoreGraph } from './piece.ts';

/** Place of the stem's output among the globals. */
const STEM_WIDTH = 2;

export function resnet50Pieces({ definition }: SearchSpace, resolution: number): Piece[] {
  const pieces: Piece[] = [];
  const [kept, middles, outputs] = definition.globals!.map(({ choices }) => choices);
  const { merged } = definition;
  for (const residual of kept) {
    for (const middle of middles.filter((choice) => choice !== merged?.from)) {
      for (const out of outputs) {
        pieces.push({
          entry: { resolution, globals: { 0: residual, 1: middle, [STEM_WIDTH]: out } },
          build: () => [
            featureGraph(3, resolution, (builder, x) =>
              resnetStem(builder, x, residual > 0, STEM_MIDDLE[middle], STEM_OUT[out]),
            ),
          ],
        });
      }
    }
  }
  // The stem halves the size, and the pooling behind it does so again.
  let size = strided(strided(resolution, 2), 2);
  definition.stages.forEach(({ name, genes, width }, s) => {
    const inSize = size;
    const outSize = strided(size, RES_STRIDES[s]);
    for (const e of genes[0].choices) {
      for (const w of width!.choices) {
        const channels = STAGE_OUT[s][w];
        const middle = blockMiddle(channels, e);
        const common = { resolution, stage: name, form: { e }, width: w };
        const before = s === 0 ? outputs : definition.stages[s - 1].width!.choices;
        for (const input of before) {
          const inputs = s === 0 ? STEM_OUT[input] : STAGE_OUT[s - 1][input];
          pieces.push({
            entry: { ...common, block: 0, ...(s === 0 ? { globals: { [STEM_WIDTH]: input } } : { inputWidth: input }) },
            build: () => [
              featureGraph(inputs, inSize, (builder, x) =>
                resnetBlock(builder, 'block', x, middle, channels, RES_STRIDES[s], true),
              ),
            ],
          });
        }
        pieces.push({
          entry: common,
          build: () => [
            featureGraph(channels, outSize, (builder, x) =>
              resnetBlock(builder, 'block', x, middle, channels, 1, false),
            ),
          ],
        });
      }
    }
    size = outSize;
  });
  const last = STAGE_OUT.length - 1;
  for (const w of definition.stages[last].width!.choices) {
    pieces.push({
      entry: { resolution, width: w },
      build: () => [scoreGraph(STAGE_OUT[last][w], size, resnetClassifier)],
    });
  }
  return pieces;
}
