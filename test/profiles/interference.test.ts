import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceCore, wasmCore } from '../../bindings/core.ts';
import { pairErrors } from '../../src/estimators/pair-error.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import { blockModel } from '../../src/models/load.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { fitInterference, independentPairs } from '../../src/profiles/interference.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import type { BusyPair, Profile } from '../../src/profiles/schema.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { workloadOf } from '../../src/profiles/workload.ts';
import { layers } from '../execution/models.ts';

const test = suite('interference');

const { platform } = hostPlatform({ cores: 2, memoryBytes: 1e9, runtimes: { native: true, wasm: true } });
const models = [
  blockModel(layers(3), { name: 'short', source: 'short.onnx', hash: 'a' }),
  blockModel(layers(9), { name: 'long', source: 'long.onnx', hash: 'b' }),
];
const profile = rooflineProfile(models, platform);

const alone = (name: string, id: string): number =>
  profile.models
    .find((model) => model.name === name)!
    .blocks.reduce((sum, { costs }) => {
      const cost = costs[id]!;
      return sum + (cost === 'unsupported' ? 0 : cost.latencyMs.mean);
    }, 0);

/** Pairs as a machine would give them whose processors lose these factors exactly. */
function pairsWith(slowdown: Record<string, number>): BusyPair[] {
  return independentPairs(platform, Object.keys(slowdown)).flatMap((processors) =>
    ['short', 'long'].flatMap((a) =>
      ['short', 'long'].map((b): BusyPair => {
        const aloneMs: [number, number] = [alone(a, processors[0]), alone(b, processors[1])];
        return {
          processors,
          models: [a, b],
          aloneMs,
          togetherMs: [aloneMs[0] * slowdown[processors[0]]!, aloneMs[1] * slowdown[processors[1]]!],
        };
      }),
    ),
  );
}

const SLOWDOWN = { 'cpu-0': 1.2, 'cpu-1': 1.3, 'wasm-1': 1.05 };
const slowed: Profile = { ...profile, interference: fitInterference(pairsWith(SLOWDOWN)) };

test('only processors that share no cores work side by side', () => {
  assert.equal(independentPairs(platform, ['cpu', 'cpu-0', 'cpu-1', 'wasm-1']), [
    ['cpu-0', 'cpu-1'],
    ['cpu-0', 'wasm-1'],
  ]);
  assert.equal(independentPairs(platform, ['cpu', 'cpu-1']), []);
});

test('factors that hold exactly are found exactly, and explain the pairs', () => {
  const { slowdown } = slowed.interference!;
  for (const [id, factor] of Object.entries(SLOWDOWN)) assert.ok(Math.abs(slowdown[id]! - factor) < 1e-9, id);
  const errors = pairErrors(slowed, platform)!;
  assert.is(errors.pairs, 8);
  assert.ok(errors.measured < 1e-9, `${errors.measured}`);
  assert.ok(errors.none > 0.03, `${errors.none}`);
  assert.equal(profileDocument.problems(slowed), []);
});

test('a neighbour that seems to help is noise: no factor is below 1', () => {
  const { slowdown } = fitInterference(pairsWith({ 'cpu-0': 0.9, 'cpu-1': 1.1 }));
  assert.is(slowdown['cpu-0'], 1);
  assert.ok(slowdown['cpu-1']! > 1.09);
});

test('from two models on latencies are those beside a neighbour; rates alone stay, one model has no neighbour', () => {
  const build = (form: Profile, names: string[]) =>
    placementProblem({ profile: form, platform, workload: workloadOf(names) });
  const plain = build(profile, ['short', 'long']);
  const both = build(slowed, ['short', 'long']);
  const one = build(slowed, ['long']);
  const p = both.names.processors.indexOf('cpu-1');
  const blocks = both.problem.models[0]!.blocks;
  const before = plain.problem.models[0]!.seconds[p * blocks]!;
  assert.ok(Math.abs(both.problem.models[0]!.seconds[p * blocks]! / before - 1.3) < 1e-9);
  assert.is(both.problem.models[0]!.soloRate, plain.problem.models[0]!.soloRate);
  assert.equal(one.problem.models[0]!.seconds, build(profile, ['long']).problem.models[0]!.seconds);
  assert.ok(both.warnings.some(({ code, message }) => code === 'INTERFERENCE' && /cpu-1 1\.30/.test(message)));
  assert.not(one.warnings.some(({ code }) => code === 'INTERFERENCE'));
});

test('both cores give the same bits for a problem with interference', () => {
  const { problem } = placementProblem({ profile: slowed, platform, workload: workloadOf(['short', 'long']) });
  const kernels = [referenceCore(), wasmCore()].map((core) => core.placement(problem));
  kernels[0]!.seed(5);
  const placements = kernels[0]!.sample('uniform', 64);
  const [expected, found] = kernels.map((kernel) => kernel.evaluate(placements));
  assert.equal(found!.rates, expected!.rates);
  assert.equal(found!.values, expected!.values);
  for (const kernel of kernels) kernel.free();
});

test.run();
