/** Weights beside the ONNX file: found where the file says, and nowhere else. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { attachExternal } from '../../src/models/onnx/external.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { message, modelProto, nodeProto, valueInfo } from './protobuf.ts';

const test = suite('external weights');

const WEIGHTS = Float32Array.from({ length: 8 }, (_, i) => i / 3);

function modelWith(...entries: [string, string][]): Uint8Array {
  const stated = entries.map(([key, value]) => [13, message([1, key], [2, value])] as const);
  const tensor = message([1, 2], [1, 2], [2, 1], [8, 'w'], ...stated, [14, 1]);
  return modelProto(
    message(
      [1, nodeProto('MatMul', ['x', 'w'], ['y'])],
      [2, 'g'],
      [5, tensor],
      [11, valueInfo('x', [1, 2])],
      [12, valueInfo('y')],
    ),
  );
}

test('a stretch of a file becomes the content, and is written into the new file', async () => {
  const graph = readOnnx(modelWith(['location', 'sub/w.bin'], ['offset', '16'], ['length', '16']));
  const asked: string[] = [];
  await attachExternal(graph, async (location) => {
    asked.push(location);
    return new Uint8Array(WEIGHTS.buffer);
  });
  assert.equal(asked, ['sub/w.bin']);
  const copy = readOnnx(writeOnnx(graph)).initializers.get('w')!;
  assert.is(copy.external, undefined);
  assert.equal(new Float32Array(copy.data!.slice().buffer), WEIGHTS.slice(4));
});

test('places outside the folder, short files and illegal numbers are refused', async () => {
  const refused = async (...entries: [string, string][]): Promise<void> => {
    try {
      await attachExternal(readOnnx(modelWith(...entries)), async () => new Uint8Array(20));
    } catch (error) {
      assert.ok(error instanceof HeterodyneError && error.code === 'BAD_INPUT', `${error}`);
      return;
    }
    assert.unreachable(`${entries}`);
  };
  await refused(['location', '../w.bin']);
  await refused(['location', '/etc/passwd']);
  await refused(['location', 'c:\\w.bin']);
  await refused(['location', 'w.bin'], ['offset', '8']);
  await refused(['location', 'w.bin'], ['length', '12']);
  await refused(['location', 'w.bin'], ['offset', '-4']);
});

test.run();
