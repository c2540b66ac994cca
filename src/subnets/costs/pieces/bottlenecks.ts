/** Pieces of a network of inverted bottlenecks: the stem, the tail behind each last width, and the blocks of every stage. */
import type { BottleneckLayers } from '../../elastic-space.ts';
import { bottleneck, bottleneckStem, bottleneckTail, middleOf } from '../../networks/bottlenecks.ts';
import { strided } from '../../ofa-mbv3.ts';
import type { SearchSpace } from '../../space.ts';
import { featureGraph, type Piece, scoreGraph } from './piece.ts';

/** A width choice and its channels; the choice is undefined where a stage has one width only. */
interface Width {
  choice?: number;
  channels: number;
}

export function bottleneckPieces({ definition }: SearchSpace, layers: BottleneckLayers, resolution: number): Piece[] {
  const pieces: Piece[] = [];
  let size = strided(resolution, layers.stem.stride);
  let before: Width[] = [{ channels: layers.stem.channels }];
  definition.stages.forEach(({ name, blocks, genes, width }, s) => {
    const { stride, channels } = layers.stages[s];
    const own: Width[] = width?.choices.map((choice) => ({ choice, channels: choice })) ?? [{ channels: channels! }];
    const inSize = size;
    const outSize = strided(size, stride);
    for (const form of formsOf(genes)) {
      for (const { choice, channels: out } of own) {
        const common = { resolution, stage: name, form, ...(choice !== undefined && { width: choice }) };
        const timed = (input: number, at: number, step: number) => [
          featureGraph(input, at, (builder, x) =>
            bottleneck(builder, x, {
              name: 'block',
              input,
              middle: middleOf(input, form.e),
              channels: out,
              kernel: form.ks,
              stride: step,
            }),
          ),
        ];
        for (const { choice: inputWidth, channels: input } of before) {
          const entry = { ...common, block: 0, ...(inputWidth !== undefined && { inputWidth }) };
          pieces.push({ entry, build: () => timed(input, inSize, stride) });
        }
        if (blocks > 1) pieces.push({ entry: common, build: () => timed(out, outSize, 1) });
      }
    }
    size = outSize;
    before = own;
  });
  const stem = () => featureGraph(3, resolution, (builder, x) => bottleneckStem(builder, x, layers));
  const tail = (channels: number) => scoreGraph(channels, size, (builder, x) => bottleneckTail(builder, x, layers));
  const [only] = before;
  // Without a choice of width the tail is what all networks pay, as the stem is.
  if (only.choice === undefined)
    return [{ entry: { resolution }, build: () => [stem(), tail(only.channels)] }, ...pieces];
  const tails = before.map(({ choice, channels }) => ({
    entry: { resolution, width: choice },
    build: () => [tail(channels)],
  }));
  return [{ entry: { resolution }, build: () => [stem()] }, ...pieces, ...tails];
}

/** Every form of a block. */
function formsOf(genes: readonly { key: string; choices: readonly number[] }[]): Record<string, number>[] {
  let forms: Record<string, number>[] = [{}];
  for (const { key, choices } of genes)
    forms = forms.flatMap((form) => choices.map((choice) => ({ ...form, [key]: choice })));
  return forms;
}
