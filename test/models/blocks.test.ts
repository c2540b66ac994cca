import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type CutOptions, cutIntoBlocks, MAX_BLOCKS } from '../../src/models/blocks.ts';
import { type Block, type Graph, type Initializer, type Operator, tensorsRead } from '../../src/models/graph.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { sumOf } from '../../src/models/work/operator-work.ts';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { constant, int64, node, sketch, weights } from './graphs.ts';

const test = suite('blocks');

function cut(graph: Graph, options?: CutOptions): Block[] {
  return cutIntoBlocks(graph, inferShapes(graph), options);
}

/** What must hold for every cut of every graph. */
function checkBlocks(graph: Graph, blocks: readonly Block[]): void {
  const { constants } = inferShapes(graph);
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const blockOf = new Map<number, number>();
  for (const [at, block] of blocks.entries()) {
    assert.is(block.index, at);
    for (const index of block.operators) {
      assert.not.ok(blockOf.has(index), 'an operator in two blocks');
      blockOf.set(index, at);
    }
    assert.equal(
      block.operators,
      [...block.operators].sort((a, b) => a - b),
    );
  }
  assert.is(blockOf.size, graph.operators.length, 'every operator in a block');
  assert.is(new Set(blocks.map((block) => block.name)).size, blocks.length, 'names differ');
  const maker = new Map<string, number>();
  for (const [index, operator] of graph.operators.entries())
    for (const name of operator.outputs) maker.set(name, index);
  const needed = new Set(graph.outputs.map((output) => output.name));
  for (const operator of [...graph.operators].reverse()) {
    if (operator.outputs.some((name) => needed.has(name))) for (const name of tensorsRead(operator)) needed.add(name);
  }
  for (const [index, operator] of graph.operators.entries()) {
    if (operator.outputs.every((output) => constants.has(output))) continue;
    const unneeded = !operator.outputs.some((output) => needed.has(output));
    for (const name of tensorsRead(operator)) {
      if (constants.has(name) || inputs.has(name)) continue;
      const from = blockOf.get(maker.get(name)!)!;
      const to = blockOf.get(index)!;
      assert.ok(from <= to, 'blocks are in an order of execution');
      for (let at = from; at < to && !unneeded; at++)
        assert.ok(blocks[at]!.outputs.includes(name), `${name} crosses block ${at}`);
    }
  }
  assert.equal(
    blocks.at(-1)!.outputs,
    graph.outputs.map((output) => output.name),
  );
  for (const block of blocks) {
    assert.ok(block.activationBytes >= block.outputBytes || block === blocks.at(-1));
    assert.equal(block.work.operators, [...new Set(block.work.operators)].sort());
  }
}

// Blocks as the networks' papers draw them: see each count's comment.
const NATURAL: Record<string, number> = {
  alexnet: 8, // 5 convolutions, 3 fully connected
  'vgg-13': 13,
  'vgg-16': 16,
  'vgg-19': 19,
  'mobilenet-v1': 15, // convolution, 13 depthwise-separable pairs, classifier
  squeezenet: 18, // 2 convolutions, 8 fire modules of squeeze and expand
  'resnet-34': 18, // stem, 16 residual blocks, classifier
  'resnet-50': 18,
  'resnet-101': 35, // stem, 33 residual blocks, classifier
  'inception-v3': 17, // 5 convolutions, 11 inception modules, classifier
  'inception-v4': 23, // 3 convolutions, 3 joints of the stem, 16 inception and reduction modules, classifier
  googlenet: 13, // 3 convolutions, 9 inception modules, classifier
};

for (const [name, expected] of Object.entries(NATURAL)) {
  test(`${name} has ${expected} blocks, with batch normalisation folded or not`, () => {
    for (const normalization of ['folded', 'explicit'] as const) {
      const graph = zooModel(name, { normalization });
      const blocks = cut(graph);
      checkBlocks(graph, blocks);
      assert.is(blocks.length, expected);
      assert.ok(blocks.every((block) => block.outputs.length === 1 && sumOf(block.work.macs) > 0));
    }
  });
}

test('residual blocks with squeeze-and-excitation stay whole in MobileNetV2, V3 and EfficientNet', () => {
  for (const name of ['mobilenet-v2', 'mobilenet-v3-large', 'efficientnet-b0']) {
    const graph = zooModel(name);
    const blocks = cut(graph);
    checkBlocks(graph, blocks);
    for (const block of blocks) {
      assert.is(block.outputs.length, 1);
      // No block holds a depthwise convolution alone.
      if (block.work.macs.depthwise) assert.ok((block.work.macs.conv ?? 0) > 0, block.name);
    }
  }
});

test('work of the blocks adds up to the work of the network at every granularity', () => {
  const graph = zooModel('resnet-34');
  const total = (options?: CutOptions): number[] => {
    const blocks = cut(graph, options);
    const sum = (pick: (block: Block) => number): number => blocks.reduce((all, block) => all + pick(block), 0);
    return [
      sum((b) => sumOf(b.work.macs)),
      sum((b) => sumOf(b.work.bytes)),
      sum((b) => sumOf(b.work.launches)),
      sum((b) => b.weightBytes),
    ];
  };
  for (const granularity of ['operator', 1, 7] as const) assert.equal(total({ granularity }), total());
});

test('a number of blocks is kept to; the lightest neighbours join', () => {
  const graph = zooModel('vgg-16');
  for (const granularity of [1, 2, 5, 16]) {
    const blocks = cut(graph, { granularity });
    checkBlocks(graph, blocks);
    assert.is(blocks.length, granularity);
  }
  assert.is(cut(graph, { granularity: 40 }).length, 16);
  const weight = (block: Block): number => sumOf(block.work.macs);
  const five = cut(graph, { granularity: 5 }).map(weight);
  assert.ok(Math.max(...five) < 0.6 * five.reduce((sum, macs) => sum + macs, 0), 'no block swallows the others');
});

test('granularity operator cuts finer, and finer still where more tensors may be live', () => {
  const graph = zooModel('resnet-50');
  const counts = [1, 2, 3].map((maxLive) => {
    const blocks = cut(graph, { granularity: 'operator', maxLive });
    checkBlocks(graph, blocks);
    return blocks.length;
  });
  assert.ok(counts[0]! < counts[1]! && counts[1]! <= counts[2]!, counts.join());
  assert.ok(counts[0]! >= cut(graph).length);
});

test('more than 255 blocks are joined to 255', () => {
  const count = 400;
  const graph = sketch({
    inputs: { t0: [1, 8] },
    constants: [weights('w', 8, 8)],
    nodes: Array.from({ length: count }, (_, i) => node('MatMul', `t${i} w`, `t${i + 1}`)),
    outputs: `t${count}`,
  });
  const blocks = cut(graph);
  checkBlocks(graph, blocks);
  assert.is(blocks.length, MAX_BLOCKS);
});

/** U-Net in small: three levels, every level's features kept for the way back. */
function unet(): Graph {
  const nodes: Operator[] = [];
  const constants: Initializer[] = [];
  const conv = (name: string, from: string, inputs: number, outputs: number): string => {
    constants.push(weights(`${name}.w`, outputs, inputs, 3, 3));
    nodes.push(node('Conv', `${from} ${name}.w`, name, { pads: [1, 1, 1, 1] }, name));
    return name;
  };
  let x = 'x';
  for (const level of [1, 2, 3]) {
    conv(`down${level}`, x, level === 1 ? 3 : 8, 8);
    nodes.push(node('MaxPool', `down${level}`, `pool${level}`, { kernel_shape: [2, 2], strides: [2, 2] }));
    x = `pool${level}`;
  }
  x = conv('bottom', x, 8, 8);
  for (const level of [3, 2, 1]) {
    constants.push(constant(`scale${level}`, 'float32', [4], [1, 1, 2, 2]));
    nodes.push(
      node('Resize', `${x} - scale${level}`, `up${level}`),
      node('Concat', `up${level} down${level}`, `cat${level}`, { axis: 1 }),
    );
    x = conv(`back${level}`, `cat${level}`, 16, 8);
  }
  return sketch({ inputs: { x: [1, 3, 32, 32] }, constants, nodes, outputs: x });
}

test('skip connections over the whole network keep its middle in one block, unless more tensors may be live', () => {
  const graph = unet();
  const blocks = cut(graph);
  checkBlocks(graph, blocks);
  assert.equal(
    blocks.map((block) => block.name),
    ['down1', 'down2..back2', 'back1'],
  );
  const finer = cut(graph, { granularity: 'operator', maxLive: 4 });
  checkBlocks(graph, finer);
  assert.ok(finer.length >= 7);
  assert.ok(finer.some((block) => block.outputs.length === 4));
});

test('a network that cannot be cut is one block; so is one without compute operators', () => {
  const lone = sketch({
    inputs: { x: [1, 4] },
    nodes: [node('Softmax', 'x', 'p'), node('Transpose', 'p', 'y')],
    outputs: 'y',
  });
  const blocks = cut(lone);
  checkBlocks(lone, blocks);
  assert.is(blocks.length, 1);
});

/** Encoder of `layers` layers, normalised after each half, with a mask computed from an input. */
function transformer(layers: number): Graph {
  const nodes: Operator[] = [
    node('Unsqueeze', 'mask axis', 'm1'),
    node('Cast', 'm1', 'm2', { to: 1 }),
    node('Sub', 'one m2', 'm3'),
    node('Mul', 'm3 minus', 'bias'),
    node('Gather', 'table ids', 'h0'),
  ];
  const constants = [
    weights('table', 1000, 16),
    int64('axis', 1),
    constant('one', 'float32', [], [1]),
    constant('minus', 'float32', [], [-10000]),
    weights('scale', 16),
    weights('shift', 16),
    ...['q', 'k', 'v', 'o'].map((name) => weights(name, 16, 16)),
    weights('up', 16, 64),
    weights('down', 64, 16),
  ];
  for (let i = 0; i < layers; i++) {
    const h = `h${i}`;
    for (const name of ['q', 'k', 'v']) nodes.push(node('MatMul', `${h} ${name}`, `${name}${i}`));
    nodes.push(
      node('Transpose', `k${i}`, `kt${i}`, { perm: [0, 2, 1] }),
      node('MatMul', `q${i} kt${i}`, `s${i}`),
      node('Add', `s${i} bias`, `sb${i}`),
      node('Softmax', `sb${i}`, `p${i}`),
      node('MatMul', `p${i} v${i}`, `c${i}`),
      node('MatMul', `c${i} o`, `a${i}`),
      node('Add', `a${i} ${h}`, `r${i}`),
      node('LayerNormalization', `r${i} scale shift`, `n${i}`),
      node('MatMul', `n${i} up`, `u${i}`),
      node('Gelu', `u${i}`, `g${i}`),
      node('MatMul', `g${i} down`, `d${i}`),
      node('Add', `d${i} n${i}`, `e${i}`),
      node('LayerNormalization', `e${i} scale shift`, `h${i + 1}`),
    );
  }
  return sketch({
    opset: 20,
    inputs: { ids: { type: 'int64', shape: ['batch', 12] }, mask: { type: 'int64', shape: ['batch', 12] } },
    constants,
    nodes,
    outputs: `h${layers}`,
  });
}

test('an attention mask does not keep a transformer in one piece: two blocks a layer, the mask charged at every cut', () => {
  const graph = transformer(4);
  const blocks = cut(graph);
  checkBlocks(graph, blocks);
  assert.is(blocks.length, 8);
  for (const block of blocks.slice(0, -1)) {
    const activations = block.outputs.filter((name) => name !== 'bias');
    assert.is(activations.length, 1);
  }
  assert.ok(blocks[0]!.outputs.includes('bias'));
});

test('an input that is read late prevents no cut, and is charged', () => {
  const graph = sketch({
    inputs: { x: [1, 8], late: [1, 100] },
    constants: [weights('w', 8, 8), weights('v', 108, 4)],
    nodes: [
      node('MatMul', 'x w', 'a'),
      node('MatMul', 'a w', 'b'),
      node('Concat', 'b late', 'c', { axis: 1 }),
      node('MatMul', 'c v', 'y'),
    ],
    outputs: 'y',
  });
  const blocks = cut(graph);
  checkBlocks(graph, blocks);
  assert.is(blocks.length, 3);
  assert.equal(blocks[0]!.outputs.sort(), ['a', 'late']);
  assert.is(blocks[0]!.outputBytes, 4 * (8 + 100));
});

test('recurrent layers are blocks of their own, their states no obstacle', () => {
  const layer = (i: number): Operator =>
    node('LSTM', `t${i} w r - - h${i} c${i}`, `y${i} hn${i} cn${i}`, { hidden_size: 4 }, `lstm${i}`);
  const graph = sketch({
    inputs: {
      t0: [6, 1, 4],
      ...Object.fromEntries(
        [0, 1, 2].flatMap((i) => [
          [`h${i}`, [1, 1, 4]],
          [`c${i}`, [1, 1, 4]],
        ]),
      ),
    },
    constants: [weights('w', 1, 16, 4), weights('r', 1, 16, 4), int64('axis', 1)],
    nodes: [0, 1, 2].flatMap((i) => [layer(i), node('Squeeze', `y${i} axis`, `t${i + 1}`)]),
    outputs: 't3 hn0 cn0 hn1 cn1 hn2 cn2',
  });
  const blocks = cut(graph);
  checkBlocks(graph, blocks);
  assert.equal(
    blocks.map((block) => block.name),
    ['lstm0', 'lstm1', 'lstm2'],
  );
});

test('a shape read early and used late is no live tensor', () => {
  const graph = sketch({
    inputs: { x: [1, 4, 8, 8] },
    constants: [weights('w', 4, 4, 1, 1)],
    nodes: [
      node('Shape', 'x', 's'),
      node('Conv', 'x w', 'a', {}, 'one'),
      node('Conv', 'a w', 'b', {}, 'two'),
      node('Expand', 'b s', 'y'),
    ],
    outputs: 'y',
  });
  const blocks = cut(graph);
  assert.is(blocks.length, 2);
  assert.equal(
    blocks.map((block) => block.operators),
    [[1], [0, 2, 3]],
  );
  assert.not.ok(blocks[1]!.work.operators.includes('Shape'), 'folded away: no processor needs to support it');
});

test('a shared weight counts in every block that reads it', () => {
  const graph = sketch({
    inputs: { x: [1, 8] },
    constants: [weights('w', 8, 8)],
    nodes: [node('MatMul', 'x w', 'a'), node('MatMul', 'a w', 'y')],
    outputs: 'y',
  });
  assert.equal(
    cut(graph).map((block) => block.weightBytes),
    [256, 256],
  );
});

test('peak activations count what lives across the block, too', () => {
  const graph = sketch({
    inputs: { x: [1, 8] },
    constants: [weights('w', 8, 100), weights('v', 100, 8)],
    nodes: [node('MatMul', 'x w', 'a'), node('MatMul', 'a v', 'b'), node('Mul', 'b x', 'y')],
    outputs: 'y',
  });
  // While b is made: x (read late), a and b.
  assert.equal(
    cut(graph).map((block) => block.activationBytes),
    [4 * (8 + 100), 4 * (8 + 100 + 8)],
  );
});

test('unknown granularities and graphs that compute nothing are refused', () => {
  const graph = zooModel('alexnet');
  for (const options of [
    { granularity: 'layer' },
    { granularity: 0 },
    { granularity: 2.5 },
    { granularity: 'operator', maxLive: 0 },
  ]) {
    assert.throws(
      () => cut(graph, options as CutOptions),
      (error: unknown) => error instanceof HeterodyneError && error.code === 'USAGE',
    );
  }
  const nothing = sketch({ inputs: { x: [1] }, nodes: [node('Shape', 'x', 'y')], outputs: 'y' });
  assert.throws(
    () => cut(nothing),
    (error: unknown) => error instanceof HeterodyneError && error.code === 'BAD_INPUT',
  );
});

test('random networks are cut into blocks that hold every operator once, in an order of execution', () => {
  const step = fc.record({
    type: fc.constantFrom('Relu', 'MatMul', 'Add', 'Identity', 'Softmax', 'Sigmoid', 'Mul', 'Shape', 'Transpose'),
    first: fc.nat(),
    second: fc.nat(),
    near: fc.boolean(),
  });
  const granularity = fc.constantFrom('block' as const, 'operator' as const, 1, 3, 1000);
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      granularity,
      fc.integer({ min: 1, max: 5 }),
      (steps, inputs, kind, maxLive) => {
        const tensors = Array.from({ length: inputs }, (_, i) => `x${i}`);
        const nodes = steps.map(({ type, first, second, near }, i) => {
          const pick = (at: number): string =>
            near ? tensors[tensors.length - 1 - (at % Math.min(2, tensors.length))]! : tensors[at % tensors.length]!;
          const operands =
            type === 'MatMul'
              ? `${pick(first)} w`
              : type === 'Add' || type === 'Mul'
                ? `${pick(first)} ${pick(second)}`
                : pick(first);
          const operator = node(type, operands, `t${i}`);
          if (type !== 'Shape') tensors.push(`t${i}`);
          return operator;
        });
        nodes.push(node('Relu', tensors.at(-1)!, 'y'));
        const outputs = ['y', ...tensors.slice(inputs).filter((_, i) => i % 11 === 5)];
        const graph = sketch({
          inputs: Object.fromEntries(Array.from({ length: inputs }, (_, i) => [`x${i}`, [4, 4]])),
          constants: [weights('w', 4, 4)],
          nodes,
          outputs: outputs.join(' '),
        });
        const blocks = cut(graph, { granularity: kind, maxLive });
        checkBlocks(graph, blocks);
        if (typeof kind === 'number') assert.ok(blocks.length <= kind);
      },
    ),
    { numRuns: 1500, seed: 3 },
  );
});

test('a chain of fifty thousand operators is cut without recursion, in seconds', () => {
  const count = 50_000;
  const graph = sketch({
    inputs: { t0: [1, 8] },
    constants: [weights('w', 8, 8)],
    nodes: Array.from({ length: count }, (_, i) =>
      i % 2 === 0 ? node('MatMul', `t${i} w`, `t${i + 1}`) : node('Relu', `t${i}`, `t${i + 1}`),
    ),
    outputs: `t${count}`,
  });
  const start = performance.now();
  assert.is(cut(graph).length, MAX_BLOCKS);
  assert.ok(performance.now() - start < 5000);
});

test.run();
