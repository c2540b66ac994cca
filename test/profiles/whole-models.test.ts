import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placementProblem } from '../../src/estimators/problem.ts';
import { blockModel } from '../../src/models/load.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { fitHandover } from '../../src/profiles/handover.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import type { Measurement, Profile } from '../../src/profiles/schema.ts';
import { cutSeconds, wholeFactor } from '../../src/profiles/whole-models.ts';
import { workloadOf } from '../../src/profiles/workload.ts';
import { layers } from '../execution/models.ts';

const test = suite('whole models as the judge of their blocks');

const { platform } = hostPlatform({ cores: 2, memoryBytes: 1e9, runtimes: { native: true, wasm: true } });
const bare = rooflineProfile([blockModel(layers(5, 256), { name: 'one', source: 'one.onnx', hash: 'a' })], platform);
const [one] = bare.models;
const sum = (id: string): number =>
  one!.blocks.reduce((total, { costs }) => total + (costs[id] as { latencyMs: { mean: number } }).latencyMs.mean, 0);

/** The whole took 0.8 of what the nodes took together, and pieces lost a tenth of that at each of four cuts. */
const measured = (id: string): Measurement => ({
  runtime: 'onnxruntime-node',
  pinned: true,
  whole: { mean: 0.8 * sum(id) },
  nodeSumMs: sum(id),
  pieceSumMs: 1.2 * sum(id),
  pieces: 5,
  used: 'nodes',
});
const profile: Profile = {
  ...bare,
  models: [{ ...one!, measurement: { 'cpu-0': measured('cpu-0'), 'cpu-1': measured('cpu-1') } }],
};
const near = (found: number, wanted: number) =>
  assert.ok(Math.abs(found / wanted - 1) < 1e-9, `${found} instead of ${wanted}`);

test('blocks together take as long as the whole model did', () => {
  const { problem, names } = placementProblem({ profile, platform, workload: workloadOf(['one']) });
  names.processors.forEach((id, p) => {
    const all = problem.models[0]!.seconds.subarray(p * 5, (p + 1) * 5).reduce((total, each) => total + each, 0);
    near(all, measured(id).whole.mean / (id in profile.models[0]!.measurement! ? 1 : 0.8) / 1000);
  });
});

test('the costs that the profile states stay what was measured, and learning them is not undone', () => {
  const slower = (model: typeof one): typeof one => ({
    ...model!,
    blocks: model!.blocks.map((block) => ({
      ...block,
      costs: { ...block.costs, 'cpu-0': { latencyMs: { mean: 3 } } },
    })),
  });
  const learned = { ...profile, models: [slower(profile.models[0])!] };
  const { problem, names } = placementProblem({ profile: learned, platform, workload: workloadOf(['one']) });
  near(problem.models[0]!.seconds[names.processors.indexOf('cpu-0') * 5]!, (0.8 * 3) / 1000);
});

test('a cut costs what pieces lost, half on each side, beside the call', () => {
  const handover = fitHandover([
    { processor: 'cpu-1', intoBytes: 0, outOfBytes: 0, calls: 9, coreMs: 0.05, feederMs: 0.02 },
  ]);
  const { problem, names } = placementProblem({
    profile: { ...profile, handover },
    platform,
    workload: workloadOf(['one']),
  });
  const [p, q] = ['cpu-0', 'cpu-1'].map((id) => names.processors.indexOf(id)) as [number, number];
  const loss = (id: string): number => (0.1 * sum(id)) / 1000;
  near(cutSeconds(profile.models, 'cpu-0'), loss('cpu-0'));
  near(problem.transferSeconds[p * names.processors.length + q]!, 0.05e-3 + (loss('cpu-0') + loss('cpu-1')) / 2);
});

test('what was never measured whole or cut is left alone', () => {
  assert.is(wholeFactor(one!, 'cpu'), 1);
  assert.is(cutSeconds([one!], 'cpu'), 0);
  const pieceless: Measurement = { runtime: '', pinned: true, whole: { mean: 1 }, nodeSumMs: 2, used: 'nodes' };
  assert.is(cutSeconds([{ measurement: { cpu: pieceless } }], 'cpu'), 0);
  assert.is(wholeFactor({ measurement: { cpu: pieceless } }, 'cpu'), 0.5);
  const faster: Measurement = { ...pieceless, pieceSumMs: 0.9, pieces: 3, used: 'pieces' };
  assert.is(cutSeconds([{ measurement: { cpu: faster } }], 'cpu'), 0);
});

test.run();
