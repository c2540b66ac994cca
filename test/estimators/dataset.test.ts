import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import {
  CHOICE,
  readData,
  rowsOf,
  splitByMix,
  TEST,
  TRAINING,
  VALIDATION,
  writeData,
} from '../../src/estimators/dataset/data.ts';
import { demoData } from '../../src/estimators/dataset/demo.ts';
import { generateDataset } from '../../src/estimators/dataset/generate.ts';
import { drawMixes } from '../../src/estimators/dataset/mixes.ts';
import { readNpz, writeNpz } from '../../src/estimators/dataset/npy.ts';
import { platform, profile, SMALL, smallData } from './small-data.ts';

const test = suite('estimator data');

const refusal = (run: () => unknown): HeterodyneError => {
  try {
    run();
  } catch (error) {
    assert.instance(error, HeterodyneError, String(error));
    return error as HeterodyneError;
  }
  throw new Error('nothing was refused');
};

test('arrays come back from .npz as they went in, and equal arrays give equal bytes', () => {
  const arrays = {
    bytes: { shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 255) },
    small: { shape: [2], values: Int16Array.of(-1, 32_767) },
    whole: { shape: [1, 1], values: Int32Array.of(-7) },
    single: { shape: [3], values: Float32Array.of(0.1, -2, Number.POSITIVE_INFINITY) },
    double: { shape: [0], values: new Float64Array(0) },
  };
  const file = writeNpz(arrays);
  assert.equal(writeNpz(arrays), file);
  assert.equal(Object.fromEntries(readNpz(file, 'x')), arrays);
});

test('NumPy reads the arrays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-npz-'));
  try {
    const data = await smallData();
    const file = join(folder, 'data.npz');
    writeFileSync(file, writeData(data));
    const script = `import numpy as np; d = np.load(${JSON.stringify(file)}); print(d['rates'].shape[0], d['placements'].shape[2], d['seconds'].dtype, float(d['rates'].astype('f8').sum()))`;
    let printed: string;
    try {
      printed = execFileSync('python3', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      console.log('skipped: no python3 with numpy');
      return;
    }
    const [rows, stride, type, sum] = printed.trim().split(' ');
    assert.equal([Number(rows), Number(stride), type], [data.rows, PLACEMENT_STRIDE, 'float64']);
    const expected = data.rates.reduce((all, rate) => all + rate, 0);
    assert.ok(Math.abs(Number(sum) - expected) < 1e-6 * expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('mixes are different, of all sizes, with repeats', () => {
  const mixes = drawMixes(15, 300, 5, 1);
  assert.is(new Set(mixes.map((mix) => mix.join())).size, 300);
  assert.equal([...new Set(mixes.map(({ length }) => length))].sort(), [1, 2, 3, 4, 5]);
  assert.ok(mixes.some((mix) => new Set(mix).size < mix.length));
  assert.is(refusal(() => drawMixes(2, 10, 2, 1)).code, 'USAGE');
  assert.is(drawMixes(2, 5, 2, 1).length, 5);
});

test('a split never divides a mix, and parts are 7 to 1 to 2', () => {
  const mix = Int32Array.from({ length: 400 }, (_, row) => Math.floor(row / 4));
  const split = splitByMix(mix, 3);
  for (let row = 0; row < 400; row++) assert.is(split[row], split[row - (row % 4)]);
  const count = (part: number) => split.filter((each) => each === part).length;
  assert.equal([TRAINING, VALIDATION, TEST].map(count), [280, 40, 80]);
});

test('rows hold placements that can run, with rates near the throughput model', async () => {
  const data = await smallData();
  assert.is(new Set(data.mix).size, 50);
  assert.is(rowsOf(data, TRAINING).length + rowsOf(data, VALIDATION).length, 40 * 12);
  for (const row of rowsOf(data, TEST, true)) assert.is(data.sampling[row], CHOICE);
  let error = 0;
  let counted = 0;
  for (let cell = 0; cell < data.models.length; cell++) {
    if (data.models[cell] < 0) {
      assert.is(data.rates[cell], 0);
      continue;
    }
    const stages = data.placements[cell * PLACEMENT_STRIDE];
    const end = data.placements[cell * PLACEMENT_STRIDE + 2 * stages];
    assert.is(end, profile.models[data.models[cell]].blocks.length);
    error += Math.abs(data.analytic[cell] / data.rates[cell] - 1);
    counted++;
  }
  assert.ok(error / counted < 0.5 && error / counted > 0.005, String(error / counted));
});

test('the same request gives the same data, also when it was interrupted in between', async () => {
  const request = { ...SMALL, mixes: 12 };
  const whole = writeData(await generateDataset(request));
  const controller = new AbortController();
  const part = await generateDataset(request, {
    signal: controller.signal,
    onProgress: (done) => done === 5 && controller.abort(),
  });
  assert.is(new Set(part.mix).size, 5);
  const resumed = await generateDataset(request, { resume: readData(writeData(part), 'part') });
  assert.equal(writeData(resumed), whole);
});

test("a user's own arrays may leave out what can be computed", async () => {
  const data = await smallData();
  const { rows, columns, processors, catalogue, blocks } = data;
  const needed = {
    models: { shape: [rows, columns], values: data.models },
    placements: { shape: [rows, columns, PLACEMENT_STRIDE], values: data.placements },
    rates: { shape: [rows, columns], values: data.rates },
    mix: { shape: [rows], values: data.mix },
    seconds: { shape: [catalogue, processors, blocks], values: data.seconds },
  };
  const read = readData(writeNpz(needed), 'mine');
  assert.is(read.resources, processors);
  assert.is(read.demands.length, rows * columns * processors);
  // The platform's transfers and DRAM are not in it, so demands are those of the blocks alone.
  assert.ok(
    read.demands.every(
      (x, i) => x <= data.demands[Math.floor(i / processors) * data.resources + (i % processors)] * 1.0001,
    ),
  );
  assert.ok(read.analytic.every((rate, cell) => data.models[cell] < 0 || rate > 0));
  for (const [name, change, words] of [
    ['rates', { shape: [rows, columns], values: data.rates.map((x, i) => (i === 0 ? -1 : x)) }, 'row 0, column 0'],
    ['models', { shape: [rows, columns], values: data.models.map((x, i) => (i === columns ? 99 : x)) }, 'row 1'],
    ['placements', { shape: [rows, columns, 11], values: new Uint8Array(rows * columns * 11) }, ''],
    ['seconds', { shape: [catalogue, processors], values: new Float64Array(catalogue * processors) }, 'shape'],
  ] as const) {
    const error = refusal(() => readData(writeNpz({ ...needed, [name]: change }), 'mine'));
    assert.is(error.code, 'BAD_INPUT');
    assert.is(error.path, name);
    assert.ok(error.message.includes(words), error.message);
  }
  assert.is(refusal(() => readData(new Uint8Array(40), 'junk')).code, 'BAD_INPUT');
});

test('the demonstration is 100 rows without any relation', () => {
  const data = readData(writeData(demoData(1)), 'demo');
  assert.is(data.rows, 100);
  assert.equal(data, demoData(1));
  assert.is(platform.id, 'hikey970');
});

test.run();
