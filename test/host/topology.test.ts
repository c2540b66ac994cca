import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sysfs } from '../../bindings/host/clocks/sysfs.ts';
import { coreTopology, withScratchFolder } from '../../bindings/host/index.ts';
import { coreList } from '../../bindings/host/topology.ts';

const test = suite('core topology');

function board(root: string, files: Record<string, string | number>): Sysfs {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${content}\n`);
  }
  return new Sysfs(root);
}

const cpu = (core: number, file: string): string => `/sys/devices/system/cpu/cpu${core}/${file}`;

test('cores are grouped by capacity and highest clock, the strongest first; forbidden ones are left out', () =>
  withScratchFolder(async (root) => {
    const files: Record<string, string | number> = { '/proc/self/status': 'Name:\tx\nCpus_allowed_list:\t0-2,4-5' };
    for (let core = 0; core < 6; core++) {
      files[cpu(core, 'cpu_capacity')] = core < 4 ? 485 : 1024;
      files[cpu(core, 'cpufreq/cpuinfo_max_freq')] = core < 4 ? 1_800_000 : 2_400_000;
    }
    assert.equal(coreTopology(board(root, files)), {
      allowed: [0, 1, 2, 4, 5],
      groups: [
        { cores: [4, 5], capacity: 1024, frequencyHz: 2.4e9 },
        { cores: [0, 1, 2], capacity: 485, frequencyHz: 1.8e9 },
      ],
    });
  }));

test('without these files all allowed cores are alike; without a list nothing is known', () =>
  withScratchFolder(async (root) => {
    assert.is(coreTopology(new Sysfs(root)), undefined);
    const files = board(root, { '/proc/self/status': 'Cpus_allowed_list:\t3,7' });
    assert.equal(coreTopology(files), { allowed: [3, 7], groups: [{ cores: [3, 7] }] });
  }));

test('lists of cores are read as the kernel writes them, and nothing else', () => {
  assert.equal(coreList('0-3,8'), [0, 1, 2, 3, 8]);
  assert.equal(coreList('5'), [5]);
  for (const wrong of ['', 'a', '3-1', '0-99999999', '1;2']) assert.equal(coreList(wrong), []);
});

test.run();
