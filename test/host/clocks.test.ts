import { spawn } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Actuators, discoverClocks, EnergyMeter, Sysfs, snapFrequency } from '../../bindings/host/clocks/index.ts';
import { type Board, makeBoard } from './board.ts';

const test = suite('clocks of the host');
const CPU0 = 'sys/devices/system/cpu/cpufreq/policy0';
const CPU1 = 'sys/devices/system/cpu/cpufreq/policy1';

async function withBoard(use: (board: Board) => Promise<void> | void, extra?: Record<string, string>) {
  const board = makeBoard(extra);
  try {
    await use(board);
  } finally {
    board.remove();
  }
}

test('clocks are discovered, caps in force are kept, frequencies snap to legal ones', () =>
  withBoard((board) => {
    const clocks = discoverClocks(new Sysfs(board.root));
    assert.equal(
      clocks.map(({ id, kind, mostHz }) => [id, kind, mostHz]),
      [
        ['cpu0', 'cpu', 2035.2e6],
        ['cpu1', 'cpu', 1574.4e6],
        ['gpu', 'gpu', 1300.5e6],
        ['emc', 'memory', 1600e6],
      ],
    );
    assert.equal(clocks[0].cores, [0, 3, 4, 5]);
    assert.is(snapFrequency(clocks[1], 2.5e9), 1574.4e6);
    assert.is(snapFrequency(clocks[1], 1e9), 960e6);
    assert.is(snapFrequency(clocks[1], 1), 345.6e6);
    assert.is(snapFrequency(clocks[3], 1.7e9), 1.6e9);
  }));

test('nothing is written unless asked to, and the dry run says what would be', () =>
  withBoard((board) => {
    const before = board.state();
    const actuators = new Actuators({ root: board.root });
    const { outcome, writes } = actuators.set('gpu', 700e6);
    assert.is(outcome, 'dry-run');
    assert.equal(
      writes.map(({ text }) => text),
      ['userspace', '675750000'],
    );
    actuators.restore();
    assert.equal(board.state(), before);
  }));

test('writing without a journal is refused, and so is an unknown clock', () =>
  withBoard((board) => {
    assert.throws(() => new Actuators({ root: board.root, write: true }), /journal/);
    const actuators = new Actuators({ root: board.root, write: true, journal: board.journal });
    assert.throws(() => actuators.set('npu', 1e9), /no clock "npu"/);
  }));

test('limits move in the order that the kernel takes: never min above max', () =>
  withBoard((board) => {
    const actuators = new Actuators({ root: board.root, write: true, journal: board.journal, leastIntervalMs: 0 });
    for (const hz of [1574.4e6, 345.6e6, 960e6, 1574.4e6]) {
      let min = Number(board.read(`${CPU1}/scaling_min_freq`));
      let max = Number(board.read(`${CPU1}/scaling_max_freq`));
      for (const { path, text } of actuators.set('cpu1', hz).writes) {
        if (path.endsWith('min_freq')) min = Number(text);
        if (path.endsWith('max_freq')) max = Number(text);
        assert.ok(min <= max, `${min} > ${max} on the way to ${hz}`);
      }
      assert.is(min, hz / 1000);
      assert.is(max, hz / 1000);
    }
    actuators.restore();
  }));

test('what the kernel says afterwards is reported: a cap that wins is a drift', () =>
  withBoard((board) => {
    const actuators = new Actuators({ root: board.root, write: true, journal: board.journal });
    // The folder does not follow its settings, as a throttled clock would not.
    const { drift, readBackHz, outcome } = actuators.set('cpu0', 2035.2e6);
    assert.equal([outcome, drift, readBackHz], ['set', true, 1267.2e6]);
    actuators.restore();
  }));

test('one clock is not set more often than its interval allows', () =>
  withBoard((board) => {
    let now = 0;
    const actuators = new Actuators({ root: board.root, write: true, journal: board.journal, now: () => now });
    assert.is(actuators.set('gpu', 675e6).outcome, 'set');
    now = 5;
    assert.is(actuators.set('gpu', 1300.5e6).outcome, 'rate-limited');
    assert.is(actuators.set('cpu0', 345.6e6).outcome, 'set');
    now = 11;
    assert.is(actuators.set('gpu', 1300.5e6).outcome, 'set');
    actuators.restore();
  }));

/** Runs the holder until it has set the clocks, ends it as told, and waits. */
async function leave(board: Board, way: string): Promise<void> {
  const script = fileURLToPath(new URL('clock-holder.ts', import.meta.url));
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : ['--import', 'tsx'];
  const child = spawn(process.execPath, [...runtime, script, board.root, board.journal, way], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => resolve());
    child.on('close', () => reject(new Error('the process ended before it set a clock')));
  });
  if (way.startsWith('SIG')) child.kill(way as NodeJS.Signals);
  await ended;
}

for (const way of ['success', 'exit', 'exception', 'SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`every clock is back after ${way}`, () =>
    withBoard(async (board) => {
      const before = board.state();
      await leave(board, way);
      const after = board.state();
      // The setting of a clock whose governor does not take one means nothing, and reads what was written last.
      for (const path of [`${CPU0}/scaling_setspeed`, 'sys/class/devfreq/17000000.gp10b/userspace/set_freq']) {
        delete before[path];
        delete after[path];
      }
      assert.equal(after, before);
      assert.not.ok(existsSync(board.journal));
    }));
}

test('a journal is never written through a link that lies in its place', () =>
  withBoard((board) => {
    const victim = `${board.root}/victim`;
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${board.journal}.tmp`);
    const actuators = new Actuators({ root: board.root, write: true, journal: board.journal });
    actuators.set('cpu0', 345.6e6);
    assert.is(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(Object.keys(JSON.parse(readFileSync(board.journal, 'utf8')).clocks), ['cpu0']);
    actuators.restore();
  }));

test('after kill -9 the journal stays, and the next start restores from it', () =>
  withBoard(async (board) => {
    await leave(board, 'SIGKILL');
    assert.is(board.read(`${CPU0}/scaling_governor`), 'userspace');
    assert.is(board.read(`${CPU1}/scaling_max_freq`), '960000');
    assert.is(board.read('sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked'), '1');
    assert.equal(Object.keys(JSON.parse(readFileSync(board.journal, 'utf8')).clocks), ['cpu0', 'cpu1', 'gpu', 'emc']);

    const { recovered, clocks } = new Actuators({ root: board.root, write: true, journal: board.journal });
    assert.equal(recovered.restored.sort(), ['cpu0', 'cpu1', 'emc', 'gpu']);
    assert.equal(recovered.failed, []);
    assert.is(board.read(`${CPU0}/scaling_governor`), 'schedutil');
    assert.is(board.read(`${CPU1}/scaling_max_freq`), '1574400');
    assert.is(board.read('sys/kernel/debug/bpmp/debug/clk/emc/rate'), '1600000000');
    assert.is(board.read('sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked'), '0');
    assert.is(clocks.find(({ id }) => id === 'cpu1')?.mostHz, 1574.4e6);
    assert.not.ok(existsSync(board.journal));
  }));

test('a journal of another start of the machine is void, one of a living process is respected', () =>
  withBoard(async (board) => {
    await leave(board, 'SIGKILL');
    board.write('proc/sys/kernel/random/boot_id', 'another');
    assert.equal(new Actuators({ root: board.root, write: true, journal: board.journal }).recovered.restored, []);

    const holder = new Actuators({ root: board.root, write: true, journal: board.journal });
    holder.set('gpu', 675.75e6);
    const text = readFileSync(board.journal, 'utf8').replace(`"pid":${process.pid}`, `"pid":${process.ppid}`);
    board.write('../clocks.json', text);
    assert.throws(
      () => new Actuators({ root: board.root, write: true, journal: board.journal }),
      (error: Error) => /holds the clocks/.test(error.message),
    );
  }));

test('energy counters wrap, zones inside zones are not counted twice', () =>
  withBoard(
    (board) => {
      const meter = new EnergyMeter(new Sysfs(board.root));
      assert.ok(meter.available);
      meter.sample(0);
      board.write('sys/class/powercap/intel-rapl:0/energy_uj', '500000');
      board.write('sys/class/powercap/intel-rapl:0:0/energy_uj', '900000');
      meter.sample(1000);
      assert.ok(Math.abs(meter.joules - 1.5) < 1e-9, `${meter.joules} J`);
      assert.equal(
        meter.rails.map(({ name }) => name),
        ['package-0'],
      );
    },
    {
      'sys/class/powercap/intel-rapl:0/name': 'package-0',
      'sys/class/powercap/intel-rapl:0/energy_uj': '9000000',
      'sys/class/powercap/intel-rapl:0/max_energy_range_uj': '10000000',
      'sys/class/powercap/intel-rapl:0:0/name': 'core',
      'sys/class/powercap/intel-rapl:0:0/energy_uj': '0',
    },
  ));

test('power monitors are integrated, and the total rail stands for the sum', () =>
  withBoard(
    (board) => {
      const meter = new EnergyMeter(new Sysfs(board.root));
      meter.sample(0);
      meter.sample(2000);
      assert.equal(
        meter.rails.map(({ name, joules }) => [name, joules]),
        [
          ['VDD_IN', 10],
          ['VDD_CPU', 2],
        ],
      );
      assert.is(meter.joules, 10);
    },
    {
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/in1_label': 'VDD_IN',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/in1_input': '5000',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/curr1_input': '1000',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/in2_label': 'NC',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/in3_label': 'VDD_CPU',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/in3_input': '5000',
      'sys/bus/i2c/devices/1-0040/hwmon/hwmon2/curr3_input': '200',
    },
  ));

test('a machine without meters says so', () =>
  withBoard((board) => {
    const meter = new EnergyMeter(new Sysfs(board.root));
    meter.sample(0);
    assert.not.ok(meter.available);
    assert.is(meter.joules, 0);
  }));

test.run();
