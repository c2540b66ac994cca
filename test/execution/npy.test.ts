import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { feedsFromArrays, readNpy } from '../../src/execution/artefacts/npy.ts';

const test = suite('npy');

/** As numpy.save writes it: the header padded with blanks to a multiple of 64 bytes. */
function npy(descr: string, shape: string, content: Uint8Array, order = 'False'): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const header = new TextEncoder().encode(`${text.padEnd(117)}\n`);
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0, ...header, ...content]);
}

const bytesOf = (array: Float32Array | Float64Array | BigInt64Array) => new Uint8Array(array.buffer);
const numbers = Float32Array.from({ length: 12 }, (_, i) => i / 2);
const input = { name: 'x', type: 'float32' as const, shape: [1, 2, 3], bytes: 24 };

test('arrays are read with type and shape, and fall into samples', () => {
  const array = readNpy(npy('<f4', '2, 2, 3', bytesOf(numbers)), 'a.npy');
  assert.equal([array.type, array.shape, array.data], ['float32', [2, 2, 3], numbers]);
  const feeds = feedsFromArrays([input], new Map([['x', array]]));
  assert.equal(
    feeds.map(({ x }) => [x!.dims, x!.data]),
    [
      [[1, 2, 3], numbers.slice(0, 6)],
      [[1, 2, 3], numbers.slice(6)],
    ],
  );
  // A dimension of their own for the samples, and doubles for a model of singles.
  const doubles = readNpy(npy('<f8', '2, 1, 2, 3', bytesOf(Float64Array.from(numbers))), 'a.npy');
  assert.equal(feedsFromArrays([input], new Map([['x', doubles]])), feeds);
  assert.equal(readNpy(npy('<i8', '3,', bytesOf(BigInt64Array.of(1n, 2n, 3n))), 'a').shape, [3]);
});

test('other files, orders, types, sizes and shapes are refused', () => {
  const refused = (action: () => unknown) =>
    assert.throws(action, (error: unknown) => error instanceof HeterodyneError && error.code === 'BAD_INPUT');
  const whole = bytesOf(numbers);
  refused(() => readNpy(new Uint8Array(0), 'a'));
  refused(() => readNpy(new TextEncoder().encode('not an array at all'), 'a'));
  refused(() => readNpy(npy('<f4', '2, 2, 3', whole, 'True'), 'a'));
  refused(() => readNpy(npy('>f4', '2, 2, 3', whole), 'a'));
  refused(() => readNpy(npy('<f4', '2, 2, 4', whole), 'a'));
  refused(() => readNpy(npy('<f4', '2, 2, 3', whole.subarray(0, 46)), 'a'));
  refused(() => readNpy(npy('<f4', '-1, 2, 3', whole), 'a'));
  const feeds = (descr: string, shape: string, name = 'x') =>
    feedsFromArrays([input], new Map([[name, readNpy(npy(descr, shape, whole), 'a')]]));
  refused(() => feeds('<f4', '2, 2, 3', 'y'));
  refused(() => feeds('<f4', '2, 3, 2'));
  refused(() => feeds('<i4', '2, 2, 3'));
  const two = [input, { ...input, name: 'z', shape: [2, 2, 3] }];
  const array = readNpy(npy('<f4', '2, 2, 3', whole), 'a');
  const arrays = new Map(['x', 'z'].map((name) => [name, array]));
  refused(() => feedsFromArrays(two, arrays));
});

test.run();
