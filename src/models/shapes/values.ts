/** Numbers out of the raw bytes of an initializer, and back. */
import { countElements, ELEMENT_BYTES, type ElementType, type Initializer } from '../graph.ts';
import { refusal } from '../refusal.ts';
import { FOLD_LIMIT } from './node.ts';

/** IEEE half to double. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE double to half, to nearest, ties to even; what is too large becomes infinite. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // log2 may round up just below a power of two; the fraction then comes out below 1024.
  const power = size < 2 ** exponent ? exponent - 1 : exponent;
  return sign | (((power + 15) << 10) + roundToEven(size * 2 ** (10 - power)) - 1024);
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

function readerOf(type: ElementType): ((view: DataView, at: number) => number) | undefined {
  switch (type) {
    case 'float32':
      return (view, at) => view.getFloat32(at, true);
    case 'float64':
      return (view, at) => view.getFloat64(at, true);
    case 'float16':
      return (view, at) => halfToNumber(view.getUint16(at, true));
    case 'bfloat16':
      return (view, at) => {
        scratch.setUint32(0, view.getUint16(at, true) << 16);
        return scratch.getFloat32(0);
      };
    case 'int8':
      return (view, at) => view.getInt8(at);
    case 'uint8':
    case 'bool':
      return (view, at) => view.getUint8(at);
    case 'int16':
      return (view, at) => view.getInt16(at, true);
    case 'uint16':
      return (view, at) => view.getUint16(at, true);
    case 'int32':
      return (view, at) => view.getInt32(at, true);
    case 'uint32':
      return (view, at) => view.getUint32(at, true);
    case 'int64':
      return (view, at) => Number(view.getBigInt64(at, true));
    case 'uint64':
      return (view, at) => Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

/** The initializer's numbers in row-major order; undefined when unread, larger than `limit`, or not numbers. */
export function decodeValues(initializer: Initializer, limit = FOLD_LIMIT): number[] | undefined {
  const count = countElements(initializer.shape);
  const read = readerOf(initializer.type);
  const { data } = initializer;
  const size = ELEMENT_BYTES[initializer.type];
  if (data === undefined || read === undefined || count > limit || data.byteLength < count * size) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: count }, (_, i) => read(view, i * size));
}

/** Whole numbers outside 64 bits mean "to the end": the nearest one that fits. */
function toInt64(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(Math.trunc(value));
}

function writerOf(type: ElementType): ((view: DataView, at: number, value: number) => void) | undefined {
  switch (type) {
    case 'float32':
      return (view, at, value) => view.setFloat32(at, value, true);
    case 'float64':
      return (view, at, value) => view.setFloat64(at, value, true);
    case 'float16':
      return (view, at, value) => view.setUint16(at, numberToHalf(value), true);
    case 'int8':
    case 'uint8':
    case 'bool':
      return (view, at, value) => view.setUint8(at, value);
    case 'int16':
    case 'uint16':
      return (view, at, value) => view.setUint16(at, value, true);
    case 'int32':
    case 'uint32':
      return (view, at, value) => view.setUint32(at, value, true);
    case 'int64':
    case 'uint64':
      return (view, at, value) => view.setBigInt64(at, toInt64(value), true);
    default:
      return undefined;
  }
}

/** Raw little-endian bytes of numbers. @throws HeterodyneError `BAD_INPUT` for a type that holds no such numbers. */
export function encodeValues(type: ElementType, values: readonly number[], place: string): Uint8Array {
  const write = writerOf(type);
  if (write === undefined) {
    throw refusal('BAD_INPUT', `${place}: constants of type ${type} cannot be written`, {
      path: place,
      expected: 'a numeric type',
      received: type,
    });
  }
  const size = ELEMENT_BYTES[type];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) write(view, i * size, value);
  return bytes;
}
