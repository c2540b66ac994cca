/** Sub-networks as ONNX graphs, with seeded weights or with those of their supernet. */
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Graph, Initializer } from '../../models/graph.ts';
import type { WeightSource } from '../../models/onnx/write.ts';
import type { Normalization } from '../../models/zoo/builder.ts';
import { SHAPES_LAYERS, SHAPES_SPACE } from '../elastic/shapes-space.ts';
import type { BottleneckLayers } from '../elastic-space.ts';
import { genotypeOf } from '../genotype.ts';
import { genomeOf, type SearchSpace } from '../space.ts';
import { bottleneckGraph } from './bottlenecks.ts';
import { mbv3Graph } from './ofa-mbv3.ts';
import { resnet50Graph } from './ofa-resnet50.ts';

type Build = (space: SearchSpace, network: Uint8Array, name: string, normalization: Normalization) => Graph;

const BUILDERS: Record<string, Build> = { 'ofa-mbv3': mbv3Graph, 'ofa-resnet50': resnet50Graph };

/** The layers of a space of inverted bottlenecks; undefined for other ones. */
export function layersOf({ name, definition }: SearchSpace): BottleneckLayers | undefined {
  if (definition.layers) return definition.layers;
  const shapes = name === SHAPES_SPACE.name && contentHash(definition.stages) === contentHash(SHAPES_SPACE.stages);
  return shapes ? SHAPES_LAYERS : undefined;
}

/**
 * The graph of one network [S]; weights have shapes and no content.
 *
 * @throws HeterodyneError `USAGE` for a space whose layers are not known here
 */
export function subnetGraph(
  space: SearchSpace,
  network: Uint8Array,
  name: string,
  normalization: Normalization = 'folded',
): Graph {
  const build = BUILDERS[space.name];
  if (build) return build(space, network, name, normalization);
  const layers = layersOf(space);
  if (layers) {
    const genotype = genotypeOf(space, genomeOf(space, network), network);
    return bottleneckGraph(space.definition, layers, genotype, { name, normalization, batch: 1 });
  }
  throw new HeterodyneError('USAGE', `the layers of "${space.name}" are not known, so its networks cannot be written`, {
    path: '--export',
    expected: `one of ${[...Object.keys(BUILDERS), SHAPES_SPACE.name].join(', ')}, or a space with layers`,
    received: space.name,
  });
}

/**
 * Weights cut from a supernet whose tensors bear the names of {@link subnetGraph}, as the graph of its largest network
 * does: of channels the first ones, of kernels the middle (Once-for-All sorts channels by importance and trains centres
 * of kernels; its learned kernel transforms are not applied). Statistics of batch normalisation need recalibration.
 *
 * @throws HeterodyneError `BAD_INPUT` (on use): a tensor is missing, or smaller than the piece wanted
 */
export function slicedWeights(supernet: Graph, source: string): WeightSource {
  return (initializer) => {
    if (initializer.data) return initializer.data;
    const whole = supernet.initializers.get(initializer.name);
    const fits =
      whole?.data !== undefined &&
      whole.type === 'float32' &&
      whole.shape.length === initializer.shape.length &&
      whole.shape.every((size, axis) => size >= initializer.shape[axis]);
    if (fits) return slice(whole, initializer.shape);
    throw new HeterodyneError('BAD_INPUT', `${source} has no weights for "${initializer.name}"`, {
      source,
      path: initializer.name,
      expected: `float32 of at least [${initializer.shape.join(', ')}]`,
      received: whole === undefined ? 'nothing' : `${whole.type} [${whole.shape.join(', ')}]`,
      hint: 'export the largest network first, and fill its tensors: names must agree',
    });
  };
}

/** The piece of a tensor: first entries of the two channel axes, the middle of the others. */
function slice({ shape, data }: Initializer, wanted: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * wanted.reduce((product, size) => product * size, 1));
  const index = wanted.map(() => 0);
  const starts = wanted.map((size, axis) => (axis < 2 ? 0 : (shape[axis] - size) >> 1));
  for (let out = 0; out < bytes.length; out += 4) {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis] + starts[axis] + index[axis];
    bytes.set(data!.subarray(4 * at, 4 * at + 4), out);
    for (let axis = wanted.length - 1; axis >= 0 && ++index[axis] === wanted[axis]; axis--) index[axis] = 0;
  }
  return bytes;
}
