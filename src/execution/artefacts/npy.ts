/** Arrays that NumPy saved (format versions 1 to 3, https://numpy.org/neps/nep-0001-npy-format.html): real inputs. */
import type { OnnxTensor } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { countElements, type SizedTensor } from '../../models/graph.ts';
import type { Feeds } from './calibration.ts';

type Numbers = Exclude<OnnxTensor['data'], string[]>;

export interface NpyArray {
  type: OnnxTensor['type'];
  shape: number[];
  data: Numbers;
}

const TYPES: Record<string, [OnnxTensor['type'], new (buffer: ArrayBuffer) => Numbers]> = {
  '<f4': ['float32', Float32Array],
  '<f8': ['float64', Float64Array],
  '<f2': ['float16', Uint16Array],
  '<i8': ['int64', BigInt64Array],
  '<i4': ['int32', Int32Array],
  '|i1': ['int8', Int8Array],
  '|u1': ['uint8', Uint8Array],
  '|b1': ['bool', Uint8Array],
};

/** @throws HeterodyneError `BAD_INPUT` */
export function readNpy(bytes: Uint8Array, source: string): NpyArray {
  const bad = (message: string, expected: string, received: string): HeterodyneError =>
    new HeterodyneError('BAD_INPUT', `${source}: ${message}`, { source, expected, received });
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (start !== '\x93NUMPY' || bytes.length < 12) {
    throw bad('not an array that NumPy saved', 'a .npy file', `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! > 1;
  const from = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(from, from + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').flatMap((size) => {
    const text = size.trim();
    return text === '' ? [] : [Number(text)];
  });
  const found = TYPES[descr];
  if (found === undefined) throw bad('numbers of this kind are not read', Object.keys(TYPES).join(', '), descr);
  if (!/'fortran_order':\s*False/.test(header)) throw bad('columns come first', 'row-major order', 'Fortran order');
  const [type, make] = found;
  const content = bytes.slice(from + length);
  const data = content.length % Number(descr.slice(2)) === 0 ? new make(content.buffer) : undefined;
  if (data === undefined || !shape.every(Number.isSafeInteger) || data.length !== countElements(shape)) {
    throw bad('the content does not fit the shape', `${shape.join('x')} of ${descr}`, `${content.length} bytes`);
  }
  return { type, shape, data };
}

/**
 * One set of inputs per sample: along the first dimension, in portions of the model's own first dimension.
 *
 * @param arrays by input name
 * @throws HeterodyneError `BAD_INPUT`: an input without array, of another type or shape, or counts that differ
 */
export function feedsFromArrays(inputs: readonly SizedTensor[], arrays: ReadonlyMap<string, NpyArray>): Feeds[] {
  const portions = inputs.map((input) => portionsOf(input, arrays.get(input.name)));
  const counts = portions.map((list) => list.length);
  const least = Math.min(...counts);
  if (counts.some((count) => count !== least)) {
    throw new HeterodyneError('BAD_INPUT', 'The inputs have different numbers of samples', {
      path: '--calibration',
      expected: 'as many for each input',
      received: inputs.map(({ name }, i) => `${name} ${counts[i]}`).join(', '),
    });
  }
  return Array.from({ length: least }, (_, s) =>
    Object.fromEntries(inputs.map(({ name }, i) => [name, portions[i]![s]!])),
  );
}

function portionsOf({ name, type, shape }: SizedTensor, array: NpyArray | undefined): OnnxTensor[] {
  const size = countElements(shape);
  const sameRank = array?.shape.length === shape.length && `${array.shape.slice(1)}` === `${shape.slice(1)}`;
  const oneMore = array !== undefined && `${array.shape.slice(1)}` === `${shape}`;
  const data =
    array?.type === 'float64' && type === 'float32' ? Float32Array.from(array.data as Float64Array) : array?.data;
  const converted = data instanceof Float32Array ? 'float32' : array?.type;
  const whole = data !== undefined && data.length > 0 && data.length % size === 0;
  if (data === undefined || !(sameRank || oneMore) || !whole || converted !== type) {
    throw new HeterodyneError('BAD_INPUT', `No fitting samples for input "${name}"`, {
      path: '--calibration',
      expected: `${type} of N x ${shape.slice(1).join(' x ')}, N a multiple of ${shape[0] ?? 1}`,
      received: array === undefined ? 'nothing' : `${array.type} of ${array.shape.join(' x ')}`,
      hint: `--calibration ${name}=FILE.npy`,
    });
  }
  return Array.from({ length: data.length / size }, (_, s) => {
    return { type, data: data.slice(s * size, (s + 1) * size), dims: shape } as OnnxTensor;
  });
}
