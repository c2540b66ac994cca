/** Free text that a model carries: `metadata_props` of the ModelProto, pairs of key and value. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { HeterodyneError } from '../../core/errors.ts';

/** Fields of ModelProto and StringStringEntryProto (onnx.proto). */
const METADATA = 14;
const KEY = 1;
const VALUE = 2;

/** All pairs. @throws HeterodyneError `BAD_INPUT` for what is no protobuf message */
export function readOnnxMetadata(model: Uint8Array, source = 'model'): Map<string, string> {
  const pairs = new Map<string, string>();
  try {
    const reader = new BinaryReader(model);
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (field !== METADATA || wire !== WireType.LengthDelimited) {
        reader.skip(wire, field);
        continue;
      }
      const [key, value] = readPair(reader.bytes());
      pairs.set(key, value);
    }
  } catch (cause) {
    throw new HeterodyneError('BAD_INPUT', `${source} is no ONNX model`, {
      source,
      expected: 'an ONNX file',
      received: `${model.length} other bytes`,
      cause,
    });
  }
  return pairs;
}

function readPair(bytes: Uint8Array): [string, string] {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value = '';
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === KEY) key = reader.string();
    else if (field === VALUE) value = reader.string();
    else reader.skip(wire, field);
  }
  return [key, value];
}
