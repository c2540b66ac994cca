import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OnnxTensor, openNativeSession, openSession } from '../../bindings/onnx/index.ts';
import {
  Parameters,
  ReferenceTraining,
  Tape,
  type Tensor,
  type TensorShape,
  WasmTraining,
} from '../../bindings/training/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { assess, ratesThrough } from '../../src/estimators/assessment.ts';
import { rowsOf, TEST, TRAINING } from '../../src/estimators/dataset/data.ts';
import { openEstimatorNetwork } from '../../src/estimators/onnx.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/estimators/training/checkpoint.ts';
import { CompactNetwork } from '../../src/estimators/training/cnn.ts';
import { bytesHash, exportEstimator } from '../../src/estimators/training/export.ts';
import { GridNetwork } from '../../src/estimators/training/grid.ts';
import { fitScaling, scaled, unscaled } from '../../src/estimators/training/scaling.ts';
import { type Checkpoint, TRAINING_DEFAULTS, type TrainingSettings } from '../../src/estimators/training/settings.ts';
import { predictRates, type Trained, train } from '../../src/estimators/training/train.ts';
import { Random } from '../../src/reference/random.ts';
import { smallData } from './small-data.ts';

const test = suite('estimator training');

const FACTS = {
  platform: 'hikey970',
  processors: ['little', 'gpu', 'big'],
  resources: ['a53', 'g72', 'a73', 'lpddr4x'],
  label: { source: 'engine' as const },
  arrays: { file: 'data.npz', hash: bytesHash(new Uint8Array(1)) },
};

test('the compact network has as many weights as the original', () => {
  for (const [processors, models, weights] of [
    [3, 3, 20_151],
    [3, 11, 20_415],
    [2, 3, 19_955],
  ]) {
    const parameters = new Parameters(new WasmTraining(), 1);
    const network = new CompactNetwork(parameters, { processors, blocks: 35, models });
    assert.is(parameters.count, weights);
    const tape = new Tape(parameters.kernels, { training: false });
    const out = network.forward(tape, new Float32Array(2 * processors * 35 * models));
    assert.equal([out.channels, out.images, out.height, out.width], [models, 2, 1, 1]);
  }
});

test('the grid network does not depend on the order of models and resources', () => {
  const kernels = new WasmTraining();
  const network = new GridNetwork(new Parameters(kernels, 4));
  const random = new Random(9);
  const [M, R] = [4, 5];
  const demands = Array.from({ length: M }, () =>
    Array.from({ length: R }, () => (random.below(3) === 0 ? 0 : random.unit())),
  );
  const base = Array.from({ length: M }, () => 0.1 + random.unit());
  const rates = (models: number[], resources: number[]): Float32Array => {
    const tape = new Tape(kernels, { training: false });
    const batch = {
      rows: 1,
      columns: M,
      resources: R,
      demands: Float32Array.from(models.flatMap((m) => resources.map((r) => demands[m][r]))),
      base: Float32Array.from(models, (m) => base[m]),
    };
    return tape.values(network.forward(tape, batch, 0.1));
  };
  const plain = rates([0, 1, 2, 3], [0, 1, 2, 3, 4]);
  const turned = rates([2, 0, 3, 1], [4, 1, 0, 3, 2]);
  for (const [i, m] of [2, 0, 3, 1].entries()) assert.ok(Math.abs(turned[i] - plain[m]) < 1e-5);
  assert.ok(new Set(plain).size === M);
});

test('scalings are undone', () => {
  const ratios = [0.2, 1, 3, 40];
  for (const kind of ['log', 'min-max'] as const) {
    const scaling = fitScaling(kind, ratios);
    for (const ratio of ratios) assert.ok(Math.abs(unscaled(scaling, scaled(scaling, ratio)) / ratio - 1) < 1e-12);
  }
  const range = fitScaling('min-max', ratios);
  assert.is(scaled(range, 0.2), 0);
  assert.is(scaled(range, 40), 1);
});

const quick = (changes: Partial<TrainingSettings> = {}): TrainingSettings => ({
  ...TRAINING_DEFAULTS.grid,
  batch: 32,
  epochs: 12,
  ...changes,
});

let learned: Promise<Trained> | undefined;
const grid = async (): Promise<Trained> => (learned ??= train(await smallData(), quick({ epochs: 40 })));

test('the grid network learns what the formula does not know', async () => {
  const data = await smallData();
  const trained = await grid();
  const { estimator, analytic, constant } = await assess(data, (rows) => predictRates(data, trained, rows));
  assert.ok(estimator.mape < 0.85 * analytic.mape, `${estimator.mape}, throughput model ${analytic.mape}`);
  assert.ok(estimator.spearman > 0.95 && constant.mape > 0.3);
  assert.ok(constant.regret > estimator.regret);
});

test('both implementations of the kernels train to the same bits', async () => {
  const data = await smallData();
  const settings = quick({ epochs: 1, batch: 128 });
  const [wasm, reference] = [
    await train(data, settings, { kernels: new WasmTraining() }),
    await train(data, settings, { kernels: new ReferenceTraining() }),
  ];
  assert.equal(wasm.log, reference.log);
  assert.equal(wasm.trainee.parameters.save(), reference.trainee.parameters.save());
});

test('a training that goes on from a checkpoint ends as one that never stopped', async () => {
  const data = await smallData();
  const settings = quick({ epochs: 6 });
  const whole = await train(data, settings);
  const controller = new AbortController();
  let state: Uint8Array | undefined;
  const first = await train(data, settings, {
    signal: controller.signal,
    onCheckpoint(checkpoint: Checkpoint) {
      state = writeCheckpoint(checkpoint);
      if (checkpoint.log.length === 3) controller.abort();
    },
  });
  assert.is(first.partial, true);
  const resumed = await train(data, settings, { resume: readCheckpoint(state as Uint8Array, 'state') });
  assert.equal(resumed.log, whole.log);
  assert.equal(resumed.trainee.parameters.save().values, whole.trainee.parameters.save().values);
  await train(data, quick({ epochs: 6, seed: 2 }), { resume: readCheckpoint(state as Uint8Array, 'state') }).then(
    () => assert.unreachable(),
    (error) => assert.is((error as HeterodyneError).path, 'seed'),
  );
});

test('training ends early where validation no longer improves, and keeps the best epoch', async () => {
  const { log, bestEpoch } = await train(
    await smallData(),
    quick({ epochs: 40, patience: 2, rate: 0.3, lastRate: 0.3 }),
  );
  assert.ok(log.length < 40);
  assert.is(log.length - bestEpoch, 2);
  assert.is(log[bestEpoch - 1].validation, Math.min(...log.map(({ validation }) => validation)));
});

test('too few rows are refused', async () => {
  const data = await smallData();
  await train(data, quick({ batch: 4096 })).then(
    () => assert.unreachable(),
    (error) => {
      assert.instance(error, HeterodyneError);
      assert.is((error as HeterodyneError).code, 'BAD_INPUT');
    },
  );
});

/** Largest relative difference between ONNX Runtime and the network in the core over all rows given. */
async function difference(trained: Trained, rows: Int32Array, runtime: 'web' | 'native'): Promise<number> {
  const data = await smallData();
  const { bytes } = exportEstimator(trained, data, FACTS, 'x.onnx');
  const own = predictRates(data, trained, rows);
  const session = runtime === 'web' ? await openSession(bytes) : await openNativeSession(bytes);
  const tape = new RecordingTape(trained.trainee.parameters.kernels, { training: false });
  const { place } = trained.trainee.forward(tape, rows);
  const { columns: M, resources: R } = data;
  const N = rows.length;
  const isImage = trained.trainee.architecture === 'cnn';
  // The core's output is [models][rows] for images: its place names the column.
  const columnOf = (i: number, m: number) => (isImage ? Math.floor(place(i, m) / N) : m);
  const feeds: Record<string, OnnxTensor> = isImage
    ? { image: { type: 'float32', ...imagesFirst(tape.given[0]) } }
    : { demands: { type: 'float32', data: gather(data.demands, rows, M * R), dims: [N, M, R] } };
  if (trained.settings.residual) {
    const columns = isImage ? tape.given[0].shape[3] : M;
    const analytic = new Float32Array(N * columns);
    for (let i = 0; i < N; i++) {
      for (let m = 0; m < M; m++) {
        const cell = rows[i] * M + m;
        if (data.models[cell] >= 0) analytic[i * columns + columnOf(i, m)] = data.analytic[cell];
      }
    }
    feeds.analytic = { type: 'float32', data: analytic, dims: [N, columns] };
  }
  const { data: found, dims } = (await session.run(feeds)).rates;
  await session.close();
  let worst = 0;
  for (let i = 0; i < N; i++) {
    for (let m = 0; m < M; m++) {
      if (data.models[rows[i] * M + m] < 0) continue;
      const expected = own[i * M + m];
      // Relative to the rate, or to the range that a linear scaling spreads its digits over.
      const range = trained.scaling.scale * trained.trainee.base(rows[i], m);
      const size = trained.scaling.kind === 'log' ? expected : range;
      worst = Math.max(worst, Math.abs(Number(found[i * dims[1] + columnOf(i, m)]) - expected) / size);
    }
  }
  return worst;
}

/** Keeps what the network was given. */
class RecordingTape extends Tape {
  readonly given: { values: Float32Array; shape: number[] }[] = [];

  override input(values: Float32Array, shape: TensorShape): Tensor {
    this.given.push({ values, shape: [shape.channels, shape.images, shape.height, shape.width] });
    return super.input(values, shape);
  }
}

function gather(values: Float32Array, rows: Int32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) result.set(values.subarray(row * width, (row + 1) * width), i * width);
  return result;
}

/** [D][N][L][M] as [N][D][L][M]. */
function imagesFirst({ values, shape: [D, N, L, M] }: { values: Float32Array; shape: number[] }) {
  const data = new Float32Array(values.length);
  const plane = L * M;
  for (let d = 0; d < D; d++) {
    for (let n = 0; n < N; n++) {
      data.set(values.subarray((d * N + n) * plane, (d * N + n + 1) * plane), (n * D + d) * plane);
    }
  }
  return { data, dims: [N, D, L, M] };
}

/** The first thousand inputs of the data, repeated where it has fewer. */
async function thousand(): Promise<Int32Array> {
  const { rows } = await smallData();
  return Int32Array.from({ length: 1000 }, (_, i) => i % rows);
}

/** No part of the split. */
const UNUSED = 9;

let kinds: Promise<Trained[]> | undefined;

/** One network of every kind, hardly trained. */
function everyKind(): Promise<Trained[]> {
  const settings: TrainingSettings[] = [
    quick({ epochs: 2, residual: false }),
    { ...TRAINING_DEFAULTS.cnn, epochs: 2 },
    { ...TRAINING_DEFAULTS.cnn, epochs: 2, scaling: 'min-max' },
    { ...TRAINING_DEFAULTS.cnn, epochs: 2, residual: false },
    { ...TRAINING_DEFAULTS.linear, epochs: 5 },
  ];
  kinds ??= smallData().then((data) => Promise.all([grid(), ...settings.map((each) => train(data, each))]));
  return kinds;
}

for (const runtime of ['web', 'native'] as const) {
  test(`exported networks equal the core on 1,000 inputs (${runtime})`, async () => {
    const rows = await thousand();
    for (const trained of await everyKind()) {
      const worst = await difference(trained, rows, runtime);
      assert.ok(worst < 1e-5, `${trained.trainee.architecture}: ${worst}`);
    }
  });
}

test('as an estimator of problems, an exported cnn finds its columns: images and rates of the model', async () => {
  const data = await smallData();
  const trained = await train(data, { ...TRAINING_DEFAULTS.cnn, epochs: 1 });
  const network = await openEstimatorNetwork(exportEstimator(trained, data, FACTS, 'x.onnx').bytes);
  // Rows of mixes whose models do not stand in order of work.
  const rows = rowsOf(data, TEST).slice(0, 200);
  const own = predictRates(data, trained, rows);
  const found = await ratesThrough(data, (problem) => network.over(problem))(rows);
  await network.close();
  for (const [cell, rate] of own.entries()) {
    if (rate > 0) assert.ok(Math.abs(found[cell] / rate - 1) < 1e-4, `${cell}: ${found[cell]} against ${rate}`);
  }
});

test('forty placements teach the weighted sum more than the formula knows', async () => {
  const data = await smallData();
  const few = { ...data, split: data.split.slice() };
  for (const row of rowsOf(data, TRAINING).slice(40)) few.split[row] = UNUSED;
  const trained = await train(few, TRAINING_DEFAULTS.linear);
  assert.ok(trained.trainee.parameters.count < 40, `${trained.trainee.parameters.count} weights`);
  const { estimator, analytic } = await assess(few, (rows) => predictRates(few, trained, rows));
  assert.ok(estimator.mape < 0.9 * analytic.mape, `${estimator.mape} against ${analytic.mape}`);
});

test('the held-out part is never trained on', async () => {
  const data = await smallData();
  const settings = quick({ epochs: 1 });
  const other = { ...data, rates: data.rates.slice() };
  for (const row of [...rowsOf(data, TEST), ...rowsOf(data, TEST, true)]) {
    for (let m = 0; m < data.columns; m++) other.rates[row * data.columns + m] *= 10;
  }
  const [first, second] = [await train(data, settings), await train(other, settings)];
  assert.equal(first.trainee.parameters.save().values, second.trainee.parameters.save().values);
  assert.equal(first.scaling, second.scaling);
});

test.run();
