import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type FpsMatrix, fpsCell, fpsMatrixDocument, fpsMatrixFindings } from '../../src/profiles/fps-matrix.ts';
import { fpsMatrixOfProfile } from '../../src/profiles/fps-matrix-of-profile.ts';
import { fpsMatrixCsv, readFpsMatrix } from '../../src/profiles/fps-matrix-read.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { block, blockedModel, platform, processor } from './fixtures.ts';

const test = suite('FPS matrix');

const rates = ({ devices, models }: FpsMatrix) =>
  models.map((model) => devices.map(({ id }) => fpsCell(model, id)?.framesPerS ?? 0));

function refusalOf(text: string): HeterodyneError {
  try {
    readFpsMatrix(text, 'm.csv');
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'BAD_INPUT');
    return error as HeterodyneError;
  }
  throw new Error(`accepted: ${text}`);
}

test('a table with the first row model,CPU,GPU,VPU is read', () => {
  const { matrix, warnings } = readFpsMatrix('# mine\nmodel,CPU,GPU,VPU\nA,10,30,6\r\n"B, big",40,,n/a\n', 'm.csv');
  assert.equal(rates(matrix), [
    [10, 30, 6],
    [40, 0, 0],
  ]);
  assert.is(matrix.models[1]?.name, 'B, big');
  assert.equal(warnings, []);
  assert.equal(matrix.models[0]?.cells.CPU, { framesPerS: 10, origin: 'imported', sourceFile: 'm.csv' });
});

test('semicolons allow decimal commas, and property columns are no devices', () => {
  const { matrix } = readFpsMatrix('model;service;CPU;callsPerFrame;memoryBytes\nA;F;1,5;3;100\nB;;2;;\n', 'm.csv');
  assert.equal(rates(matrix), [[1.5], [2]]);
  const [a, b] = matrix.models;
  assert.is(a?.service, 'F');
  assert.is(a?.callsPerFrame, 3);
  assert.is(a?.memoryBytes, 100);
  assert.is(b?.service, undefined);
});

test('comments may say where all figures come from', () => {
  const head = '# origin: measured\n# metric: latency\n# tool: my bench 2.0\n# batch: 4\n# date: 2024-05-06\n';
  const { matrix } = readFpsMatrix(`${head}model,CPU\nA,10\n`, 'm.csv');
  assert.equal(matrix.models[0]?.cells.CPU, {
    framesPerS: 10,
    origin: 'measured',
    metric: 'latency',
    tool: 'my bench 2.0',
    batch: 4,
    date: '2024-05-06',
    sourceFile: 'm.csv',
  });
  assert.match(refusalOf('# origin: guessed\nmodel,CPU\nA,10\n').message, /origin/);
});

test('plain JSON rows and written documents give the same matrix', () => {
  const { matrix } = readFpsMatrix('{"A": {"CPU": 10, "GPU": 30}, "B": {"CPU": 5, "GPU": null}}', 'm.json');
  assert.equal(rates(matrix), [
    [10, 30],
    [5, 0],
  ]);
  assert.equal(readFpsMatrix(fpsMatrixDocument.write(matrix), 'm.json').matrix, matrix);
  assert.equal(rates(readFpsMatrix(fpsMatrixCsv(matrix), 'm.csv').matrix), rates(matrix));
});

test('what is no matrix is refused with its place', () => {
  assert.match(refusalOf('').message, /first row/);
  assert.match(refusalOf('model,CPU\n').message, /no models/);
  assert.match(refusalOf('model,CPU\nA,0\nB,\n').message, /no model runs on any device/);
  assert.match(refusalOf('model,CPU,GPU\nA,1\n').message, /row 2: the row has 2 fields/);
  assert.match(refusalOf('model,CPU\nA,fast\n').message, /row 2, CPU: "fast" is no rate/);
  assert.match(refusalOf('model,CPU\nA,-1\n').message, /"-1"/);
  assert.match(refusalOf('model,CPU\nA,Infinity\n').message, /Infinity/);
  assert.match(refusalOf('a poem\nabout rates\n').message, /first row/);
  assert.match(refusalOf('model,CPU,CPU\nA,1,2\n').message, /"CPU" occurs twice/);
  assert.match(refusalOf('model,CPU\nA,1\nA,2\n').message, /"A" occurs twice/);
  assert.match(refusalOf('[[1, 2]]').message, /object/);
  assert.match(refusalOf('{"A": {"CPU": 1}, "B": {"GPU": 1}}').message, /lacks/);
  assert.match(refusalOf('{"A": {"CPU": "quick"}}').message, /no rate/);
  assert.match(refusalOf('{"kind": "plan", "schemaVersion": 1}').message, /plan/);
  assert.match(refusalOf('{"kind": "fps-matrix", "schemaVersion": 1').message, /not JSON/);
});

test('whatever the text, it is a valid matrix or refused as input', () => {
  const word = fc.constantFrom('model', 'CPU', '1', '0', '-3', '1e400', '"', '', '#', ';', '__proto__');
  const line = fc.array(fc.oneof(word, fc.string()));
  const table = fc.array(line, { maxLength: 5 }).map((rows) => rows.map((row) => row.join(',')).join('\n'));
  const headed = table.map((text) => `model,CPU,GPU\n${text}`);
  fc.assert(
    fc.property(fc.oneof(table, headed, fc.json(), fc.string()), (text) => {
      try {
        assert.equal(fpsMatrixDocument.problems(readFpsMatrix(text, 'm.csv').matrix), []);
      } catch (error) {
        assert.instance(error, HeterodyneError, `${text}: ${error}`);
        assert.is((error as HeterodyneError).code, 'BAD_INPUT', text);
      }
    }),
    { numRuns: 500, seed: 9 },
  );
});

test('fallbacks, mixed metrics, wide spreads and made-up figures are told', () => {
  const cell = { framesPerS: 10, origin: 'measured' as const };
  const matrix: FpsMatrix = {
    kind: 'fps-matrix',
    schemaVersion: 1,
    devices: [{ id: 'CPU' }, { id: 'GPU' }],
    models: [
      {
        name: 'A',
        cells: {
          CPU: { ...cell, metric: 'latency', latencyMs: { n: 30, mean: 100, std: 20 } },
          GPU: { ...cell, metric: 'throughput', fallback: { provider: 'CPU', nodes: 3, ofNodes: 412 } },
        },
      },
      { name: 'B', cells: { CPU: { framesPerS: 4, origin: 'synthetic' }, GPU: 'unsupported' } },
    ],
  };
  const warnings = fpsMatrixFindings(readFpsMatrix(fpsMatrixDocument.write(matrix), 'm.json').matrix);
  assert.equal(
    warnings.map(({ code }) => code),
    ['HIGH_SPREAD', 'FALLBACK', 'MIXED_MODES', 'SYNTHETIC'],
  );
  assert.match(warnings[1]?.message ?? '', /A on GPU: 3\/412 nodes on CPU/);
});

test('a profile becomes a matrix of whole models', () => {
  const device = platform([processor('cpu'), processor('gpu', { unsupportedOperators: ['Conv'] })]);
  const model = blockedModel('net', [block(0, { macs: { conv: 1e9 } }), block(1, { macs: { gemm: 1e8 } })]);
  const profile = rooflineProfile([model], device);
  const matrix = fpsMatrixOfProfile(profile, 'nets/p.json');
  const cell = fpsCell(matrix.models[0]!, 'cpu');
  const latencyMs = profile.models[0]!.blocks.reduce(
    (sum, { costs }) => sum + (costs.cpu as { latencyMs: { mean: number } }).latencyMs.mean,
    0,
  );
  assert.ok(Math.abs((cell?.framesPerS ?? 0) - 1000 / latencyMs) < 1e-9);
  assert.is(cell?.origin, 'modelled');
  assert.is(cell?.sourceFile, 'p.json');
  assert.is(matrix.models[0]?.cells.gpu, 'unsupported');
  assert.match(matrix.models[0]?.reasons?.gpu ?? '', /block-0/);
  assert.equal(fpsMatrixDocument.problems(matrix), []);
});

test('where the uncut model was timed, that counts, with what ran elsewhere', () => {
  const device = platform([processor('cpu'), processor('gpu')]);
  const profile = rooflineProfile([blockedModel('net', [block(0, { macs: { conv: 1e9 } })])], device);
  profile.models[0]!.measurement = {
    gpu: {
      runtime: 'ort 1.30',
      pinned: false,
      whole: { mean: 26, p50: 25, p95: 30, n: 40 },
      used: 'nodes',
      providers: { CUDA: { nodes: 409, timeShare: 0.98 }, CPU: { nodes: 3, timeShare: 0.02 } },
    },
  };
  const matrix = fpsMatrixOfProfile(profile);
  const cell = fpsCell(matrix.models[0]!, 'gpu')!;
  assert.is(cell.framesPerS, 40);
  assert.is(cell.tool, 'ort 1.30');
  assert.equal(cell.latencyMs, { n: 40, mean: 26, p50: 25, p95: 30 });
  assert.equal(cell.fallback, { provider: 'CPU', nodes: 3, ofNodes: 412, timeShare: 0.02 });
  assert.equal(fpsMatrixDocument.problems(matrix), []);
});

test.run();
