/**
 * Networks of inverted bottlenecks as graphs: a stem, stages of blocks whose kernels (`ks`), expansions (`e`) and widths
 * the genotype says, a widening layer and a classifier.
 */
import type { Graph } from '../../models/graph.ts';
import { type Feature, GraphBuilder, type Normalization } from '../../models/zoo/builder.ts';
import type { BottleneckLayers, ElasticSpace } from '../elastic-space.ts';
import type { Genotype } from '../genotype.ts';

/** One inverted bottleneck: 1x1 to `middle`, depthwise, 1x1 to `channels`; a shortcut where input and output agree. */
export interface Bottleneck {
  name: string;
  input: number;
  middle: number;
  channels: number;
  kernel: number;
  stride: number;
}

/** Channels between the two 1x1 convolutions. */
export const middleOf = (input: number, expansion: number): number => Math.max(1, Math.round(input * expansion));

/** The active blocks of a genotype. */
export function bottlenecksOf(definition: ElasticSpace, layers: BottleneckLayers, genotype: Genotype): Bottleneck[] {
  const list = (key: string) => genotype[key] as readonly number[];
  // Globals of a key come first in its list.
  const taken = (key: string) => definition.globals?.filter((gene) => gene.key === key).length ?? 0;
  const widths = new Map<string, number>();
  const blocks: Bottleneck[] = [];
  let input = layers.stem.channels;
  let first = 0;
  definition.stages.forEach(({ name, blocks: count, baseBlocks = 0, width }, s) => {
    const place = width ? (widths.get(width.key) ?? taken(width.key)) : 0;
    if (width) widths.set(width.key, place + 1);
    const channels = width ? list(width.key)[place] : layers.stages[s].channels!;
    const active = baseBlocks + list('d')[taken('d') + s];
    for (let b = 0; b < active; b++) {
      const [kernel, expansion] = [list('ks')[first + b], list('e')[first + b]];
      const stride = b === 0 ? layers.stages[s].stride : 1;
      blocks.push({ name: `${name}.${b}`, input, middle: middleOf(input, expansion), channels, kernel, stride });
      input = channels;
    }
    first += count;
  });
  return blocks;
}

/** Layers bear the names of their blocks: `stem`, `s1.0.expand`, ..., `tail`, `head`. */
export function bottleneckGraph(
  definition: ElasticSpace,
  layers: BottleneckLayers,
  genotype: Genotype,
  { name, normalization, batch }: { name: string; normalization: Normalization; batch: number },
): Graph {
  const builder = new GraphBuilder(name, batch, normalization);
  const size = genotype.r as number;
  let x = bottleneckStem(builder, builder.input('input', 3, size, size), layers);
  for (const block of bottlenecksOf(definition, layers, genotype)) x = bottleneck(builder, x, block);
  return builder.finish(bottleneckTail(builder, x, layers));
}

export function bottleneckStem(builder: GraphBuilder, image: Feature, { stem }: BottleneckLayers): Feature {
  return builder.conv('stem', image, { channels: stem.channels, kernel: 3, stride: stem.stride, padding: 'same' });
}

export function bottleneck(builder: GraphBuilder, x: Feature, block: Bottleneck): Feature {
  const { name, input, middle, channels, kernel, stride } = block;
  let y = builder.conv(`${name}.expand`, x, { channels: middle, kernel: 1 });
  y = builder.conv(`${name}.depthwise`, y, { channels: middle, kernel, stride, padding: 'same', groups: middle });
  y = builder.conv(`${name}.project`, y, { channels, kernel: 1, activation: 'none' });
  return stride === 1 && input === channels ? builder.add(`${name}.add`, x, y) : y;
}

export function bottleneckTail(builder: GraphBuilder, x: Feature, { tail, classes }: BottleneckLayers): Feature {
  const wide = builder.conv('tail', x, { channels: tail, kernel: 1 });
  return builder.linear('head', builder.flatten('flatten', builder.globalAveragePool('pool', wide)), classes);
}
