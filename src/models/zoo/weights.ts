/**
 * Seeded random weights for a graph that has none: good enough that activations stay of order one through a hundred
 * layers, so that a runtime computes with ordinary numbers (no overflow, no denormals) as it would on trained ones.
 *
 * Uniform in [-a, a], per tensor, fan = products summed for one output:
 *   into a rectifier              a = sqrt(6 / fan)     (He et al., ICCV 2015: keeps the variance through ReLU)
 *   into a sum with a shortcut    a = sqrt(6 / fan) / 2 (the variance then grows by a quarter per block, not twofold)
 *   into anything else            a = sqrt(3 / fan)
 *   biases, means                 a = 0.05; scales and variances of batch normalisation: 1 plus or minus 0.1
 */
import { HeterodyneError } from '../../core/errors.ts';
import { Random } from '../../reference/random.ts';
import { countElements, type Graph, type Initializer, type Operator } from '../graph.ts';
import type { WeightSource } from '../onnx/write.ts';

/** Numbers per piece: 1 MiB. */
const PIECE = 1 << 18;

const RECTIFIERS = new Set(['Relu', 'Clip', 'LeakyRelu', 'PRelu', 'HardSigmoid', 'HardSwish', 'Sigmoid']);

/** Numbers are centre + uniform(-1, 1) * spread. */
interface Distribution {
  centre: number;
  spread: number;
}

/**
 * Weights of a graph from one seed, as a source for `writeOnnx`. Every tensor has its own stream, seeded by the seed
 * and the tensor's name, so that the order of asking does not matter. The same seed gives the same bytes everywhere.
 * Tensors that carry content keep it.
 *
 * @throws HeterodyneError `BAD_INPUT` (on use): a tensor without content that is not float32.
 */
export function zooWeights(graph: Graph, seed: number): WeightSource {
  const distributions = distributionsOf(graph);
  return (initializer) => {
    if (initializer.data) return initializer.data;
    if (initializer.type !== 'float32') {
      throw new HeterodyneError('BAD_INPUT', `No random content for tensor "${initializer.name}"`, {
        path: initializer.name,
        expected: 'float32',
        received: initializer.type,
      });
    }
    const random = new Random(streamSeed(seed, initializer.name));
    const distribution = distributions.get(initializer.name) ?? { centre: 0, spread: 0.05 };
    return randomPieces(random, countElements(initializer.shape), distribution);
  };
}

function* randomPieces(random: Random, count: number, { centre, spread }: Distribution): Generator<Uint8Array> {
  const scale = spread / 2 ** 31;
  for (let done = 0; done < count; done += PIECE) {
    const bytes = new Uint8Array(4 * Math.min(PIECE, count - done));
    const bits = new Int32Array(bytes.buffer);
    const numbers = new Float32Array(bytes.buffer);
    random.fill(new Uint32Array(bytes.buffer));
    for (let i = 0; i < numbers.length; i++) numbers[i] = centre + bits[i]! * scale;
    yield bytes;
  }
}

function distributionsOf(graph: Graph): Map<string, Distribution> {
  const readers = new Map<string, Operator[]>();
  for (const operator of graph.operators) {
    for (const input of operator.inputs) {
      const list = readers.get(input);
      if (list) list.push(operator);
      else readers.set(input, [operator]);
    }
  }
  const distributions = new Map<string, Distribution>();
  for (const operator of graph.operators) {
    const name = operator.inputs[1] ?? '';
    const weight = graph.initializers.get(name);
    if (operator.type === 'BatchNormalization') {
      distributions.set(name, { centre: 1, spread: 0.1 });
      distributions.set(operator.inputs[4] ?? '', { centre: 1, spread: 0.1 });
    } else if (weight && weight.shape.length >= 2) {
      const spread = Math.sqrt(gain(operator, readers) / fanIn(operator, weight));
      distributions.set(name, { centre: 0, spread });
    }
  }
  return distributions;
}

/** The square of a * sqrt(fan) in the table above. */
function gain(operator: Operator, readers: Map<string, Operator[]>): number {
  let next = readers.get(operator.outputs[0] ?? '') ?? [];
  if (next.length === 1 && next[0]!.type === 'BatchNormalization') next = readers.get(next[0]!.outputs[0]!) ?? [];
  if (next.some((reader) => reader.type === 'Add')) return 6 / 4;
  return next.some((reader) => RECTIFIERS.has(reader.type)) ? 6 : 3;
}

/** Products that are summed into one output: [out, in / groups, ...kernel], or a matrix, transposed or not. */
function fanIn(operator: Operator, weight: Initializer): number {
  const transposed = operator.attributes.get('transB');
  if (operator.type === 'MatMul' || (operator.type === 'Gemm' && !(transposed?.kind === 'int' && transposed.value))) {
    return weight.shape[weight.shape.length - 2]!;
  }
  return countElements(weight.shape.slice(1));
}

/** FNV-1a over the name's UTF-16 units, started from the seed. */
function streamSeed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
