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
import { countElements, ELEMENT_BYTES, type ElementType, type Graph, type Precision, tensorsRead } from './graph.ts';
import { isFloat } from './shapes/elementwise.ts';
import type { InferredBody, InferredShapes } from './shapes/infer.ts';
import { Fuser, NOT_FUSABLE } from './work/fusion.ts';
import { macsOf } from './work/macs.ts';
import { classOf, isRenaming, type Sizes } from './work/operator-class.ts';
import {
  addOperator,
  addTotals,
  emptyTotals,
  type OperatorRole,
  type OperatorWork,
  sumOf,
  type WorkTotals,
} from './work/operator-work.ts';

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

/** Kernels that read only what they pass on, not all of their first input. */
const READS_WHAT_IT_WRITES = new Set(['Gather', 'GatherElements', 'GatherND', 'Slice']);

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
