/** Which cores this process may use, and which of them are alike: what the Linux kernel tells without special rights. */
import { Sysfs } from './clocks/sysfs.ts';

/** Logical processors by number. */
export interface CoreTopology {
  /** Those that this process may run on, ascending. */
  allowed: number[];
  /** The allowed ones in groups of equal strength, the strongest group first. */
  groups: CoreGroup[];
}

export interface CoreGroup {
  cores: number[];
  /** Strength relative to the strongest core, 1024 = equal (`cpu_capacity`); absent where the kernel does not say. */
  capacity?: number;
  /** Highest clock; absent where the kernel does not say. */
  frequencyHz?: number;
}

/**
 * Looks at this machine. Undefined where nothing tells which cores there are: on other systems than Linux, and in Deno
 * without `--allow-read=/proc,/sys`.
 */
export function coreTopology(files = new Sysfs()): CoreTopology | undefined {
  const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(files.read('/proc/self/status') ?? '')?.[1];
  const allowed = line === undefined ? [] : coreList(line);
  if (allowed.length === 0) return undefined;
  const groups = new Map<string, CoreGroup>();
  for (const core of allowed) {
    const at = `/sys/devices/system/cpu/cpu${core}`;
    const capacity = files.readNumber(`${at}/cpu_capacity`);
    const kiloHertz = files.readNumber(`${at}/cpufreq/cpuinfo_max_freq`);
    const key = `${capacity} ${kiloHertz}`;
    const group = groups.get(key) ?? {
      cores: [],
      ...(capacity !== undefined && { capacity }),
      ...(kiloHertz !== undefined && { frequencyHz: kiloHertz * 1000 }),
    };
    group.cores.push(core);
    groups.set(key, group);
  }
  const strength = ({ capacity = 0, frequencyHz = 0 }: CoreGroup): number => capacity * 1e12 + frequencyHz;
  return {
    allowed,
    groups: [...groups.values()].sort((a, b) => strength(b) - strength(a) || a.cores[0]! - b.cores[0]!),
  };
}

/** `0-3,8` as numbers; empty for anything else. */
export function coreList(text: string): number[] {
  const cores = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last) < Number(first) || Number(last) > 65_535) return [];
    for (let core = Number(first); core <= Number(last); core++) cores.add(core);
  }
  return [...cores].sort((a, b) => a - b);
}
