/**
 * The zoo: well-known image classifiers, built here operator by operator, so that planning and experiments need no
 * download. Adding a network = adding a file with a {@link ZooEntry} and a line below.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { didYouMean } from '../../documents/nearest.ts';
import type { Graph } from '../graph.ts';
import { ALEXNET } from './alexnet.ts';
import { GraphBuilder, type Normalization } from './builder.ts';
import { EFFICIENTNET_B0 } from './efficientnet.ts';
import type { ZooEntry } from './entry.ts';
import { GOOGLENET } from './googlenet.ts';
import { INCEPTION_V3 } from './inception-v3.ts';
import { INCEPTION_V4 } from './inception-v4.ts';
import { MOBILENET } from './mobilenet.ts';
import { RESNET } from './resnet.ts';
import { SQUEEZENET } from './squeezenet.ts';
import { VGG } from './vgg.ts';

export type { Published, ZooEntry } from './entry.ts';

/** All networks, by year and name. */
export const ZOO: readonly ZooEntry[] = [
  ALEXNET,
  GOOGLENET,
  ...VGG,
  INCEPTION_V3,
  ...RESNET,
  INCEPTION_V4,
  SQUEEZENET,
  ...MOBILENET,
  EFFICIENTNET_B0,
].sort((a, b) => a.year - b.year || (a.name < b.name ? -1 : 1));

export interface ZooOptions {
  /** Images per inference, default 1. */
  batch?: number;
  /** Height and width of the image; default: the network's own. Fully connected layers follow. */
  resolution?: number;
  /** Classes to tell apart, default 1000. */
  classes?: number;
  /** Batch normalisation folded into convolutions, as for inference (default), or as operators of its own. */
  normalization?: Normalization;
}

const BY_SPELLING = new Map(
  ZOO.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])].map((name) => [spelling(name), entry] as const)),
);

/** The entry of that name or alias; case, dashes, dots, underscores and blanks do not matter. undefined = none. */
export function findZooEntry(name: string): ZooEntry | undefined {
  return BY_SPELLING.get(spelling(name));
}

/** As {@link findZooEntry}. @throws HeterodyneError `USAGE` for an unknown name, with the nearest one. */
export function zooEntry(name: string): ZooEntry {
  const entry = findZooEntry(name);
  if (entry) return entry;
  throw new HeterodyneError('USAGE', `Unknown model "${name}"`, {
    path: 'models',
    expected: 'a file that exists, or a network of the zoo',
    received: name,
    hint: didYouMean(
      name,
      ZOO.map((known) => known.name),
    ),
  });
}

/**
 * The graph of a zoo network: one input `input` [batch, 3, resolution, resolution], one output `logits`
 * [batch, classes], weights described but without content (see `zooWeights`).
 *
 * @throws HeterodyneError `USAGE`: unknown name, an option that is no positive whole number, a resolution that leaves
 * nothing to convolve.
 */
export function zooModel(name: string, options: ZooOptions = {}): Graph {
  const entry = zooEntry(name);
  const { batch = 1, resolution = entry.resolution, classes = 1000, normalization = 'folded' } = options;
  for (const [option, value] of Object.entries({ batch, resolution, classes })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new HeterodyneError('USAGE', `Bad ${option} for ${entry.name}`, {
      path: option,
      expected: 'a positive whole number',
      received: String(value),
    });
  }
  const builder = new GraphBuilder(entry.name, batch, normalization);
  const image = builder.input('input', 3, resolution, resolution);
  return builder.finish(entry.build(builder, image, classes));
}

function spelling(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '');
}
