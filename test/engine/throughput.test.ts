import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultCore } from '../../bindings/core.ts';
import type { PlacementProblem } from '../../src/core/placement.ts';
import { simulateThroughput } from '../../src/engine/throughput.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { problemFrom } from '../core/problems.ts';
import { recordsOf } from './placements.ts';

const MIXES = [
  ['alexnet', 'squeezenet', 'resnet-50', 'mobilenet-v1'],
  ['googlenet', 'alexnet', 'vgg-16'],
];

function problemOf(platformId: string, models: readonly string[]): PlacementProblem {
  const { platform } = platformById(platformId);
  return placementProblem({
    platform,
    profile: rooflineProfile(
      models.map((name) => loadZooModel(name)),
      platform,
    ),
    workload: { kind: 'workload', schemaVersion: 1, models: models.map((name) => ({ model: `zoo:${name}`, name })) },
  }).problem;
}

/** Largest relative difference of a rate from the throughput model's. */
function difference(rates: Float64Array, model: Float64Array): number {
  return rates.reduce((most, rate, m) => Math.max(most, Math.abs(rate / model[m] - 1)), 0);
}

const test = suite('engine: throughput');

test('without noise and DRAM limits, sharing by frames gives the rates of the throughput model within 0.5 %', () => {
  for (const id of platformIds().filter((id) => id !== 'host')) {
    for (const models of MIXES) {
      const problem = problemOf(id, models);
      problem.dramSecondsPerByte.fill(0);
      const kernel = defaultCore().placement(problem);
      kernel.seed(11);
      const placements = kernel.sample('stratified', 6);
      const { rates } = kernel.evaluate(placements);
      kernel.free();
      const M = models.length;
      for (let i = 0; i < 6; i++) {
        const placement = placements.subarray(i * M * 12, (i + 1) * M * 12);
        const found = simulateThroughput(problem, placement, {
          discipline: 'time-sliced',
          share: 'frames',
          inFlight: 8,
          frames: 60,
          warmUpFrames: 1000,
        });
        assert.ok(found.complete);
        const off = difference(found.rates, rates.subarray(i * M, (i + 1) * M));
        assert.ok(off <= 0.005, `${id}, ${models}, placement ${i}: ${off}`);
      }
    }
  }
});

test('whole steps in turn give them too', () => {
  const problem = problemOf('hikey970', MIXES[0]);
  problem.dramSecondsPerByte.fill(0);
  const kernel = defaultCore().placement(problem);
  kernel.seed(3);
  const placements = kernel.sample('stratified', 12);
  const { rates } = kernel.evaluate(placements);
  kernel.free();
  for (let i = 0; i < 12; i++) {
    const found = simulateThroughput(problem, placements.subarray(i * 48, (i + 1) * 48), {
      discipline: 'round-robin',
      frames: 200,
      warmUpFrames: 600,
    });
    const off = difference(found.rates, rates.subarray(i * 4, (i + 1) * 4));
    assert.ok(off <= 0.005, `placement ${i}: ${off}`);
  }
});

test('first come, first served is fair in frames, by weight is not: T2 gives 2.5 and 2.5', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }, { seconds: [[0.3]] }]);
  const placement = recordsOf([
    [1, 0, 1],
    [1, 0, 1],
  ]);
  const { rates } = simulateThroughput(problem, placement);
  assert.ok(difference(rates, Float64Array.of(2.5, 2.5)) < 1e-9, `${rates}`);
  const sliced = simulateThroughput(problem, placement, { discipline: 'time-sliced' });
  assert.ok(difference(sliced.rates, Float64Array.of(5, 5 / 3)) < 1e-3, `${sliced.rates}`);
  problem.models[1].shareWeight = 2;
  const weighted = simulateThroughput(problem, placement, { discipline: 'round-robin' });
  assert.ok(difference(weighted.rates, Float64Array.of(1 / 0.7, 2 / 0.7)) < 0.005, `${weighted.rates}`);
});

test('an arrival rate below what there is room for is kept exactly', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }, { seconds: [[0.3]] }]);
  problem.models[0].rateLimit = 1;
  const placement = recordsOf([
    [1, 0, 1],
    [1, 0, 1],
  ]);
  const { rates } = simulateThroughput(problem, placement, { discipline: 'round-robin', frames: 300 });
  assert.ok(difference(rates, Float64Array.of(1, 3)) < 0.005, `${rates}`);
});

test('two models that together want one and a half times the DRAM get two thirds of their speed', () => {
  const problem = problemFrom([{ seconds: [[0.1], [9]] }, { seconds: [[9], [0.1]] }]);
  problem.resources = 3;
  problem.dramResource.fill(2);
  problem.dramSecondsPerByte.fill(1e-3);
  for (const model of problem.models) model.dramBytes.fill(75);
  const placement = recordsOf([
    [1, 0, 1],
    [1, 1, 1],
  ]);
  const { rates } = simulateThroughput(problem, placement);
  assert.ok(difference(rates, Float64Array.of(20 / 3, 20 / 3)) < 1e-9, `${rates}`);
  for (const model of problem.models) model.dramBytes.fill(50);
  assert.ok(difference(simulateThroughput(problem, placement).rates, Float64Array.of(10, 10)) < 1e-9);
  const disturbed = simulateThroughput(problem, placement, { memoryInterference: 1 });
  assert.ok(difference(disturbed.rates, Float64Array.of(8, 8)) < 1e-9, `${disturbed.rates}`);
});

test('noise is a matter of the seed alone', () => {
  const problem = problemOf('jetson-tx2', MIXES[1]);
  const kernel = defaultCore().placement(problem);
  kernel.seed(2);
  const placement = kernel.sample('stratified', 1);
  kernel.free();
  const noise = { blockSigma: 0.1, frameSigma: 0.05, bursts: { meanGapSeconds: 0.5, meanSeconds: 0.1, slowdown: 2 } };
  const of = (seed: number) => simulateThroughput(problem, placement, { seed, noise, switchSeconds: 1e-4 });
  assert.equal(of(7), of(7));
  assert.not.equal(of(7).rates, of(8).rates);
});

test('a noisy run gives these bits on every host', () => {
  const problem = problemFrom([
    {
      seconds: [
        [0.011, 0.007, 0.003],
        [0.009, 0.02, 0.004],
      ],
    },
    {
      seconds: [
        [0.005, 0.006],
        [0.003, 0.008],
      ],
    },
  ]);
  const placement = recordsOf([
    [2, 0, 2, 1, 3],
    [2, 1, 1, 0, 2],
  ]);
  const noise = { blockSigma: 0.1, frameSigma: 0.05, bursts: { meanGapSeconds: 0.5, meanSeconds: 0.1, slowdown: 2 } };
  const { rates, events, seconds } = simulateThroughput(problem, placement, { seed: 33, noise, frames: 500 });
  assert.equal([...rates], [38.77128937529524, 38.68121056487198]);
  assert.is(events, 2245);
  assert.is(seconds, 12.999201713514974);
});

test.run();
