import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupRun } from '../../src/execution/group.ts';
import { planGroup } from '../../src/planners/group/group-plan.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { readFpsMatrix } from '../../src/profiles/fps-matrix-read.ts';
import { batchInterval } from '../../src/profiles/samples.ts';
import { groupRunText } from '../../src/report/group-run.ts';
import { PLAIN } from '../../src/report/style.ts';
import { groupRunOf } from '../../src/runtime/group-run.ts';
import { groupRunDocument } from '../../src/runtime/group-run-schema.ts';

const test = suite('group runs held against their plans');

const { platform } = hostPlatform({ cores: 2, memoryBytes: 4e9, runtimes: { native: true, wasm: true } });
const exactly = (mean: number) => ({ mean, low: mean, high: mean });
const near = (value: number | undefined, expected: number) =>
  assert.ok(Math.abs(value! - expected) < 1e-9, `${value} is not ${expected}`);

/** A and B (10 ms each) on the first device, C (20 ms) on the second, whatever planner. */
async function planOn(first: string, second: string) {
  const text = `# origin: measured\nmodel,${first},${second}\nA,100,0\nB,100,0\nC,0,50\n`;
  return planGroup({ matrix: readFpsMatrix(text, 'rates.csv').matrix });
}

function runOn(first: string, second: string): GroupRun {
  return {
    frames: 40,
    elapsedMs: 2000,
    frameMs: { mean: 50, low: 48, high: 52 },
    processors: [
      { id: first, frameMs: exactly(40), callsMs: { mean: 25, low: 24, high: 26 }, waitedShare: 0.375 },
      { id: second, frameMs: exactly(50), callsMs: { mean: 20, low: -1, high: 41 }, waitedShare: 0 },
    ],
    callMs: [exactly(12), exactly(13), undefined],
    partial: false,
  };
}

test('ratios are of rates; interference is what explains the undisturbed time', async () => {
  const plan = await planOn('cpu-0', 'cpu-1');
  const document = groupRunOf(plan, platform, runOn('cpu-0', 'cpu-1'));
  assert.equal(groupRunDocument.problems(document), []);
  near(document.predictedFps, 50);
  near(document.measuredFps, 20);
  near(document.ratio, 0.4);
  near(document.undisturbedFps, 40);
  near(document.undisturbedRatio, 0.8);
  const [first, second] = document.devices;
  near(first!.ratio, 0.5);
  near(first!.undisturbedRatio, 0.8);
  near(first!.interference, 0.25);
  near(second!.undisturbedRatio, 1);
  assert.is(second!.interference, undefined);
  assert.is(second!.undisturbedMs.low, 0);
  assert.equal(
    document.warnings.map(({ code }) => code),
    ['BUSY_MACHINE'],
  );
});

test('planned anew with that interference, the device is predicted as it was measured', async () => {
  const text = '# origin: measured\nmodel,cpu-0,cpu-1\nA,100,0\nB,100,0\nC,0,50\n';
  const { matrix } = readFpsMatrix(text, 'rates.csv');
  const plan = await planGroup({ matrix, sharing: 'contention', interference: { 'cpu-0': 0.25 } });
  near(plan.devices[0]!.frameMs, 25);
});

test('processors that share cores are called so', async () => {
  const document = groupRunOf(await planOn('cpu', 'cpu-1'), platform, runOn('cpu', 'cpu-1'));
  assert.match(document.warnings.find(({ code }) => code === 'OVERLAP')!.message, /cpu and cpu-1 share cores/);
});

test('the text fits, says what is measured and predicted, and offers the interference', async () => {
  const text = groupRunText(groupRunOf(await planOn('cpu-0', 'cpu-1'), platform, runOn('cpu-0', 'cpu-1')), PLAIN);
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
  assert.match(text, /predicted 50\.0, measured 20\.0 by the clock \(19\.2-20\.8, ratio 0\.40\), 40\.0 without/);
  assert.match(text, /--sharing contention --interference cpu-0=0\.250/);
  assert.match(text, /100 % measured/);
});

test('an interval of batch means', () => {
  assert.equal(batchInterval([3]), { mean: 3, low: 3, high: 3 });
  const two = batchInterval([1, 3]);
  near(two.mean, 2);
  near(two.high - two.mean, 12.706);
  // Neighbours that are alike do not make an interval narrower than their batches are.
  const slow = batchInterval(Array.from({ length: 1000 }, (_, i) => Math.floor(i / 100)));
  near(slow.mean, 4.5);
  near(slow.high - slow.mean, 2.262 * Math.sqrt(82.5 / 9 / 10));
});

test.run();
