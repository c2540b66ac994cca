/** A board's `/sys` as a real folder tree: one CPU policy with a userspace governor, one without, a GPU, memory, rails. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FILES: Record<string, string> = {
  'proc/sys/kernel/random/boot_id': '5f1c',
  'sys/devices/system/cpu/cpufreq/policy0/related_cpus': '0 3 4 5',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_governor': 'schedutil',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_available_governors': 'performance schedutil userspace',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_min_freq': '345600',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq': '2035200',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq': '1267200',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_setspeed': '<unsupported>',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_available_frequencies': '345600 1267200 2035200 ',
  'sys/devices/system/cpu/cpufreq/policy1/related_cpus': '1 2',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_governor': 'schedutil',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_available_governors': 'performance schedutil',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_min_freq': '345600',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_max_freq': '1574400',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_cur_freq': '345600',
  'sys/devices/system/cpu/cpufreq/policy1/scaling_available_frequencies': '345600 960000 1574400 2035200',
  'sys/class/devfreq/17000000.gp10b/device/of_node/name': 'gp10b',
  'sys/class/devfreq/17000000.gp10b/governor': 'nvhost_podgov',
  'sys/class/devfreq/17000000.gp10b/available_governors': 'nvhost_podgov userspace',
  'sys/class/devfreq/17000000.gp10b/min_freq': '140250000',
  'sys/class/devfreq/17000000.gp10b/max_freq': '1300500000',
  'sys/class/devfreq/17000000.gp10b/cur_freq': '140250000',
  'sys/class/devfreq/17000000.gp10b/available_frequencies': '140250000 675750000 1300500000',
  'sys/class/devfreq/17000000.gp10b/userspace/set_freq': '140250000',
  'sys/kernel/debug/bpmp/debug/clk/emc/rate': '1600000000',
  'sys/kernel/debug/bpmp/debug/clk/emc/min_rate': '40800000',
  'sys/kernel/debug/bpmp/debug/clk/emc/max_rate': '1866000000',
  'sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked': '0',
  'sys/kernel/nvpmodel_emc_cap/emc_iso_cap': '1600000000',
};

export interface Board {
  root: string;
  journal: string;
  read(path: string): string;
  write(path: string, text: string): void;
  /** Every file's text: equal before and after where everything was restored. */
  state(): Record<string, string>;
  remove(): void;
}

export function makeBoard(extra: Record<string, string> = {}): Board {
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-board-'));
  const root = join(folder, 'root');
  const files = { ...FILES, ...extra };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const read = (path: string) => readFileSync(join(root, path), 'utf8').trim();
  return {
    root,
    journal: join(folder, 'clocks.json'),
    read,
    write,
    state: () => Object.fromEntries(Object.keys(files).map((path) => [path, read(path)])),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
