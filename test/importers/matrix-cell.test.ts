import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FpsMatrix, fpsMatrixDocument, fpsMatrixFindings } from '../../src/profiles/fps-matrix.ts';
import { importedCell } from '../../src/profiles/importers/matrix-cell.ts';
import { NODES, openvinoReport, ortText, read, trtProfileText, trtTimesText } from './samples.ts';

const test = suite('cells of an FPS matrix');

test('one request at a time gives the reciprocal of the median, several in flight the reported rate', async () => {
  const sync = importedCell(await read(openvinoReport()), 'float32');
  assert.is(sync.metric, 'latency');
  assert.is(sync.framesPerS, 1000 / 4.5);
  assert.is(sync.precision, 'float32');
  const busy = importedCell(await read(openvinoReport({ api: 'async', nireq: 4, latency: false })));
  assert.is(busy.metric, 'throughput');
  assert.is(busy.framesPerS, 200.5);
  const batched = importedCell(await read(trtTimesText(200), { batch: 4 }));
  assert.is(batched.framesPerS, 2000);
});

test('a matrix of imported cells is valid, and mixed kinds are found', async () => {
  const matrix: FpsMatrix = {
    kind: 'fps-matrix',
    schemaVersion: 1,
    devices: [{ id: 'CPU' }, { id: 'GPU' }, { id: 'VPU' }],
    models: [
      {
        name: 'net',
        cells: {
          CPU: importedCell(await read(ortText())),
          GPU: importedCell(await read(trtTimesText(200))),
          VPU: importedCell(await read(openvinoReport({ api: 'async', nireq: 4 }))),
        },
      },
    ],
  };
  assert.equal(fpsMatrixDocument.problems(matrix), []);
  assert.ok(fpsMatrixFindings(matrix).some(({ code }) => code === 'MIXED_MODES'));
});

test('the part that ran elsewhere is in the cell', async () => {
  const nodes = NODES.map((node, i) => ({
    ...node,
    provider: i === 2 ? 'CPUExecutionProvider' : 'CUDAExecutionProvider',
  }));
  const { fallback } = importedCell(await read(ortText(nodes)));
  assert.equal(fallback, { provider: 'CPUExecutionProvider', nodes: 1, ofNodes: 3, timeShare: 0.375 });
});

test('times of layers alone are no rate', async () => {
  const record = await read(trtProfileText([{ name: 'a', ms: 1 }]));
  assert.throws(
    () => importedCell(record),
    (error: { code?: string }) => error.code === 'BAD_INPUT',
  );
});

test.run();
