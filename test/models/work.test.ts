import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dimension, Graph, Operator } from '../../src/models/graph.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { type OperatorRole, sumOf } from '../../src/models/work/operator-work.ts';
import { type CountedWork, countWork } from '../../src/models/work.ts';
import { ZOO, zooModel } from '../../src/models/zoo/zoo.ts';
import { constant, int64, node, type PlainAttribute, sketch, weights } from './graphs.ts';

const test = suite('work');

function count(graph: Graph): CountedWork {
  return countWork(graph, inferShapes(graph));
}

/** Work of one operator over run-time inputs and weights. */
function macs(
  type: string,
  inputs: Record<string, Dimension[]>,
  constants: Record<string, number[]>,
  attributes: Record<string, PlainAttribute> = {},
): { macs: number; class: string } {
  const names = [...Object.keys(inputs), ...Object.keys(constants)].join(' ');
  const graph = sketch({
    inputs,
    constants: Object.entries(constants).map(([name, shape]) => weights(name, ...shape)),
    nodes: [node(type, names, 'y', attributes)],
    outputs: 'y',
  });
  const [work] = count(graph).operators;
  return { macs: work!.macs, class: work!.operatorClass };
}

test('multiply-accumulates are those of the loops that define each operator', () => {
  // Output elements x inputs that each sums up.
  assert.equal(macs('Conv', { x: [2, 8, 10, 10] }, { w: [16, 8, 3, 3] }), {
    macs: 2 * 16 * 8 * 8 * 8 * 9,
    class: 'conv',
  });
  assert.equal(macs('Conv', { x: [1, 8, 10, 10] }, { w: [16, 4, 3, 3] }, { group: 2 }), {
    macs: 16 * 64 * 4 * 9,
    class: 'conv',
  });
  assert.equal(macs('Conv', { x: [1, 8, 10, 10] }, { w: [8, 1, 3, 3] }, { group: 8 }), {
    macs: 8 * 64 * 9,
    class: 'depthwise',
  });
  assert.equal(macs('Conv', { x: [1, 1, 10, 10] }, { w: [8, 1, 3, 3] }, { group: 1 }), {
    macs: 8 * 64 * 9,
    class: 'conv',
  });
  // Every input element meets every weight of its channel.
  assert.equal(macs('ConvTranspose', { x: [1, 8, 5, 5] }, { w: [8, 4, 2, 2] }, { strides: [2, 2] }), {
    macs: 8 * 25 * 4 * 4,
    class: 'conv',
  });
  assert.equal(macs('Gemm', { x: [2, 30] }, { w: [40, 30], b: [40] }, { transB: 1 }), {
    macs: 2 * 30 * 40,
    class: 'gemm',
  });
  assert.equal(macs('Gemm', { x: [30, 2] }, { w: [30, 40] }, { transA: 1 }), { macs: 2 * 30 * 40, class: 'gemm' });
  assert.equal(macs('MatMul', { a: [5, 2, 3], b: [5, 3, 4] }, {}), { macs: 5 * 2 * 3 * 4, class: 'gemm' });
  assert.equal(macs('MatMul', { a: [3], b: [3] }, {}), { macs: 3, class: 'gemm' });
  assert.equal(macs('Einsum', { a: [5, 2, 3], b: [5, 3, 4] }, {}, { equation: 'bij,bjk->bik' }), {
    macs: 5 * 2 * 3 * 4,
    class: 'gemm',
  });
  assert.equal(macs('Einsum', { a: [7, 5, 2, 3], b: [3, 4] }, {}, { equation: '...ij,jk->...ik' }), {
    macs: 35 * 2 * 3 * 4,
    class: 'gemm',
  });
  // Sequence x batch x gates x hidden x (input + hidden), per direction.
  const lstm = { w: [2, 16, 3], r: [2, 16, 4] };
  assert.equal(macs('LSTM', { x: [5, 2, 3] }, lstm, { direction: 'bidirectional' }), {
    macs: 5 * 2 * 2 * 16 * (3 + 4),
    class: 'recurrent',
  });
  assert.equal(macs('GRU', { x: [5, 2, 3] }, { w: [1, 12, 3], r: [1, 12, 4] }), {
    macs: 5 * 2 * 12 * 7,
    class: 'recurrent',
  });
  assert.equal(macs('com.microsoft:Attention', { x: [2, 5, 8] }, { w: [8, 24], b: [24] }, { num_heads: 2 }), {
    macs: 2 * 5 * 8 * 24 + 2 * 2 * 25 * 8,
    class: 'gemm',
  });
  assert.equal(
    macs('com.microsoft:MultiHeadAttention', { q: [2, 5, 8], k: [2, 7, 8], v: [2, 7, 6] }, {}, { num_heads: 2 }),
    { macs: 2 * 5 * 7 * (8 + 6), class: 'gemm' },
  );
  for (const [type, name] of [
    ['Relu', 'elementwise'],
    ['Softmax', 'normalization'],
    ['GlobalAveragePool', 'pool'],
    ['Transpose', 'movement'],
  ] as const) {
    assert.equal(macs(type, { x: [2, 3, 4, 5] }, {}), { macs: 0, class: name });
  }
});

for (const entry of ZOO) {
  test(`${entry.name} has its published multiply-accumulates within 1 %`, () => {
    for (const normalization of ['folded', 'explicit'] as const) {
      const total = count(zooModel(entry.name, { normalization })).operators.reduce((sum, work) => sum + work.macs, 0);
      const ratio = total / entry.published.macs;
      assert.ok(Math.abs(ratio - 1) < 0.01, `${ratio} of the published count (${entry.published.source})`);
    }
  });
}

function roles(graph: Graph): OperatorRole[] {
  return count(graph).operators.map((work) => work.role);
}

/** conv(x) -> c, then the given operators. */
function afterConv(nodes: Operator[], outputs: string, more: { inputs?: Record<string, Dimension[]> } = {}): Graph {
  return sketch({
    inputs: { x: [1, 4, 8, 8], ...more.inputs },
    constants: [
      weights('w', 4, 4, 1, 1),
      ...['s', 'b', 'm', 'v'].map((name) => weights(name, 4)),
      constant('k', 'float32', [], [3]),
    ],
    nodes: [node('Conv', 'x w', 'c'), ...nodes],
    outputs,
  });
}

test('batch normalisation and activation run in the kernel of the convolution: one launch, no traffic between', () => {
  const graph = afterConv([node('BatchNormalization', 'c s b m v', 'n'), node('Relu', 'n', 'y')], 'y');
  const { operators } = count(graph);
  assert.equal(
    operators.map((work) => work.role),
    ['kernel', 'fused', 'fused'],
  );
  assert.equal(
    operators.map((work) => work.launches),
    [1, 0, 0],
  );
  // x read, w read, y written, 4 bytes each.
  assert.equal(
    operators.map((work) => work.bytes),
    [4 * (256 + 16 + 256), 0, 0],
  );
});

test('SiLU, hard swish and GELU written out run in the kernel as a whole', () => {
  const silu = [node('Sigmoid', 'c', 'g'), node('Mul', 'c g', 'y')];
  const hardSwish = [node('Add', 'c k', 'a'), node('Clip', 'a', 'h'), node('Mul', 'c h', 'p'), node('Div', 'p k', 'y')];
  const gelu = [
    node('Div', 'c k', 'd'),
    node('Erf', 'd', 'e'),
    node('Add', 'e k', 'f'),
    node('Mul', 'c f', 'p'),
    node('Mul', 'p k', 'y'),
  ];
  for (const nodes of [silu, hardSwish, gelu]) {
    assert.equal(roles(afterConv(nodes, 'y')), ['kernel', ...nodes.map(() => 'fused')]);
  }
});

test('a residual Add runs in the kernel when its other operand is ready before, and that operand is read', () => {
  const ready = afterConv([node('Add', 'c r', 'a'), node('Relu', 'a', 'y')], 'y', { inputs: { r: [1, 4, 8, 8] } });
  const { operators } = count(ready);
  assert.equal(
    operators.map((work) => work.role),
    ['kernel', 'fused', 'fused'],
  );
  assert.is(operators[1]!.bytes, 4 * 256);
  // The other operand is made later: the Add belongs to the kernel that makes it.
  const later = afterConv([node('Conv', 'x w', 'd'), node('Add', 'c d', 'y')], 'y');
  const work = count(later).operators;
  assert.equal(
    work.map((each) => each.role),
    ['kernel', 'kernel', 'fused'],
  );
  assert.is(work[2]!.head, 1);
});

test('what somebody else reads, or is an output, is not fused away', () => {
  assert.equal(roles(afterConv([node('Relu', 'c', 'y'), node('MaxPool', 'c', 'z', { kernel_shape: [2, 2] })], 'y z')), [
    'kernel',
    'kernel',
    'kernel',
  ]);
  assert.equal(roles(afterConv([node('Relu', 'c', 'y')], 'c y')), ['kernel', 'kernel']);
  const gate = [node('GlobalAveragePool', 'c', 'p'), node('Sigmoid', 'p', 'g'), node('Mul', 'c g', 'y')];
  assert.equal(roles(afterConv(gate, 'y')), ['kernel', 'kernel', 'kernel', 'kernel']);
});

test('renaming is free; what is constant or unneeded costs nothing', () => {
  const graph = sketch({
    inputs: { x: [1, 4, 1, 1] },
    constants: [int64('to', 1, 4), weights('w', 5, 4)],
    nodes: [
      node('Dropout', 'x', 'd'),
      node('Transpose', 'd', 't', { perm: [0, 2, 3, 1] }),
      node('Reshape', 't to', 'r'),
      node('Transpose', 'w', 'wt'),
      node('MatMul', 'r wt', 'y'),
      node('Relu', 'y', 'nobody'),
      node('Shape', 'x', 'shape'),
    ],
    outputs: 'y shape',
  });
  const { operators, storageOf, bytesOf } = count(graph);
  assert.equal(
    operators.map((work) => work.role),
    ['free', 'free', 'free', 'constant', 'kernel', 'unused', 'constant'],
  );
  assert.equal(
    operators.map((work) => work.bytes),
    [0, 0, 0, 0, 4 * (4 + 20 + 5), 0, 0],
  );
  assert.is(storageOf('r'), 'x');
  assert.is(storageOf('wt'), 'w');
  assert.is(bytesOf('r'), 16);
});

test('weights that are stored as 8-bit integers are read as such', () => {
  const graph = sketch({
    inputs: { x: [1, 4] },
    constants: [
      { name: 'q', type: 'int8', shape: [4, 100] },
      constant('scale', 'float32', [], [0.1]),
      constant('zero', 'int8', [], [0]),
    ],
    nodes: [node('DequantizeLinear', 'q scale zero', 'w'), node('MatMul', 'x w', 'y')],
    outputs: 'y',
  });
  const { operators } = count(graph);
  assert.equal(
    operators.map((work) => work.role),
    ['constant', 'kernel'],
  );
  assert.is(operators[1]!.bytes, 16 + 400 + 400);
});

test('a lookup reads the rows that it gives, not the table', () => {
  const graph = sketch({
    inputs: { ids: { type: 'int64', shape: [1, 6] } },
    constants: [weights('table', 30000, 8)],
    nodes: [node('Gather', 'table ids', 'y')],
    outputs: 'y',
  });
  assert.is(count(graph).operators[0]!.bytes, 2 * 6 * 8 * 4 + 6 * 8);
});

test('another precision scales real numbers, not indices', () => {
  const graph = sketch({
    inputs: { x: [1, 8], ids: { type: 'int64', shape: [2] } },
    constants: [weights('w', 8, 8)],
    nodes: [node('MatMul', 'x w', 'm'), node('Gather', 'm ids', 'y', { axis: 1 })],
    outputs: 'y',
  });
  const shapes = inferShapes(graph);
  const bytes = (precision?: 'float32' | 'float16' | 'int8'): number[] =>
    countWork(graph, shapes, { precision }).operators.map((work) => work.bytes);
  assert.equal(bytes(), [4 * 80, 4 * 4 + 16]);
  assert.equal(bytes('float32'), bytes());
  assert.equal(bytes('float16'), [2 * 80, 2 * 4 + 16]);
  assert.equal(bytes('int8'), [80, 4 + 16]);
});

test('a loop costs its body as often as it runs; an undecided If its dearest branch', () => {
  const body = sketch({
    inputs: { i: { type: 'int64', shape: [] }, go: { type: 'bool', shape: [] }, state: [1, 4] },
    nodes: [node('Identity', 'go', 'on'), node('MatMul', 'state w', 'next')],
    outputs: 'on next',
  });
  const loop = sketch({
    inputs: { start: [1, 4] },
    constants: [constant('trips', 'int64', [], [5]), constant('go', 'bool', [], [1]), weights('w', 4, 4)],
    nodes: [node('Loop', 'trips go start', 'last', { body: { graph: body } })],
    outputs: 'last',
  });
  assert.is(sumOf(count(loop).operators[0]!.inner!.macs), 5 * 16);
  const cheap = sketch({ inputs: {}, nodes: [node('Relu', 'x', 'r')], outputs: 'r' });
  const dear = sketch({ inputs: {}, nodes: [node('MatMul', 'x w', 'r')], outputs: 'r' });
  const choice = sketch({
    inputs: { x: [1, 4], c: { type: 'bool', shape: [] } },
    constants: [weights('w', 4, 4)],
    nodes: [node('If', 'c', 'y', { then_branch: { graph: cheap }, else_branch: { graph: dear } })],
    outputs: 'y',
  });
  assert.is(sumOf(count(choice).operators[0]!.inner!.macs), 16);
});

test.run();
