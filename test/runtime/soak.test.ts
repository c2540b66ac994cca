import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { soak } from '../../bench/soak.ts';
import { missingRuntime } from '../execution/models.ts';

const test = suite('frames without end');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

claim('after 10,000 frames memory has not grown by as much as their messages and tensors take', async () => {
  const { slope, stageSlope } = await soak(10_000, 4000);
  // A frame makes some 4 kB of tensors, headers and promises on either side. Heaps settle later: the bench waits for that.
  assert.ok(slope < 1500, `${slope} bytes a frame here`);
  assert.ok(stageSlope < 1500, `${stageSlope} bytes a frame in the stage process`);
});

test.run();
