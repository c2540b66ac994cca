import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groupPlanDocument } from '../../src/planners/group/schema.ts';
import { groupRunDocument } from '../../src/runtime/group-run-schema.ts';
import { layers, missingRuntime, writeModel } from '../execution/models.ts';
import { inFolder, run } from './captured.ts';

const test = suite('run of a group plan');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

claim('measured here, planned, run: predicted and measured side by side', () =>
  inFolder(async (folder) => {
    const [matrix, plan] = [join(folder, 'matrix.json'), join(folder, 'plan.json')];
    const models = [3, 6, 9].map((count) => writeModel(folder, `m${count}.onnx`, layers(count))).join(',');
    const words = ['profile', '--models', models, '--platform', 'host', '--matrix', '--time-limit', '300ms'];
    assert.is((await run([...words, '--out', matrix])).code, 0);
    const planned = await run(['plan', '--matrix', matrix, '--calls', 'm3=2', '--out', plan, '--json']);
    assert.is(planned.code, 0, planned.err);
    const { document } = groupPlanDocument.parse(planned.out, 'plan');
    const ran = await run(['run', plan, '--models', models, '--for', '200ms', '--warm-up', '50ms', '--json']);
    assert.is(ran.code, 0, ran.err);
    const measured = groupRunDocument.parse(ran.out, 'run').document;
    assert.is(measured.predictedFps, document.score.groupFps);
    assert.ok(measured.measuredFps > 0 && measured.undisturbedFps > 0 && measured.frames >= 2);
    assert.equal(
      measured.devices.map(({ id }) => id),
      document.devices.filter((device) => device.models > 0).map(({ id }) => id),
    );
    assert.equal(
      measured.models.map(({ callsPerFrame }) => callsPerFrame),
      [2, 1, 1],
    );
    // What the planner put side by side shares no cores.
    assert.not.ok(measured.warnings.some(({ code }) => code === 'OVERLAP'));
    const { out } = await run(['run', plan, '--models', models, '--for', '50ms']);
    assert.match(out, /Group FPS: predicted .* measured .* by the clock/s);
  }),
);

test('options of block plans are refused, and so is a model that nobody knows', () =>
  inFolder(async (folder) => {
    const [rates, plan] = [join(folder, 'rates.csv'), join(folder, 'plan.json')];
    writeFileSync(rates, 'model,cpu-0\nnobody-knows,10\n');
    assert.is((await run(['plan', '--matrix', rates, '--out', plan])).code, 0);
    const refused = await run(['run', plan, '--policy', 'newest']);
    assert.is(refused.code, 64, refused.err);
    assert.match(refused.err, /--policy means nothing for a group plan/);
    const unknown = await run(['run', plan]);
    assert.is(unknown.code, 64, unknown.err);
    assert.match(unknown.err, /does not say where the model "nobody-knows" is/);
  }));

test.run();
