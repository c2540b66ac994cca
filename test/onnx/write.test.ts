import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import type { AttributeValue, Graph, Initializer, Operator } from '../../src/models/graph.ts';
import { onnxByteLength, writeOnnx, writeOnnxChunks } from '../../src/models/onnx/write.ts';

const test = suite('onnx write');

function operator(
  type: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, AttributeValue> = {},
): Operator {
  return {
    name: `${type}_${outputs[0]}`,
    type,
    domain: '',
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

function graph(parts: Partial<Graph>): Graph {
  return {
    name: 'small',
    opset: 13,
    inputs: [],
    outputs: [],
    initializers: new Map(),
    operators: [],
    declared: new Map(),
    ...parts,
  };
}

function floats(...values: number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

function vector(name: string, values: number[]): Initializer {
  return { name, type: 'float32', shape: [values.length], data: floats(...values) };
}

function thrown(action: () => unknown): HeterodyneError {
  try {
    action();
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** y = w, one initializer without content. */
function identityOfWeights(shape: number[]): Graph {
  return graph({
    outputs: [{ name: 'y', type: 'float32', shape }],
    initializers: new Map([['w', { name: 'w', type: 'float32', shape }]]),
    operators: [operator('Identity', ['w'], ['y'])],
  });
}

test('every kind of attribute reaches the runtime', async () => {
  const branch = (name: string, value: number): AttributeValue => ({
    kind: 'graph',
    value: graph({
      name,
      outputs: [{ name: `${name}_out`, type: 'float32', shape: [2] }],
      initializers: new Map([[`${name}_c`, vector(`${name}_c`, [value, -value])]]),
      operators: [operator('Identity', [`${name}_c`], [`${name}_out`])],
    }),
  });
  const constants: Record<string, AttributeValue> = {
    value_float: { kind: 'float', value: 0.25 },
    value_int: { kind: 'int', value: -7 },
    value_string: { kind: 'string', value: 'grün' },
    value_floats: { kind: 'floats', value: [1.5, -2.5] },
    value_ints: { kind: 'ints', value: [3, -4, 5_000_000_000] },
    value_strings: { kind: 'strings', value: ['a', ''] },
    value: { kind: 'tensor', value: { name: '', type: 'bool', shape: [], data: Uint8Array.of(1) } },
  };
  const types: Record<string, 'float32' | 'int64' | 'string' | 'bool'> = {
    value_float: 'float32',
    value_int: 'int64',
    value_string: 'string',
    value_floats: 'float32',
    value_ints: 'int64',
    value_strings: 'string',
    value: 'bool',
  };
  const model = graph({
    outputs: [
      ...Object.keys(constants).map((name) => ({ name, type: types[name]! })),
      { name: 'chosen', type: 'float32' as const, shape: [2] },
    ],
    operators: [
      ...Object.entries(constants).map(([name, value]) => operator('Constant', [], [name], { [name]: value })),
      operator('If', ['value'], ['chosen'], { then_branch: branch('then', 8), else_branch: branch('else', 9) }),
    ],
  });
  const session = await openSession(writeOnnx(model));
  const result = await session.run({});
  await session.close();
  const plain = Object.fromEntries(Object.entries(result).map(([name, tensor]) => [name, [...tensor.data]]));
  assert.equal(plain, {
    value_float: [0.25],
    value_int: [-7n],
    value_string: ['grün'],
    value_floats: [1.5, -2.5],
    value_ints: [3n, -4n, 5_000_000_000n],
    value_strings: ['a', ''],
    value: [1],
    chosen: [8, -8],
  });
});

test('symbolic and unknown dimensions reach the runtime', async () => {
  const model = graph({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', '?', 4] }],
    outputs: [{ name: 'y', type: 'float32' }],
    operators: [operator('Relu', ['x'], ['y'])],
  });
  const session = await openSession(writeOnnx(model));
  assert.equal(session.inputs, [{ name: 'x', type: 'float32', shape: ['batch', '?', 4] }]);
  await session.close();
});

test('an integer attribute beyond 2^53 is written as the nearest 64-bit integer', async () => {
  // Until operator set 9, `Slice` said "to the end" by the largest integer.
  const model = graph({
    opset: 9,
    inputs: [{ name: 'x', type: 'float32', shape: [5] }],
    outputs: [{ name: 'y', type: 'float32' }],
    operators: [
      operator('Slice', ['x'], ['y'], {
        starts: { kind: 'ints', value: [3] },
        ends: { kind: 'ints', value: [2 ** 63] },
      }),
    ],
  });
  const session = await openSession(writeOnnx(model));
  const { y } = await session.run({ x: { type: 'float32', data: Float32Array.of(0, 1, 2, 3, 4), dims: [5] } });
  await session.close();
  assert.equal([...y!.data], [3, 4]);
});

test('chunks, joined, are the whole file, and its length is known beforehand', () => {
  const model = identityOfWeights([3, 1_000_000]);
  const numbers = new Float32Array(3_000_000).map((_, i) => i);
  const bytes = new Uint8Array(numbers.buffer);
  const whole = writeOnnx(model, () => bytes);
  const inPieces = function* () {
    for (let start = 0; start < bytes.length; start += 777_777) yield bytes.subarray(start, start + 777_777);
  };
  const sources = [() => bytes, inPieces];
  for (const source of sources) {
    const chunks = [...writeOnnxChunks(model, source)];
    assert.ok(chunks.every((chunk) => chunk.length > 0 && chunk.length <= 1 << 21));
    assert.equal(Buffer.compare(Buffer.concat(chunks), whole), 0);
  }
  assert.is(onnxByteLength(model), whole.length);
});

test('content that is missing, short or long is refused by name', () => {
  const model = identityOfWeights([4]);
  const missing = thrown(() => writeOnnx(model));
  assert.is(missing.code, 'BAD_INPUT');
  assert.is(missing.path, 'w');
  assert.is(thrown(() => writeOnnx(model, () => floats(1, 2, 3))).received, '12 bytes');
  const long = thrown(() => [...writeOnnxChunks(model, () => [floats(1, 2, 3), floats(4, 5)])]);
  assert.is(long.code, 'BAD_INPUT');
  assert.is(long.expected, '16 bytes for float32[4]');
});

test('two gigabytes are refused before anything is written', () => {
  assert.is(thrown(() => writeOnnxChunks(identityOfWeights([1 << 15, 1 << 14]))).code, 'LIMIT');
});

test('an element type without a raw form is refused by name', () => {
  const model = identityOfWeights([1]);
  model.initializers.set('w', { name: 'w', type: 'string', shape: [1] });
  const error = thrown(() => writeOnnx(model, () => Uint8Array.of(65)));
  assert.is(error.code, 'BAD_INPUT');
  assert.is(error.path, 'w');
});

test('the operator sets of all domains in use are declared, one version each', () => {
  const model = identityOfWeights([1]);
  model.operators.push({ ...operator('Gelu', ['w'], ['z']), domain: 'com.microsoft' });
  assert.ok(new TextDecoder().decode(writeOnnx(model, () => floats(1))).includes('com.microsoft\u0010\u0001'));
  model.operators.push({ ...operator('Relu', ['w'], ['r']), opset: 17 });
  assert.is(thrown(() => writeOnnx(model, () => floats(1))).code, 'BAD_INPUT');
});

test.run();
