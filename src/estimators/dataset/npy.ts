/**
 * Arrays in NumPy's formats: `.npy` (one array) inside `.npz` (a zip of them), as `numpy.load` reads and
 * `numpy.savez_compressed` writes. Equal arrays give equal bytes.
 *
 *   .npy   "\x93NUMPY" │ version 1.0 │ header length │ {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n │ numbers
 */
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { HeterodyneError } from '../../core/errors.ts';

export type NumberArray = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface NamedArray {
  shape: readonly number[];
  values: NumberArray;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The zip format keeps a date; a fixed one makes equal content equal bytes. */
const DATE = new Date('1980-01-01T00:00:00');

const FORMATS = {
  '|u1': Uint8Array,
  '<i2': Int16Array,
  '<i4': Int32Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
} as const;
type Format = keyof typeof FORMATS;

function formatOf(values: NumberArray): Format {
  return (Object.keys(FORMATS) as Format[]).find((format) => values instanceof FORMATS[format]) as Format;
}

function encode({ shape, values }: NamedArray): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${formatOf(values)}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Content begins at a multiple of 64, as NumPy has it.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + values.byteLength);
  bytes.set(MAGIC);
  bytes.set([1, 0, length & 255, length >> 8], 6);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + length);
  return bytes;
}

/** A `.npy` file. @throws HeterodyneError `BAD_INPUT` */
export function readNpy(bytes: Uint8Array, name: string): NamedArray {
  const refuse = (received: string): never => {
    throw new HeterodyneError('BAD_INPUT', `the array "${name}" cannot be read: ${received}`, {
      path: name,
      expected: `a .npy array in C order, one of ${Object.keys(FORMATS).join(', ')} or <i8`,
      received,
    });
  };
  if (bytes.length < 12 || !MAGIC.every((byte, i) => bytes[i] === byte)) return refuse('not a .npy array');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] > 1;
  const begin = wide ? 12 : 10;
  const start = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) return refuse('a header that is cut short');
  const header = new TextDecoder('latin1').decode(bytes.subarray(begin, start));
  const format = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? 'no type';
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (sizes === undefined || /'fortran_order':\s*True/.test(header)) return refuse('no shape, or Fortran order');
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!(Number.isSafeInteger(count) && count >= 0)) return refuse(`the shape (${sizes})`);
  // A copy, since numbers must lie at multiples of their size.
  const content = bytes.slice(start).buffer;
  if (format === '<i8') {
    if (content.byteLength !== count * 8) return refuse(`${content.byteLength} bytes for the shape (${sizes})`);
    return { shape, values: Int32Array.from(new BigInt64Array(content), Number) };
  }
  const Kind = FORMATS[format as Format];
  if (Kind === undefined) return refuse(`the type ${format}`);
  if (content.byteLength !== count * Kind.BYTES_PER_ELEMENT) {
    return refuse(`${content.byteLength} bytes for the shape (${sizes})`);
  }
  return { shape, values: new Kind(content) };
}

/** A `.npz` file. */
export function writeNpz(arrays: Readonly<Record<string, NamedArray>>): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) files[`${name}.npy`] = [encode(array), { mtime: DATE, level: 6 }];
  return zipSync(files);
}

/** All arrays of a `.npz` file, by name. @throws HeterodyneError `BAD_INPUT` */
export function readNpz(bytes: Uint8Array, source: string): Map<string, NamedArray> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new HeterodyneError('BAD_INPUT', `${source} is no .npz file`, {
      source,
      expected: 'a zip of .npy arrays, as numpy.savez_compressed writes it',
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  const arrays = new Map<string, NamedArray>();
  for (const [file, content] of Object.entries(files)) {
    const name = file.replace(/\.npy$/, '');
    arrays.set(name, readNpy(content, name));
  }
  return arrays;
}
