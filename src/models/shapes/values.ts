/** Numbers out of the raw bytes of an initializer, for shape arithmetic. */
import { countElements, ELEMENT_BYTES, type ElementType, type Initializer } from '../graph.ts';
import { FOLD_LIMIT } from './node.ts';

/** IEEE half to double. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const scratch = new DataView(new ArrayBuffer(4));

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
