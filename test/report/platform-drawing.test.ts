import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { drawPlatform } from '../../src/report/platform-drawing.ts';

const test = suite('platform drawing');

const byId = (id: string): Platform => platformById(id, { cores: 6, memoryBytes: 8e9 }).platform;

test('a drawing stays within its width, in ASCII, whatever the platform', () => {
  for (const id of platformIds()) {
    for (const width of [40, 57, 80, 132, 300]) {
      const text = drawPlatform(byId(id), width);
      for (const line of text.split('\n')) {
        assert.ok(line.length <= width, `${id} at ${width}: ${line}`);
        assert.match(line, /^[\x20-\x7e]*$/);
        assert.is(line, line.trimEnd());
      }
    }
  }
});

test('every processor has a box, and meets every line that it uses', () => {
  for (const platform of platformIds().map(byId)) {
    const text = drawPlatform(platform, 300);
    for (const { id } of platform.processors) assert.match(text, new RegExp(`\\| ${id} +\\|`));
    for (const { id, kind } of platform.resources) {
      const users = platform.processors.filter(({ uses }) => uses.includes(id)).length;
      if (users === 0 || (kind !== 'dram' && users === 1)) continue;
      const line = text.split('\n').find((entry) => new RegExp(`^${id} +[-=|o ]+$`).test(entry));
      assert.is(line?.slice(id.length).match(/o/g)?.length, users, `${platform.id}: ${id}`);
    }
  }
});

test('boxes say what a processor is, computes in, holds and draws; links are listed', () => {
  assert.is(
    drawPlatform(byId('hikey970'), 80),
    `         +--------------+  +--------------+  +--------------+
         | little       |  | gpu          |  | big          |
         | cpu, 4 cores |  | gpu          |  | cpu, 4 cores |
         | float32      |  | float32      |  | float32      |
         | 59.0 Gop/s   |  | 221 Gop/s    |  | 75.6 Gop/s   |
         | 1.20 W       |  | 4.50 W       |  | 4.20 W       |
         +-------+------+  +-------+------+  +-------+------+
                 |                 |                 |
lpddr4x  ========o=================o=================o=======

lpddr4x  6 GB LPDDR4X-3733, 4 x 16 bit; 29.8 GB/s; holds 6.44 GB

any processor --copy--> any other  2 GB/s, 0.100 ms each
`,
  );
  const sticks = drawPlatform(byId('openvino-cpu-gpu-vpu'), 80);
  assert.match(sticks, /1 model /);
  assert.match(sticks, /cpu <--usb-1--> vpu-1 +400 MB\/s/);
});

test('what is switched off is drawn as that, with the cores and rates that are left', () => {
  const text = drawPlatform(atOperatingPoint(byId('jetson-tx2'), 'denver=off,a57.cores=2'), 80);
  assert.match(text, /switched off/);
  assert.match(text, /cpu, 2 cores/);
  assert.match(text, /32\.5 Gop\/s/);
});

test('names from documents cannot break the drawing', () => {
  const platform = byId('hikey970');
  platform.resources[3].name = `speicher ${'ü'.repeat(500)}\n\u001b[31m`;
  platform.processors[0].id = 'x'.repeat(200);
  for (const line of drawPlatform(platform, 60).split('\n')) {
    assert.ok(line.length <= 60);
    assert.match(line, /^[\x20-\x7e]*$/);
  }
});

test.run();
