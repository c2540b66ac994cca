import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OnnxTensor, openSession } from '../../bindings/onnx/index.ts';
import { loadRuntime } from '../../bindings/onnx/runtime.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';

const test = suite('onnx session');

/** y = 2x + 1 over [n, 3]. */
const AFFINE: Graph = {
  name: 'affine',
  opset: 13,
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  initializers: new Map(
    [
      { name: 'two', value: 2 },
      { name: 'one', value: 1 },
    ].map(({ name, value }) => [
      name,
      { name, type: 'float32', shape: [], data: new Uint8Array(Float32Array.of(value).buffer) },
    ]),
  ),
  operators: [
    { name: 'scale', type: 'Mul', domain: '', inputs: ['x', 'two'], outputs: ['s'], attributes: new Map() },
    { name: 'shift', type: 'Add', domain: '', inputs: ['s', 'one'], outputs: ['y'], attributes: new Map() },
  ],
  declared: new Map(),
};

function input(dims: number[], ...values: number[]): OnnxTensor {
  return { type: 'float32', data: Float32Array.from(values), dims };
}

async function rejected(promise: Promise<unknown>): Promise<HeterodyneError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('a session tells what goes in and out, and computes', async () => {
  const session = await openSession(writeOnnx(AFFINE));
  assert.equal(session.inputs, [{ name: 'x', type: 'float32', shape: ['n', 3] }]);
  assert.equal(session.outputs, [{ name: 'y', type: 'float32', shape: ['n', 3] }]);
  const { y } = await session.run({ x: input([2, 3], 0, 1, 2, 3, 4, 5) });
  assert.equal(y!.dims, [2, 3]);
  assert.is(y!.type, 'float32');
  assert.equal([...y!.data], [1, 3, 5, 7, 9, 11]);
  await session.close();
});

test('a symbolic dimension can be fixed on opening', async () => {
  const session = await openSession(writeOnnx(AFFINE), { dimensions: { n: 1 }, optimize: false });
  assert.equal(session.inputs[0]!.shape, [1, 3]);
  await session.close();
});

test('runs asked for at once are served one after the other', async () => {
  const session = await openSession(writeOnnx(AFFINE));
  const results = await Promise.all([1, 2, 3].map((value) => session.run({ x: input([1, 3], value, value, value) })));
  assert.equal(
    results.map((result) => result.y!.data[0]),
    [3, 5, 7],
  );
  await session.close();
});

test('a bad input is refused by name, and the session stays usable', async () => {
  const session = await openSession(writeOnnx(AFFINE));
  const missing = await rejected(session.run({}));
  assert.is(missing.code, 'BAD_INPUT');
  assert.is(missing.path, 'x');
  const unknown = await rejected(session.run({ x: input([1, 3], 1, 2, 3), z: input([1], 1) }));
  assert.is(unknown.path, 'z');
  const short = await rejected(session.run({ x: input([1, 3], 1, 2) }));
  assert.is(short.code, 'BAD_INPUT');
  assert.is(short.received, '2 elements');
  const misshapen = await rejected(session.run({ x: input([3, 1], 1, 2, 3) }));
  assert.is(misshapen.code, 'BAD_INPUT');
  assert.is((await session.run({ x: input([1, 3], 1, 2, 3) })).y!.data[2], 7);
  await session.close();
});

test('every element type goes in and comes out unchanged, in the same array on every engine', async () => {
  const tensors: OnnxTensor[] = [
    { type: 'float32', data: Float32Array.of(-0.5, 3e38), dims: [2] },
    { type: 'float16', data: Uint16Array.of(0x3c00, 0xc000), dims: [2] },
    { type: 'float64', data: Float64Array.of(1 / 3, -1e300), dims: [2] },
    { type: 'int8', data: Int8Array.of(-128, 127), dims: [2] },
    { type: 'uint8', data: Uint8Array.of(0, 255), dims: [2] },
    { type: 'int32', data: Int32Array.of(-5, 2 ** 31 - 1), dims: [2] },
    { type: 'int64', data: BigInt64Array.of(-5n, 2n ** 60n), dims: [2] },
    { type: 'bool', data: Uint8Array.of(0, 1), dims: [2] },
    { type: 'string', data: ['a', 'ß'], dims: [2] },
  ];
  for (const tensor of tensors) {
    const model: Graph = {
      ...AFFINE,
      inputs: [{ name: 'x', type: tensor.type, shape: [2] }],
      outputs: [{ name: 'y', type: tensor.type, shape: [2] }],
      operators: [{ name: 'copy', type: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: new Map() }],
    };
    const session = await openSession(writeOnnx(model));
    assert.is(session.inputs[0]!.type, tensor.type);
    assert.equal((await session.run({ x: tensor })).y, tensor);
    await session.close();
  }
});

test('a closed session refuses to run, and closing twice does no harm', async () => {
  const session = await openSession(writeOnnx(AFFINE));
  await session.close();
  await session.close();
  assert.is((await rejected(session.run({ x: input([1, 3], 1, 2, 3) }))).code, 'USAGE');
});

test('bytes that are no model are bad input', async () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(100).fill(255), writeOnnx(AFFINE).subarray(0, 60)]) {
    assert.is((await rejected(openSession(bytes))).code, 'BAD_INPUT');
  }
});

test('a view into a larger buffer is read as the view alone', async () => {
  const file = writeOnnx(AFFINE);
  const padded = new Uint8Array(file.length + 20).fill(7);
  padded.set(file, 13);
  const session = await openSession(padded.subarray(13, 13 + file.length));
  await session.close();
});

test('without the runtime the error says how to install it', async () => {
  const absent = 'onnxruntime-web-that-is-not-installed';
  const error = await rejected(loadRuntime(() => import(absent)));
  assert.is(error.code, 'NOT_READABLE');
  assert.match(error.hint!, 'npm install onnxruntime-web');
});

interface DenoCommand {
  new (command: string, options: { args: string[] }): { outputSync(): { stdout: Uint8Array } };
}

const deno = (globalThis as { Deno?: { execPath(): string; Command: DenoCommand } }).Deno;
if (deno) {
  test('without permission to read the runtime the error names the permission', () => {
    const script = fileURLToPath(new URL('open-nothing.ts', import.meta.url));
    const { stdout } = new deno.Command(deno.execPath(), { args: ['run', '--no-prompt', script] }).outputSync();
    assert.match(new TextDecoder().decode(stdout), /^NOT_READABLE .*--allow-read/);
  });
}

test.run();
