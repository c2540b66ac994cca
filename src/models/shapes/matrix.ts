/** Matrix products: MatMul, Gemm, Einsum and quantised or fused forms. */
import type { ElementType } from '../graph.ts';
import { broadcast, type Known, type NodeView, type ShapeRule, showShape } from './node.ts';

/** Swap the last two dimensions. */
function transposed(shape: readonly number[], yes: boolean): readonly number[] {
  return yes && shape.length >= 2 ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
}

/** numpy.matmul: [..., m, k] x [..., k, n] -> [..., m, n]; vectors gain a dimension that the result loses again. */
function matMulShape(node: NodeView, a: readonly number[], b: readonly number[]): number[] {
  if (a.length === 0 || b.length === 0) {
    node.fail('a scalar cannot be multiplied as a matrix', { received: `${showShape(a)} by ${showShape(b)}` });
  }
  const left = a.length === 1 ? [1, a[0]!] : a;
  const right = b.length === 1 ? [b[0]!, 1] : b;
  const outer = broadcast(left.slice(0, -2), right.slice(0, -2));
  if (outer === undefined || left.at(-1) !== right.at(-2)) {
    node.fail('the matrices do not fit', {
      expected: '[..., m, k] by [..., k, n]',
      received: `${showShape(a)} by ${showShape(b)}`,
    });
  }
  return [...outer, ...(a.length === 1 ? [] : [left.at(-2)!]), ...(b.length === 1 ? [] : [right.at(-1)!])];
}

/** MatMul whose operands sit at the given inputs. */
function product(a: number, b: number, type: (node: NodeView) => ElementType): ShapeRule {
  return (node) => [{ type: type(node), shape: matMulShape(node, node.input(a).shape, node.input(b).shape) }];
}

/** [m, k] x [k, n] (+ c that broadcasts) -> [m, n]. */
function gemmShape(node: NodeView, a: Known, b: Known): number[] {
  const left = transposed(a.shape, node.int('transA', 0) !== 0);
  const right = transposed(b.shape, node.int('transB', 0) !== 0);
  if (left.length !== 2 || right.length !== 2 || left[1] !== right[0]) {
    node.fail('the matrices do not fit', {
      expected: '[m, k] by [k, n] after transposition',
      received: `${showShape(left)} by ${showShape(right)}`,
    });
  }
  return [left[0]!, right[1]!];
}

const gemm: ShapeRule = (node) => {
  const shape = gemmShape(node, node.input(0), node.input(1));
  const bias = node.optional(2);
  if (bias !== undefined && broadcast(bias.shape, shape)?.join() !== shape.join()) {
    node.fail('the bias does not fit', {
      expected: `a shape that broadcasts to ${showShape(shape)}`,
      received: showShape(bias.shape),
    });
  }
  return [{ type: node.input(0).type, shape }];
};

/** Move the first dimension behind the batch dimensions ([b1, m, b2, k] forms of FusedMatMul). */
function batchTransposed(shape: readonly number[], yes: boolean): readonly number[] {
  return yes && shape.length >= 3 ? [...shape.slice(1, -1), shape[0]!, shape.at(-1)!] : shape;
}

const fusedMatMul: ShapeRule = (node) => {
  const a = batchTransposed(node.input(0).shape, node.int('transBatchA', 0) !== 0);
  const b = batchTransposed(node.input(1).shape, node.int('transBatchB', 0) !== 0);
  const shape = matMulShape(
    node,
    transposed(a, node.int('transA', 0) !== 0),
    transposed(b, node.int('transB', 0) !== 0),
  );
  return [{ type: node.input(0).type, shape }];
};

/** Weights packed in blocks of 4 bits: attributes K and N carry their shape. */
const matMulNBits: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 1);
  const k = node.requiredInt('K');
  if (shape.at(-1) !== k) node.fail('the matrices do not fit', { expected: `[..., ${k}]`, received: showShape(shape) });
  return [{ type, shape: [...shape.slice(0, -1), node.requiredInt('N')] }];
};

/** a, a scale, a zero point, b, b scale, b zero point, c, y scale, y zero point. */
const qGemm: ShapeRule = (node) => [
  { type: node.optional(8)?.type ?? 'float32', shape: gemmShape(node, node.input(0), node.input(3)) },
];

/** One operand's labels; the ellipsis stands for `...0`, `...1` counted from the right. */
function labelsOf(term: string, rank: number, node: NodeView): string[] {
  const [before, after] = term.split('...');
  if (after === undefined) return [...term];
  const hidden = rank - before!.length - after.length;
  if (hidden < 0)
    node.fail('the equation does not fit an operand', { expected: `rank of "${term}"`, received: `rank ${rank}` });
  return [...before!, ...Array.from({ length: hidden }, (_, i) => `...${hidden - 1 - i}`), ...after];
}

export interface EinsumPlan {
  sizes: Map<string, number>;
  output: string[];
}

/** Sizes of all labels of an Einsum equation and the labels of its result (implicit: those that occur once, sorted). */
function planEinsum(node: NodeView): EinsumPlan {
  const equation = (node.string('equation') ?? '').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  const terms = left!.split(',');
  const operands = node.inputs.filter((input) => input !== undefined);
  if (equation === '' || terms.length !== operands.length) {
    node.fail('the equation does not fit the inputs', {
      expected: `${operands.length} terms`,
      received: `"${equation}"`,
    });
  }
  const sizes = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const { shape } = operands[i]!;
    const labels = labelsOf(term, shape.length, node);
    if (labels.length !== shape.length) {
      node.fail('the equation does not fit an operand', {
        expected: `rank ${labels.length} for "${term}"`,
        received: showShape(shape),
      });
    }
    for (const [axis, label] of labels.entries()) {
      const known = sizes.get(label) ?? 1;
      const size = shape[axis]!;
      if (known !== 1 && size !== 1 && known !== size) {
        node.fail(`label "${label}" of the equation has two sizes`, { received: `${known} and ${size}` });
      }
      sizes.set(label, known === 1 ? size : known);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  const hidden = [...sizes.keys()]
    .filter((label) => label.startsWith('...'))
    .sort()
    .reverse();
  const output =
    right === undefined
      ? [
          ...hidden,
          ...[...counts]
            .filter(([label, n]) => n === 1 && !label.startsWith('...'))
            .map(([label]) => label)
            .sort(),
        ]
      : right.includes('...')
        ? [...right.split('...')[0]!, ...hidden, ...right.split('...')[1]!]
        : [...right];
  for (const label of output) {
    if (!sizes.has(label)) node.fail(`label "${label}" of the result is in no operand`, { received: `"${equation}"` });
  }
  return { sizes, output };
}

const einsum: ShapeRule = (node) => {
  const { sizes, output } = planEinsum(node);
  return [{ type: node.input(0).type, shape: output.map((label) => sizes.get(label)!) }];
};

const determinant: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.ranked(0, 2).shape.slice(0, -2) }];

const first = (node: NodeView): ElementType => node.input(0).type;

export const MATRIX_RULES: Record<string, ShapeRule> = {
  MatMul: product(0, 1, first),
  MatMulInteger: product(0, 1, () => 'int32'),
  /** a, a scale, a zero point, b, b scale, b zero point, y scale, y zero point. */
  QLinearMatMul: product(0, 3, (node) => node.input(7).type),
  Gemm: gemm,
  Einsum: einsum,
  Det: determinant,
  'com.microsoft:FusedMatMul': fusedMatMul,
  'com.microsoft:TransposeMatMul': fusedMatMul,
  'com.microsoft:FusedGemm': gemm,
  'com.microsoft:FusedMatMulActivation': fusedMatMul,
  'com.microsoft:MatMulNBits': matMulNBits,
  'com.microsoft:MatMulIntegerToFloat': product(0, 1, (node) => node.input(2).type),
  'com.microsoft:DynamicQuantizeMatMul': product(0, 1, () => 'float32'),
  'com.microsoft:QGemm': qGemm,
};
