/** Protobuf by hand, for files that the project's own writer would never write. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Varint, text, bytes of a nested message, or a 32-bit float. */
export type Value = number | bigint | string | Uint8Array | { float: number };

/** A message of [field number, value] pairs, in this order. */
export function message(...fields: (readonly [number, Value])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'string') writer.tag(number, WireType.LengthDelimited).string(value);
    else if (value instanceof Uint8Array) writer.tag(number, WireType.LengthDelimited).bytes(value);
    else if (typeof value === 'object') writer.tag(number, WireType.Bit32).float(value.float);
    else writer.tag(number, WireType.Varint).int64(value);
  }
  return writer.finish();
}

/** NodeProto. */
export function nodeProto(
  type: string,
  inputs: string[],
  outputs: string[],
  ...more: (readonly [number, Value])[]
): Uint8Array {
  return message(
    ...inputs.map((name) => [1, name] as const),
    ...outputs.map((name) => [2, name] as const),
    [4, type],
    ...more,
  );
}

/** ValueInfoProto of a float tensor; undefined = no shape, a text = a symbol, '?' = nothing stated. */
export function valueInfo(name: string, shape?: (number | string)[]): Uint8Array {
  const dimensions = (shape ?? []).map(
    (size) => [1, size === '?' ? message() : message(typeof size === 'string' ? [2, size] : [1, size])] as const,
  );
  const tensor = message([1, 1], ...(shape === undefined ? [] : [[2, message(...dimensions)] as const]));
  return message([1, name], [2, message([1, tensor])]);
}

/** ModelProto around a GraphProto. */
export function modelProto(graph: Uint8Array, opset = 13, ...more: (readonly [number, Value])[]): Uint8Array {
  return message([1, 8], [8, message([1, ''], [2, opset])], ...more, [7, graph]);
}
