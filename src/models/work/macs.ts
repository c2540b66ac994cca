/** Multiply-accumulates by operator, after the convention of published tables (see `../work.ts`). */
import { countElements, type Operator, type SizedTensor } from '../graph.ts';
import type { Sizes } from './operator-class.ts';

/** Weights of a convolution stand at input 1, in the quantised form at input 3. */
function weightsOf(operator: Operator, sizes: Sizes): SizedTensor | undefined {
  return sizes.find(operator.inputs[operator.type === 'QLinearConv' ? 3 : 1] ?? '');
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
