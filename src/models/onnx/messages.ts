/** The protobuf messages of an ONNX file as plain objects: the fields that planning needs. Decoded in `wire.ts`. */

export interface WireTensor {
  name: string;
  dims: number[];
  /** TensorProto.DataType; 0 = not stated. */
  dataType: number;
  /** Contents live in another file. */
  external: boolean;
  /** Where: `location`, `offset`, `length` and whatever else the writer noted. */
  elsewhere?: Map<string, string>;
  /** Contents as stated: bytes in tensor order, or the numbers of one of the typed fields. */
  raw?: Uint8Array;
  /** Little-endian bytes of `float_data`. */
  floats?: Uint8Array;
  /** Little-endian bytes of `double_data`. */
  doubles?: Uint8Array;
  /** `int32_data`, `int64_data` or `uint64_data`; undefined where they are too many to be of interest. */
  integers?: (number | bigint)[];
  /** `int32_data`, `int64_data` or `uint64_data` was too long to decode. */
  skipped: boolean;
}

/** A dimension: its size, the name of a symbol, or '?' when the file states nothing. */
export type WireDimension = number | string;

export interface WireValueInfo {
  name: string;
  /** TensorProto.DataType; 0 = not stated, or no tensor. */
  elementType: number;
  shape?: WireDimension[];
}

export interface WireAttribute {
  name: string;
  /** AttributeProto.AttributeType; 0 = not stated (files before IR version 3). */
  type: number;
  /** In a function body: the attribute of the function that this one stands for. */
  reference: string;
  float?: number;
  int?: number;
  string?: string;
  tensor?: WireTensor;
  graph?: WireGraph;
  floats: number[];
  ints: number[];
  strings: string[];
}

export interface WireNode {
  name: string;
  type: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  attributes: WireAttribute[];
  /** Version of its operator set, where an inlined function brings its own. */
  opset?: number;
}

export interface WireGraph {
  name: string;
  nodes: WireNode[];
  initializers: WireTensor[];
  inputs: WireValueInfo[];
  outputs: WireValueInfo[];
  values: WireValueInfo[];
}

export interface WireFunction {
  name: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  nodes: WireNode[];
  opsets: Map<string, number>;
  /** Attributes with default values. */
  defaults: WireAttribute[];
}

export interface WireModel {
  irVersion: number;
  opsets: Map<string, number>;
  graph?: WireGraph;
  functions: WireFunction[];
}
