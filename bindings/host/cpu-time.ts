/** Who used the cores: the whole machine, and single processes. Linux alone keeps such an account that others may read. */
import { readFileSync } from 'node:fs';
import process from 'node:process';

export interface CpuTime {
  /** All cores since the machine was started, in the kernel's ticks. */
  total: number;
  /** Not idle. */
  busy: number;
  /** This process and the named ones. */
  own: number;
}

/** undefined where the system does not tell. */
export function cpuTime(pids: readonly number[]): CpuTime | undefined {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
    const total = fields.reduce((sum, ticks) => sum + ticks, 0);
    const idle = fields[3]! + fields[4]!;
    return { total, busy: total - idle, own: [process.pid, ...pids].reduce((sum, pid) => sum + ticksOf(pid), 0) };
  } catch {
    return undefined;
  }
}

/** Milliseconds that all threads of this process were on cores so far, user and system time. */
export function ownCoreMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** User and system time; 0 for a process that is gone. */
function ticksOf(pid: number): number {
  try {
    // The name in brackets may hold blanks: fields are counted after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
