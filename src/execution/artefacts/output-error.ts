/** How far the outputs of one form of a model lie from those of another, on the same inputs. Not accuracy. */
import type { OnnxTensor } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { halfToNumber } from '../../models/shapes/values.ts';

export interface OutputError {
  /** All outputs have the same bits. */
  bitEqual: boolean;
  /** Largest |a - b| over the largest |a| of that output; the worst of all outputs and samples. */
  largestRelative: number;
  /** Root of the summed (a - b)^2 over the summed a^2; the worst output, over all samples together. */
  relativeRms: number;
  /** Share of samples whose first output is largest at the same place: how often a classifier would answer the same. */
  sameTop: number;
  samples: number;
}

type Outputs = Readonly<Record<string, OnnxTensor>>;

interface Sums {
  difference: number;
  size: number;
}

/**
 * Compares sample by sample; the samples' outputs may come one at a time.
 *
 * @throws HeterodyneError `BAD_INPUT`: outputs of other names or shapes
 */
export class OutputComparison {
  #sums = new Map<string, Sums>();
  #bitEqual = true;
  #largest = 0;
  #same = 0;
  #samples = 0;

  add(reference: Outputs, other: Outputs): void {
    for (const [i, name] of Object.keys(reference).entries()) {
      const [a, b] = [numbersOf(reference[name]!), other[name] && numbersOf(other[name])];
      if (b === undefined || a.length !== b.length) {
        throw new HeterodyneError('BAD_INPUT', `The two forms of the model differ in output "${name}"`, {
          path: name,
          expected: `${a.length} numbers`,
          received: b === undefined ? 'nothing' : `${b.length} numbers`,
        });
      }
      this.#compare(name, a, b);
      if (i === 0 && topOf(a) === topOf(b)) this.#same++;
    }
    this.#samples++;
  }

  #compare(name: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
    const sums = this.#sums.get(name) ?? { difference: 0, size: 0 };
    this.#sums.set(name, sums);
    let largestGap = 0;
    let largest = 0;
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!];
      const same = Object.is(x, y);
      if (!same) this.#bitEqual = false;
      if (Number.isNaN(x) && same) continue;
      // Not a number, or no end, on one side alone is as wrong as can be.
      const gap = same ? 0 : Math.abs(x - y);
      const size = Number.isFinite(gap) ? gap : Number.POSITIVE_INFINITY;
      largestGap = Math.max(largestGap, size);
      if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
      sums.difference += size * size;
      if (Number.isFinite(x)) sums.size += x * x;
    }
    this.#largest = Math.max(this.#largest, ratio(largestGap, largest));
  }

  result(): OutputError {
    const rms = [...this.#sums.values()].map(({ difference, size }) => Math.sqrt(ratio(difference, size)));
    return {
      bitEqual: this.#bitEqual,
      largestRelative: this.#largest,
      relativeRms: Math.max(0, ...rms),
      sameTop: this.#samples === 0 ? 1 : this.#same / this.#samples,
      samples: this.#samples,
    };
  }
}

/** Without end becomes the largest number, which documents can hold. */
function ratio(part: number, whole: number): number {
  return part === 0 ? 0 : Math.min(part / whole, Number.MAX_VALUE);
}

function topOf(numbers: ArrayLike<number>): number {
  let top = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[top]!) top = i;
  return top;
}

function numbersOf({ type, data }: OnnxTensor): ArrayLike<number> {
  if (type === 'float16') return Float32Array.from(data, halfToNumber);
  if (type === 'int64' || type === 'uint64') return Float64Array.from(data as BigInt64Array, Number);
  if (type === 'string') return Float64Array.from({ length: data.length }, () => 0);
  return data;
}
