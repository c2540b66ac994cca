/**
 * The machine that Heterodyne runs on, described from a few facts that a caller with access to it collects. Only the
 * CPU is described: nothing portable tells what a GPU or NPU of an unknown machine can do.
 *
 * Processors are ways to run a network on some cores: (runtime, cores, threads).
 *
 *     cpu            onnxruntime-node on all cores       they overlap: each uses the core groups that its cores are in,
 *     cpu-0, cpu-1   the same on a share of the cores    so that the planner never counts a core twice
 *     wasm-1         onnxruntime-web on one core
 *
 * Shares are the groups of cores that are alike (big and little ones), or up to four equal parts where all are alike.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Platform, Processor, Resource } from './schema.ts';

/** What must be known about a machine, and what may be. */
export interface HostFacts {
  /** Cores that may be used (logical processors). */
  cores: number;
  memoryBytes: number;
  /** Name of the processor, for people. */
  model?: string;
  /** `x64`, `arm64`, ...: decides the operations per cycle. */
  architecture?: string;
  /** Sustained clock; absent = 2 GHz is assumed. */
  frequencyHz?: number;
  /** Which cores there are, those that are alike together, the strongest first; absent = numbered from 0, all alike. */
  groups?: readonly HostCoreGroup[];
  /** ONNX runtimes at hand; absent = processors are described without saying what runs them. */
  runtimes?: { native: boolean; wasm: boolean };
}

export interface HostCoreGroup {
  cores: readonly number[];
  /** Relative strength, 1024 for the strongest. */
  capacity?: number;
  frequencyHz?: number;
}

const ASSUMED_HZ = 2e9;
const ASSUMED_DRAM_BYTES_PER_S = 20e9;
const ASSUMED_CORE_BYTES_PER_S = 8e9;
/** Most shares of the CPU: more would only multiply equal placements. */
const SHARES = 4;
/** Serial part of an operator that is split over threads (Amdahl): n threads give n / (1 + 0.03 (n - 1)). */
const SERIAL_SHARE = 0.03;
/** Float32 operations per cycle of 128-bit WebAssembly SIMD without fused multiply-add, on one multiplier and one adder. */
const WASM_OPERATIONS_PER_CYCLE = 8;
const STRONGEST = 1024;

/** Float32 operations per cycle and core: AVX2 with two fused multiply-add pipes on x64, two 128-bit pipes elsewhere. */
function operationsPerCycle(architecture: string | undefined): number {
  return architecture === 'x64' || architecture === 'x86_64' ? 32 : 16;
}

/** Some cores that are scheduled together. */
interface Share {
  cores: number[];
  /** Clock of each, weakened by its capacity. */
  hz: number;
}

/** Groups of unlike cores as they are; cores that are all alike in up to four equal parts. */
function sharesOf({ cores, groups }: HostFacts, hz: number): Share[] {
  const strongest = Math.max(0, ...(groups ?? []).map((group) => group.frequencyHz ?? 0));
  if (groups !== undefined && groups.length > 1) {
    return groups.slice(0, SHARES).map((group, g) => {
      // Whatever is beyond the fourth kind joins it.
      const own = g === SHARES - 1 ? groups.slice(g).flatMap((each) => each.cores) : group.cores;
      const clock = (group.frequencyHz ?? strongest) / (strongest || 1) || 1;
      return { cores: [...own], hz: hz * (group.capacity === undefined ? clock : group.capacity / STRONGEST) };
    });
  }
  const all = groups?.[0]?.cores ?? Array.from({ length: cores }, (_, core) => core);
  const count = Math.min(all.length, SHARES);
  let first = 0;
  return Array.from({ length: count }, (_, i) => {
    const size = Math.floor((all.length + i) / count);
    first += size;
    return { cores: all.slice(first - size, first), hz };
  });
}

/** Operations per second of all cores of some shares, as one session with a thread for each. */
function peakOf(shares: readonly Share[], architecture: string | undefined): number {
  const threads = shares.reduce((sum, share) => sum + share.cores.length, 0);
  const cycles = shares.reduce((sum, share) => sum + share.cores.length * share.hz, 0);
  return (cycles * operationsPerCycle(architecture)) / (1 + SERIAL_SHARE * (threads - 1));
}

interface Description {
  id: string;
  name: string;
  uses: string[];
  peak: number;
  cores: number[];
  threads: number;
  runtime: 'native' | 'wasm';
}

function processorOf(description: Description, known: boolean): Processor {
  const { id, name, uses, peak, cores, threads, runtime } = description;
  return {
    id,
    name,
    kind: 'cpu',
    uses: [...uses, 'memory'],
    peakOpsPerS: { float32: peak },
    nativePrecision: 'float32',
    efficiency: {
      conv: 0.5,
      depthwise: 0.15,
      gemm: 0.5,
      pool: 0.1,
      elementwise: 0.1,
      normalization: 0.1,
      recurrent: 0.2,
      movement: 0.1,
    },
    bandwidthBytesPerS: Math.min(ASSUMED_DRAM_BYTES_PER_S, threads * ASSUMED_CORE_BYTES_PER_S),
    launchOverheadMs: 0.005 + 0.001 * (threads - 1),
    ...(known && { execution: { runtime, cores, threads } }),
  };
}

function counted(n: number): string {
  return `${n} ${n === 1 ? 'core' : 'cores'}`;
}

/** Native sessions on all cores and on each share, one WebAssembly session: as far as the runtimes are there. */
function processorsOf(shares: readonly Share[], groups: readonly Resource[], facts: HostFacts): Processor[] {
  const { runtimes, architecture } = facts;
  const known = runtimes !== undefined && (runtimes.native || runtimes.wasm);
  const descriptions: Description[] = [];
  if (!known || runtimes.native) {
    const all = shares.flatMap((share) => share.cores);
    const ids = groups.map((group) => group.id);
    const name = `CPU, all ${all.length} cores`;
    const native = { runtime: 'native' as const };
    descriptions.push({
      id: 'cpu',
      name,
      uses: ids,
      peak: peakOf(shares, architecture),
      cores: all,
      threads: all.length,
      ...native,
    });
    if (shares.length > 1) {
      shares.forEach((share, i) => {
        const threads = share.cores.length;
        descriptions.push({
          id: `cpu-${i}`,
          name: `CPU, share ${i} (${counted(threads)})`,
          uses: [ids[i]!],
          peak: peakOf([share], architecture),
          cores: share.cores,
          threads,
          ...native,
        });
      });
    }
  }
  if (known && runtimes.wasm) {
    const i = shares.length - 1;
    const { cores, hz } = shares[i]!;
    descriptions.push({
      id: `wasm-${i}`,
      name: `WebAssembly on one core of share ${i}`,
      uses: [groups[i]!.id],
      peak: hz * WASM_OPERATIONS_PER_CYCLE,
      cores: cores.slice(-1),
      threads: 1,
      runtime: 'wasm',
    });
  }
  return descriptions.map((description) => processorOf(description, known));
}

/**
 * Builds the platform document of a machine.
 *
 * @throws HeterodyneError `BAD_INPUT` when cores or memory are not positive
 */
export function hostPlatform(facts: HostFacts): { platform: Platform; warnings: Warning[] } {
  const { cores, memoryBytes } = facts;
  if (!Number.isInteger(cores) || cores < 1) throw badFact('cores', 'a whole number of at least 1', cores);
  if (!(memoryBytes > 0) || !Number.isFinite(memoryBytes)) throw badFact('memoryBytes', 'bytes, above 0', memoryBytes);
  const known = facts.frequencyHz !== undefined && facts.frequencyHz > 0 && Number.isFinite(facts.frequencyHz);
  const hz = known ? (facts.frequencyHz as number) : ASSUMED_HZ;

  const shares = sharesOf(facts, hz);
  const groups: Resource[] = shares.map((share, i) => ({
    id: `cores-${i}`,
    kind: 'core-group',
    cores: share.cores.length,
  }));
  const processors = processorsOf(shares, groups, facts);
  const label = facts.model ?? 'this machine';
  const warnings: Warning[] = [
    {
      code: 'ASSUMED',
      message: 'host: kernel efficiencies are assumed; a measured profile replaces them',
      path: '/processors',
    },
    {
      code: 'ASSUMED',
      message: `host: memory bandwidth ${ASSUMED_DRAM_BYTES_PER_S / 1e9} GB/s is assumed; a measured profile replaces it`,
      path: '/resources/memory/bandwidthBytesPerS',
    },
  ];
  if (!known) {
    warnings.push({
      code: 'ASSUMED',
      message: `host: the clock is unknown, ${ASSUMED_HZ / 1e9} GHz is assumed`,
      path: '/processors',
    });
  }
  const platform: Platform = {
    kind: 'platform',
    schemaVersion: 1,
    id: 'host',
    name: label,
    resources: [...groups, { id: 'memory', kind: 'dram', bandwidthBytesPerS: ASSUMED_DRAM_BYTES_PER_S, memoryBytes }],
    processors,
    copy: { bandwidthBytesPerS: ASSUMED_CORE_BYTES_PER_S, latencyMs: 0.02 },
    sources: [
      { id: 'detected', title: 'reported by the operating system', reliability: 'stated' },
      {
        id: 'lanes',
        title: 'computed from clock and operations per cycle of the architecture',
        reliability: 'estimated',
      },
      { id: 'assumed', title: 'assumed for an unknown machine', reliability: 'estimated' },
    ],
    provenance: [
      { path: '/resources/**', source: 'detected' },
      { path: '/resources/memory/bandwidthBytesPerS', source: 'assumed' },
      { path: '/processors/**', source: 'assumed' },
      { path: '/processors/*/peakOpsPerS/**', source: 'lanes' },
      ...(processors.some(({ execution }) => execution !== undefined)
        ? [{ path: '/processors/*/execution/**', source: 'detected' }]
        : []),
      { path: '/copy/**', source: 'assumed' },
    ],
  };
  return { platform, warnings };
}

function badFact(path: string, expected: string, received: number): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `host: ${path} must be ${expected}, not ${received}`, {
    path: `/${path}`,
    expected,
    received: String(received),
  });
}
