/**
 * Graph to ONNX. The file is written front to back in chunks of at most 2 MB, so that weights of half a
 * gigabyte never stand in memory at once; protobuf wants every length before its content, hence two passes: all of
 * the graph but the weights is encoded first, then lengths are known, then the weights flow.
 *
 *   ModelProto ┌ ir_version, producer_name, opset_import ─┬ graph ┌ name, node*, input*, output*, value_info* ─┬─
 *                                                                                                             │
 *                         initializer* ┌ dims, data_type, name ─┬ raw_data (streamed) ─┐ ◄────────────────────┘
 *
 * Field numbers: onnx.proto. Equal graphs and weights give equal bytes.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { HeterodyneError } from '../../core/errors.ts';
import {
  type AttributeValue,
  type ElementType,
  type Graph,
  type Initializer,
  type Operator,
  type TensorInfo,
  tensorBytes,
} from '../graph.ts';

const PRODUCER = 'heterodyne';
/** Protobuf counts the bytes of a message in a signed 32-bit number. */
const MESSAGE_LIMIT = 2 ** 31 - 1;
/** Small pieces are joined up to this size before they are handed out. */
const CHUNK_BYTES = 1 << 20;

/** TensorProto.DataType. */
const DATA_TYPE: Partial<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
};

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE: Record<AttributeValue['kind'], number> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};

/**
 * Content of an initializer that carries no `data`: its little-endian bytes, whole or in pieces (each at most a few
 * MB, each the writer's to keep). undefined = unknown.
 */
export type WeightSource = (initializer: Initializer) => Uint8Array | Iterable<Uint8Array> | undefined;

/** Bytes of the file that {@link writeOnnx} and {@link writeOnnxChunks} write. */
export function onnxByteLength(graph: Graph): number {
  return layOut(graph).byteLength;
}

/**
 * The file as one array. For large models prefer {@link writeOnnxChunks}.
 *
 * @throws HeterodyneError `BAD_INPUT` (no content for an initializer, or of the wrong size; an element type that has
 * no raw form), `LIMIT` (2 GiB or more).
 */
export function writeOnnx(graph: Graph, weightsOf?: WeightSource): Uint8Array {
  const layout = layOut(graph);
  const file = new Uint8Array(layout.byteLength);
  let position = 0;
  for (const piece of pieces(layout, weightsOf)) {
    file.set(piece, position);
    position += piece.length;
  }
  return file;
}

/**
 * The file in order, in chunks of at most 2 MB that are the caller's to keep. Throws as {@link writeOnnx} does: at
 * once for what the graph shows, during iteration for what the weights show.
 */
export function writeOnnxChunks(graph: Graph, weightsOf?: WeightSource): Iterable<Uint8Array> {
  const layout = layOut(graph);
  return { [Symbol.iterator]: () => joined(pieces(layout, weightsOf)) };
}

/** Everything but the weights, encoded; `head` ends where the first initializer begins. */
interface Layout {
  head: Uint8Array;
  initializers: { header: Uint8Array; initializer: Initializer; byteLength: number }[];
  byteLength: number;
}

function layOut(graph: Graph): Layout {
  const body = new BinaryWriter();
  writeGraphWithoutInitializers(body, graph);
  const bodyBytes = body.finish();

  let graphLength = bodyBytes.length;
  const initializers: Layout['initializers'] = [];
  for (const initializer of graph.initializers.values()) {
    const byteLength = tensorBytes(initializer.type, initializer.shape);
    const description = describeTensor(initializer);
    const tensorLength = description.length + tagged(byteLength) + byteLength;
    const header = new BinaryWriter();
    header.tag(5, WireType.LengthDelimited).uint32(tensorLength);
    header.raw(description);
    header.tag(9, WireType.LengthDelimited).uint32(byteLength);
    const headerBytes = header.finish();
    initializers.push({ header: headerBytes, initializer, byteLength });
    graphLength += headerBytes.length + byteLength;
  }
  if (graphLength > MESSAGE_LIMIT - 1024) {
    throw new HeterodyneError('LIMIT', `The model "${graph.name}" does not fit into one ONNX file`, {
      path: graph.name,
      expected: 'less than 2 GiB (the limit of protobuf)',
      received: `${graphLength} bytes`,
    });
  }

  const head = new BinaryWriter();
  head.tag(1, WireType.Varint).int64(irVersion(graph.opset));
  head.tag(2, WireType.LengthDelimited).string(PRODUCER);
  for (const [domain, version] of operatorSets(graph)) {
    head.tag(8, WireType.LengthDelimited).fork();
    head.tag(1, WireType.LengthDelimited).string(domain);
    head.tag(2, WireType.Varint).int64(version);
    head.join();
  }
  for (const [key, value] of graph.metadata ?? []) {
    head.tag(14, WireType.LengthDelimited).fork();
    head.tag(1, WireType.LengthDelimited).string(key);
    head.tag(2, WireType.LengthDelimited).string(value);
    head.join();
  }
  head.tag(7, WireType.LengthDelimited).uint32(graphLength);
  head.raw(bodyBytes);
  const headBytes = head.finish();
  return { head: headBytes, initializers, byteLength: headBytes.length - bodyBytes.length + graphLength };
}

function* pieces(layout: Layout, weightsOf?: WeightSource): Generator<Uint8Array> {
  yield layout.head;
  for (const { header, initializer, byteLength } of layout.initializers) {
    yield header;
    const content = initializer.data ?? weightsOf?.(initializer);
    if (content === undefined) throw withoutContent(initializer, byteLength);
    let given = 0;
    for (const piece of content instanceof Uint8Array ? [content] : content) {
      given += piece.length;
      if (given > byteLength) break;
      yield piece;
    }
    if (given !== byteLength) throw wrongSize(initializer, byteLength, given > byteLength ? 'more' : `${given} bytes`);
  }
}

function withoutContent(tensor: Initializer, byteLength: number): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `Tensor "${tensor.name}" has no content to write`, {
    path: tensor.name,
    expected: `${byteLength} bytes`,
    received: 'nothing',
    hint: 'Read the model with its weights, or give a source of weights.',
  });
}

function wrongSize(tensor: Initializer, byteLength: number, received: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `Tensor "${tensor.name}" has content of the wrong size`, {
    path: tensor.name,
    expected: `${byteLength} bytes for ${tensor.type}[${tensor.shape.join(',')}]`,
    received,
  });
}

/** Joins small pieces into chunks of {@link CHUNK_BYTES}, and cuts large ones into twice that at most. */
function* joined(source: Iterable<Uint8Array>): Generator<Uint8Array> {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for (const piece of source) {
    if (used + piece.length > CHUNK_BYTES && used > 0) {
      yield buffer.subarray(0, used);
      buffer = new Uint8Array(CHUNK_BYTES);
      used = 0;
    }
    if (piece.length > CHUNK_BYTES / 2) {
      if (used > 0) {
        yield buffer.subarray(0, used);
        buffer = new Uint8Array(CHUNK_BYTES);
        used = 0;
      }
      for (let start = 0; start < piece.length; start += 2 * CHUNK_BYTES) {
        yield piece.subarray(start, start + 2 * CHUNK_BYTES);
      }
    } else {
      buffer.set(piece, used);
      used += piece.length;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}

/** The format version that came with an operator set (ONNX "Versioning"); 8 reaches back to runtimes of 2021. */
function irVersion(opset: number): number {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : 11;
}

/** Version of every operator domain in use, the standard one first. */
function operatorSets(graph: Graph): [string, number][] {
  const versions = new Map<string, number>();
  const visit = (inner: Graph) => {
    for (const operator of inner.operators) {
      const domain = operator.domain === 'ai.onnx' ? '' : operator.domain;
      const version = operator.opset ?? (domain === '' ? graph.opset : 1);
      const known = versions.get(domain) ?? (domain === '' ? graph.opset : version);
      if (version !== known) {
        throw new HeterodyneError('BAD_INPUT', 'One file cannot mix versions of an operator set', {
          path: operator.name,
          expected: `version ${known} of "${domain}"`,
          received: `version ${version}`,
        });
      }
      versions.set(domain, version);
      for (const attribute of operator.attributes.values()) {
        if (attribute.kind === 'graph') visit(attribute.value);
      }
    }
  };
  visit(graph);
  versions.delete('');
  return [['', graph.opset], ...[...versions].sort(([a], [b]) => (a < b ? -1 : 1))];
}

function writeGraphWithoutInitializers(writer: BinaryWriter, graph: Graph): void {
  for (const operator of graph.operators) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writeOperator(writer, operator);
    writer.join();
  }
  writer.tag(2, WireType.LengthDelimited).string(graph.name);
  for (const input of graph.inputs) writeValueInfo(writer, 11, input);
  for (const output of graph.outputs) writeValueInfo(writer, 12, output);
  for (const value of graph.declared.values()) writeValueInfo(writer, 13, value);
}

/** A graph inside an attribute (the branch of an `If`): its constants must be at hand. */
function writeInnerGraph(writer: BinaryWriter, graph: Graph): void {
  writeGraphWithoutInitializers(writer, graph);
  for (const initializer of graph.initializers.values()) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writeTensor(writer, initializer);
    writer.join();
  }
}

function writeOperator(writer: BinaryWriter, operator: Operator): void {
  for (const input of operator.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of operator.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  if (operator.name !== '') writer.tag(3, WireType.LengthDelimited).string(operator.name);
  writer.tag(4, WireType.LengthDelimited).string(operator.type);
  for (const [name, value] of operator.attributes) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writeAttribute(writer, name, value);
    writer.join();
  }
  if (operator.domain !== '') writer.tag(7, WireType.LengthDelimited).string(operator.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: AttributeValue): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      writer.tag(3, WireType.Varint).int64(int64Of(attribute.value));
      break;
    case 'string':
      writer.tag(4, WireType.LengthDelimited).string(attribute.value);
      break;
    case 'tensor':
      writer.tag(5, WireType.LengthDelimited).fork();
      writeTensor(writer, attribute.value);
      writer.join();
      break;
    case 'graph':
      writer.tag(6, WireType.LengthDelimited).fork();
      writeInnerGraph(writer, attribute.value);
      writer.join();
      break;
    case 'floats':
      for (const value of attribute.value) writer.tag(7, WireType.Bit32).float(value);
      break;
    case 'ints':
      for (const value of attribute.value) writer.tag(8, WireType.Varint).int64(int64Of(value));
      break;
    case 'strings':
      for (const value of attribute.value) writer.tag(9, WireType.LengthDelimited).string(value);
      break;
  }
  writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

function writeValueInfo(writer: BinaryWriter, field: number, info: TensorInfo): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(info.name);
  writer.tag(2, WireType.LengthDelimited).fork(); // TypeProto
  writer.tag(1, WireType.LengthDelimited).fork(); // TypeProto.Tensor
  writer.tag(1, WireType.Varint).int32(info.type === 'string' ? 8 : dataTypeOf(info.type, info.name));
  if (info.shape !== undefined) {
    writer.tag(2, WireType.LengthDelimited).fork(); // TensorShapeProto
    for (const dimension of info.shape) {
      writer.tag(1, WireType.LengthDelimited).fork();
      if (typeof dimension === 'number') writer.tag(1, WireType.Varint).int64(dimension);
      else if (dimension !== '?') writer.tag(2, WireType.LengthDelimited).string(dimension);
      writer.join();
    }
    writer.join();
  }
  writer.join();
  writer.join();
  writer.join();
}

function writeTensor(writer: BinaryWriter, tensor: Initializer): void {
  const byteLength = tensorBytes(tensor.type, tensor.shape);
  if (tensor.data === undefined) throw withoutContent(tensor, byteLength);
  if (tensor.data.length !== byteLength) throw wrongSize(tensor, byteLength, `${tensor.data.length} bytes`);
  writer.raw(describeTensor(tensor));
  writer.tag(9, WireType.LengthDelimited).bytes(tensor.data);
}

/** A TensorProto up to its content. */
function describeTensor(tensor: Initializer): Uint8Array {
  const writer = new BinaryWriter();
  for (const size of tensor.shape) writer.tag(1, WireType.Varint).int64(size);
  writer.tag(2, WireType.Varint).int32(dataTypeOf(tensor.type, tensor.name));
  if (tensor.name !== '') writer.tag(8, WireType.LengthDelimited).string(tensor.name);
  return writer.finish();
}

/** Numbers beyond 2^53 mean "to the end" in practice (`Slice`): they are written as the nearest 64-bit integer. */
function int64Of(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value;
  return value >= 2 ** 63 ? 2n ** 63n - 1n : value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(value));
}

/** Bytes of tag and length before a content of `byteLength` bytes (field numbers below 16). */
function tagged(byteLength: number): number {
  return new BinaryWriter().tag(9, WireType.LengthDelimited).uint32(byteLength).finish().length;
}

function dataTypeOf(type: ElementType, name: string): number {
  const code = DATA_TYPE[type];
  if (code === undefined) {
    throw new HeterodyneError('BAD_INPUT', `Tensor "${name}" cannot be written`, {
      path: name,
      expected: Object.keys(DATA_TYPE).join(', '),
      received: type,
    });
  }
  return code;
}
