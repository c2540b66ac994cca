import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plan } from '../../src/planners/plan.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { platformById } from '../../src/platforms/registry.ts';

const test = suite('replanning');

const models = ['alexnet', 'mobilenet-v1', 'squeezenet'];
const request = { platform: 'hikey970', models, objective: 'geometric-mean', seed: 1, evaluations: 400 } as const;

test('nothing moves when nothing changed and a move costs something', async () => {
  const old = await plan({ ...request, evaluations: 3000 });
  const { replan, models: placed } = await plan({ ...request, from: old, moveCost: 0.02 });
  assert.equal(replan?.moves, []);
  assert.is(replan?.kept, 3);
  assert.equal(
    placed.map(({ stages }) => stages),
    old.models.map(({ stages }) => stages),
  );
});

test('a new model moves in, and the others move the less the dearer a move is', async () => {
  const old = await plan(request);
  const moved: number[] = [];
  const values: number[] = [];
  for (const moveCost of [0, 0.02, 1]) {
    const document = await plan({ ...request, models: [...models, 'resnet-50'], from: old, moveCost });
    planDocument.write(document);
    const { replan, score } = document;
    moved.push(replan?.moves.reduce((sum, { stages }) => sum + stages, 0) ?? -1);
    values.push(score.value);
    assert.ok(replan?.moves.some(({ model, kind }) => model === 'resnet-50' && kind === 'new'));
  }
  assert.is(moved[2], 0, 'at the price of the whole objective nothing old moves');
  assert.ok(moved[0] >= moved[1] && moved[1] >= moved[2], `stages moved: ${moved}`);
  assert.ok(values[0] >= values[2] * 0.999, `values: ${values}`);
});

test('what ran on a processor that is gone is forced to move, the rest stays', async () => {
  const old = await plan(request);
  const { platform } = platformById('hikey970');
  const gone = old.models[0].stages[0].processor;
  const without = { ...platform, processors: platform.processors.filter(({ id }) => id !== gone) };
  const { replan } = await plan({ ...request, platform: without, from: old, moveCost: 1 });
  for (const { name, stages } of old.models) {
    const touched = stages.some(({ processor }) => processor === gone);
    const move = replan?.moves.find(({ model }) => model === name);
    assert.is(move?.kind, touched ? 'forced' : undefined, name);
  }
});

test('an old plan of another device or of other models is used, with a warning', async () => {
  const old = await plan(request);
  const codes = async (changed: object) => {
    const { warnings } = await plan({ ...request, evaluations: 50, ...changed, from: old });
    return warnings.filter(({ code }) => code === 'OLD_PLAN').map(({ path }) => path);
  };
  assert.equal(await codes({}), []);
  assert.equal(await codes({ models: ['resnet-50'] }), ['/models']);
  assert.equal(await codes({ platform: 'openvino-cpu-gpu-vpu', models: ['googlenet'] }), ['/models']);
  const { platform } = platformById('jetson-agx-xavier');
  const dla = { ...platform, processors: platform.processors.filter(({ id }) => id !== 'gpu') };
  assert.equal(await codes({ platform: dla }), ['/platform']);
});

test('a model that moved says what its move gains', async () => {
  const old = await plan({ ...request, planner: 'single-best', baselines: [] });
  const { replan, score } = await plan({ ...request, from: old, moveCost: 0.001 });
  const moved = replan?.moves.filter(({ kind }) => kind === 'moved') ?? [];
  assert.ok(moved.length > 0);
  for (const { gain } of moved) assert.ok(gain !== undefined && gain > 0, String(gain));
  assert.ok(score.value > (replan?.before ?? 0));
});

test.run();
