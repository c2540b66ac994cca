/** A sub-network of the shapes supernet as a graph: exactly what its genotype says. */
import type { Graph } from '../../models/graph.ts';
import { GraphBuilder, type Normalization } from '../../models/zoo/builder.ts';
import { CLASSES } from '../elastic/images.ts';
import { blocksOf, STEM_CHANNELS, TAIL_CHANNELS } from '../elastic/shapes-space.ts';
import { type Genotype, genotypeOf } from '../genotype.ts';
import { genomeOf, type SearchSpace } from '../space.ts';

export function shapesGraph(
  space: SearchSpace,
  network: Uint8Array,
  name: string,
  normalization: Normalization,
): Graph {
  return shapesNetwork(genotypeOf(space, genomeOf(space, network), network), { name, normalization, batch: 1 });
}

/** Layers bear the names of the supernet's weights: `stem`, `s1.0.expand`, ..., `tail`, `head`. */
export function shapesNetwork(
  genotype: Genotype,
  { name, normalization, batch }: { name: string; normalization: Normalization; batch: number },
): Graph {
  const builder = new GraphBuilder(name, batch, normalization);
  const size = genotype.r as number;
  let x = builder.input('input', 3, size, size);
  x = builder.conv('stem', x, { channels: STEM_CHANNELS, kernel: 3, padding: 1 });
  for (const { name: block, input, middle, channels, kernel, stride } of blocksOf(genotype)) {
    let y = builder.conv(`${block}.expand`, x, { channels: middle, kernel: 1 });
    y = builder.conv(`${block}.depthwise`, y, { channels: middle, kernel, stride, padding: 'same', groups: middle });
    y = builder.conv(`${block}.project`, y, { channels, kernel: 1, activation: 'none' });
    x = stride === 1 && input === channels ? builder.add(`${block}.add`, x, y) : y;
  }
  x = builder.conv('tail', x, { channels: TAIL_CHANNELS, kernel: 1 });
  x = builder.flatten('flatten', builder.globalAveragePool('pool', x));
  return builder.finish(builder.linear('head', x, CLASSES.length));
}
