/**
 * Inputs to measure a model's output error with, where nobody gives real ones. Made-up inputs say how far two forms of
 * a model differ as functions; they say nothing about accuracy, which needs labelled data.
 */
import type { OnnxTensor } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { countElements, type SizedTensor } from '../../models/graph.ts';
import { numberToHalf } from '../../models/shapes/values.ts';
import { Random } from '../../reference/random.ts';

/** Tensors by input name: what one inference takes in. */
export type Feeds = Record<string, OnnxTensor>;

/**
 * `samples` sets of inputs from a seed. Real numbers are noise of unit variance, smooth along the last dimension as
 * images and sounds are (each number keeps 0.9 of its left neighbour); whole numbers are 0 or 1; flags are set.
 *
 * @throws HeterodyneError `BAD_INPUT`: an input of a type for which no numbers can be made up
 */
export function syntheticFeeds(inputs: readonly SizedTensor[], samples: number, seed: number): Feeds[] {
  return Array.from({ length: samples }, (_, sample) => {
    const random = new Random(seed + sample);
    return Object.fromEntries(inputs.map((input) => [input.name, syntheticTensor(input, random)]));
  });
}

function syntheticTensor({ name, type, shape }: SizedTensor, random: Random): OnnxTensor {
  const count = countElements(shape);
  const numbers = (): Float32Array => smoothNoise(count, shape.at(-1) ?? 1, random);
  const bits = (): number[] => Array.from({ length: count }, () => random.below(2));
  switch (type) {
    case 'float32':
      return { type, data: numbers(), dims: shape };
    case 'float64':
      return { type, data: Float64Array.from(numbers()), dims: shape };
    case 'float16':
      return { type, data: Uint16Array.from(numbers(), numberToHalf), dims: shape };
    case 'int64':
      return { type, data: BigInt64Array.from(bits(), BigInt), dims: shape };
    case 'int32':
      return { type, data: Int32Array.from(bits()), dims: shape };
    case 'int8':
      return { type, data: Int8Array.from(bits()), dims: shape };
    case 'uint8':
      return { type, data: Uint8Array.from({ length: count }, () => random.below(256)), dims: shape };
    case 'bool':
      return { type, data: new Uint8Array(count).fill(1), dims: shape };
    default:
      throw new HeterodyneError('BAD_INPUT', `No numbers can be made up for input "${name}"`, {
        path: name,
        expected: 'float32, float64, float16, int64, int32, int8, uint8 or bool',
        received: type,
      });
  }
}

const KEPT = 0.9;
/** Standard deviation of a uniform number from -1 to 1, undone, and what keeps the variance of the sequence at 1. */
const FRESH = Math.sqrt(3) * Math.sqrt(1 - KEPT * KEPT);

function smoothNoise(count: number, row: number, random: Random): Float32Array {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const uniform = 2 * random.unit() - 1;
    numbers[i] = i % row === 0 ? Math.sqrt(3) * uniform : KEPT * numbers[i - 1]! + FRESH * uniform;
  }
  return numbers;
}
