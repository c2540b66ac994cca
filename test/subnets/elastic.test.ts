import { readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultCore } from '../../bindings/core.ts';
import { openSession } from '../../bindings/onnx/index.ts';
import { Tape, trainingKernels } from '../../bindings/training/index.ts';
import { kendall } from '../../src/estimators/ranking.ts';
import { CLASSES, drawImages, toBatchFirst } from '../../src/subnets/elastic/images.ts';
import { fitPredictor } from '../../src/subnets/elastic/predictor-fit.ts';
import { shapesOnnx } from '../../src/subnets/elastic/shapes-onnx.ts';
import { blocksOf, SHAPES_SPACE } from '../../src/subnets/elastic/shapes-space.ts';
import { readSupernet, Supernet, writeSupernet } from '../../src/subnets/elastic/supernet.ts';
import { elasticSpaceDocument } from '../../src/subnets/elastic-space.ts';
import { type Genotype, genomeFrom } from '../../src/subnets/genotype.ts';
import { loadPredictor } from '../../src/subnets/predictor.ts';
import { searchSpace } from '../../src/subnets/space.ts';

const test = suite('elastic network of shapes');
const FOLDER = new URL('../../examples/elastic/', import.meta.url);
const bytes = (name: string) => new Uint8Array(readFileSync(new URL(name, FOLDER)));
const space = searchSpace(SHAPES_SPACE);

interface Measured {
  images: number;
  networks: { genotype: Genotype; accuracy: number }[];
}
const measured = JSON.parse(readFileSync(new URL('measured.json', FOLDER), 'utf8')) as Measured;

const SMALL: Genotype = {
  ks: [3, 0, 5, 0, 0, 3, 0],
  e: [2, 0, 4, 0, 0, 2, 0],
  d: [1, 1, 1],
  w: [12, 28, 32],
  r: 20,
};

test('an image is the same picture at every size, and the same numbers every time', () => {
  const [a, b] = [drawImages(5, 3, 4, 24), drawImages(5, 3, 4, 24)];
  assert.equal(a.images, b.images);
  assert.equal(a.labels, drawImages(5, 3, 4, 16).labels);
  assert.equal(drawImages(5, 4, 1, 24).labels[0], a.labels[1]);
  const many = drawImages(5, 0, 240, 8);
  for (let label = 0; label < CLASSES.length; label++) assert.ok(many.labels.includes(label), CLASSES[label]);
  assert.ok(many.images.every(Number.isFinite));
});

test('blocks are those of the genotype', () => {
  assert.equal(
    blocksOf(SMALL).map(({ name, input, middle, channels, kernel }) => [name, input, middle, channels, kernel]),
    [
      ['s1.0', 12, 24, 12, 3],
      ['s2.0', 12, 48, 28, 5],
      ['s3.0', 28, 56, 32, 3],
    ],
  );
});

test('the ONNX file of a sub-network computes what the training kernels compute', async () => {
  const supernet = new Supernet(trainingKernels(), 3);
  const training = new Tape(supernet.parameters.kernels);
  supernet.calibrate(training, [drawImages(1, 0, 16, 20), drawImages(1, 16, 16, 20)], SMALL);
  const batch = drawImages(2, 0, 8, 20);
  const tape = new Tape(supernet.parameters.kernels, { training: false });
  const expected = tape.values(supernet.forward(tape, batch, SMALL));
  const session = await openSession(shapesOnnx(supernet, SMALL, 8));
  const { logits } = await session.run({
    input: { type: 'float32', data: toBatchFirst(batch), dims: [8, 3, 20, 20] },
  });
  await session.close();
  const values = logits.data as Float32Array;
  for (let n = 0; n < 8; n++) {
    for (let c = 0; c < CLASSES.length; c++) {
      const difference = Math.abs(values[n * CLASSES.length + c] - expected[c * 8 + n]);
      assert.ok(difference < 1e-3, `image ${n}, class ${c}: ${difference}`);
    }
  }
});

test('weights come back from their file', () => {
  const supernet = new Supernet(trainingKernels(), 3);
  const again = readSupernet(trainingKernels(), writeSupernet(supernet));
  for (const [i, parameter] of supernet.parameters.all.entries()) {
    assert.equal(again.parameters.value(again.parameters.all[i]), supernet.parameters.value(parameter));
  }
});

test('what ships is small, and differs in accuracy as an elastic network should', () => {
  let size = 0;
  for (const name of ['weights.npz', 'predictor.onnx', 'costs.json']) size += statSync(new URL(name, FOLDER)).size;
  assert.ok(size <= 2 * 2 ** 20, `${size} bytes`);
  assert.equal(
    elasticSpaceDocument.parse(readFileSync(new URL('space.json', FOLDER), 'utf8'), 'space.json').document,
    SHAPES_SPACE,
  );
  const accuracies = measured.networks.map(({ accuracy }) => accuracy);
  assert.ok(accuracies.length >= 20);
  assert.ok(Math.max(...accuracies) - Math.min(...accuracies) >= 0.05);
});

test('a stored accuracy is what ONNX Runtime gives for the shipped weights', async () => {
  const { genotype, accuracy } = measured.networks[1];
  const size = genotype.r as number;
  const supernet = readSupernet(trainingKernels(), bytes('weights.npz'));
  const tape = new Tape(supernet.parameters.kernels);
  supernet.calibrate(
    tape,
    Array.from({ length: 8 }, (_, i) => drawImages(17, i * 64, 64, size)),
    genotype,
  );
  const session = await openSession(shapesOnnx(supernet, genotype, 100));
  let correct = 0;
  for (let first = 0; first < 600; first += 100) {
    const batch = drawImages(19, first, 100, size);
    const { logits } = await session.run({
      input: { type: 'float32', data: toBatchFirst(batch), dims: [100, 3, size, size] },
    });
    for (let n = 0; n < 100; n++) {
      const row = (logits.data as Float32Array).subarray(n * CLASSES.length, (n + 1) * CLASSES.length);
      if (row.indexOf(Math.max(...row)) === batch.labels[n]) correct++;
    }
  }
  await session.close();
  // The first 600 of the images that the stored figure counts.
  assert.ok(Math.abs(correct / 600 - accuracy) < 0.05, `${correct / 600}, stored ${accuracy}`);
});

test('the shipped predictor ranks sub-networks that did not teach it', async () => {
  const predictor = await loadPredictor(bytes('predictor.onnx'), space, { source: 'predictor.onnx' });
  assert.ok(predictor.chain, 'a plain chain, for the kernels in the core');
  const kernel = defaultCore().subnets({ space: space.numbers, cost: [], predictor: predictor.chain });
  const judge = measured.networks.filter((_, i) => i % 4 === 3);
  const predicted = judge.map(({ genotype }) => kernel.scores(kernel.networks(genomeFrom(space, genotype)))[0]);
  const tau = kendall(
    predicted,
    judge.map(({ accuracy }) => accuracy),
  );
  assert.ok(tau >= 0.8, `Kendall tau ${tau}`);
});

test('a predictor is fitted to what it is shown', () => {
  const rows = Float32Array.from({ length: 40 * 6 }, (_, i) => Number((i * 7919) % 11 < 5));
  const targets = Array.from({ length: 40 }, (_, n) => {
    const row = rows.subarray(n * 6, n * 6 + 6);
    return 0.8 + 0.02 * row[0] - 0.03 * row[2] + 0.01 * row[5];
  });
  const { predict } = fitPredictor(trainingKernels(), rows, targets, 1);
  const errors = predict(rows).map((value, n) => Math.abs(value - targets[n]));
  assert.ok(Math.max(...errors) < 0.004, `${Math.max(...errors)}`);
});

test.run();
