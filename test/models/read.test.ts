import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/models/graph.ts';
import { blockModel } from '../../src/models/load.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { decodeValues } from '../../src/models/shapes/values.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { constant, int64, node, sketch, weights } from './graphs.ts';
import { message, modelProto, nodeProto, valueInfo } from './protobuf.ts';

const test = suite('reading ONNX');

function refusal(action: () => unknown): HeterodyneError {
  try {
    action();
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** x -> Relu -> y, with whatever else the graph holds. */
function reluModel(...graphFields: Parameters<typeof message>): Uint8Array {
  return modelProto(
    message([1, nodeProto('Relu', ['x'], ['y'])], [11, valueInfo('x', [1, 4])], [12, valueInfo('y')], ...graphFields),
  );
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const BRANCH: Graph = sketch({
  opset: 17,
  inputs: {},
  constants: [constant('k', 'float32', [2], [1, 2])],
  nodes: [node('Add', 'x k', 'z')],
  outputs: 'z',
});

test('what the writer writes, the reader reads: every attribute kind, inner graphs, symbols, contents', () => {
  const graph = sketch({
    opset: 17,
    inputs: { x: ['batch', 3, '?', 8], flag: { type: 'bool', shape: [] }, free: { type: 'int64' } },
    constants: [constant('w', 'float32', [2, 3], [1, 2, 3, 4, 5, 6]), int64('axes', 0, -1)],
    nodes: [
      node('custom:Thing', 'x - w', 'a -', {
        int: -3,
        float: { float: 0.5 },
        text: 'hello',
        list: [1, -2, 3],
        reals: { floats: [0.25, 4] },
        tensor: { tensor: constant('', 'int32', [2], [7, -8]) },
      }),
      node('If', 'flag', 'b', { then_branch: { graph: BRANCH }, else_branch: { graph: BRANCH } }, 'choice'),
    ],
    outputs: 'a b',
  });
  graph.declared.set('a', { name: 'a', type: 'float32', shape: ['batch', 4] });
  assert.equal(readOnnx(writeOnnx(graph)), graph);
});

test('a zoo network survives writing and reading, its weights as views into the file', () => {
  const graph = zooModel('squeezenet');
  const bytes = writeOnnx(graph, zooWeights(graph, 1));
  const read = readOnnx(bytes);
  assert.equal(read.operators, graph.operators);
  assert.equal([...read.initializers.keys()], [...graph.initializers.keys()]);
  for (const { data } of read.initializers.values()) assert.is(data!.buffer, bytes.buffer);
});

test('typed tensor fields hold the same numbers as raw data, packed or not', () => {
  const cases: [
    string,
    number,
    Uint8Array | undefined,
    [number, number | bigint | Uint8Array | { float: number }][],
    number[],
  ][] = [
    ['floats packed', 1, undefined, [[4, new Uint8Array(Float32Array.of(1.5, -2).buffer)]], [1.5, -2]],
    [
      'floats single',
      1,
      undefined,
      [
        [4, { float: 1.5 }],
        [4, { float: -2 }],
      ],
      [1.5, -2],
    ],
    [
      'int32',
      6,
      undefined,
      [
        [5, 7],
        [5, -8],
      ],
      [7, -8],
    ],
    [
      'int8 in int32_data',
      3,
      undefined,
      [
        [5, 7],
        [5, -8],
      ],
      [7, -8],
    ],
    [
      'bool in int32_data',
      9,
      undefined,
      [
        [5, 1],
        [5, 0],
      ],
      [1, 0],
    ],
    [
      'float16 in int32_data',
      10,
      undefined,
      [
        [5, 0x3c00],
        [5, 0xc000],
      ],
      [1, -2],
    ],
    [
      'int64 packed',
      7,
      undefined,
      [[7, Uint8Array.of(5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)]],
      [5, -1],
    ],
    [
      'int64 single',
      7,
      undefined,
      [
        [7, 5],
        [7, -1],
      ],
      [5, -1],
    ],
    [
      'uint64',
      13,
      undefined,
      [
        [11, 5],
        [11, 6],
      ],
      [5, 6],
    ],
    ['double', 11, undefined, [[10, new Uint8Array(Float64Array.of(0.1, 3).buffer)]], [0.1, 3]],
    ['raw', 1, undefined, [[9, new Uint8Array(Float32Array.of(1.5, -2).buffer)]], [1.5, -2]],
    ['raw bfloat16', 16, undefined, [[9, Uint8Array.of(0x80, 0x3f, 0x00, 0xc0)]], [1, -2]],
  ];
  for (const [name, type, , fields, expected] of cases) {
    const tensor = message([1, 2], [2, type], ...fields, [8, 'c']);
    const { initializers } = readOnnx(reluModel([5, tensor]));
    assert.equal(decodeValues(initializers.get('c')!), expected, name);
  }
});

test('contents in another file, and stripped contents, are left unread', () => {
  const location = message([1, 'location'], [2, 'weights.bin']);
  const external = message([1, 1000], [1, 1000], [2, 1], [8, 'w'], [13, location], [14, 1]);
  const stripped = message([1, 5], [2, 1], [8, 'v']);
  const { initializers } = readOnnx(reluModel([5, external], [5, stripped]));
  assert.equal(initializers.get('w'), {
    name: 'w',
    type: 'float32',
    shape: [1000, 1000],
    external: { location: 'weights.bin', offset: 0 },
  });
  assert.is(initializers.get('v')!.data, undefined);
});

test('an initializer that is listed as an input, as old files do, is no input', () => {
  const tensor = message([1, 1], [2, 1], [8, 'w'], [9, new Uint8Array(4)]);
  const graph = readOnnx(reluModel([5, tensor], [11, valueInfo('w', [1])]));
  assert.equal(
    graph.inputs.map((input) => input.name),
    ['x'],
  );
});

test('operators in any order are sorted; the order of a sorted file stays', () => {
  const graph = message(
    [1, nodeProto('Add', ['a', 'b'], ['y'])],
    [1, nodeProto('Neg', ['a'], ['b'])],
    [1, nodeProto('Relu', ['x'], ['a'])],
    [11, valueInfo('x', [1])],
    [12, valueInfo('y')],
  );
  assert.equal(
    readOnnx(modelProto(graph)).operators.map((each) => each.type),
    ['Relu', 'Neg', 'Add'],
  );
});

test('a graph in an attribute may read tensors of the graph around it, and is sorted behind them', () => {
  const inner = message([1, nodeProto('Neg', ['late'], ['z'])], [12, valueInfo('z')]);
  const branch = (name: string): Uint8Array => message([1, name], [6, inner], [20, 5]);
  const graph = message(
    [1, nodeProto('If', ['c'], ['y'], [5, branch('then_branch')], [5, branch('else_branch')])],
    [1, nodeProto('Relu', ['x'], ['late'])],
    [11, valueInfo('x', [2])],
    [11, valueInfo('c', [])],
    [12, valueInfo('y')],
  );
  const read = readOnnx(modelProto(graph));
  assert.equal(
    read.operators.map((each) => each.type),
    ['Relu', 'If'],
  );
  assert.equal(inferShapes(read).outputs[0]!.shape, [2]);
});

test('local functions are inlined: names, attribute references, defaults, nested calls', () => {
  const reference = message([1, 'axis'], [20, 2], [21, 'dim']);
  const split = message(
    [1, 'Halve'],
    [4, 'in'],
    [5, 'left'],
    [5, 'right'],
    [6, 'dim'],
    [7, nodeProto('Split', ['in'], ['left', 'right'], [5, reference])],
    [9, message([2, 11])],
    [10, 'mine'],
  );
  const outer = message(
    [1, 'HalveTwice'],
    [4, 'in'],
    [5, 'out'],
    [7, nodeProto('Halve', ['in'], ['t', 'unused'], [7, 'mine'], [5, message([1, 'dim'], [3, 1], [20, 2])])],
    [7, nodeProto('Halve', ['t'], ['out'], [7, 'mine'])],
    [10, 'mine'],
    [11, message([1, 'dim'], [3, 0], [20, 2])],
  );
  const graph = message(
    [1, nodeProto('HalveTwice', ['x'], ['y'], [3, 'call'], [7, 'mine'])],
    [11, valueInfo('x', [4, 8])],
    [12, valueInfo('y')],
  );
  const read = readOnnx(modelProto(graph, 13, [25, split], [25, outer]));
  assert.equal(
    read.operators.map((each) => [each.type, each.opset]),
    [
      ['Split', 11],
      ['Split', 11],
    ],
  );
  assert.equal(inferShapes(read).outputs[0]!.shape, [2, 4]);
});

test('a function that calls itself is refused by name', () => {
  const loop = message(
    [1, 'Again'],
    [4, 'in'],
    [5, 'out'],
    [7, nodeProto('Again', ['in'], ['out'], [7, 'mine'])],
    [10, 'mine'],
  );
  const graph = message(
    [1, nodeProto('Again', ['x'], ['y'], [7, 'mine'])],
    [11, valueInfo('x', [1])],
    [12, valueInfo('y')],
  );
  const error = refusal(() => readOnnx(modelProto(graph, 13, [25, loop])));
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, 'function mine:Again');
});

test('functions that double thirty times are refused before they fill the memory', () => {
  const functions = Array.from({ length: 30 }, (_, i) =>
    message(
      [1, `F${i}`],
      [4, 'in'],
      [5, 'out'],
      [7, nodeProto(`F${i + 1}`, ['in'], ['t'], [7, 'mine'])],
      [7, nodeProto(`F${i + 1}`, ['t'], ['out'], [7, 'mine'])],
      [10, 'mine'],
    ),
  );
  const last = message([1, 'F30'], [4, 'in'], [5, 'out'], [7, nodeProto('Relu', ['in'], ['out'])], [10, 'mine']);
  const graph = message(
    [1, nodeProto('F0', ['x'], ['y'], [7, 'mine'])],
    [11, valueInfo('x', [1])],
    [12, valueInfo('y')],
  );
  const bytes = modelProto(graph, 13, ...[...functions, last].map((each) => [25, each] as const));
  assert.match(refusal(() => readOnnx(bytes)).message, 'nodes after inlining');
});

test('cycles, double definitions and undefined tensors are named', () => {
  const x = [11, valueInfo('x', [1])] as const;
  const y = [12, valueInfo('y')] as const;
  const cases: [Uint8Array, RegExp][] = [
    [
      message(
        [1, nodeProto('Add', ['x', 'b'], ['a'], [3, 'first'])],
        [1, nodeProto('Neg', ['a'], ['b'])],
        [1, nodeProto('Relu', ['b'], ['y'])],
        x,
        y,
      ),
      /node 0 "first" \(Add\) depends on its own result/,
    ],
    [message([1, nodeProto('Relu', ['y'], ['y'])], x, y), /depends on its own result/],
    [
      message([1, nodeProto('Relu', ['x'], ['y'])], [1, nodeProto('Neg', ['x'], ['y'])], x, y),
      /tensor "y" is defined twice: by node 0 \(Relu\) and by node 1 \(Neg\)/,
    ],
    [message([1, nodeProto('Relu', ['x'], ['x'])], x, [12, valueInfo('x')]), /tensor "x" is defined twice/],
    [
      message([1, nodeProto('Add', ['x', 'ghost'], ['y'], [3, 'sum'])], x, y),
      /node 0 "sum" \(Add\): tensor "ghost" is defined nowhere/,
    ],
    [message([1, nodeProto('Relu', ['x'], ['z'])], x, y), /output "y" is defined nowhere/],
    [message([1, nodeProto('', ['x'], ['y'])], x, y), /no operator type/],
    [message(x, [12, valueInfo('x')]), /no nodes/],
    [message([1, nodeProto('Relu', ['x'], ['y'])], x), /no outputs/],
  ];
  for (const [graph, expected] of cases) {
    const error = refusal(() => readOnnx(modelProto(graph)));
    assert.is(error.code, 'BAD_INPUT');
    assert.match(error.message, expected);
  }
});

test('files that are no ONNX models are called what they are', () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /empty/],
    [ascii('Hello, this is not a model at all.'), /text beginning "Hello/],
    [ascii('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'), /Git LFS/],
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), /PNG/],
    [Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0), /PyTorch/],
    [Uint8Array.of(0x1c, 0, 0, 0, ...ascii('TFL3'), 0, 0), /TensorFlow Lite/],
    [message([1, 8], [2, 'nobody']), /beginning 08 08/],
  ];
  for (const [bytes, expected] of cases) {
    const error = refusal(() => readOnnx(bytes, { source: 'some.file' }));
    assert.is(error.code, 'BAD_INPUT');
    assert.match(error.received!, expected);
    assert.match(error.expected!, 'ONNX');
    assert.is(error.source, 'some.file');
  }
});

test('names from the file can neither reach the terminal nor bury the message', () => {
  const name = `\u001b[31m${'x'.repeat(1_000_000)}`;
  const graph = message([1, nodeProto('Relu', [name], ['y'], [3, name])], [12, valueInfo('y')]);
  const error = refusal(() => readOnnx(modelProto(graph)));
  for (const text of [error.message, error.path!, error.received!]) {
    assert.ok(text.length < 500);
    assert.not.ok(text.includes('\u001b'));
  }
  assert.match(error.message, /^node 0 .* is defined nowhere$/);
});

test('operator sets before 7, missing ones and impossible ones are refused', () => {
  const graph = message([1, nodeProto('Relu', ['x'], ['y'])], [11, valueInfo('x', [1])], [12, valueInfo('y')]);
  assert.match(refusal(() => readOnnx(modelProto(graph, 6))).message, 'operator set 6 is too old');
  assert.match(refusal(() => readOnnx(modelProto(graph, 0))).message, 'impossible');
  assert.match(refusal(() => readOnnx(modelProto(graph, 1e15))).message, 'impossible');
  assert.match(refusal(() => readOnnx(message([1, 8], [7, graph]))).message, 'states no version');
  assert.is(readOnnx(message([1, 8], [8, message([1, 'ai.onnx'], [2, 12])], [7, graph])).opset, 12);
});

test('impossible tensors are refused: negative, overflowing, of the wrong size, of too high a rank', () => {
  const cases: [Uint8Array, RegExp][] = [
    [message([1, -4], [2, 1], [8, 'w']), /impossible shape/],
    [message([1, 2 ** 40], [1, 2 ** 40], [2, 1], [8, 'w']), /impossible shape/],
    [message([1, 3], [2, 1], [8, 'w'], [9, new Uint8Array(8)]), /do not fit/],
    [message(...Array.from({ length: 100 }, () => [1, 1] as const), [2, 1], [8, 'w']), /impossible shape/],
    [message([1, 1], [8, 'w']), /no element type/],
  ];
  for (const [tensor, expected] of cases) {
    const error = refusal(() => readOnnx(reluModel([5, tensor])));
    assert.is(error.code, 'BAD_INPUT');
    assert.match(error.message, expected);
    assert.match(error.path!, '"w"');
  }
  assert.match(refusal(() => readOnnx(reluModel([11, valueInfo('z', [-7])]))).message, 'a dimension is -7');
});

test('a dimension of -1 and a dimension without value are open', () => {
  const graph = readOnnx(reluModel([11, valueInfo('z', [-1, '?', 'n'])]));
  assert.equal(graph.inputs[1]!.shape, ['?', '?', 'n']);
});

test('deep nesting is refused, of graphs and of protobuf groups', () => {
  let graph = message([1, nodeProto('Relu', ['x'], ['y'])]);
  for (let i = 0; i < 5000; i++)
    graph = message([1, nodeProto('If', ['x'], ['y'], [5, message([1, 'then_branch'], [6, graph], [20, 5])])]);
  assert.match(refusal(() => readOnnx(modelProto(graph))).message, 'nested');
  // Start-group tags of field 1000, without end.
  const groups = new Uint8Array(200_000);
  for (let i = 0; i < groups.length; i += 2) groups.set([0xc3, 0x3e], i);
  assert.is(refusal(() => readOnnx(groups)).code, 'BAD_INPUT');
});

test('a chain of a hundred thousand operators in reverse order is sorted without recursion', () => {
  const count = 100_000;
  const nodes = Array.from({ length: count }, (_, i) => {
    const at = count - 1 - i;
    return [1, nodeProto('Relu', [at === 0 ? 'x' : `t${at - 1}`], [at === count - 1 ? 'y' : `t${at}`])] as const;
  });
  const graph = readOnnx(modelProto(message(...nodes, [11, valueInfo('x', [1])], [12, valueInfo('y')])));
  assert.is(graph.operators[0]!.inputs[0], 'x');
  assert.is(graph.operators.at(-1)!.outputs[0], 'y');
});

/** A valid file with a bit of everything. */
const SAMPLE = writeOnnx(
  sketch({
    inputs: { x: ['batch', 3, 8, 8], flag: { type: 'bool', shape: [] } },
    constants: [
      { ...weights('w', 2, 3, 3, 3), data: new Uint8Array(2 * 27 * 4) },
      int64('zero', 0),
      int64('minus', -1),
    ],
    nodes: [
      node('Conv', 'x w', 'a', { pads: [1, 1, 1, 1] }, 'conv'),
      node('Shape', 'a', 's'),
      node('Gather', 's zero', 'n', { axis: 0 }),
      node('Concat', 'n minus', 'shape', { axis: 0 }),
      node('Reshape', 'a shape', 'b'),
      node('If', 'flag', 'c', {
        then_branch: { graph: sketch({ inputs: {}, nodes: [node('Relu', 'b', 'p')], outputs: 'p' }) },
        else_branch: { graph: sketch({ inputs: {}, nodes: [node('Neg', 'b', 'q')], outputs: 'q' }) },
      }),
      node('Constant', '', 'lone', { value: { tensor: constant('', 'float32', [2, 2], [1, 2, 3, 4]) } }),
    ],
    outputs: 'c lone',
  }),
);

/** Reading, inferring and cutting either works or throws a HeterodyneError, within a second. */
function survives(bytes: Uint8Array): void {
  const start = performance.now();
  try {
    blockModel(readOnnx(bytes), { name: 'damaged', source: 'damaged.onnx', hash: '' });
  } catch (error) {
    if (!(error instanceof HeterodyneError)) throw error;
    assert.is.not(error.code, 'INTERNAL');
    assert.ok(error.message.length < 2000, 'a message for people');
  }
  const time = performance.now() - start;
  assert.ok(time < 1000, `${time} ms`);
}

test('every truncation of a valid file is survived', () => {
  assert.equal(inferShapes(readOnnx(SAMPLE)).outputs[0]!.shape, [1, 128]);
  for (let length = 0; length < SAMPLE.length; length++) survives(SAMPLE.subarray(0, length));
});

test('random damage to a valid file is survived', () => {
  const damage = fc.array(fc.tuple(fc.nat(SAMPLE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(damage, fc.option(fc.nat(SAMPLE.length)), (changes, cut) => {
      const bytes = SAMPLE.slice(0, cut ?? SAMPLE.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      survives(bytes);
    }),
    { numRuns: 3000, seed: 11 },
  );
});

test('random bytes are survived', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 2000, seed: 12 });
});

test('pieces of a valid file put together at random are survived', () => {
  const piece = fc.tuple(fc.nat(SAMPLE.length), fc.nat(60)).map(([at, length]) => SAMPLE.subarray(at, at + length));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const inner = new Uint8Array(pieces.flatMap((each) => [...each]));
      survives(inner);
      survives(modelProto(inner));
    }),
    { numRuns: 1000, seed: 13 },
  );
});

test('real exports are read, contents in place', () => {
  const folder = new URL('../../../shared/data/models/', import.meta.url);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(new URL('squeezenet1_1.onnx', folder));
  } catch {
    console.log('  skipped: no real exports at hand');
    return;
  }
  const graph = readOnnx(bytes);
  assert.is(graph.opset, 13);
  assert.equal(graph.inputs, [{ name: 'input', type: 'float32', shape: ['batch', 3, 224, 224] }]);
  assert.is(graph.operators.length, 83);
  assert.ok([...graph.initializers.values()].every(({ data }) => data !== undefined));
});

test.run();
