/**
 * The memory clock of Jetson boards, behind the boot processor's debug files (Hz): the rate is set, then locked against
 * other requests; writing 0 to the lock gives it back. Needs root and debugfs.
 */
import type { Clock } from './clock.ts';
import type { Sysfs } from './sysfs.ts';

const FOLDER = 'sys/kernel/debug/bpmp/debug/clk/emc';
/** The power mode's cap on the memory clock, in Hz; 0 = none. */
const CAP = 'sys/kernel/nvpmodel_emc_cap/emc_iso_cap';

export function memoryClocks(sysfs: Sysfs): Clock[] {
  const rate = `${FOLDER}/rate`;
  const lock = `${FOLDER}/mrq_rate_locked`;
  const least = sysfs.readNumber(`${FOLDER}/min_rate`);
  const most = sysfs.readNumber(`${FOLDER}/max_rate`);
  if (least === undefined || most === undefined) return [];
  const cap = sysfs.readNumber(CAP) ?? 0;
  return [
    {
      id: 'emc',
      kind: 'memory',
      frequencyHz: [],
      leastHz: least,
      mostHz: cap > 0 ? Math.min(cap, most) : most,
      files: [rate, lock],
      read: () => sysfs.readNumber(rate),
      set: (_, hz) => [
        { path: rate, text: String(Math.round(hz)) },
        { path: lock, text: '1' },
      ],
      restore: (_, before) => [
        ...(before[rate] === undefined ? [] : [{ path: rate, text: before[rate] }]),
        { path: lock, text: before[lock] ?? '0' },
      ],
    },
  ];
}
