import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import type { Dimension, Graph } from '../../src/models/graph.ts';
import { type InputOptions, inferShapes } from '../../src/models/shapes/infer.ts';
import { knownOperators } from '../../src/models/shapes/registry.ts';
import { constant, int64, node, type PlainAttribute, sketch, weights } from './graphs.ts';

const test = suite('shapes');

function refusal(action: () => unknown): HeterodyneError {
  try {
    action();
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function shapeOf(graph: Graph, name: string, options?: InputOptions): number[] {
  return inferShapes(graph, options).tensors.get(name)!.shape;
}

/** x [..] -> Relu -> y. */
function relu(...shape: Dimension[]): Graph {
  return sketch({ inputs: { x: shape }, nodes: [node('Relu', 'x', 'y')], outputs: 'y' });
}

test('an open batch dimension is 1, with a warning, or what --batch says', () => {
  const graph = relu('batch', 3, 8, 8);
  const assumed = inferShapes(graph);
  assert.equal(assumed.outputs[0]!.shape, [1, 3, 8, 8]);
  assert.is(assumed.batch, 1);
  assert.is(assumed.warnings.length, 1);
  assert.match(assumed.warnings[0]!, '--shape x=1x3x8x8');
  const chosen = inferShapes(graph, { batch: 4 });
  assert.equal(chosen.outputs[0], { name: 'y', type: 'float32', shape: [4, 3, 8, 8], bytes: 4 * 3 * 64 * 4 });
  assert.is(chosen.batch, 4);
  assert.equal(chosen.warnings, []);
});

test('a batch dimension in second place is recognised by its name', () => {
  assert.equal(shapeOf(relu(10, 'batch_size', 4), 'y', { batch: 3 }), [10, 3, 4]);
});

test('any other open dimension must be given, and the error shows the flag', () => {
  const error = refusal(() => inferShapes(relu('N', 3, 'height', 'width')));
  assert.is(error.code, 'USAGE');
  assert.match(error.message, '"height"');
  assert.match(error.hint!, '--shape x=1x3x224x224');
  assert.equal(shapeOf(relu('N', 3, 'height', 'width'), 'y', { shapes: { x: [2, 3, 5, 7] } }), [2, 3, 5, 7]);
});

test('a symbol known from one input is known in all others', () => {
  const graph = sketch({
    inputs: { mask: ['batch', 'length'], ids: ['batch', 'length', 4] },
    nodes: [node('Relu', 'mask', 'm'), node('Relu', 'ids', 'y')],
    outputs: 'm y',
  });
  assert.equal(shapeOf(graph, 'm', { shapes: { ids: [2, 9, 4] } }), [2, 9]);
  const error = refusal(() => inferShapes(graph, { shapes: { ids: [2, 9, 4], mask: [2, 8] } }));
  assert.is(error.code, 'USAGE');
  assert.match(error.message, 'symbol "length"');
});

test('given shapes that contradict the file, or are none, are refused', () => {
  const cases: [InputOptions, RegExp][] = [
    [{ shapes: { x: [1, 3, 8] } }, /wrong rank/],
    [{ shapes: { x: [1, 4, 8, 8] } }, /dimension 1 cannot be 4: the file fixes it to 3/],
    [{ shapes: { x: [1, 3, 0, 8] } }, /illegal/],
    [{ shapes: { x: [1, 3, 8.5, 8] } }, /illegal/],
    [{ shapes: { z: [1] } }, /no input "z"/],
    [{ batch: 0 }, /batch size is illegal/],
    [{ batch: 2, shapes: { x: [4, 3, 8, 8] } }, /batch 2 contradicts/],
  ];
  for (const [options, expected] of cases) {
    const error = refusal(() => inferShapes(relu('batch', 3, 8, 8), options));
    assert.is(error.code, 'USAGE');
    assert.match(error.message, expected);
  }
  assert.match(refusal(() => inferShapes(relu(1, 3), { batch: 2 })).message, 'batch 2 contradicts');
  const unknownRank = sketch({ inputs: { x: { type: 'float32' } }, nodes: [node('Relu', 'x', 'y')], outputs: 'y' });
  assert.match(refusal(() => inferShapes(unknownRank)).hint!, '--shape x=');
});

test('a flatten written as Shape, Gather, Unsqueeze, Concat, Reshape is computed, at any batch', () => {
  const graph = sketch({
    inputs: { x: ['batch', 8, 4, 4] },
    constants: [constant('zero', 'int64', [], [0]), int64('axis', 0), int64('minus', -1)],
    nodes: [
      node('Shape', 'x', 's'),
      node('Gather', 's zero', 'n', { axis: 0 }),
      node('Unsqueeze', 'n axis', 'n1'),
      node('Concat', 'n1 minus', 'target', { axis: 0 }),
      node('Reshape', 'x target', 'y'),
    ],
    outputs: 'y',
  });
  const shapes = inferShapes(graph, { batch: 5 });
  assert.equal(shapes.outputs[0]!.shape, [5, 128]);
  assert.equal([...shapes.values.get('target')!], [5, -1]);
  assert.ok(['s', 'n', 'n1', 'target', 'zero'].every((name) => shapes.constants.has(name)));
  assert.not.ok(shapes.constants.has('x') || shapes.constants.has('y'));
});

test('an upsampling factor computed through float arithmetic is known', () => {
  const graph = sketch({
    opset: 11,
    inputs: { x: [1, 8, 7, 9] },
    constants: [int64('from', 2), int64('to', 4), int64('from0', 0), constant('factor', 'float32', [2], [2, 1.5])],
    nodes: [
      node('Shape', 'x', 's'),
      node('Slice', 's from to', 'hw'),
      node('Cast', 'hw', 'real', { to: 1 }),
      node('Mul', 'real factor', 'scaled'),
      node('Floor', 'scaled', 'floored'),
      node('Cast', 'floored', 'size', { to: 7 }),
      node('Slice', 's from0 from', 'nc'),
      node('Concat', 'nc size', 'sizes', { axis: 0 }),
      node('Resize', 'x - - sizes', 'y'),
    ],
    outputs: 'y',
  });
  assert.equal(shapeOf(graph, 'y'), [1, 8, 14, 13]);
});

/** Value of one operator over constants. */
function folded(
  type: string,
  operands: [string, number[], number[]][],
  attributes: Record<string, PlainAttribute> = {},
  opset = 13,
): number[] {
  const graph = sketch({
    opset,
    inputs: { x: [1] },
    constants: operands.map(([kind, shape, values], i) => constant(`c${i}`, kind as 'int64', shape, values)),
    nodes: [node(type, operands.map((_, i) => `c${i}`).join(' '), 'y', attributes), node('Relu', 'x', 'z')],
    outputs: 'y z',
  });
  return [...inferShapes(graph).values.get('y')!];
}

test('shape arithmetic gives the values that the specification of each operator gives', () => {
  const i = (...values: number[]): [string, number[], number[]] => ['int64', [values.length], values];
  const f = (...values: number[]): [string, number[], number[]] => ['float32', [values.length], values];
  const one = (value: number): [string, number[], number[]] => ['int64', [], [value]];
  assert.equal(folded('Div', [i(7, -7), i(2, 2)]), [3, -3], 'integers truncate toward zero');
  assert.equal(folded('Mod', [i(7, -7), i(3, 3)]), [1, 2], 'the sign of the divisor');
  assert.equal(folded('Mod', [i(7, -7), i(3, 3)], { fmod: 1 }), [1, -1], 'as in C');
  assert.equal(folded('Add', [['int64', [2, 1], [10, 20]], i(1, 2, 3)]), [11, 12, 13, 21, 22, 23]);
  assert.equal(folded('Sub', [i(5), i(7)]), [-2]);
  assert.equal(folded('Mul', [f(0.1), f(3)]), [Math.fround(Math.fround(0.1) * 3)], 'in single precision');
  assert.equal(folded('Pow', [i(2, 3), i(3, 2)]), [8, 9]);
  assert.equal(folded('Max', [i(1, 9), i(5), i(2, 3)]), [5, 9]);
  assert.equal(folded('Min', [i(1, 9), i(5)]), [1, 5]);
  assert.equal(folded('Equal', [i(1, 2), i(1, 3)]), [1, 0]);
  assert.equal(folded('Less', [i(1, 3), i(2, 3)]), [1, 0]);
  assert.equal(folded('Where', [['bool', [2], [1, 0]], i(1, 2), i(8, 9)]), [1, 9]);
  assert.equal(folded('Ceil', [f(1.2, -1.2)]), [2, -1]);
  assert.equal(folded('Round', [f(0.5, 1.5, -0.5, 2.4)]), [0, 2, -0, 2], 'halves to even');
  assert.equal(folded('Cast', [f(2.9, -2.9)], { to: 7 }), [2, -2]);
  assert.equal(folded('Slice', [i(0, 1, 2, 3, 4), i(-1), i(-6), i(0), i(-2)]), [4, 2, 0]);
  assert.equal(folded('Gather', [['int64', [2, 3], [0, 1, 2, 3, 4, 5]], i(2, -3)], { axis: 1 }), [2, 0, 5, 3]);
  assert.equal(folded('Transpose', [['int64', [2, 3], [0, 1, 2, 3, 4, 5]]]), [0, 3, 1, 4, 2, 5]);
  assert.equal(
    folded(
      'Concat',
      [
        ['int64', [2, 1], [1, 2]],
        ['int64', [2, 2], [3, 4, 5, 6]],
      ],
      { axis: 1 },
    ),
    [1, 3, 4, 2, 5, 6],
  );
  assert.equal(folded('Tile', [['int64', [1, 2], [1, 2]], i(2, 2)]), [1, 2, 1, 2, 1, 2, 1, 2]);
  assert.equal(folded('Expand', [['int64', [2, 1], [1, 2]], i(2, 2)]), [1, 1, 2, 2]);
  assert.equal(folded('ReduceProd', [i(2, 3, 4)]), [24]);
  assert.equal(folded('ReduceMax', [['int64', [2, 2], [1, 5, 7, 3]]], { axes: [1] }), [5, 7]);
  assert.equal(folded('Range', [one(2), one(11), one(4)]), [2, 6, 10]);
  assert.equal(folded('Range', [one(5), one(0), one(-2)]), [5, 3, 1]);
  assert.equal(folded('ConstantOfShape', [i(2)], { value: { tensor: constant('', 'int64', [1], [7]) } }), [7, 7]);
  assert.equal(folded('NonZero', [['int64', [2, 2], [0, 1, 1, 0]]]), [0, 1, 1, 0]);
  assert.equal(folded('CumSum', [i(1, 2, 3), one(0)]), [1, 3, 6]);
  assert.equal(folded('ScatterND', [i(1, 2, 3), ['int64', [1, 1], [1]], i(9)]), [1, 9, 3]);
  assert.equal(folded('Clip', [i(1, 5, 9), one(2), one(6)]), [2, 5, 6]);
  assert.equal(folded('Shape', [['int64', [2, 3], [0, 0, 0, 0, 0, 0]]]), [2, 3]);
});

test('all forms of Constant are read', () => {
  const value = (attributes: Record<string, PlainAttribute>): { shape: number[]; values: number[] } => {
    const graph = sketch({
      inputs: { x: [1] },
      nodes: [node('Constant', '', 'y', attributes), node('Relu', 'x', 'z')],
      outputs: 'y z',
    });
    const shapes = inferShapes(graph);
    return { shape: shapes.tensors.get('y')!.shape, values: [...shapes.values.get('y')!] };
  };
  assert.equal(value({ value_int: 3 }), { shape: [], values: [3] });
  assert.equal(value({ value_ints: [3, 4] }), { shape: [2], values: [3, 4] });
  assert.equal(value({ value_float: { float: 0.5 } }), { shape: [], values: [0.5] });
  assert.equal(value({ value_floats: { floats: [0.5] } }), { shape: [1], values: [0.5] });
  assert.equal(value({ value: { tensor: constant('', 'int32', [1, 2], [1, 2]) } }), { shape: [1, 2], values: [1, 2] });
  assert.match(refusal(() => value({})).message, 'no value');
});

test('operators that do not fit their inputs are named with what was expected', () => {
  const cases: [string, Record<string, number[]>, Record<string, PlainAttribute>, RegExp][] = [
    ['Conv', { x: [1, 3, 8, 8], w: [4, 2, 3, 3] }, {}, /channels/],
    ['Conv', { x: [1, 3, 2, 2], w: [4, 3, 3, 3] }, {}, /window is larger/],
    ['Conv', { x: [1, 3, 8, 8], w: [4, 3, 3, 3] }, { strides: [0, 1] }, /strides/],
    ['Conv', { x: [1, 3, 8, 8], w: [4, 3, 3, 3] }, { auto_pad: 'SAME' }, /auto_pad/],
    ['Conv', { x: [1, 3, 8, 8], w: [4, 3, 3, 3] }, { group: 'one' }, /"group" has the wrong type/],
    ['Gemm', { a: [2, 3], b: [4, 5] }, {}, /matrices do not fit/],
    ['MatMul', { a: [2, 3], b: [4, 5] }, {}, /matrices do not fit/],
    ['Add', { a: [2, 3], b: [2] }, {}, /broadcast/],
    ['Concat', { a: [2, 3], b: [3, 3] }, { axis: 1 }, /joined/],
    ['Transpose', { a: [2, 3] }, { perm: [0, 0] }, /twice/],
    ['MaxPool', { a: [1, 2, 8, 8] }, { kernel_shape: [3] }, /kernel_shape/],
    ['MaxPool', { a: [1, 2, 8, 8] }, {}, /"kernel_shape" is missing/],
    ['BatchNormalization', { x: [1, 4, 2], s: [3], b: [4], m: [4], v: [4] }, {}, /channels/],
    ['LSTM', { x: [5, 1, 3], w: [1, 16, 4], r: [1, 16, 4] }, {}, /weights do not fit/],
    ['Softmax', { x: [2, 3] }, { axis: 2 }, /out of range/],
    ['Relu', {}, {}, /input 0 is missing/],
  ];
  for (const [type, inputs, attributes, expected] of cases) {
    const graph = sketch({
      inputs,
      nodes: [node(type, Object.keys(inputs).join(' '), 'y', attributes, 'culprit')],
      outputs: 'y',
    });
    const error = refusal(() => inferShapes(graph));
    assert.is(error.code, 'BAD_INPUT');
    assert.match(error.message, expected);
    assert.is(error.path, `node 0 "culprit" (${type})`);
  }
});

test('an operator without rule is named, with the way to go on', () => {
  const graph = sketch({ inputs: { x: [1, 4] }, nodes: [node('acme:Frobnicate', 'x', 'y', {}, 'frob')], outputs: 'y' });
  const error = refusal(() => inferShapes(graph));
  assert.is(error.code, 'UNKNOWN_OPERATOR');
  assert.match(error.message, /"frob".*Frobnicate of domain acme/);
  assert.match(error.hint!, 'shape inference');
});

test('shapes that the file states stand in for a missing rule, symbols resolved, with a warning', () => {
  const graph = sketch({
    inputs: { x: ['batch', 4] },
    nodes: [node('acme:Frobnicate', 'x', 'y'), node('Relu', 'y', 'z')],
    outputs: 'z',
  });
  graph.declared.set('y', { name: 'y', type: 'float32', shape: ['batch', 7] });
  const shapes = inferShapes(graph, { batch: 3 });
  assert.equal(shapes.outputs[0]!.shape, [3, 7]);
  assert.is(shapes.warnings.length, 1);
  assert.match(shapes.warnings[0]!, 'no shape rule');
});

test('a shape that depends on run-time values is refused, or taken from the file', () => {
  const graph = sketch({
    inputs: { x: [2, 6], target: { type: 'int64', shape: [2] } },
    nodes: [node('Reshape', 'x target', 'y')],
    outputs: 'y',
  });
  const error = refusal(() => inferShapes(graph));
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, /node 0 \(Reshape\).*the target shape .*only at run time/);
  graph.outputs[0]!.shape = [3, 4];
  const shapes = inferShapes(graph);
  assert.equal(shapes.outputs[0]!.shape, [3, 4]);
  assert.match(shapes.warnings[0]!, 'only at run time');
});

test('the number of boxes that survive suppression is bounded from above, and said so', () => {
  const graph = sketch({
    inputs: { boxes: [1, 50, 4], scores: [1, 3, 50] },
    constants: [constant('most', 'int64', [1], [10])],
    nodes: [node('NonMaxSuppression', 'boxes scores most', 'y')],
    outputs: 'y',
  });
  const shapes = inferShapes(graph);
  assert.equal(shapes.outputs[0]!.shape, [30, 3]);
  assert.match(shapes.warnings[0]!, '30');
});

test('an If with a known condition takes its branch; with an unknown one both must agree', () => {
  const branch = (...shape: number[]): PlainAttribute => ({
    graph: sketch({
      inputs: {},
      constants: [int64('to', ...shape)],
      nodes: [node('Reshape', 'x to', 'r')],
      outputs: 'r',
    }),
  });
  const choose = (condition: string, yes: PlainAttribute, no: PlainAttribute): Graph =>
    sketch({
      inputs: { x: [4, 6], open: { type: 'bool', shape: [] } },
      constants: [constant('no', 'bool', [], [0])],
      nodes: [node('If', condition, 'y', { then_branch: yes, else_branch: no })],
      outputs: 'y',
    });
  assert.equal(shapeOf(choose('no', branch(24), branch(3, 8)), 'y'), [3, 8]);
  assert.equal(shapeOf(choose('open', branch(3, 8), branch(3, 8)), 'y'), [3, 8]);
  assert.match(refusal(() => inferShapes(choose('open', branch(24), branch(3, 8)))).message, 'the branch taken');
});

test('a Loop carries shapes and stacks what it scans; a Scan walks its sequences', () => {
  const body = sketch({
    inputs: { i: { type: 'int64', shape: [] }, go: { type: 'bool', shape: [] }, state: [4] },
    nodes: [node('Identity', 'go', 'on'), node('Add', 'state x', 'next'), node('Relu', 'next', 'seen')],
    outputs: 'on next seen',
  });
  const loop = sketch({
    inputs: { x: [4], start: [4] },
    constants: [constant('trips', 'int64', [], [5]), constant('go', 'bool', [], [1])],
    nodes: [node('Loop', 'trips go start', 'last all', { body: { graph: body } })],
    outputs: 'last all',
  });
  assert.equal(shapeOf(loop, 'last'), [4]);
  assert.equal(shapeOf(loop, 'all'), [5, 4]);
  const cell = sketch({
    inputs: { state: [4], slice: [4] },
    nodes: [node('Add', 'state slice', 'next'), node('Relu', 'next', 'seen')],
    outputs: 'next seen',
  });
  const scan = sketch({
    inputs: { start: [4], sequence: [7, 4] },
    nodes: [node('Scan', 'start sequence', 'last all', { body: { graph: cell }, num_scan_inputs: 1 })],
    outputs: 'last all',
  });
  assert.equal(shapeOf(scan, 'all'), [7, 4]);
  const growing = sketch({
    inputs: { i: { type: 'int64', shape: [] }, go: { type: 'bool', shape: [] }, state: [4] },
    nodes: [node('Identity', 'go', 'on'), node('Concat', 'state state', 'next', { axis: 0 })],
    outputs: 'on next',
  });
  loop.operators = [node('Loop', 'trips go start', 'last', { body: { graph: growing } })];
  loop.outputs = [{ name: 'last', type: 'float32' }];
  assert.match(refusal(() => inferShapes(loop)).message, 'changes the shape of carried value 0');
});

test('sequences of tensors are followed from split to stack', () => {
  const graph = sketch({
    inputs: { x: [2, 6, 4] },
    constants: [constant('two', 'int64', [], [2]), constant('last', 'int64', [], [-1])],
    nodes: [
      node('SplitToSequence', 'x two', 'parts', { axis: 1 }),
      node('SequenceAt', 'parts last', 'one'),
      node('SequenceLength', 'parts', 'count'),
      node('ConcatFromSequence', 'parts', 'stacked', { axis: 0, new_axis: 1 }),
    ],
    outputs: 'one count stacked',
  });
  const shapes = inferShapes(graph);
  assert.equal(shapes.tensors.get('one')!.shape, [2, 2, 4]);
  assert.equal(shapes.tensors.get('stacked')!.shape, [3, 2, 2, 4]);
  assert.equal([...shapes.values.get('count')!], [3]);
  assert.is(shapes.tensors.get('parts')!.bytes, 48 * 4);
});

test('constant tensors are told from run-time ones; random numbers are none', () => {
  const graph = sketch({
    inputs: { x: [4, 4] },
    constants: [weights('w', 4, 4)],
    nodes: [
      node('Transpose', 'w', 'wt'),
      node('RandomNormal', '', 'noise', { shape: [4, 4] }),
      node('MatMul', 'x wt', 'y'),
      node('Add', 'y noise', 'z'),
    ],
    outputs: 'z',
  });
  const { constants } = inferShapes(graph);
  assert.ok(constants.has('wt'));
  assert.not.ok(constants.has('noise') || constants.has('y'));
});

test('a newer operator set than known is read with a warning', () => {
  const graph = relu(1, 2);
  graph.opset = 99;
  assert.match(inferShapes(graph).warnings[0]!, 'operator set 99');
});

test('tensors that grow without bound are refused, quickly', () => {
  const nodes = Array.from({ length: 200 }, (_, i) => node('Concat', `t${i} t${i}`, `t${i + 1}`, { axis: 0 }));
  const data = sketch({ inputs: { t0: [1, 3] }, nodes, outputs: 't200' });
  const values = sketch({
    inputs: { x: [1] },
    constants: [int64('t0', 1, 2, 3)],
    nodes: [...nodes, node('Relu', 'x', 'y')],
    outputs: 't200 y',
  });
  const ranks = Array.from({ length: 200 }, (_, i) => node('Unsqueeze', `t${i} axis`, `t${i + 1}`));
  const rank = sketch({ inputs: { t0: [1] }, constants: [int64('axis', 0)], nodes: ranks, outputs: 't200' });
  const start = performance.now();
  for (const graph of [data, values, rank]) assert.match(refusal(() => inferShapes(graph)).message, 'impossible shape');
  assert.ok(performance.now() - start < 1000);
});

test('folding stops at its budget, not at the patience of the caller', () => {
  const big = constant('big', 'int64', [60000], new Array(60000).fill(1));
  const nodes = Array.from({ length: 2000 }, (_, i) => node('Add', `${i === 0 ? 'big' : `t${i}`} big`, `t${i + 1}`));
  const graph = sketch({
    inputs: { x: [1] },
    constants: [big],
    nodes: [...nodes, node('Relu', 'x', 'y')],
    outputs: 't2000 y',
  });
  const start = performance.now();
  const shapes = inferShapes(graph);
  assert.ok(performance.now() - start < 5000);
  assert.ok(shapes.constants.has('t2000'));
});

test('random attributes and shapes give a shape or a HeterodyneError, for every operator', () => {
  const types = fc.constantFrom(...knownOperators());
  const dimension = fc.integer({ min: 0, max: 6 });
  const operand = fc.record({
    shape: fc.array(dimension, { maxLength: 5 }),
    type: fc.constantFrom('float32' as const, 'int64' as const),
    known: fc.boolean(),
  });
  const value = fc.oneof(
    fc.integer({ min: -3, max: 8 }),
    fc.array(fc.integer({ min: -2, max: 4 }), { maxLength: 6 }),
    fc.constantFrom('', 'SAME_UPPER', 'ij,jk->ik', 'bidirectional'),
  );
  const names = [
    'axis',
    'axes',
    'kernel_shape',
    'strides',
    'pads',
    'dilations',
    'group',
    'perm',
    'shape',
    'keepdims',
    'to',
    'blocksize',
    'equation',
    'split',
    'starts',
    'ends',
    'auto_pad',
    'num_outputs',
    'k',
    'batch_dims',
    'value_ints',
    'num_scan_inputs',
    'q_num_heads',
    'kv_num_heads',
    'pooled_shape',
    'K',
    'N',
    'direction',
  ];
  const attributes = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 });
  fc.assert(
    fc.property(
      types,
      fc.array(operand, { maxLength: 6 }),
      attributes,
      fc.integer({ min: 7, max: 22 }),
      fc.integer({ min: 1, max: 4 }),
      (type, operands, plain, opset, results) => {
        const constants = operands.flatMap(({ shape, type: kind, known }, i) => {
          const count = shape.reduce((product, size) => product * size, 1);
          return known && count < 1000
            ? [
                constant(
                  `t${i}`,
                  kind,
                  shape,
                  Array.from({ length: count }, (_, at) => (at % 5) - 1),
                ),
              ]
            : [];
        });
        const fixed = new Set(constants.map((each) => each.name));
        const inputs = Object.fromEntries(
          operands.flatMap(({ shape, type: kind }, i) =>
            fixed.has(`t${i}`) ? [] : [[`t${i}`, { type: kind, shape }]],
          ),
        );
        const outputs = Array.from({ length: results }, (_, i) => `y${i}`).join(' ');
        const graph = sketch({
          opset,
          inputs,
          constants,
          nodes: [node(type, operands.map((_, i) => `t${i}`).join(' '), outputs, plain)],
          outputs,
        });
        try {
          for (const { shape, bytes } of inferShapes(graph).outputs) {
            assert.ok(shape.every((size) => Number.isSafeInteger(size) && size >= 0));
            assert.ok(Number.isFinite(bytes));
          }
        } catch (error) {
          if (!(error instanceof HeterodyneError)) throw error;
        }
      },
    ),
    { numRuns: 6000, seed: 5 },
  );
});

test.run();
