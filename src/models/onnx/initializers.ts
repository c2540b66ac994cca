/** Tensors with contents: their bytes in tensor order, or where else they stand. */
import { countElements, type ElementType, type ExternalContent, type Initializer, tensorBytes } from '../graph.ts';
import { refusal } from '../refusal.ts';
import { elementTypeOf } from '../shapes/node.ts';
import type { WireTensor } from './messages.ts';

const MAX_RANK = 64;
const RAW_LESS = new Set<ElementType>(['string', 'other']);

/** Little-endian bytes of the typed integer fields of a tensor. */
function integerBytes(type: ElementType, integers: readonly (number | bigint)[]): Uint8Array | undefined {
  const width =
    { int64: 8, uint64: 8, int32: 4, uint32: 4, int16: 2, uint16: 2, float16: 2, bfloat16: 2 }[type as string] ?? 1;
  const data = new Uint8Array(integers.length * width);
  const view = new DataView(data.buffer);
  for (const [i, value] of integers.entries()) {
    if (width === 8) view.setBigInt64(i * 8, BigInt.asIntN(64, BigInt(value)), true);
    else if (width === 4) view.setInt32(i * 4, Number(value) | 0, true);
    else if (width === 2) view.setInt16(i * 2, Number(value), true);
    else view.setInt8(i, Number(value));
  }
  return data;
}

/** Contents of a tensor in raw form, or undefined where they are elsewhere, unread, or not numbers. */
function contentsOf(tensor: WireTensor, type: ElementType): Uint8Array | undefined {
  if (tensor.external || RAW_LESS.has(type)) return undefined;
  if (tensor.raw !== undefined) return tensor.raw;
  if (tensor.floats !== undefined) return tensor.floats;
  if (tensor.doubles !== undefined) return tensor.doubles;
  return tensor.integers === undefined ? undefined : integerBytes(type, tensor.integers);
}

/** @throws HeterodyneError `BAD_INPUT` no element type, an impossible shape, contents of another size */
export function toInitializer(tensor: WireTensor, place: string): Initializer {
  if (tensor.dataType === 0)
    throw refusal('BAD_INPUT', `${place}: the tensor states no element type`, { path: place, expected: 'a data_type' });
  const type = elementTypeOf(tensor.dataType);
  const shape = tensor.dims;
  const legal = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!legal || shape.length > MAX_RANK || !Number.isSafeInteger(countElements(shape) * 16)) {
    throw refusal('BAD_INPUT', `${place}: the tensor has an impossible shape`, {
      path: place,
      expected: `at most ${MAX_RANK} dimensions of at least 0, fewer than 2^49 elements`,
      received: shape.length > MAX_RANK ? `rank ${shape.length}` : shape.join('x'),
    });
  }
  const data = contentsOf(tensor, type);
  const expected = tensorBytes(type, shape);
  if (data !== undefined && data.length !== expected) {
    throw refusal('BAD_INPUT', `${place}: the contents of the tensor do not fit its shape`, {
      path: place,
      expected: `${expected} bytes for ${type} ${shape.join('x') || 'scalar'}`,
      received: `${data.length} bytes`,
      hint: 'the file is damaged or was cut off',
    });
  }
  // A tensor of no elements needs no content.
  const content = data ?? (expected === 0 ? new Uint8Array(0) : undefined);
  const external = content === undefined ? externalOf(tensor, place) : undefined;
  return {
    name: tensor.name,
    type,
    shape: [...shape],
    ...(content !== undefined && { data: content }),
    ...(external !== undefined && { external }),
  };
}

function externalOf({ external, elsewhere }: WireTensor, place: string): ExternalContent | undefined {
  const location = elsewhere?.get('location');
  if (!external || location === undefined) return undefined;
  const size = (key: string): number | undefined => {
    const text = elsewhere?.get(key);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw refusal('BAD_INPUT', `${place}: the ${key} of its external content is illegal`, {
      path: place,
      expected: 'a whole number of bytes',
      received: text,
    });
  };
  const length = size('length');
  return { location, offset: size('offset') ?? 0, ...(length !== undefined && { length }) };
}
