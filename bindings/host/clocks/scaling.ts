/**
 * Clocks that the kernel scales between a lower and an upper limit under a governor: CPU policies (cpufreq, kHz) and
 * devices (devfreq, Hz). The two interfaces differ in names and units alone.
 *
 * With a `userspace` governor the frequency is set outright; without it both limits are drawn together on it.
 */
import { type Clock, type ClockKind, type FileWrite, limitWrites, type Snapshot } from './clock.ts';
import type { Sysfs } from './sysfs.ts';

interface ScalingFiles {
  governor: string;
  governors: string;
  min: string;
  max: string;
  current: string;
  available: string;
  /** Takes a frequency under the userspace governor. */
  setting: string;
  /** Hz of one unit in these files. */
  unitHz: number;
}

/** CPU policies; a policy is a group of cores on one clock. */
export function cpuClocks(sysfs: Sysfs): Clock[] {
  const folder = 'sys/devices/system/cpu/cpufreq';
  return sysfs
    .list(folder)
    .filter((name) => /^policy\d+$/.test(name))
    .flatMap((name) => {
      const at = `${folder}/${name}`;
      const cores = sysfs.readNumbers(`${at}/related_cpus`);
      return scalingClock(sysfs, {
        id: `cpu${cores[0] ?? name.slice(6)}`,
        kind: 'cpu',
        cores,
        files: {
          governor: `${at}/scaling_governor`,
          governors: `${at}/scaling_available_governors`,
          min: `${at}/scaling_min_freq`,
          max: `${at}/scaling_max_freq`,
          current: `${at}/scaling_cur_freq`,
          available: `${at}/scaling_available_frequencies`,
          setting: `${at}/scaling_setspeed`,
          unitHz: 1000,
        },
      });
    });
}

/** Names of GPUs in device trees: Jetson's generations, Mali, and plain "gpu". */
const GPU_NAMES = /gp10b|gv11b|ga10b|gpu|mali/i;
const MEMORY_NAMES = /emc|dmc|ddr/i;

/** GPUs, memory controllers and other devices below devfreq. */
export function deviceClocks(sysfs: Sysfs): Clock[] {
  const folder = 'sys/class/devfreq';
  const seen = new Map<string, number>();
  return sysfs.list(folder).flatMap((name) => {
    const at = `${folder}/${name}`;
    const node = sysfs.read(`${at}/device/of_node/name`) ?? '';
    const kind = kindOf(`${name} ${node}`);
    const label = kind === 'device' ? name : kind;
    const nth = seen.get(label) ?? 0;
    seen.set(label, nth + 1);
    return scalingClock(sysfs, {
      id: nth === 0 ? label : `${label}${nth}`,
      kind,
      files: {
        governor: `${at}/governor`,
        governors: `${at}/available_governors`,
        min: `${at}/min_freq`,
        max: `${at}/max_freq`,
        current: `${at}/cur_freq`,
        available: `${at}/available_frequencies`,
        setting: `${at}/userspace/set_freq`,
        unitHz: 1,
      },
    });
  });
}

function kindOf(names: string): ClockKind {
  if (GPU_NAMES.test(names)) return 'gpu';
  return MEMORY_NAMES.test(names) ? 'memory' : 'device';
}

function scalingClock(
  sysfs: Sysfs,
  found: { id: string; kind: ClockKind; cores?: number[]; files: ScalingFiles },
): Clock[] {
  const { files, ...about } = found;
  const min = sysfs.readNumber(files.min);
  const max = sysfs.readNumber(files.max);
  if (min === undefined || max === undefined) return [];
  const userspace = (sysfs.read(files.governors) ?? '').split(/\s+/).includes('userspace');
  const units = (hz: number) => String(Math.round(hz / files.unitHz));
  const limits = () => ({ min: sysfs.readNumber(files.min) ?? min, max: sysfs.readNumber(files.max) ?? max });
  const available = sysfs.readNumbers(files.available).map((value) => value * files.unitHz);

  return [
    {
      ...about,
      frequencyHz: available,
      leastHz: available[0] ?? min * files.unitHz,
      mostHz: max * files.unitHz,
      files: [files.governor, files.min, files.max, ...(userspace ? [files.setting] : [])],
      read: () => {
        const value = sysfs.readNumber(files.current);
        return value === undefined ? undefined : value * files.unitHz;
      },
      set: (_, hz) => {
        const target = Number(units(hz));
        const now = limits();
        if (!userspace) return limitWrites(files, now, { low: target, high: target });
        const writes: FileWrite[] = [];
        if (target < now.min) writes.push({ path: files.min, text: String(target) });
        if (target > now.max) writes.push({ path: files.max, text: String(target) });
        if (sysfs.read(files.governor) !== 'userspace') writes.push({ path: files.governor, text: 'userspace' });
        writes.push({ path: files.setting, text: String(target) });
        return writes;
      },
      restore: (_, before) => {
        const writes = limitWrites(files, limits(), {
          low: Number(before[files.min] ?? min),
          high: Number(before[files.max] ?? max),
        });
        const governor = before[files.governor];
        if (governor !== undefined) writes.push({ path: files.governor, text: governor });
        const setting = before[files.setting];
        if (governor === 'userspace' && setting !== undefined && /^\d+$/.test(setting)) {
          writes.push({ path: files.setting, text: setting });
        }
        return writes;
      },
    },
  ];
}

/** Texts of a clock's files, for restoring them. */
export function snapshotOf(sysfs: Sysfs, clock: Clock): Snapshot {
  const texts: Record<string, string> = {};
  for (const path of clock.files) {
    const text = sysfs.read(path);
    if (text !== undefined) texts[path] = text;
  }
  return texts;
}
