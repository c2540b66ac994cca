/**
 * A model in half precision: weights and activations in float16, inputs and outputs as they were.
 *
 * Every real tensor N may exist twice, as N (float32) and as N_fp16. Operators take and make the half form, save those
 * that runtimes know in float32 alone; a Cast makes the other form where somebody wants it.
 */
import { FreshNames } from '../fresh-names.ts';
import type { AttributeValue, Graph, Initializer, Operator } from '../graph.ts';
import { tensorsRead } from '../graph.ts';
import type { WeightSource } from '../onnx/write.ts';
import type { InferredShapes } from '../shapes/infer.ts';
import { numberToHalf } from '../shapes/values.ts';
import { asBytes, floatsOf, type WeightedGraph } from './contents.ts';

/** TensorProto.DataType. */
const FLOAT = 1;
const FLOAT16 = 10;
const LARGEST_HALF = 65504;

/** No float16 kernel or no float16 in their signature; operators of other domains and with inner graphs stay, too. */
const FLOAT32_ONLY = new Set(
  `Resize Upsample NonMaxSuppression RoiAlign MaxRoiPool Range Multinomial RandomNormal RandomUniform RandomNormalLike
   RandomUniformLike EyeLike QuantizeLinear DequantizeLinear DynamicQuantizeLinear ConvInteger MatMulInteger QLinearConv
   QLinearMatMul LSTM GRU RNN CumSum ConstantOfShape HannWindow HammingWindow BlackmanWindow MelWeightMatrix DFT STFT
   LRN GridSample TopK`.split(/\s+/),
);

export interface HalfGraph {
  graph: Graph;
  weightsOf?: WeightSource;
  /** Weights beyond what half precision holds, cut to its largest number. */
  clamped: number;
}

/** @throws HeterodyneError `BAD_INPUT`: weights that are not at hand */
export function toFloat16(model: WeightedGraph & { shapes: InferredShapes }): HalfGraph {
  const { graph, shapes } = model;
  const isReal = (name: string): boolean => shapes.tensors.get(name)?.type === 'float32';
  const names = new FreshNames(graph);
  const half = (name: string): string => names.of(`${name}_fp16`);
  const initializers = new Map<string, Initializer>();
  const operators: Operator[] = [];
  /** Forms that exist by now. */
  const made = new Set<string>(graph.inputs.map((input) => input.name));
  let clamped = 0;

  const toHalf = (name: string): Initializer => {
    const stored = graph.initializers.get(name)!;
    const values = floatsOf(stored, model.weightsOf);
    const bits = new Uint16Array(values.length);
    for (let i = 0; i < bits.length; i++) {
      const value = values[i]!;
      if (Math.abs(value) > LARGEST_HALF && Number.isFinite(value)) clamped++;
      bits[i] = numberToHalf(Number.isFinite(value) ? Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value)) : value);
    }
    return { name: half(name), type: 'float16', shape: stored.shape, data: asBytes(bits) };
  };
  const cast = (from: string, to: string, type: number): void => {
    operators.push(operator('Cast', names.of(`${to}_cast`), [from], [to], { to: { kind: 'int', value: type } }));
  };
  /** The wanted form of a tensor, made if it is not there yet. */
  const form = (name: string, asHalf: boolean): string => {
    const wanted = asHalf && isReal(name) ? half(name) : name;
    if (name === '' || made.has(wanted)) return wanted;
    made.add(wanted);
    const stored = graph.initializers.get(name);
    if (stored !== undefined) initializers.set(wanted, wanted === name ? stored : toHalf(name));
    else if (made.has(name) && wanted !== name) cast(name, wanted, FLOAT16);
    else if (made.has(half(name))) cast(half(name), name, FLOAT);
    return wanted;
  };

  for (const each of graph.operators) {
    const inHalf = runsInHalf(each);
    const own = new Set(each.inputs);
    for (const name of tensorsRead(each)) if (!own.has(name)) form(name, false); // what inner graphs take
    const inputs = each.inputs.map((name) => form(name, inHalf));
    const outputs = each.outputs.map((name) => (inHalf && isReal(name) ? half(name) : name));
    for (const name of outputs) made.add(name);
    operators.push({ ...each, inputs, outputs, ...(inHalf && { attributes: halfAttributes(each) }) });
  }
  for (const { name } of graph.outputs) form(name, false);
  return { graph: { ...graph, operators, initializers, declared: new Map() }, weightsOf: model.weightsOf, clamped };
}

function runsInHalf({ type, domain, attributes }: Operator): boolean {
  if (domain !== '' || FLOAT32_ONLY.has(type)) return false;
  if (type === 'Constant') return attributes.get('value')?.kind === 'tensor';
  return [...attributes.values()].every(({ kind }) => kind !== 'graph');
}

/** Types inside attributes: the goal of a Cast, the content of a Constant. */
function halfAttributes({ type, attributes }: Operator): Map<string, AttributeValue> {
  const to = attributes.get('to');
  if (type === 'Cast' && to?.kind === 'int' && to.value === FLOAT) {
    return new Map([...attributes, ['to', { kind: 'int', value: FLOAT16 }]]);
  }
  const value = attributes.get('value');
  if (type === 'Constant' && value?.kind === 'tensor' && value.value.type === 'float32') {
    const bits = Uint16Array.from(floatsOf(value.value), numberToHalf);
    return new Map([
      ...attributes,
      ['value', { kind: 'tensor', value: { ...value.value, type: 'float16', data: asBytes(bits) } }],
    ]);
  }
  return attributes;
}

function operator(
  type: string,
  name: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, AttributeValue>,
): Operator {
  return { name, type, domain: '', inputs, outputs, attributes: new Map(Object.entries(attributes)) };
}
