/**
 * ONNX file to graph: decodes (`wire.ts`), inlines local functions, checks names, and sorts the operators. Weights stay
 * views into the file; contents in other files are not read.
 */
import type { HeterodyneError, HeterodyneErrorDetails } from '../../core/errors.ts';
import {
  type AttributeValue,
  countElements,
  type ElementType,
  type ExternalContent,
  type Graph,
  type Initializer,
  type Operator,
  placeOf,
  type TensorInfo,
  tensorBytes,
  tensorsRead,
} from '../graph.ts';
import { refusal } from '../refusal.ts';
import { elementTypeOf } from '../shapes/node.ts';
import { inlineFunctions } from './functions.ts';
import type { WireAttribute, WireGraph, WireModel, WireNode, WireTensor, WireValueInfo } from './messages.ts';
import { decodeModel, WireError } from './wire.ts';

export interface ReadOptions {
  /** Name of the file, for messages. */
  source?: string;
}

/** Oldest operator set with today's broadcasting rules. */
export const OLDEST_OPSET = 7;
/** Far above any version: a larger number is damage. */
const LARGEST_VERSION = 1000;
const MAX_RANK = 64;

/** Beginnings of files that people mistake for ONNX: offset, bytes as text, what it is. */
const SIGNATURES: readonly (readonly [number, string, string])[] = [
  [0, '\x89PNG', 'a PNG image'],
  [0, '\xff\xd8\xff', 'a JPEG image'],
  [0, 'PK\x03\x04', 'a zip archive (PyTorch checkpoints are such)'],
  [0, '\x1f\x8b', 'a gzip archive'],
  [0, '\x89HDF', 'an HDF5 file (Keras weights are such)'],
  [4, 'TFL3', 'a TensorFlow Lite model'],
  [4, 'ORTM', "a model in ONNX Runtime's own format"],
  [0, 'version https://git-lfs', 'a Git LFS pointer: the model itself was not fetched'],
  [0, '%PDF', 'a PDF document'],
  [0, '\x7fELF', 'an executable'],
];

/** What a file that is no ONNX model probably is. */
function describe(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  for (const [offset, signature, what] of SIGNATURES) if (start.startsWith(signature, offset)) return what;
  if (/^[\t\n\r\x20-\x7e]+$/.test(start)) return `text beginning "${start.slice(0, 20).trim()}"`;
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes beginning ${hex}`;
}

function bad(message: string, details: HeterodyneErrorDetails): HeterodyneError {
  return refusal('BAD_INPUT', message, details);
}

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

function toInitializer(tensor: WireTensor, place: string): Initializer {
  if (tensor.dataType === 0)
    throw bad(`${place}: the tensor states no element type`, { path: place, expected: 'a data_type' });
  const type = elementTypeOf(tensor.dataType);
  const shape = tensor.dims;
  const legal = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!legal || shape.length > MAX_RANK || !Number.isSafeInteger(countElements(shape) * 16)) {
    throw bad(`${place}: the tensor has an impossible shape`, {
      path: place,
      expected: `at most ${MAX_RANK} dimensions of at least 0, fewer than 2^49 elements`,
      received: shape.length > MAX_RANK ? `rank ${shape.length}` : shape.join('x'),
    });
  }
  const data = contentsOf(tensor, type);
  const expected = tensorBytes(type, shape);
  if (data !== undefined && data.length !== expected) {
    throw bad(`${place}: the contents of the tensor do not fit its shape`, {
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
    throw bad(`${place}: the ${key} of its external content is illegal`, {
      path: place,
      expected: 'a whole number of bytes',
      received: text,
    });
  };
  const length = size('length');
  return { location, offset: size('offset') ?? 0, ...(length !== undefined && { length }) };
}

function toTensorInfo(info: WireValueInfo): TensorInfo {
  return { name: info.name, type: elementTypeOf(info.elementType), ...(info.shape && { shape: [...info.shape] }) };
}

/** AttributeProto.AttributeType; files before IR version 3 state none, and the field that is there tells. */
function kindOf(attribute: WireAttribute): AttributeValue['kind'] | undefined {
  const stated = (['float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings'] as const)[
    attribute.type - 1
  ];
  if (stated !== undefined) return stated;
  if (attribute.type === 11) return 'tensor';
  if (attribute.type !== 0) return undefined;
  for (const kind of ['float', 'int', 'string', 'tensor', 'graph'] as const)
    if (attribute[kind] !== undefined) return kind;
  for (const kind of ['ints', 'floats', 'strings'] as const) if (attribute[kind].length > 0) return kind;
  return undefined;
}

/** undefined for kinds that no known operator needs (lists of graphs or tensors, types). */
function toAttribute(attribute: WireAttribute, place: string, model: ModelFacts): AttributeValue | undefined {
  const kind = kindOf(attribute);
  const where = `${place}, attribute "${attribute.name}"`;
  switch (kind) {
    case undefined:
      return undefined;
    // Writers may leave out a value that equals protobuf's default.
    case 'float':
      return { kind, value: attribute.float ?? 0 };
    case 'int':
      return { kind, value: attribute.int ?? 0 };
    case 'string':
      return { kind, value: attribute.string ?? '' };
    case 'floats':
      return { kind, value: attribute.floats };
    case 'ints':
      return { kind, value: attribute.ints };
    case 'strings':
      return { kind, value: attribute.strings };
    case 'tensor':
      if (attribute.tensor === undefined) throw bad(`${where}: the tensor is missing`, { path: where });
      return { kind, value: toInitializer(attribute.tensor, where) };
    case 'graph':
      if (attribute.graph === undefined) throw bad(`${where}: the graph is missing`, { path: where });
      return { kind, value: toGraph(attribute.graph, model, `${where}: `) };
  }
}

interface ModelFacts {
  opset: number;
  /** Versions of all operator sets, by domain. */
  opsets: ReadonlyMap<string, number>;
}

function toOperator(node: WireNode, index: number, model: ModelFacts, within: string): Operator {
  const version = node.opset ?? (node.domain === '' ? undefined : model.opsets.get(node.domain));
  const operator: Operator = {
    name: node.name,
    type: node.type,
    domain: node.domain,
    inputs: node.inputs,
    outputs: node.outputs,
    attributes: new Map(),
    ...(version !== undefined && version !== (node.domain === '' ? model.opset : 1) && { opset: version }),
  };
  const place = within + placeOf(operator, index);
  for (const attribute of node.attributes) {
    const value = toAttribute(attribute, place, model);
    if (value !== undefined) operator.attributes.set(attribute.name, value);
  }
  return operator;
}

function toGraph(wire: WireGraph, model: ModelFacts, within: string): Graph {
  const initializers = new Map<string, Initializer>();
  for (const tensor of wire.initializers) {
    const place = `${within}initializer "${tensor.name}"`;
    if (initializers.has(tensor.name))
      throw bad(`${place} is defined twice`, { path: place, expected: 'one definition per tensor' });
    initializers.set(tensor.name, toInitializer(tensor, place));
  }
  const operators = wire.nodes.map((node, index) => toOperator(node, index, model, within));
  return {
    name: wire.name,
    opset: model.opset,
    inputs: wire.inputs.filter((input) => !initializers.has(input.name)).map(toTensorInfo),
    outputs: wire.outputs.map(toTensorInfo),
    initializers,
    operators,
    declared: new Map(wire.values.map((value) => [value.name, toTensorInfo(value)])),
  };
}

/** Who defines each tensor: an operator's index, or -1 for inputs and initializers. Each has one definition. */
function definitionsOf(graph: Graph, within: string): Map<string, number> {
  const definitions = new Map<string, number>();
  const describeAt = (index: number): string =>
    index < 0 ? 'an input or initializer' : placeOf(graph.operators[index]!, index);
  const define = (name: string, index: number): void => {
    const other = definitions.get(name);
    if (other !== undefined) {
      throw bad(`${within}tensor "${name}" is defined twice: by ${describeAt(other)} and by ${describeAt(index)}`, {
        path: within + describeAt(index),
        expected: 'one definition per tensor',
        received: `"${name}" again`,
      });
    }
    definitions.set(name, index);
  };
  for (const input of graph.inputs) define(input.name, -1);
  for (const name of graph.initializers.keys()) define(name, -1);
  for (const [index, operator] of graph.operators.entries()) {
    for (const name of operator.outputs) if (name !== '') define(name, index);
  }
  return definitions;
}

/** Whether a tensor of the graphs around may be read. */
type Visible = (name: string) => boolean;

/**
 * Put the operators in an order in which each stands behind those that it reads from, the order of the file where that
 * is one already. `outer` are the tensors of the graphs around this one.
 */
function sortOperators(graph: Graph, outer: Visible, within: string): void {
  const definitions = definitionsOf(graph, within);
  const sources = graph.operators.map((operator, index) => {
    const list: number[] = [];
    for (const name of tensorsRead(operator)) {
      const source = definitions.get(name);
      if (source === undefined && !outer(name)) {
        const place = within + placeOf(operator, index);
        throw bad(`${place}: tensor "${name}" is defined nowhere`, {
          path: place,
          expected: 'a graph input, an initializer, or an output of another node',
          received: `"${name}"`,
        });
      }
      if (source !== undefined && source >= 0) list.push(source);
    }
    return list;
  });
  for (const output of graph.outputs) {
    if (!definitions.has(output.name) && !outer(output.name)) {
      throw bad(`${within}output "${output.name}" is defined nowhere`, {
        path: `${within}output "${output.name}"`,
        expected: 'a graph input, an initializer, or an output of a node',
        received: `"${output.name}"`,
      });
    }
  }
  if (sources.some((list, index) => list.some((source) => source >= index))) {
    graph.operators = sortedBySources(graph, sources, within).map((index) => graph.operators[index]!);
  }
  const visible: Visible = (name) => definitions.has(name) || outer(name);
  for (const [index, operator] of graph.operators.entries()) {
    for (const [name, attribute] of operator.attributes) {
      if (attribute.kind === 'graph') {
        sortOperators(attribute.value, visible, `${within}${placeOf(operator, index)}, attribute "${name}": `);
      }
    }
  }
}

/** Depth first, iterative; a source that is still open when it is met again closes a cycle. */
function sortedBySources(graph: Graph, sources: readonly number[][], within: string): number[] {
  const order: number[] = [];
  const state = new Uint8Array(sources.length);
  const [unseen, open, done] = [0, 1, 2];
  for (let root = 0; root < sources.length; root++) {
    if (state[root] !== unseen) continue;
    const path = [{ index: root, next: 0 }];
    state[root] = open;
    while (path.length > 0) {
      const top = path.at(-1)!;
      const source = sources[top.index]![top.next++];
      if (source === undefined) {
        state[top.index] = done;
        order.push(top.index);
        path.pop();
      } else if (state[source] === open) {
        const place = within + placeOf(graph.operators[source]!, source);
        throw bad(`${place} depends on its own result`, {
          path: place,
          expected: 'a graph without cycles',
          received: `a cycle through ${path
            .slice(path.findIndex((step) => step.index === source))
            .slice(0, 5)
            .map((step) => placeOf(graph.operators[step.index]!, step.index))
            .join(', ')}`,
        });
      } else if (state[source] === unseen) {
        state[source] = open;
        path.push({ index: source, next: 0 });
      }
    }
  }
  return order;
}

function usesStandardDomain(graph: WireGraph): boolean {
  return graph.nodes.some((node) => node.domain === '');
}

function opsetOf(model: WireModel, graph: WireGraph): number {
  const opset = model.opsets.get('');
  if (opset === undefined && model.opsets.size > 0 && !usesStandardDomain(graph)) return OLDEST_OPSET;
  if (opset === undefined) {
    throw bad('the file states no version of the standard operator set', {
      path: 'opset_import',
      expected: `${OLDEST_OPSET} or newer`,
      received: 'nothing, which means version 1',
      hint: 'the file is very old, or was cut off at its end: fetch or export it again',
    });
  }
  if (!Number.isInteger(opset) || opset < 1 || opset > LARGEST_VERSION) {
    throw bad('the version of the operator set is impossible', {
      path: 'opset_import',
      expected: `${OLDEST_OPSET} or newer`,
      received: `${opset}`,
    });
  }
  if (opset < OLDEST_OPSET) {
    throw bad(`operator set ${opset} is too old`, {
      path: 'opset_import',
      expected: `${OLDEST_OPSET} or newer`,
      received: `${opset}`,
      hint: 'convert the file with the ONNX version converter, or export it again with a newer operator set',
    });
  }
  return opset;
}

/**
 * Read an ONNX file. Weights are views into `file`, which must stay unchanged.
 *
 * @throws HeterodyneError `BAD_INPUT` for everything that is no valid ONNX model of operator set 7 or newer.
 */
export function readOnnx(file: Uint8Array, options: ReadOptions = {}): Graph {
  // A Buffer of Node would give Buffers as views.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const source = options.source !== undefined ? { source: options.source } : {};
  const notOnnx = (why: string, path: string, hint?: string): HeterodyneError =>
    bad(`not a readable ONNX model: ${why}`, {
      path,
      expected: 'an ONNX model (a protobuf ModelProto with a graph)',
      received: bytes.length === 0 ? 'an empty file' : describe(bytes),
      ...(hint !== undefined && { hint }),
      ...source,
    });
  if (bytes.length === 0) throw notOnnx('the file is empty', 'file');
  try {
    const model = decodeModel(bytes);
    if (model.graph === undefined) throw notOnnx('it holds no graph', 'file');
    const opset = opsetOf(model, model.graph);
    const graph = toGraph(inlineFunctions(model, model.graph), { opset, opsets: model.opsets }, '');
    if (graph.operators.length === 0) throw notOnnx('its graph has no nodes', 'graph');
    if (graph.outputs.length === 0) throw notOnnx('its graph has no outputs', 'graph');
    sortOperators(graph, () => false, '');
    return graph;
  } catch (error) {
    if (error instanceof WireError) {
      throw notOnnx(
        `${error.place}: ${error.message}`,
        error.place,
        'the file is no ONNX model, is damaged, or was cut off',
      );
    }
    throw error;
  }
}
