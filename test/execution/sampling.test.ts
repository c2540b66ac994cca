import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCalls, undisturbed } from '../../src/execution/sampling.ts';

const test = suite('sampling');

const call = (elapsedMs: number, waitedMs = 0) => ({ elapsedMs, waitedMs });

test('what a single thread waited is taken off', () => {
  assert.equal(undisturbed([call(5), call(9, 4), call(6, 1)], 1), [5, 5, 5]);
});

test('calls of several threads that waited are left out while enough others are left, and never shortened', () => {
  const quiet = Array.from({ length: 6 }, (_, i) => call(10 + i, 0.1));
  assert.equal(undisturbed([...quiet, call(30, 25), call(12, 8)], 2), [10, 11, 12, 13, 14, 15]);
  const busy = Array.from({ length: 8 }, (_, i) => call(20, 19 - i));
  assert.equal(undisturbed(busy, 2), [20, 20, 20, 20, 20, 20]);
});

test('a series ends by its time, however rarely it comes to rest, and says what it has', async () => {
  const rule = { warmupRuns: 2, warmupMs: 0, minRuns: 6, spread: 0, limitMs: 30 };
  let calls = 0;
  const { samplesMs, waitedMs } = await sampleCalls(async () => void calls++, 1, rule);
  assert.ok(calls >= samplesMs.length + 2);
  assert.ok(samplesMs.length >= 1 && waitedMs >= 0);
});

test('a series ends when its median is known well enough', async () => {
  const rule = { warmupRuns: 0, warmupMs: 0, minRuns: 6, spread: 1e9, limitMs: 60_000 };
  const { samplesMs } = await sampleCalls(async () => {}, 1, rule);
  assert.ok(samplesMs.length < 1000, `${samplesMs.length} calls`);
});

test.run();
