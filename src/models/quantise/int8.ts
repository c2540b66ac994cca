/**
 * A model in 8-bit integers, as QuantizeLinear and DequantizeLinear around ordinary operators (the QDQ form): every
 * runtime computes it right, and those with integer kernels fuse each pattern into one.
 *
 *   weights alone     w ─► DequantizeLinear ─► Conv                                  a quarter of the bytes
 *   with activations  x ─► Quantize ─► Dequantize ─► Conv ─► Relu ─► Quantize ─► ...   integer arithmetic
 *
 * Convolutions and dense layers of constant weights are quantised, and what stands between them; everything else
 * computes in float32 on dequantised numbers.
 */
import { FreshNames } from '../fresh-names.ts';
import {
  type AttributeValue,
  countElements,
  type Graph,
  type Initializer,
  type Operator,
  tensorsRead,
} from '../graph.ts';
import type { WeightSource } from '../onnx/write.ts';
import { refusal } from '../refusal.ts';
import type { InferredShapes } from '../shapes/infer.ts';
import { encodeValues } from '../shapes/values.ts';
import { asBytes, finiteFloatsOf, floatTensor, type WeightedGraph } from './contents.ts';
import { activationScale, quantiseSymmetric, type Range } from './scales.ts';

export type QuantisableModel = WeightedGraph & { shapes: InferredShapes };

export interface QuantisedGraph {
  graph: Graph;
  weightsOf?: WeightSource;
  /** Operators whose weights are now 8-bit integers. */
  quantised: number;
}

/** Since this operator set a scale may differ by channel. */
const PER_CHANNEL_OPSET = 13;
const OLDEST_OPSET = 10;

/** Take their input's scale: they only move numbers, or pick some. */
const KEEPS_SCALE = new Set(['MaxPool', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity']);
/** Known to integer runtimes; the tensors around them are quantised. */
const INTEGER_FORM = new Set([
  ...KEEPS_SCALE,
  'Conv',
  'Gemm',
  'MatMul',
  'Add',
  'Concat',
  'AveragePool',
  'GlobalAveragePool',
]);
/** Absorbed by the quantisation after it: the range of integers begins where the operator would cut. */
const ABSORBED = new Set(['Relu', 'Clip']);

/** Where an operator's weights stand, and along which axis its output channels lie. */
function weightAxis({ type, domain, attributes }: Operator): number | undefined {
  if (domain !== '') return undefined;
  if (type === 'Conv') return 0;
  if (type === 'MatMul') return 1;
  const transposed = attributes.get('transB');
  return type === 'Gemm' ? (transposed?.kind === 'int' && transposed.value !== 0 ? 0 : 1) : undefined;
}

function weightOf(graph: Graph, operator: Operator): Initializer | undefined {
  const axis = weightAxis(operator);
  const weight = graph.initializers.get(operator.inputs[1] ?? '');
  if (axis === undefined || weight?.type !== 'float32' || weight.shape.length < 2) return undefined;
  return operator.type === 'MatMul' && weight.shape.length !== 2 ? undefined : weight;
}

/** Real run-time tensors whose ranges {@link quantiseModel} wants, in the order of their making. */
export function tensorsToCalibrate({ graph, shapes }: QuantisableModel): string[] {
  const wanted = quantisedTensors(graph, shapes);
  return [...shapes.tensors.keys()].filter((name) => wanted.has(name));
}

function quantisedTensors(graph: Graph, shapes: InferredShapes): Set<string> {
  const readers = new Map<string, Operator[]>();
  const makers = new Map<string, Operator>();
  for (const operator of graph.operators) {
    for (const name of operator.inputs) readers.set(name, [...(readers.get(name) ?? []), operator]);
    for (const name of operator.outputs) makers.set(name, operator);
  }
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const inInteger = (operator: Operator | undefined): boolean =>
    operator !== undefined &&
    operator.domain === '' &&
    INTEGER_FORM.has(operator.type) &&
    (weightAxis(operator) === undefined || weightOf(graph, operator) !== undefined);
  const names = new Set<string>();
  for (const [name, tensor] of shapes.tensors) {
    if (tensor.type !== 'float32' || shapes.constants.has(name) || outputs.has(name)) continue;
    const reading = readers.get(name) ?? [];
    const maker = makers.get(name);
    const absorbed = reading.length === 1 && reading[0]!.domain === '' && ABSORBED.has(reading[0]!.type);
    if (absorbed && inInteger(maker)) continue;
    const madeSo = maker !== undefined && (inInteger(maker) || (ABSORBED.has(maker.type) && maker.domain === ''));
    if (reading.length > 0 && (madeSo || reading.some(inInteger))) names.add(name);
  }
  return names;
}

export interface QuantiseOptions {
  /** Ranges of the tensors that {@link tensorsToCalibrate} names; absent = weights alone. */
  ranges?: ReadonlyMap<string, Range>;
  /** 7 where products of unsigned and signed bytes are summed in 16 bits without room (x86 without VNNI). */
  weightBits?: 7 | 8;
}

/** @throws HeterodyneError `BAD_INPUT`: an operator set before 10, or weights that are not at hand */
export function quantiseModel(model: QuantisableModel, options: QuantiseOptions = {}): QuantisedGraph {
  const { graph, shapes } = model;
  const { ranges, weightBits = 8 } = options;
  if (graph.opset < OLDEST_OPSET) {
    throw refusal('BAD_INPUT', `operator set ${graph.opset} knows no quantised tensors`, {
      path: 'opset_import',
      expected: `${OLDEST_OPSET} or newer, better ${PER_CHANNEL_OPSET}`,
      received: `${graph.opset}`,
      hint: 'export the model again with a newer operator set',
    });
  }
  const rewriting = new Rewriting(graph);
  const activations = ranges === undefined ? new Set<string>() : quantisedTensors(graph, shapes);
  const scaleOf = sharedRanges(graph, ranges ?? new Map());
  const enter = (name: string): void => {
    const range = scaleOf(name);
    if (activations.has(name) && range !== undefined) rewriting.quantiseActivation(name, range);
  };
  for (const input of graph.inputs) enter(input.name);
  let quantised = 0;
  for (const operator of graph.operators) {
    const inputs = operator.inputs.map((name) => rewriting.readAs(name));
    const weight = weightOf(graph, operator);
    if (weight !== undefined) {
      const axis = weightAxis(operator)!;
      const dequantised = rewriting.quantiseWeight(model, weight, axis, weightBits);
      inputs[1] = dequantised.output;
      quantised++;
      const bias = graph.initializers.get(operator.inputs[2] ?? '');
      const scale = rewriting.scales.get(operator.inputs[0]!);
      if (bias?.type === 'float32' && scale !== undefined && operator.type !== 'MatMul') {
        inputs[2] = rewriting.quantiseBias(model, bias, scale, dequantised) ?? inputs[2]!;
      }
    }
    rewriting.operators.push({ ...operator, inputs });
    for (const name of operator.outputs) enter(name);
  }
  return { graph: rewriting.finish(), weightsOf: model.weightsOf, quantised };
}

/** The range of a tensor, taken from the start of the chain of operators that keep their input's scale. */
function sharedRanges(graph: Graph, ranges: ReadonlyMap<string, Range>): (name: string) => Range | undefined {
  const origin = new Map<string, string>();
  for (const { type, domain, inputs, outputs } of graph.operators) {
    if (domain !== '' || !KEEPS_SCALE.has(type)) continue;
    const first = inputs[0]!;
    if (ranges.has(first)) origin.set(outputs[0]!, origin.get(first) ?? first);
  }
  return (name) => ranges.get(origin.get(name) ?? name);
}

interface DequantisedWeight {
  /** Name of the tensor. */
  output: string;
  scales: Float32Array;
}

/** Names of the tensors that stand for one. */
interface Parts {
  quantized: string;
  scale: string;
  zero: string;
  dequantized: string;
}

/** The graph as it grows. */
class Rewriting {
  readonly operators: Operator[] = [];
  /** Scale of each quantised activation. */
  readonly scales = new Map<string, number>();
  readonly #source: Graph;
  readonly #added = new Map<string, Initializer>();
  readonly #weights = new Map<string, DequantisedWeight>();
  readonly #biases = new Map<string, string>();
  readonly #renamed = new Map<string, string>();
  readonly #names: FreshNames;

  constructor(source: Graph) {
    this.#source = source;
    this.#names = new FreshNames(source);
  }

  /** Under which name a tensor is read from now on. */
  readAs(name: string): string {
    return this.#renamed.get(name) ?? name;
  }

  quantiseActivation(name: string, range: Range): void {
    const { scale, zero } = activationScale(range);
    this.scales.set(name, scale);
    const parts = this.#partsOf(name);
    this.#add(floatTensor(parts.scale, [], Float32Array.of(scale)));
    this.#add({ name: parts.zero, type: 'uint8', shape: [], data: Uint8Array.of(zero) });
    this.#emit('QuantizeLinear', [name, parts.scale, parts.zero], parts.quantized);
    this.#renamed.set(name, this.#dequantise(parts));
  }

  quantiseWeight(model: WeightedGraph, weight: Initializer, axis: number, bits: 7 | 8): DequantisedWeight {
    const key = `${weight.name} along ${axis}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    // A matrix that is read both ways has two forms.
    const twice = this.#weights.has(`${weight.name} along ${1 - axis}`);
    const parts = this.#partsOf(twice ? `${weight.name}_${axis}` : weight.name);
    const perChannel = this.#source.opset >= PER_CHANNEL_OPSET;
    const channels = perChannel ? weight.shape[axis]! : 1;
    const stride = countElements(weight.shape.slice(axis + 1));
    const { values, scales } = quantiseSymmetric(finiteFloatsOf(weight, model.weightsOf), channels, stride, bits);
    const shape = perChannel ? [channels] : [];
    this.#add({ name: parts.quantized, type: 'int8', shape: weight.shape, data: asBytes(values) });
    this.#add(floatTensor(parts.scale, shape, scales));
    this.#add({ name: parts.zero, type: 'int8', shape, data: new Uint8Array(channels) });
    const result = { output: this.#dequantise(parts, perChannel ? axis : undefined), scales };
    this.#weights.set(key, result);
    return result;
  }

  /**
   * Biases add to sums of products, so their scale is the product of both scales.
   *
   * @returns the name of the dequantised bias; undefined where 32 bits are too few for it
   */
  quantiseBias(
    model: WeightedGraph,
    bias: Initializer,
    inputScale: number,
    weight: DequantisedWeight,
  ): string | undefined {
    const name = `${bias.name}_for_${weight.output}`;
    const key = `${name} at ${inputScale}`;
    const known = this.#biases.get(key);
    if (known !== undefined) return known;
    const values = finiteFloatsOf(bias, model.weightsOf);
    const scales = Float32Array.from(weight.scales, (scale) => Math.fround(scale * inputScale));
    if (bias.shape.length !== 1 || (scales.length !== 1 && scales.length !== values.length)) return undefined;
    const integers = [...values].map((value, i) => Math.round(value / scales[scales.length === 1 ? 0 : i]!));
    if (!integers.every((value) => Math.abs(value) < 2 ** 31)) return undefined;
    const parts = this.#partsOf(this.#biases.size === 0 ? name : `${name}_${this.#biases.size + 1}`);
    const shape = scales.length === 1 ? [] : [scales.length];
    const data = encodeValues('int32', integers, name);
    this.#add({ name: parts.quantized, type: 'int32', shape: bias.shape, data });
    this.#add(floatTensor(parts.scale, shape, scales));
    this.#add({ name: parts.zero, type: 'int32', shape, data: new Uint8Array(4 * scales.length) });
    const output = this.#dequantise(parts, shape.length > 0 ? 0 : undefined);
    this.#biases.set(key, output);
    return output;
  }

  finish(): Graph {
    const needed = new Set(this.operators.flatMap(tensorsRead));
    for (const output of this.#source.outputs) needed.add(output.name);
    const kept = [...this.#source.initializers.values()].filter(({ name }) => needed.has(name));
    const initializers = new Map([...kept, ...this.#added.values()].map((each) => [each.name, each]));
    return { ...this.#source, operators: this.operators, initializers };
  }

  #add(initializer: Initializer): void {
    this.#added.set(initializer.name, initializer);
  }

  #partsOf(name: string): Parts {
    const part = (suffix: string): string => this.#names.of(`${name}_${suffix}`);
    return {
      quantized: part('quantized'),
      scale: part('scale'),
      zero: part('zero'),
      dequantized: part('dequantized'),
    };
  }

  #dequantise({ quantized, scale, zero, dequantized }: Parts, axis?: number): string {
    const attributes: Record<string, AttributeValue> = axis === undefined ? {} : { axis: { kind: 'int', value: axis } };
    this.#emit('DequantizeLinear', [quantized, scale, zero], dequantized, attributes);
    return dequantized;
  }

  #emit(type: string, inputs: string[], output: string, attributes: Record<string, AttributeValue> = {}): void {
    const name = this.#names.of(`${output}_node`);
    this.operators.push({
      name,
      type,
      domain: '',
      inputs,
      outputs: [output],
      attributes: new Map(Object.entries(attributes)),
    });
  }
}
