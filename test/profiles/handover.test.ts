import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceCore, wasmCore } from '../../bindings/core.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import { blockModel } from '../../src/models/load.ts';
import { plan } from '../../src/planners/plan.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { fitHandover, handoverOf, nonNegativeFit } from '../../src/profiles/handover.ts';
import { fitInterference } from '../../src/profiles/interference.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { type HandoverSeries, type Profile, profileDocument } from '../../src/profiles/schema.ts';
import { workloadOf } from '../../src/profiles/workload.ts';
import { layers } from '../execution/models.ts';

const test = suite('handover between processes');

const { platform } = hostPlatform({ cores: 2, memoryBytes: 1e9, runtimes: { native: true, wasm: true } });
const model = blockModel(layers(6, 256), { name: 'one', source: 'one.onnx', hash: 'a' });
const profile = rooflineProfile([model], platform);

/** Series as a machine would give them on which a call costs `callMs` and a megabyte `into` and `outOf` ms. */
function seriesOf(processor: string, callMs: number, into: number, outOf: number): HandoverSeries[] {
  return [
    [0, 0],
    [1e5, 0],
    [0, 1e5],
    [2e6, 0],
    [0, 2e6],
    [2e6, 2e6],
  ].map(([intoBytes, outOfBytes]) => {
    const coreMs = callMs + (into * intoBytes! + outOf * outOfBytes!) / 1e6;
    return { processor, intoBytes: intoBytes!, outOfBytes: outOfBytes!, calls: 100, coreMs, feederMs: coreMs / 4 };
  });
}

const COSTS = {
  cpu: [0.08, 0.5, 1],
  'cpu-0': [0.05, 0.4, 0.9],
  'cpu-1': [0.06, 0.3, 0.7],
  'wasm-1': [0.2, 1, 2],
} as const;
const series = Object.entries(COSTS).flatMap(([id, [callMs, into, outOf]]) => seriesOf(id, callMs, into, outOf));
const measured: Profile = { ...profile, handover: fitHandover(series) };
const near = (found: number, wanted: number, what = '') =>
  assert.ok(Math.abs(found / wanted - 1) < 1e-9, `${what} ${found} instead of ${wanted}`);

test('costs that hold exactly are found exactly', () => {
  for (const [id, [callMs, into, outOf]] of Object.entries(COSTS)) {
    const found = handoverOf(measured, id);
    near(found.callSeconds, callMs / 1e3, id);
    near(found.intoSecondsPerByte, into / 1e9, id);
    near(found.outOfSecondsPerByte, outOf / 1e9, id);
  }
  near(measured.handover!.feederShare, 0.25);
  assert.equal(profileDocument.problems(measured), []);
});

test('no cost is below 0, and the others are then fitted without it', () => {
  const noisy = seriesOf('cpu', 0.05, 0, 1).map((each) =>
    each.intoBytes > 0 && each.outOfBytes === 0 ? { ...each, coreMs: 0.04 } : each,
  );
  const { intoBytesPerS, outOfBytesPerS, callMs } = fitHandover(noisy).processors.cpu!;
  assert.is(intoBytesPerS, undefined);
  assert.ok(callMs > 0.04 && callMs < 0.05 && outOfBytesPerS! > 0);
  assert.equal(nonNegativeFit([[1, 0]], [3]), [3, 0]);
  assert.equal(nonNegativeFit([], []), []);
});

test('a stage pays its call where it runs, and the bytes that leave one process and reach another', () => {
  const workload = workloadOf(['one']);
  const before = placementProblem({ profile, platform, workload }).problem;
  const { problem, names } = placementProblem({ profile: measured, platform, workload });
  const [p, q] = [names.processors.indexOf('cpu-0'), names.processors.indexOf('cpu-1')];
  const record = Uint8Array.of(2, p!, 3, q!, 6, 0, 0, 0, 0, 0, 0, 0);
  const sum = (id: number, from: number, to: number): number => {
    let seconds = 0;
    for (let b = from; b < to; b++) seconds += before.models[0]!.seconds[id * 6 + b]!;
    return seconds;
  };
  const first = sum(p!, 0, 3) + 0.05e-3;
  const bytes = before.models[0]!.outputBytes[2]!;
  const second = sum(q!, 3, 6) + 0.06e-3 + bytes * (0.9e-9 + 0.3e-9);
  for (const core of [referenceCore(), wasmCore()]) {
    const kernel = core.placement(problem);
    near(kernel.evaluate(record).rates[0]!, 1 / Math.max(first, second), core.id);
    kernel.free();
  }
});

test('neighbours slow the blocks, not the messages', () => {
  const workload = workloadOf(['one', 'two']);
  const interference = { ...fitInterference([]), slowdown: { 'cpu-0': 1.5 } };
  const twice = (from: Profile): Profile => ({
    ...from,
    models: [...from.models, { ...from.models[0]!, name: 'two' }],
  });
  const seconds = (from: Profile): Float64Array =>
    placementProblem({ profile: twice(from), platform, workload }).problem.models[0]!.seconds;
  const p = platform.processors.findIndex(({ id }) => id === 'cpu-0');
  const alone = seconds(profile)[p * 6]!;
  near(seconds({ ...measured, interference })[p * 6]!, 1.5 * alone + 0.05e-3);
});

test('a profile without it plans as before, and a plan states what of its first stage is the call', async () => {
  assert.is(handoverOf(profile, 'cpu').callSeconds, 0);
  const request = { platform, models: [] as never[], workload: workloadOf(['one']), planner: 'single-best' };
  const old = await plan({ ...request, profile });
  assert.is(old.models[0]!.stages[0]!.callMs, undefined);
  const { stages, latencyMs } = (await plan({ ...request, profile: measured })).models[0]!;
  const [callMs] = COSTS[stages[0]!.processor as keyof typeof COSTS];
  near(stages[0]!.callMs!, callMs);
  assert.ok(latencyMs > callMs);
});

test.run();
