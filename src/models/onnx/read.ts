/**
 * ONNX file to graph: decodes (`wire.ts`), inlines local functions, checks names, and sorts the operators. Weights stay
 * views into the file; contents in other files are not read.
 */
import type { HeterodyneError, HeterodyneErrorDetails } from '../../core/errors.ts';
import {
  type AttributeValue,
  type Graph,
  type Initializer,
  type Operator,
  placeOf,
  type TensorInfo,
} from '../graph.ts';
import { refusal } from '../refusal.ts';
import { elementTypeOf } from '../shapes/node.ts';
import { WireError } from './bounded-reader.ts';
import { inlineFunctions } from './functions.ts';
import { toInitializer } from './initializers.ts';
import type { WireAttribute, WireGraph, WireModel, WireNode, WireValueInfo } from './messages.ts';
import { sortOperators } from './sort.ts';
import { decodeModel } from './wire.ts';

export interface ReadOptions {
  /** Name of the file, for messages. */
  source?: string;
}

/** Oldest operator set with today's broadcasting rules. */
const OLDEST_OPSET = 7;
/** Far above any version: a larger number is damage. */
const LARGEST_VERSION = 1000;

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
