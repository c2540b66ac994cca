/**
 * The machine that Heterodyne runs on, described from a few facts that a caller with access to it collects. Only the
 * CPU is described: nothing portable tells what a GPU or NPU of an unknown machine can do.
 *
 * Processors: `cpu` (all cores), and from two cores on `cpu-0`, `cpu-1`, ... (up to four equal shares), for sessions
 * with fewer threads. They overlap: `cpu` uses the cores of all the others.
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
}

const ASSUMED_HZ = 2e9;
const ASSUMED_DRAM_BYTES_PER_S = 20e9;
const ASSUMED_CORE_BYTES_PER_S = 8e9;
/** Most shares of the CPU: more would only multiply equal placements. */
const SHARES = 4;
/** Serial part of an operator that is split over threads (Amdahl): n threads give n / (1 + 0.03 (n - 1)). */
const SERIAL_SHARE = 0.03;

/** Float32 operations per cycle and core: AVX2 with two fused multiply-add pipes on x64, two 128-bit pipes elsewhere. */
function operationsPerCycle(architecture: string | undefined): number {
  return architecture === 'x64' || architecture === 'x86_64' ? 32 : 16;
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

  const shares = Math.min(cores, SHARES);
  const sizes = Array.from({ length: shares }, (_, i) => Math.floor((cores + i) / shares));
  const groups: Resource[] = sizes.map((size, i) => ({ id: `cores-${i}`, kind: 'core-group', cores: size }));
  const names = groups.map((group) => group.id);
  const processor = (id: string, name: string, uses: string[], threads: number): Processor => ({
    id,
    name,
    kind: 'cpu',
    uses: [...uses, 'memory'],
    peakOpsPerS: {
      float32: (threads * hz * operationsPerCycle(facts.architecture)) / (1 + SERIAL_SHARE * (threads - 1)),
    },
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
  });

  const label = facts.model ?? 'this machine';
  const processors = [processor('cpu', `CPU, all ${cores} cores`, names, cores)];
  if (shares > 1) {
    sizes.forEach((size, i) => {
      const name = `CPU, share ${i} (${size} ${size === 1 ? 'core' : 'cores'})`;
      processors.push(processor(`cpu-${i}`, name, [`cores-${i}`], size));
    });
  }
  const warnings: Warning[] = [
    {
      code: 'ASSUMED',
      message: `host: memory bandwidth ${ASSUMED_DRAM_BYTES_PER_S / 1e9} GB/s and kernel efficiencies are assumed; a measured profile replaces them`,
      path: '/processors',
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
