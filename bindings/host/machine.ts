/** Facts about this machine, as far as the operating system tells them without special rights. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import process from 'node:process';
import { isGranted, requirePermission } from './permissions.ts';

/** The facts from which a platform description of this machine is made. */
export interface MachineFacts {
  /** Logical processors that this process may use. */
  cores: number;
  /** Memory that this process may use: the machine's, or less where a control group sets a limit. */
  memoryBytes: number;
  model?: string;
  architecture: string;
  /** Highest sustained clock of the fastest core; absent where neither kernel nor firmware says. */
  frequencyHz?: number;
}

/** @throws HeterodyneError `NOT_READABLE` in Deno without `--allow-sys`, naming the exact flags */
export async function machineFacts(): Promise<MachineFacts> {
  requirePermission({ name: 'sys', kind: ['cpus', 'systemMemoryInfo'] }, 'cannot look at this machine');
  const processors = cpus();
  const frequencyHz = (await maximumClockHz()) ?? reportedClockHz(processors.map((processor) => processor.speed));
  const model = processors[0]?.model.trim().replace(/\s+/g, ' ');
  return {
    cores: availableParallelism(),
    memoryBytes: usableMemory(),
    ...(model === undefined || model === '' || model === 'unknown' ? {} : { model }),
    architecture: process.arch,
    ...(frequencyHz === undefined ? {} : { frequencyHz }),
  };
}

function usableMemory(): number {
  const all = totalmem();
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < all ? limit : all;
}

/** MHz as `os.cpus()` gives them: 0 where unknown, the momentary clock on some systems. */
function reportedClockHz(speeds: readonly number[]): number | undefined {
  const fastest = Math.max(0, ...speeds);
  return fastest > 0 ? fastest * 1e6 : undefined;
}

/** What the kernel states as the highest clock (Linux; kHz), over all cores. */
async function maximumClockHz(): Promise<number | undefined> {
  let fastest = 0;
  for (let core = 0; core < 1024; core++) {
    const path = `/sys/devices/system/cpu/cpu${core}/cpufreq/cpuinfo_max_freq`;
    if (!isGranted({ name: 'read', path })) break;
    try {
      const kiloHertz = Number(await readFile(path, 'utf8'));
      if (kiloHertz > 0) fastest = Math.max(fastest, kiloHertz * 1000);
    } catch {
      break;
    }
  }
  return fastest > 0 ? fastest : undefined;
}
