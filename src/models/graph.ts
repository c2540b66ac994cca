/**
 * A neural network as Heterodyne sees it: operators in topological order over named tensors. It comes from an ONNX
 * file (`onnx/read.ts`) or from the zoo (`zoo/`), and goes to shape inference, work counting and block cutting.
 */

/** ONNX element types that appear in vision and speech networks. */
export type ElementType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'int4'
  | 'uint4'
  | 'float8'
  | 'complex64'
  | 'complex128'
  | 'string'
  | 'other';

/** Bytes per element; two 4-bit numbers share a byte; strings and unknown types count as 1. */
export const ELEMENT_BYTES: Record<ElementType, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
  int4: 0.5,
  uint4: 0.5,
  float8: 1,
  complex64: 8,
  complex128: 16,
  string: 1,
  other: 1,
};

/** A dimension: its size, or the name of a symbol (`batch`), or '?' when the file states nothing. */
export type Dimension = number | string;

export interface TensorInfo {
  name: string;
  type: ElementType;
  /** undefined = rank unknown. */
  shape?: Dimension[];
}

/** A constant tensor. `data` is present when the content is small enough to matter for shapes, or on request. */
export interface Initializer {
  name: string;
  type: ElementType;
  shape: number[];
  /** Raw little-endian bytes, a view into the file where possible; absent = left unread (external or large). */
  data?: Uint8Array;
  /** Where the content is, when it lies in another file. */
  external?: ExternalContent;
}

/** A stretch of a file beside the ONNX file. */
export interface ExternalContent {
  /** Relative to the ONNX file's folder, as the file states it: not to be trusted. */
  location: string;
  offset: number;
  /** Absent = as much as the tensor needs. */
  length?: number;
}

export type AttributeValue =
  | { kind: 'int'; value: number }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'ints'; value: number[] }
  | { kind: 'floats'; value: number[] }
  | { kind: 'strings'; value: string[] }
  | { kind: 'tensor'; value: Initializer }
  | { kind: 'graph'; value: Graph };

/** One node of the graph. An empty string among inputs or outputs marks an absent optional tensor. */
export interface Operator {
  name: string;
  /** ONNX operator type: `Conv`, `Gemm`, ... */
  type: string;
  /** '' = the standard domain. */
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, AttributeValue>;
  /** Version of the operator's set: where it differs from the graph's (bodies of inlined functions), or from 1. */
  opset?: number;
}

export interface Graph {
  name: string;
  /** Version of the standard operator set. */
  opset: number;
  /** Graph inputs that are not initializers. */
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  initializers: Map<string, Initializer>;
  /** Topologically sorted. */
  operators: Operator[];
  /** Shapes that the file itself states for intermediate tensors; hints only. */
  declared: Map<string, TensorInfo>;
  /** Free text to write into the file, by key (`metadata_props`); `onnx/metadata.ts` reads it. */
  metadata?: ReadonlyMap<string, string>;
}

/** How messages name an operator: `node 17 "conv1" (Conv)`. */
export function placeOf(operator: Operator, index: number): string {
  const type = operator.domain === '' ? operator.type : `${operator.domain}:${operator.type}`;
  return `node ${index}${operator.name === '' ? '' : ` "${operator.name}"`} (${type})`;
}

/** Graphs inside an operator's attributes: branches and bodies of If, Loop, Scan. */
export function innerGraphs(operator: Operator): Graph[] {
  const graphs: Graph[] = [];
  for (const attribute of operator.attributes.values()) if (attribute.kind === 'graph') graphs.push(attribute.value);
  return graphs;
}

/** Names that a graph inside an operator takes from the graphs around it. */
function capturedBy(graph: Graph): Set<string> {
  const own = new Set<string>(graph.initializers.keys());
  for (const input of graph.inputs) own.add(input.name);
  for (const operator of graph.operators) for (const output of operator.outputs) own.add(output);
  const captured = new Set<string>();
  const use = (name: string): void => {
    if (name !== '' && !own.has(name)) captured.add(name);
  };
  for (const operator of graph.operators) for (const name of tensorsRead(operator)) use(name);
  for (const output of graph.outputs) use(output.name);
  return captured;
}

/** All tensors that an operator reads: its inputs, and what its inner graphs take from around it. Each once. */
export function tensorsRead(operator: Operator): string[] {
  const names = new Set(operator.inputs);
  for (const inner of innerGraphs(operator)) for (const name of capturedBy(inner)) names.add(name);
  names.delete('');
  return [...names];
}

/** A tensor whose shape is known to the last number. */
export interface SizedTensor {
  name: string;
  type: ElementType;
  shape: number[];
  bytes: number;
}

/** Elements of a shape; 1 for a scalar. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Bytes of a tensor, packed. */
export function tensorBytes(type: ElementType, shape: readonly number[]): number {
  return Math.ceil(countElements(shape) * ELEMENT_BYTES[type]);
}

/** Classes of operators that a cost model tells apart. */
export const OPERATOR_CLASSES = [
  'conv',
  'depthwise',
  'gemm',
  'pool',
  'elementwise',
  'normalization',
  'recurrent',
  'movement',
] as const;
export type OperatorClass = (typeof OPERATOR_CLASSES)[number];

/** What one block costs, independent of any processor. Batch included. */
export interface BlockWork {
  /** Multiply-accumulates per operator class. */
  macs: Partial<Record<OperatorClass, number>>;
  /** Bytes read and written per operator class (activations and weights), assuming nothing stays in a cache. */
  bytes: Partial<Record<OperatorClass, number>>;
  /** Kernel launches per operator class. */
  launches: Partial<Record<OperatorClass, number>>;
  /** Operator types in the block, sorted, for support checks. */
  operators: string[];
}

/** The smallest piece that may be placed. */
export interface Block {
  index: number;
  /** Readable: the block's first named operator, or a range. */
  name: string;
  /** Indices into Graph.operators, ascending. */
  operators: number[];
  work: BlockWork;
  weightBytes: number;
  /** Largest sum of live activation bytes while the block runs. */
  activationBytes: number;
  /** Tensors (and their bytes) that live across the cut after this block; for the last block: the graph outputs. */
  outputs: string[];
  outputBytes: number;
}

/** Element type that real numbers are stored in when a model is deployed in another precision than its file's. */
export type Precision = 'float32' | 'float16' | 'int8';

/** A model cut into blocks: what profiles, planners and the runtime work with. */
export interface BlockedModel {
  name: string;
  /** sha256 of the file's bytes, or of the zoo entry's canonical description. */
  hash: string;
  /** Where it came from: a path, or `zoo:NAME`. */
  source: string;
  batch: number;
  /** Absent = as stored in the file. */
  precision?: Precision;
  inputs: SizedTensor[];
  outputs: SizedTensor[];
  blocks: Block[];
  /** Multiply-accumulates of all blocks, for the whole batch. */
  macs: number;
  /** Trained numbers: elements of constant tensors read at run time, without statistics, indices and scalars. */
  parameters: number;
  /** Every stored weight once, also where several blocks share it. */
  weightBytes: number;
  /** Largest `activationBytes` of any block. */
  activationBytes: number;
  warnings: string[];
}
