/**
 * What each operator costs, independent of any processor: multiply-accumulates, bytes moved, kernels launched.
 *
 * Multiply-accumulates follow the convention of published tables: convolutions, matrix products and recurrent layers
 * only; bias, normalisation, activation and pooling count nothing.
 *
 * Bytes are what a kernel reads and writes when nothing stays in a cache: activations, weights, results.
 *
 * Fusion: every deployed runtime folds batch normalisation into the convolution before it and applies the activation
 * while the result is still in registers. So a compute operator (convolution, matrix product, recurrent layer, batch
 * normalisation) takes along the element-wise operators after it, one kernel in all, while
 *   - the tensor between them is read by nobody else, and
 *   - every other operand is constant, or made by this same kernel (SiLU = x * sigmoid(x)), or, for one Add or Sum,
 *     ready before the kernel starts (a residual connection, whose bytes are then counted).
 * The kernel reads its inputs and writes the last result; what lies between costs nothing.
 *
 * Free: operators that only rename data (Reshape, Flatten, Identity, a Transpose that moves dimensions of size 1...),
 * whatever is constant before run time, and whatever no output needs.
 */
import {
  countElements,
  ELEMENT_BYTES,
  type ElementType,
  type Graph,
  type Operator,
  type OperatorClass,
  type Precision,
  type SizedTensor,
  tensorsRead,
} from './graph.ts';
import { isFloat } from './shapes/elementwise.ts';
import type { InferredBody, InferredShapes } from './shapes/infer.ts';

/** Amounts per operator class. */
export type PerClass = Partial<Record<OperatorClass, number>>;

export interface WorkTotals {
  macs: PerClass;
  bytes: PerClass;
  launches: PerClass;
}

/**
 * - `kernel`: runs, alone or with fused operators
 * - `fused`: runs inside the kernel of operator `head`
 * - `free`: renames its first input
 * - `constant`: its result is known before run time
 * - `unused`: no output of the graph needs it
 */
export type OperatorRole = 'kernel' | 'fused' | 'free' | 'constant' | 'unused';

export interface OperatorWork {
  role: OperatorRole;
  /** Index of the operator whose kernel this one runs in: its own, unless fused. */
  head: number;
  /** Class of that kernel. */
  operatorClass: OperatorClass;
  macs: number;
  bytes: number;
  launches: number;
  /** Work of the graphs that a control-flow operator runs, all iterations. */
  inner?: WorkTotals;
}

export interface CountedWork {
  /** By index into `Graph.operators`. */
  operators: OperatorWork[];
  /** Operators that read each tensor, ascending; inner graphs count for the operator that holds them. */
  readers: Map<string, number[]>;
  /** Operator that makes each tensor. */
  makers: Map<string, number>;
  /** Bytes of a tensor in the chosen precision. */
  bytesOf(name: string): number;
  /** The tensor whose memory this one shares: what it renames, through all free operators. */
  storageOf(name: string): string;
}

const CLASS_MEMBERS: Record<Exclude<OperatorClass, 'depthwise' | 'elementwise'>, string> = {
  conv: 'Conv ConvTranspose ConvInteger QLinearConv DeformConv FusedConv',
  gemm: 'MatMul MatMulInteger QLinearMatMul Gemm Einsum FusedMatMul TransposeMatMul FusedGemm FusedMatMulActivation MatMulNBits MatMulIntegerToFloat DynamicQuantizeMatMul QGemm Attention MultiHeadAttention',
  pool: 'AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool MaxUnpool MaxRoiPool RoiAlign QLinearAveragePool QLinearGlobalAveragePool ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin',
  normalization:
    'BatchNormalization InstanceNormalization GroupNormalization LayerNormalization RMSNormalization LRN LpNormalization MeanVarianceNormalization Softmax LogSoftmax Hardmax SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization GroupNorm QLinearSoftmax EmbedLayerNormalization',
  recurrent: 'RNN GRU LSTM',
  movement:
    'Concat QLinearConcat Split Slice Transpose Gather GatherElements GatherND Scatter ScatterElements ScatterND TensorScatter Pad Resize Upsample DepthToSpace SpaceToDepth Expand Tile Col2Im GridSample AffineGrid ReverseSequence Trilu CenterCropPad TopK OneHot Compress NonZero NonMaxSuppression Unique ConcatFromSequence SequenceConstruct SequenceInsert SequenceErase SequenceAt SplitToSequence',
};
const CLASS_OF = new Map<string, OperatorClass>(
  Object.entries(CLASS_MEMBERS).flatMap(([name, members]) =>
    members.split(' ').map((type): [string, OperatorClass] => [type, name as OperatorClass]),
  ),
);

/** Never a kernel: the result is the first input under another name or shape, or a scale that readers apply. */
const RENAMING = new Set([
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  // Readers of a quantised tensor apply the scale themselves.
  'DequantizeLinear',
]);

/** Operators of class elementwise that no kernel can take along. */
const NOT_FUSABLE = new Set([
  'If',
  'Loop',
  'Scan',
  'CumSum',
  'CumProd',
  'DynamicQuantizeLinear',
  'Det',
  'STFT',
  'DFT',
  'RandomNormal',
  'RandomUniform',
  'Multinomial',
  'SequenceEmpty',
  'SequenceLength',
  'EyeLike',
  'Range',
]);

/** Kernels that read only what they pass on, not all of their first input. */
const READS_WHAT_IT_WRITES = new Set(['Gather', 'GatherElements', 'GatherND', 'Slice']);

/** Longest run of operators that is searched for one result, as in the decomposed GELU (5 operators). */
const FUSION_WINDOW = 12;

/** Shapes by name, of a graph and those around it. */
interface Sizes {
  find(name: string): SizedTensor | undefined;
  isConstant(name: string): boolean;
}

/** Weights of a convolution stand at input 1, in the quantised form at input 3. */
function weightsOf(operator: Operator, sizes: Sizes): SizedTensor | undefined {
  return sizes.find(operator.inputs[operator.type === 'QLinearConv' ? 3 : 1] ?? '');
}

function classOf(operator: Operator, sizes: Sizes): OperatorClass {
  const found = CLASS_OF.get(operator.type) ?? 'elementwise';
  if (found !== 'conv') return found;
  const channels = sizes.find(operator.inputs[0] ?? '')?.shape[1];
  const group = operator.attributes.get('group');
  return group?.kind === 'int' && group.value > 1 && group.value === channels ? 'depthwise' : 'conv';
}

function flag(operator: Operator, name: string): boolean {
  const attribute = operator.attributes.get(name);
  return attribute?.kind === 'int' && attribute.value !== 0;
}

/** Product of the sizes of all labels of an Einsum: the loops that a plain evaluation runs. */
function einsumMacs(operator: Operator, sizes: Sizes): number {
  const attribute = operator.attributes.get('equation');
  const equation = attribute?.kind === 'string' ? attribute.value.replaceAll(' ', '') : '';
  const labels = new Map<string, number>();
  for (const [i, term] of equation.split('->')[0]!.split(',').entries()) {
    const shape = sizes.find(operator.inputs[i] ?? '')?.shape ?? [];
    const [before, after] = term.split('...');
    const learn = (label: string, size: number): void => {
      labels.set(label, Math.max(labels.get(label) ?? 1, size));
    };
    for (const [axis, label] of [...before!].entries()) learn(label, shape[axis] ?? 1);
    if (after === undefined) continue;
    for (let axis = before!.length; axis < shape.length - after.length; axis++) {
      learn(`...${shape.length - axis}`, shape[axis]!);
    }
    for (const [i, label] of [...after].entries()) learn(label, shape[shape.length - after.length + i] ?? 1);
  }
  return countElements([...labels.values()]);
}

/** Scores and weighted sum of attention: queries x keys x (head size of K + head size of V), all heads. */
function attentionMacs(operator: Operator, sizes: Sizes): number {
  const shapes = operator.inputs.map((name) => sizes.find(name)?.shape ?? []);
  const [q, k, v] = [shapes[0]!, shapes[1] ?? [], shapes[2] ?? []];
  if (operator.domain === 'com.microsoft' && operator.type === 'Attention') {
    const [batch, length, width] = [q[0]!, q[1]!, q[2]!];
    const hidden = (k[1] ?? 0) / 3;
    return batch * length * width * (k[1] ?? 0) + 2 * batch * length * length * hidden;
  }
  // [batch, heads, length, size] or [batch, length, heads x size]: all but the length, times the length of the keys.
  const keys = k.length === 4 ? k[2]! : (k[1] ?? 0);
  const heads = q.length === 4 && v.length === 4 ? q[1]! / v[1]! : 1;
  const valueWidth = v.length === 4 ? v[1]! * v[3]! * heads : (v[2] ?? 0);
  const queries = q.length === 4 ? q[2]! : (q[1] ?? 0);
  return keys * (countElements(q) + (q[0] ?? 0) * queries * valueWidth);
}

/** Multiply-accumulates of one operator, batch included. */
export function macsOf(operator: Operator, sizes: Sizes): number {
  const shape = (index: number): readonly number[] => sizes.find(operator.inputs[index] ?? '')?.shape ?? [];
  const result = sizes.find(operator.outputs.find((name) => name !== '') ?? '')?.shape ?? [];
  switch (operator.type) {
    case 'Conv':
    case 'ConvInteger':
    case 'QLinearConv':
    case 'DeformConv':
    case 'FusedConv':
      return countElements(result) * countElements(weightsOf(operator, sizes)?.shape.slice(1) ?? []);
    case 'ConvTranspose':
      return countElements(shape(0)) * countElements(shape(1).slice(1));
    case 'Gemm':
    case 'FusedGemm':
    case 'QGemm':
      return countElements(result) * (shape(0)[flag(operator, 'transA') ? 0 : 1] ?? 0);
    case 'FusedMatMul':
    case 'TransposeMatMul':
    case 'FusedMatMulActivation':
      return countElements(result) * (shape(0).at(flag(operator, 'transA') ? -2 : -1) ?? 0);
    case 'MatMul':
    case 'MatMulInteger':
    case 'QLinearMatMul':
    case 'MatMulNBits':
    case 'MatMulIntegerToFloat':
    case 'DynamicQuantizeMatMul':
      return countElements(result) * (shape(0).at(-1) ?? 0);
    case 'Einsum':
      return operator.inputs.length < 2 ? 0 : einsumMacs(operator, sizes);
    case 'RNN':
    case 'GRU':
    case 'LSTM':
      // Both weight tensors [directions, gates x hidden, n] meet every position of every sequence.
      return shape(0)[0]! * shape(0)[1]! * (countElements(shape(1)) + countElements(shape(2)));
    case 'Attention':
    case 'MultiHeadAttention':
      return attentionMacs(operator, sizes);
    default:
      return 0;
  }
}

/** A transposition that keeps the order of all dimensions larger than 1 moves nothing. */
function movesNothing(operator: Operator, sizes: Sizes): boolean {
  const shape = sizes.find(operator.inputs[0] ?? '')?.shape;
  if (shape === undefined) return false;
  const attribute = operator.attributes.get('perm');
  const order = attribute?.kind === 'ints' ? attribute.value : shape.map((_, i) => shape.length - 1 - i);
  const large = order.filter((axis) => shape[axis] !== 1);
  return large.every((axis, i) => i === 0 || axis > large[i - 1]!);
}

function isRenaming(operator: Operator, sizes: Sizes): boolean {
  if (RENAMING.has(operator.type)) return true;
  const [from, to] = [sizes.find(operator.inputs[0] ?? ''), sizes.find(operator.outputs[0] ?? '')];
  switch (operator.type) {
    case 'Transpose':
      return movesNothing(operator, sizes);
    case 'Cast':
    case 'CastLike':
      return from?.type === to?.type;
    case 'Expand':
    case 'Tile':
    case 'Concat':
      return operator.inputs.length <= 2 && from !== undefined && to !== undefined && from.bytes === to.bytes;
    default:
      return false;
  }
}

export function addAmounts(into: PerClass, operatorClass: OperatorClass, amount: number): void {
  if (amount !== 0) into[operatorClass] = (into[operatorClass] ?? 0) + amount;
}

export function emptyTotals(): WorkTotals {
  return { macs: {}, bytes: {}, launches: {} };
}

export function addTotals(into: WorkTotals, from: WorkTotals, times = 1): void {
  for (const field of ['macs', 'bytes', 'launches'] as const) {
    for (const [name, amount] of Object.entries(from[field])) {
      addAmounts(into[field], name as OperatorClass, amount * times);
    }
  }
}

/** Add one operator, and what its inner graphs do. */
export function addOperator(into: WorkTotals, work: OperatorWork): void {
  addAmounts(into.macs, work.operatorClass, work.macs);
  addAmounts(into.bytes, work.operatorClass, work.bytes);
  addAmounts(into.launches, work.operatorClass, work.launches);
  if (work.inner !== undefined) addTotals(into, work.inner);
}

export function sumOf(amounts: PerClass): number {
  return Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
}

/** Alternatives (branches) cost what the dearest costs; iterations multiply. */
function innerTotals(bodies: readonly InferredBody[], sizes: Sizes, precision: Precision | undefined): WorkTotals {
  let dearest = emptyTotals();
  for (const body of bodies) {
    const once = emptyTotals();
    for (const work of count(body.graph, body.shapes, precision, sizes).operators) addOperator(once, work);
    const all = emptyTotals();
    addTotals(all, once, body.repeat);
    const [macs, most] = [sumOf(all.macs), sumOf(dearest.macs)];
    if (macs > most || (macs === most && sumOf(all.bytes) > sumOf(dearest.bytes))) dearest = all;
  }
  return dearest;
}

/** Operators that some graph output needs; constant ones need nothing of others. */
function neededOperators(graph: Graph, makers: ReadonlyMap<string, number>, sizes: Sizes): boolean[] {
  const needed: boolean[] = new Array(graph.operators.length).fill(false);
  const open = graph.outputs.map((output) => output.name);
  while (open.length > 0) {
    const name = open.pop()!;
    const maker = makers.get(name);
    if (maker === undefined || needed[maker] || sizes.isConstant(name)) continue;
    needed[maker] = true;
    for (const read of tensorsRead(graph.operators[maker]!)) open.push(read);
  }
  return needed;
}

/** Element-wise operators that run inside the kernel of `head`, and the tensor that the kernel then writes. */
interface Fusion {
  members: number[];
  result: string;
}

class Fuser {
  private readonly graph: Graph;
  private readonly readers: ReadonlyMap<string, number[]>;
  private readonly makers: ReadonlyMap<string, number>;
  private readonly sizes: Sizes;
  private readonly outputs: ReadonlySet<string>;
  private readonly fusable: (index: number) => boolean;

  constructor(
    graph: Graph,
    readers: ReadonlyMap<string, number[]>,
    makers: ReadonlyMap<string, number>,
    sizes: Sizes,
    fusable: (index: number) => boolean,
  ) {
    this.graph = graph;
    this.readers = readers;
    this.makers = makers;
    this.sizes = sizes;
    this.fusable = fusable;
    this.outputs = new Set(graph.outputs.map((output) => output.name));
  }

  /** Follow the results of `head` as long as one kernel can make them. */
  grow(head: number): Fusion {
    const [first, ...rest] = this.graph.operators[head]!.outputs;
    const fusion: Fusion = { members: [], result: first ?? '' };
    // Further results (states of a recurrent layer, statistics) leave the kernel anyway; only the first is followed.
    if (rest.some((name) => this.readers.has(name))) return fusion;
    let mayAdd = true;
    for (;;) {
      const step = this.step(fusion.result, head, mayAdd);
      if (step === undefined) return fusion;
      fusion.members.push(...step.members);
      fusion.result = step.result;
      mayAdd &&= !step.added;
    }
  }

  /** The smallest group of operators that takes in `tensor` and lets out exactly one tensor. */
  private step(tensor: string, head: number, mayAdd: boolean): (Fusion & { added: boolean }) | undefined {
    if (this.outputs.has(tensor)) return undefined;
    const inside = new Set([tensor]);
    const members: number[] = [];
    const open = [...(this.readers.get(tensor) ?? [])];
    if (open.length > FUSION_WINDOW) return undefined;
    let added = false;
    while (open.length > 0 && members.length < FUSION_WINDOW) {
      open.sort((a, b) => a - b);
      const index = open.shift()!;
      if (members.includes(index)) continue;
      const operator = this.graph.operators[index]!;
      if (!this.fusable(index) || operator.outputs.filter((name) => name !== '').length !== 1) return undefined;
      const outside = tensorsRead(operator).filter((name) => !inside.has(name) && !this.sizes.isConstant(name));
      if (outside.length > 0) {
        const ready = outside.length === 1 && (this.makers.get(outside[0]!) ?? -1) < head;
        if (!ready || !mayAdd || added || (operator.type !== 'Add' && operator.type !== 'Sum')) return undefined;
        added = true;
      }
      const result = operator.outputs[0]!;
      members.push(index);
      inside.add(result);
      const lettingOut = [...inside].filter(
        (name) => this.outputs.has(name) || (this.readers.get(name) ?? []).some((reader) => !members.includes(reader)),
      );
      if (lettingOut.length === 1 && lettingOut[0] === result) return { members, result, added };
      open.push(...(this.readers.get(result) ?? []));
    }
    return undefined;
  }
}

function count(graph: Graph, shapes: InferredShapes, precision: Precision | undefined, outer?: Sizes): CountedWork {
  const sizes: Sizes = {
    find: (name) => shapes.tensors.get(name) ?? outer?.find(name),
    isConstant: (name) =>
      shapes.constants.has(name) || (!shapes.tensors.has(name) && outer !== undefined && outer.isConstant(name)),
  };
  const readers = new Map<string, number[]>();
  const makers = new Map<string, number>();
  for (const [index, operator] of graph.operators.entries()) {
    for (const name of operator.outputs) if (name !== '') makers.set(name, index);
  }
  const needed = neededOperators(graph, makers, sizes);
  for (const [index, operator] of graph.operators.entries()) {
    if (!needed[index]) continue;
    for (const name of tensorsRead(operator)) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [index]);
      else list.push(index);
    }
  }
  const roles = graph.operators.map((operator, index): OperatorRole => {
    const results = operator.outputs.filter((name) => name !== '');
    if (results.length > 0 && results.every((name) => sizes.isConstant(name))) return 'constant';
    if (!needed[index]) return 'unused';
    return isRenaming(operator, sizes) ? 'free' : 'kernel';
  });

  const storage = new Map<string, string>();
  for (const [index, operator] of graph.operators.entries()) {
    const constantRenaming =
      roles[index] === 'constant' && (isRenaming(operator, sizes) || operator.type === 'Transpose');
    if (roles[index] !== 'free' && !constantRenaming) continue;
    const source = operator.inputs[0];
    if (source !== undefined && source !== '') storage.set(operator.outputs[0]!, storage.get(source) ?? source);
  }
  const storageOf = (name: string): string => storage.get(name) ?? name;
  const bytesOf = (name: string): number => {
    const tensor = sizes.find(storageOf(name));
    if (tensor === undefined) return 0;
    return precision !== undefined && isFloat(tensor.type as ElementType)
      ? countElements(tensor.shape) * ELEMENT_BYTES[precision]
      : tensor.bytes;
  };

  const classes = graph.operators.map((operator) => classOf(operator, sizes));
  const fuser = new Fuser(
    graph,
    readers,
    makers,
    sizes,
    (index) =>
      roles[index] === 'kernel' &&
      (graph.operators[index]!.type === 'BatchNormalization' ||
        (classes[index] === 'elementwise' && !NOT_FUSABLE.has(graph.operators[index]!.type))),
  );
  const heads = graph.operators.map((_, index) => index);
  const results = new Map<number, string>();
  for (const [index, operator] of graph.operators.entries()) {
    const leads =
      ['conv', 'depthwise', 'gemm', 'recurrent'].includes(classes[index]!) || operator.type === 'BatchNormalization';
    if (!leads || roles[index] !== 'kernel') continue;
    const fusion = fuser.grow(index);
    for (const member of fusion.members) {
      heads[member] = index;
      roles[member] = 'fused';
    }
    if (fusion.members.length > 0) results.set(index, fusion.result);
  }

  const outputs = new Set(graph.outputs.map((output) => output.name));
  const operators = graph.operators.map((operator, index): OperatorWork => {
    const role = roles[index]!;
    const head = heads[index]!;
    const work: OperatorWork = { role, head, operatorClass: classes[head]!, macs: 0, bytes: 0, launches: 0 };
    if (role === 'kernel') {
      work.macs = macsOf(operator, sizes);
      work.launches = 1;
      const written = results.get(index);
      const made =
        written === undefined ? operator.outputs.filter((name) => readers.has(name) || outputs.has(name)) : [written];
      const writes = made.reduce((sum, name) => sum + bytesOf(name), 0);
      const reads = READS_WHAT_IT_WRITES.has(operator.type)
        ? writes + operator.inputs.slice(1).reduce((sum, name) => sum + bytesOf(name), 0)
        : [...new Set(operator.inputs)].reduce((sum, name) => sum + bytesOf(name), 0);
      work.bytes = reads + writes;
      const bodies = shapes.bodies.get(operator);
      if (bodies !== undefined) {
        work.inner = innerTotals(bodies, sizes, precision);
        work.launches = 0;
        work.bytes = 0;
      }
    } else if (role === 'fused' && operator.type !== 'BatchNormalization') {
      // A residual operand comes from memory; constants of activations (a threshold, a slope per channel) do too.
      for (const name of new Set(operator.inputs)) {
        const maker = makers.get(name);
        if (maker === undefined || heads[maker] !== head) work.bytes += bytesOf(name);
      }
    }
    return work;
  });
  return { operators, readers, makers, bytesOf, storageOf };
}

/** Work of every operator of a graph whose shapes are known. Real numbers count as `precision`, by default as stored. */
export function countWork(graph: Graph, shapes: InferredShapes, options: { precision?: Precision } = {}): CountedWork {
  return count(graph, shapes, options.precision);
}
