import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fitHandover } from '../../src/profiles/handover.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { meanInterval } from '../../src/profiles/samples.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { Latencies } from '../../src/runtime/latencies.ts';
import { learn } from '../../src/runtime/learn.ts';
import type { RunDocument } from '../../src/runtime/schema.ts';
import { layers } from '../execution/models.ts';
import { onCoreZero, open } from './plans.ts';

const test = suite('what a run teaches');

const model = open('one', layers(4, 64));
const profile = rooflineProfile([model.blocked], onCoreZero());

/** A run whose stage on cpu-0 took `ratio` times what was planned. */
function ran(ratio: number, calls = 100): RunDocument {
  const times = (ms: number) => ({ mean: ms, p50: ms, p95: ms, p99: ms, worst: ms });
  const stage = (processor: string, firstBlock: number, lastBlock: number, p50: number) => ({
    processor,
    firstBlock,
    lastBlock,
    calls,
    latencyMs: times(p50),
    plannedLatencyMs: 2,
    plannedTransferMs: 0,
    outputBytes: 0,
  });
  return {
    kind: 'run',
    schemaVersion: 1,
    platform: 'host',
    planHash: '',
    source: 'synthetic',
    policy: 'every',
    seconds: 1,
    models: [
      {
        name: 'one',
        variant: 'original',
        released: calls,
        finished: calls,
        skipped: 0,
        failed: 0,
        throughputPerS: 10,
        plannedThroughputPerS: 10,
        plannedLatencyMs: 4,
        stages: [stage('cpu-0', 0, 1, 2 * ratio), stage('cpu-1', 2, 3, 2)],
      },
    ],
    processors: [{ id: 'cpu-0', utilization: 1, plannedUtilization: 1, pinned: true }],
    score: {
      objective: 'throughput',
      planned: 10,
      meanThroughputPerS: 10,
      minThroughputPerS: 10,
      geometricMeanPerS: 10,
    },
    events: [],
    warnings: [],
  };
}

const latency = (from: typeof profile, block: number, processor: string): number => {
  const cost = from.models[0]!.blocks[block]!.costs[processor];
  return cost === undefined || cost === 'unsupported' ? Number.NaN : cost.latencyMs.mean;
};

test('costs of the blocks that ran move half way to what was measured, all others stay', () => {
  const { profile: learned, drifts, replan } = learn(profile, ran(1.4));
  for (const block of [0, 1])
    assert.ok(Math.abs(latency(learned, block, 'cpu-0') / latency(profile, block, 'cpu-0') - 1.2) < 1e-9);
  for (const block of [2, 3]) {
    assert.is(latency(learned, block, 'cpu-0'), latency(profile, block, 'cpu-0'));
    assert.is(latency(learned, block, 'cpu-1'), latency(profile, block, 'cpu-1'));
  }
  assert.equal(profileDocument.problems(learned), []);
  assert.is((learned.models[0]!.blocks[0]!.costs['cpu-0'] as { origin?: string }).origin, 'measured');
  assert.ok(replan);
  assert.is(drifts.length, 2);
});

test('runs that repeat bring the costs as near as one likes, and then ask for no new plan', () => {
  let known = profile;
  for (let i = 0; i < 12; i++) {
    const planned = latency(known, 0, 'cpu-0') / latency(profile, 0, 'cpu-0');
    known = learn(known, ran(1.4 / planned)).profile;
  }
  assert.ok(Math.abs(latency(known, 0, 'cpu-0') / latency(profile, 0, 'cpu-0') - 1.4) < 0.01);
  assert.not(learn(profile, ran(1.05)).replan);
});

test('few calls teach little, none teach nothing', () => {
  const few = learn(profile, ran(2, 3)).profile;
  assert.ok(latency(few, 0, 'cpu-0') / latency(profile, 0, 'cpu-0') < 1.06);
  const document = ran(2, 0);
  delete document.models[0]!.stages[0]!.latencyMs;
  assert.is(latency(learn(profile, document).profile, 0, 'cpu-0'), latency(profile, 0, 'cpu-0'));
});

test('what a call costs between processes moves by the core time of the process that feeds frames', () => {
  const series = [{ processor: 'cpu-0', intoBytes: 0, outOfBytes: 0, calls: 9, coreMs: 0.1, feederMs: 0.05 }];
  const known = { ...profile, handover: { ...fitHandover(series) } };
  known.handover.processors['cpu-1'] = { callMs: 0.3, outOfBytesPerS: 1e9 };
  // 100 calls on each: 0.5 x 100 x (0.1 + 0.3) ms are planned in the feeding process, and 40 ms were seen.
  const document = { ...ran(1), feederMs: 40 };
  const { processors } = learn(known, document).profile.handover!;
  assert.ok(Math.abs(processors['cpu-0']!.callMs / 0.15 - 1) < 1e-9, 'half way to twice as much');
  assert.ok(Math.abs(processors['cpu-1']!.callMs / 0.45 - 1) < 1e-9);
  assert.ok(Math.abs(processors['cpu-1']!.outOfBytesPerS! / (1e9 / 1.5) - 1) < 1e-9);
  const extreme = learn(known, { ...document, feederMs: 1e6 }).profile.handover!;
  assert.ok(Math.abs(extreme.processors['cpu-0']!.callMs / 0.25 - 1) < 1e-9, 'at most half way to four times');
  assert.equal(learn(known, { ...document, source: 'module' }).profile.handover, known.handover);
  assert.is(learn(profile, document).profile.handover, undefined);
});

test('quantiles of counted times are within a hundredth of those of the sorted times', () => {
  const times = new Latencies();
  const all: number[] = [];
  let state = 7;
  for (let i = 0; i < 5000; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const ms = 0.05 * Math.exp((9 * state) / 2 ** 32);
    all.push(ms);
    times.add(ms);
  }
  all.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.95, 0.99]) {
    const exact = all[Math.ceil(share * all.length) - 1]!;
    assert.ok(Math.abs(times.quantile(share) / exact - 1) < 0.0101, `${share}`);
  }
  assert.is(times.figures()!.worst, all.at(-1));
  assert.is(new Latencies().figures(), undefined);
});

test("Student's interval of a mean is that of the tables", () => {
  const { mean, low, high } = meanInterval([9, 10, 11, 12, 8]);
  assert.is(mean, 10);
  assert.ok(Math.abs(high - 10 - 2.776 * Math.sqrt(2.5 / 5)) < 1e-9);
  assert.ok(Math.abs(10 - low - (high - 10)) < 1e-12);
  assert.equal(meanInterval([3]), { mean: 3, low: 3, high: 3 });
});

test.run();
