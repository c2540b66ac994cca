import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, HeterodyneError } from '../../src/core/errors.ts';
import type { Objective } from '../../src/core/placement.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import type { BlockedModel } from '../../src/models/graph.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { platformById } from '../../src/platforms/registry.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { type WorkloadModel, workloadOf } from '../../src/profiles/workload.ts';
import { referenceCore } from '../../src/reference/index.ts';
import { block, blockedModel, platform, processor } from '../profiles/fixtures.ts';

const test = suite('from documents to the placement problem');

/** cpu: 40 and 20 ms, gpu: 20 and 10 ms. */
const net = (name: string): BlockedModel =>
  blockedModel(name, [block(0, { macs: { conv: 1e9 }, bytes: { conv: 1e8 } }), block(1, { macs: { conv: 5e8 } })]);
const two = platform([processor('cpu'), processor('gpu', { peakOpsPerS: { float32: 200e9 } })]);

function build(
  models: BlockedModel[],
  device: Platform,
  options: { wish?: Partial<WorkloadModel>; objective?: Objective; maxStages?: number; depthOne?: boolean } = {},
) {
  const workload = workloadOf(models.map((model) => model.name));
  Object.assign(workload.models[0], options.wish);
  const { wish: _, ...rest } = options;
  return placementProblem({ profile: rooflineProfile(models, device), platform: device, workload, ...rest });
}

function failure(run: () => unknown, code: ErrorCode): HeterodyneError {
  try {
    run();
  } catch (error) {
    assert.instance(error, HeterodyneError, String(error));
    assert.is((error as HeterodyneError).code, code, String(error));
    return error as HeterodyneError;
  }
  throw new Error('accepted');
}

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9 * Math.abs(b), `${a}, not ${b}`);

test('blocks become seconds, resources become bits, DRAM stays apart', () => {
  const { problem, names, warnings } = build([net('a')], two);
  assert.equal(names, {
    models: ['a'],
    processors: ['cpu', 'gpu'],
    resources: ['cpu-cores', 'gpu-cores', 'dram'],
    pools: ['dram'],
    variants: ['original'],
  });
  assert.equal(warnings, []);
  for (const [i, seconds] of [0.04, 0.02, 0.02, 0.01].entries()) close(problem.models[0].seconds[i], seconds);
  assert.equal([...problem.processorUses], [1, 2]);
  assert.equal([...problem.dramResource], [2, 2]);
  close(problem.dramSecondsPerByte[0], 1 / 20e9);
  assert.equal([...problem.models[0].dramBytes], [1e8, 0]);
  assert.equal([...problem.poolProcessors], [3]);
  assert.equal([...problem.poolBytes], [1e9]);
  assert.equal([...problem.transferResource], [-1, -1, -1, -1]);
  close(problem.transferSeconds[1], 0.0002);
  close(problem.transferSecondsPerByte[2], 1e-9);
  assert.is(problem.transferSeconds[0], 0);
  assert.is(problem.maxStages, 2);
  assert.is(problem.objective, 'throughput');
  assert.ok(Number.isNaN(problem.idleWatts));
});

test('the core accepts the problem, and its rates follow from the profile', () => {
  const { problem } = build([net('a'), net('b')], two);
  const kernel = referenceCore().placement(problem);
  const alone = (p: number) => [1, p, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const scores = kernel.evaluate(Uint8Array.from([...alone(0), ...alone(1)]));
  close(scores.rates[0], 1 / 0.06);
  close(scores.rates[1], 1 / 0.03);
});

test('the solo rate is the best single processor, calls per frame included', () => {
  close(build([net('a')], two).problem.models[0].soloRate, 1 / 0.03);
  close(build([net('a')], two, { wish: { callsPerFrame: 3 } }).problem.models[0].soloRate, 1 / 0.09);
  // 1e8 bytes over a DRAM of 2 GB/s take 50 ms: the DRAM is slower than the GPU.
  const slow = platform(two.processors, {
    resources: two.resources.map((entry) => (entry.kind === 'dram' ? { ...entry, bandwidthBytesPerS: 2e9 } : entry)),
  });
  close(build([net('a')], slow).problem.models[0].soloRate, 1 / 0.05);
});

test('where no processor runs a model whole, the solo rate is that of its best chain', () => {
  const split = blockedModel('split', [
    block(0, { macs: { conv: 1e9 }, operators: ['Conv'] }, { outputBytes: 1e6 }),
    block(1, { macs: { conv: 5e8 }, operators: ['Softmax'] }),
  ]);
  const device = platform([
    processor('cpu', { unsupportedOperators: ['Conv'] }),
    processor('gpu', { unsupportedOperators: ['Softmax'] }),
  ]);
  // gpu 40 ms, then 0.2 ms + 1 ms of transfer and 20 ms on the cpu.
  close(build([split], device).problem.models[0].soloRate, 1 / 0.04);
  close(build([split], device, { depthOne: true }).problem.models[0].soloRate, 1 / 0.0612);
  const error = failure(() => build([split], device, { maxStages: 1 }), 'INFEASIBLE');
  assert.match(error.message, /split/);
});

test('wishes reach the core: rate, priority, weights', () => {
  const wish = { ratePerS: 30, priority: 2, weight: 0.5, shareWeight: 4, callsPerFrame: 2, minRatePerS: 5 };
  const [model] = build([net('a')], two, { wish }).problem.models;
  assert.is(model.rateLimit, 30);
  assert.is(model.demandedRate, 30);
  assert.is(model.priorityClass, 2);
  assert.is(model.value, 0.5);
  assert.is(model.shareWeight, 4);
  assert.is(model.callsPerFrame, 2);
  assert.is(model.rateFloor, 0);
  const [plain] = build([net('a')], two).problem.models;
  assert.equal(
    [plain.rateLimit, plain.demandedRate, plain.priorityClass, plain.value, plain.shareWeight],
    [Infinity, 0, 0, 1, 1],
  );
});

test('a link carries its transfers on its own resource, in its direction', () => {
  const device = platform(two.processors, {
    resources: [...two.resources, { id: 'bus', kind: 'link', bandwidthBytesPerS: 5e8 }],
    links: [{ from: 'cpu', to: 'gpu', resource: 'bus', bandwidthBytesPerS: 5e8, latencyMs: 1 }],
  });
  const { problem, names } = build([net('a')], device);
  const bus = names.resources.indexOf('bus');
  assert.equal([...problem.transferResource], [-1, bus, -1, -1]);
  close(problem.transferSeconds[1], 0.001);
  close(problem.transferSeconds[2], 0.0002);
  device.links![0].bidirectional = true;
  assert.equal([...build([net('a')], device).problem.transferResource], [-1, bus, bus, -1]);
});

test('no declared way between processors costs the fixed latency or nothing, with a warning', () => {
  const { copy: _, ...free } = two;
  const { problem, warnings } = build([net('a')], free);
  assert.equal([...problem.transferSeconds, ...problem.transferSecondsPerByte], [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.is(warnings[0].code, 'NO_LINK');
  assert.is(warnings[0].count, 2);
  const fixed = build([net('a')], { ...two, copy: { latencyMs: 3 } });
  close(fixed.problem.transferSeconds[1], 0.003);
  assert.is(fixed.warnings[0].code, 'NO_LINK');
});

test('a block that no processor runs names model, block, operator and every reason', () => {
  const odd = blockedModel('odd', [block(0, { macs: { conv: 1e9 } }), block(1, { operators: ['Einsum'] })]);
  const device = platform([
    processor('cpu', { unsupportedOperators: ['Einsum'] }),
    processor('dla', { supportedOperators: ['Conv'] }),
  ]);
  const error = failure(() => build([net('a'), odd], device), 'INFEASIBLE');
  assert.is(error.path, '/models/1/blocks/1');
  assert.match(
    error.message,
    /no processor can run block 1 \("block-1"\) of odd: cpu does not run Einsum; dla does not run Einsum/,
  );
  assert.is(error.problems.length, 1);
});

test('more memory than there is, is refused with the difference', () => {
  // Each model: 1.2 GB of weights and 2 MB of working memory; the device has 1 GB.
  const big = (name: string) =>
    blockedModel(name, [block(0, { macs: { conv: 1e9 } }, { weightBytes: 6e8 }), block(1, {}, { weightBytes: 6e8 })]);
  const one = failure(() => build([big('a')], two), 'INFEASIBLE');
  assert.match(one.message, /need 1.2 GB, dram has 1 GB: 202 MB too much/);
  assert.match(one.hint ?? '', /a 1.2 GB/);
  // A stick with memory of its own, beside the DRAM: both pools together count.
  const stick = processor('vpu', { uses: ['vpu-cores'], memoryBytes: 1e9 });
  const both = platform([processor('cpu'), stick]);
  assert.ok(build([big('a')], both).problem.poolBytes.length === 2);
  assert.match(
    failure(() => build([big('a'), big('b')], both), 'INFEASIBLE').message,
    /need 2.4 GB, dram and vpu has 2 GB/,
  );
  // A processor without any limit takes whatever is left.
  const open = platform([processor('cpu'), processor('vpu', { uses: ['vpu-cores'] })]);
  assert.ok(build([big('a'), big('b')], open));
});

test('more models than the processors may hold are refused', () => {
  const device = platform([processor('cpu', { maxModels: 1 }), processor('gpu', { maxModels: 1 })]);
  assert.ok(build([net('a'), net('b')], device));
  assert.match(
    failure(() => build([net('a'), net('b'), net('c')], device), 'INFEASIBLE').message,
    /3 models.*hold 2: 1 too many/,
  );
});

test('no models, 65 models and 17 processors are refused before anything is built', () => {
  const device = platform([processor('cpu')]);
  const profile = rooflineProfile([net('a')], device);
  const empty = { kind: 'workload' as const, schemaVersion: 1, models: [] };
  failure(() => placementProblem({ profile, platform: device, workload: empty }), 'BAD_INPUT');
  const many = Array.from({ length: 65 }, (_, i) => net(`m${i}`));
  assert.match(failure(() => build(many, device), 'LIMIT').message, /65 models, but at most 64/);
  assert.ok(build(many.slice(0, 64), device));
  const wide = platform(Array.from({ length: 17 }, (_, i) => processor(`p${i}`)));
  assert.match(failure(() => build([net('a')], wide), 'LIMIT').message, /17 processors, but at most 16/);
});

test('energy needs declared power; processors without stay out of use', () => {
  const error = failure(() => build([net('a')], two, { objective: 'energy' }), 'USAGE');
  assert.match(error.message, /needs power, which bench does not declare/);
  const powered = platform([processor('cpu', { activeWatts: 2 }), processor('gpu')], { power: { idleWatts: 1 } });
  const { problem, warnings } = build([net('a')], powered, { objective: 'energy', wish: { minRatePerS: 5 } });
  assert.equal([...problem.models[0].seconds.subarray(2)], [Infinity, Infinity]);
  assert.equal([...problem.activeWatts], [2, 0]);
  assert.is(problem.models[0].rateFloor, 5);
  assert.is(warnings[0].code, 'NO_POWER');
  assert.ok(referenceCore().placement(problem));
});

test('documents that do not belong together are told apart', () => {
  const profile = rooflineProfile([net('a')], two);
  const workload = workloadOf(['a']);
  assert.match(
    failure(() => placementProblem({ profile, platform: two, workload: workloadOf(['z']) }), 'BAD_INPUT').message,
    /no model "z"/,
  );
  const other = platform([processor('cpu')]);
  failure(() => placementProblem({ profile, platform: other, workload }), 'BAD_INPUT');
  const changed = { ...two, name: 'renamed' };
  assert.is(placementProblem({ profile, platform: changed, workload }).warnings[0].code, 'PLATFORM_CHANGED');
  const wider = platform([...two.processors, processor('npu')]);
  const { names, warnings } = placementProblem({ profile, platform: wider, workload });
  assert.equal(names.processors, ['cpu', 'gpu']);
  assert.ok(warnings.some(({ code, message }) => code === 'NOT_PROFILED' && /npu/.test(message)));
});

test('a model that costs nothing is bounded by its arrivals, or refused by the core', () => {
  const free = blockedModel('free', [block(0, {})]);
  const device = platform([processor('cpu')]);
  assert.is(build([free], device, { wish: { ratePerS: 25 } }).problem.models[0].soloRate, 25);
  assert.throws(() => referenceCore().placement(build([free], device).problem), /costs nothing/);
});

test('every shipped platform gives a problem that the core accepts', () => {
  const { platform: host } = hostPlatform({ cores: 8, memoryBytes: 8e9 });
  for (const id of ['hikey970', 'jetson-agx-xavier', 'orange-pi-5', 'host']) {
    const device = id === 'host' ? host : platformById(id).platform;
    const { problem, warnings } = build([net('a'), net('b'), net('c')], device);
    assert.equal(warnings, []);
    const kernel = referenceCore().placement(problem);
    assert.ok(kernel.evaluate(kernel.sample('uniform', 50)).values.every((value) => value > 0));
  }
});

test.run();
