/**
 * The protobuf messages of an ONNX file, decoded by hand: only the fields that planning needs, tensor contents as views
 * into the file. Field numbers: onnx.proto3 of the ONNX specification.
 *
 *   ModelProto ─ ir_version, opset_import*, functions*
 *   └ GraphProto ─ name, input*, output*, value_info* (ValueInfoProto)
 *     ├ NodeProto* ─ op_type, domain, input*, output*
 *     │ └ AttributeProto* ─ number, text, TensorProto, GraphProto ...
 *     └ TensorProto* (initializer) ─ dims, data_type, contents
 *
 * A hostile file must not cost more than its size deserves: nesting and the number of parts are limited, every length
 * is checked against the bytes that are there, nothing is allocated ahead of content.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { BoundedReader, type FieldReader, NAME_PARTS, NODE_PARTS, RECORD_PARTS, WireError } from './bounded-reader.ts';
import type {
  WireAttribute,
  WireDimension,
  WireFunction,
  WireGraph,
  WireModel,
  WireNode,
  WireTensor,
  WireValueInfo,
} from './messages.ts';

/** Graphs inside graphs. Exporters nest a handful of levels. */
const MAX_DEPTH = 32;
/** Longest typed (not raw) list of integers that is decoded. */
const MAX_INTEGERS = 1 << 16;

class Decoder extends BoundedReader {
  private depth = 0;

  private tensor(bytes: Uint8Array): WireTensor {
    this.part(RECORD_PARTS);
    const tensor: WireTensor = { name: '', dims: [], dataType: 0, external: false, skipped: false };
    const floats: Uint8Array[] = [];
    const doubles: Uint8Array[] = [];
    const integers: (number | bigint)[] = [];
    let anyIntegers = false;
    const add = (value: number | bigint | string): void => {
      this.part(1);
      if (integers.length >= MAX_INTEGERS) tensor.skipped = true;
      else integers.push(typeof value === 'string' ? BigInt(value) : value);
    };
    const typed =
      (next: (reader: BinaryReader) => number | bigint | string): FieldReader =>
      (reader, wire) => {
        anyIntegers = true;
        if (wire !== WireType.LengthDelimited) {
          this.expect(wire, WireType.Varint);
          add(next(reader));
          return;
        }
        const packed = new BinaryReader(this.bytes(reader, wire));
        // A varint has at most 10 bytes: such a list is certainly too long.
        if (packed.len > MAX_INTEGERS * 10) tensor.skipped = true;
        while (packed.pos < packed.len && !tensor.skipped) add(next(packed));
      };
    this.message(bytes, {
      1: (reader, wire) => this.ints(reader, wire, tensor.dims),
      2: (reader, wire) => {
        tensor.dataType = this.int(reader, wire);
      },
      4: (reader, wire) => this.fixed(reader, wire, 4, floats),
      5: typed((reader) => reader.int32()),
      7: typed((reader) => reader.int64()),
      8: (reader, wire) => {
        tensor.name = this.string(reader, wire);
      },
      9: (reader, wire) => {
        tensor.raw = this.bytes(reader, wire);
      },
      10: (reader, wire) => this.fixed(reader, wire, 8, doubles),
      11: typed((reader) => reader.uint64()),
      13: (reader, wire) => {
        tensor.elsewhere ??= new Map();
        this.entry(this.bytes(reader, wire), tensor.elsewhere);
      },
      14: (reader, wire) => {
        tensor.external = this.int(reader, wire) === 1;
      },
    });
    if (floats.length > 0) tensor.floats = joined(floats);
    if (doubles.length > 0) tensor.doubles = joined(doubles);
    if (anyIntegers && !tensor.skipped) tensor.integers = integers;
    return tensor;
  }

  /** A StringStringEntryProto. */
  private entry(bytes: Uint8Array, into: Map<string, string>): void {
    this.part(NAME_PARTS);
    let key = '';
    let value = '';
    this.message(bytes, {
      1: (reader, wire) => {
        key = this.string(reader, wire);
      },
      2: (reader, wire) => {
        value = this.string(reader, wire);
      },
    });
    into.set(key, value);
  }

  /** A sparse tensor: its shape and name; the contents stay unread. */
  private sparse(bytes: Uint8Array): WireTensor {
    let values: WireTensor | undefined;
    const dims: number[] = [];
    this.message(bytes, {
      1: (reader, wire) => {
        values = this.tensor(this.bytes(reader, wire));
      },
      3: (reader, wire) => this.ints(reader, wire, dims),
    });
    return { name: values?.name ?? '', dims, dataType: values?.dataType ?? 0, external: true, skipped: false };
  }

  private dimension(bytes: Uint8Array): WireDimension {
    this.part(NAME_PARTS);
    let result: WireDimension = '?';
    this.message(bytes, {
      1: (reader, wire) => {
        const size = this.int(reader, wire);
        if (size < -1) throw new WireError(`a dimension is ${size}`, this.place);
        // Several exporters write -1 for an open dimension.
        result = size === -1 ? '?' : size;
      },
      2: (reader, wire) => {
        const name = this.string(reader, wire);
        result = name === '' ? '?' : name;
      },
    });
    return result;
  }

  private valueInfo(bytes: Uint8Array): WireValueInfo {
    this.part(RECORD_PARTS);
    const info: WireValueInfo = { name: '', elementType: 0 };
    const shape: FieldReader = (reader, wire) => {
      const dimensions: WireDimension[] = [];
      this.message(this.bytes(reader, wire), {
        1: (inner, innerWire) => dimensions.push(this.dimension(this.bytes(inner, innerWire))),
      });
      info.shape = dimensions;
    };
    const tensorType: FieldReader = (reader, wire) =>
      this.message(this.bytes(reader, wire), {
        1: (inner, innerWire) => {
          info.elementType = this.int(inner, innerWire);
        },
        2: shape,
      });
    this.message(bytes, {
      1: (reader, wire) => {
        info.name = this.string(reader, wire);
      },
      // TypeProto: a dense (1) or sparse (8) tensor; sequences, maps and optionals have no one shape.
      2: (reader, wire) => this.message(this.bytes(reader, wire), { 1: tensorType, 8: tensorType }),
    });
    return info;
  }

  private attribute(bytes: Uint8Array): WireAttribute {
    this.part(RECORD_PARTS);
    const attribute: WireAttribute = { name: '', type: 0, reference: '', floats: [], ints: [], strings: [] };
    this.message(bytes, {
      1: (reader, wire) => {
        attribute.name = this.string(reader, wire);
      },
      2: (reader, wire) => {
        attribute.float = this.float(reader, wire);
      },
      3: (reader, wire) => {
        attribute.int = this.int(reader, wire);
      },
      4: (reader, wire) => {
        attribute.string = this.string(reader, wire);
      },
      5: (reader, wire) => {
        attribute.tensor = this.tensor(this.bytes(reader, wire));
      },
      6: (reader, wire) => {
        attribute.graph = this.graph(this.bytes(reader, wire));
      },
      7: (reader, wire) => this.floats(reader, wire, attribute.floats),
      8: (reader, wire) => this.ints(reader, wire, attribute.ints),
      9: (reader, wire) => attribute.strings.push(this.string(reader, wire)),
      20: (reader, wire) => {
        attribute.type = this.int(reader, wire);
      },
      21: (reader, wire) => {
        attribute.reference = this.string(reader, wire);
      },
      22: (reader, wire) => {
        attribute.tensor = this.sparse(this.bytes(reader, wire));
      },
    });
    return attribute;
  }

  private node(bytes: Uint8Array): WireNode {
    this.part(NODE_PARTS);
    const node: WireNode = { name: '', type: '', domain: '', overload: '', inputs: [], outputs: [], attributes: [] };
    this.message(bytes, {
      1: (reader, wire) => node.inputs.push(this.string(reader, wire)),
      2: (reader, wire) => node.outputs.push(this.string(reader, wire)),
      3: (reader, wire) => {
        node.name = this.string(reader, wire);
      },
      4: (reader, wire) => {
        node.type = this.string(reader, wire);
      },
      5: (reader, wire) => node.attributes.push(this.attribute(this.bytes(reader, wire))),
      7: (reader, wire) => {
        node.domain = domainOf(this.string(reader, wire));
      },
      8: (reader, wire) => {
        node.overload = this.string(reader, wire);
      },
    });
    if (node.type === '') throw new WireError('the node has no operator type', this.place);
    return node;
  }

  private nodes(reader: BinaryReader, wire: WireType, into: WireNode[]): void {
    const outer = this.place;
    this.place = outer === 'file' ? `node ${into.length}` : `${outer}, node ${into.length}`;
    into.push(this.node(this.bytes(reader, wire)));
    this.place = outer;
  }

  private graph(bytes: Uint8Array): WireGraph {
    if (++this.depth > MAX_DEPTH) throw new WireError(`graphs are nested more than ${MAX_DEPTH} deep`, this.place);
    const graph: WireGraph = { name: '', nodes: [], initializers: [], inputs: [], outputs: [], values: [] };
    this.message(bytes, {
      1: (reader, wire) => this.nodes(reader, wire, graph.nodes),
      2: (reader, wire) => {
        graph.name = this.string(reader, wire);
      },
      5: (reader, wire) => graph.initializers.push(this.tensor(this.bytes(reader, wire))),
      11: (reader, wire) => graph.inputs.push(this.valueInfo(this.bytes(reader, wire))),
      12: (reader, wire) => graph.outputs.push(this.valueInfo(this.bytes(reader, wire))),
      13: (reader, wire) => graph.values.push(this.valueInfo(this.bytes(reader, wire))),
      15: (reader, wire) => graph.initializers.push(this.sparse(this.bytes(reader, wire))),
    });
    this.depth--;
    return graph;
  }

  private operatorSet(bytes: Uint8Array, into: Map<string, number>): void {
    this.part(RECORD_PARTS);
    let domain = '';
    let version = 0;
    this.message(bytes, {
      1: (reader, wire) => {
        domain = domainOf(this.string(reader, wire));
      },
      2: (reader, wire) => {
        version = this.int(reader, wire);
      },
    });
    into.set(domain, version);
  }

  private function(bytes: Uint8Array): WireFunction {
    this.part(NODE_PARTS);
    const result: WireFunction = {
      name: '',
      domain: '',
      overload: '',
      inputs: [],
      outputs: [],
      nodes: [],
      opsets: new Map(),
      defaults: [],
    };
    this.message(bytes, {
      1: (reader, wire) => {
        result.name = this.string(reader, wire);
      },
      4: (reader, wire) => result.inputs.push(this.string(reader, wire)),
      5: (reader, wire) => result.outputs.push(this.string(reader, wire)),
      7: (reader, wire) => this.nodes(reader, wire, result.nodes),
      9: (reader, wire) => this.operatorSet(this.bytes(reader, wire), result.opsets),
      10: (reader, wire) => {
        result.domain = domainOf(this.string(reader, wire));
      },
      11: (reader, wire) => result.defaults.push(this.attribute(this.bytes(reader, wire))),
      13: (reader, wire) => {
        result.overload = this.string(reader, wire);
      },
    });
    return result;
  }

  model(bytes: Uint8Array): WireModel {
    const model: WireModel = { irVersion: 0, opsets: new Map(), functions: [] };
    this.message(bytes, {
      1: (reader, wire) => {
        model.irVersion = this.int(reader, wire);
      },
      7: (reader, wire) => {
        model.graph = this.graph(this.bytes(reader, wire));
      },
      8: (reader, wire) => this.operatorSet(this.bytes(reader, wire), model.opsets),
      25: (reader, wire) => {
        this.place = `function ${model.functions.length}`;
        model.functions.push(this.function(this.bytes(reader, wire)));
        this.place = 'file';
      },
    });
    return model;
  }
}

/** `ai.onnx` is the long name of the standard domain. */
function domainOf(name: string): string {
  return name === 'ai.onnx' ? '' : name;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** Decode a ModelProto. @throws WireError */
export function decodeModel(bytes: Uint8Array): WireModel {
  return new Decoder().model(bytes);
}
