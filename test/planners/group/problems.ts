/** Group problems for tests: the worked example, random matrices, and an exhaustive search that shares no code. */

import {
  type Assignment,
  type GroupDevice,
  type GroupProblem,
  prepareGroup,
  type SharingMode,
} from '../../../src/planners/group/problem.ts';
import type { Random } from '../../../src/reference/random.ts';

export interface PlainGroup {
  /** [m][n] frames/s, 0 = unsupported. */
  rates: number[][];
  caps?: number[];
  calls?: number[];
  memory?: number[];
  memoryLimits?: number[];
  interference?: number[];
  sharing?: SharingMode;
  devices?: string[];
}

export function groupOf(plain: PlainGroup): GroupProblem {
  const { rates, sharing = 'serial' } = plain;
  const m = rates.length;
  return prepareGroup({
    models: rates.map((_, i) => ({
      name: String.fromCharCode(65 + i),
      calls: plain.calls?.[i] ?? 1,
      memoryBytes: plain.memory?.[i] ?? 0,
    })),
    devices: rates[0]!.map((_, j): GroupDevice => {
      const id = plain.devices?.[j] ?? `D${j}`;
      return {
        id,
        kind: id.startsWith('VPU') ? 'vpu' : id === 'GPU' ? 'gpu' : id === 'CPU' ? 'cpu' : 'unknown',
        cap: Math.min(m, plain.caps?.[j] ?? m),
        memoryBytes: plain.memoryLimits?.[j] ?? Number.POSITIVE_INFINITY,
        interference: plain.interference?.[j] ?? 0,
      };
    }),
    sharing,
    rates,
  });
}

/** Models A to D on CPU, GPU and one VPU. */
export const EXAMPLE: PlainGroup = {
  rates: [
    [10, 30, 6],
    [40, 50, 30],
    [60, 45, 40],
    [80, 60, 50],
  ],
  caps: [4, 4, 1],
  devices: ['CPU', 'GPU', 'VPU'],
};

/** `CGVC` from device indices. */
export function letters({ devices }: GroupProblem, assignment: Assignment | undefined): string {
  return (assignment ?? []).map((j) => devices[j]!.id[0]).join('');
}

/** Group FPS written from the formulas anew; 0 = not allowed. */
export function fpsByFormula(plain: PlainGroup, assignment: readonly number[]): number {
  const { rates, calls, caps, memory, memoryLimits, interference, sharing = 'serial' } = plain;
  let slowest = Number.POSITIVE_INFINITY;
  for (let j = 0; j < rates[0]!.length; j++) {
    const here = [...assignment.keys()].filter((i) => assignment[i] === j);
    if (here.length === 0) continue;
    if (here.some((i) => !(rates[i]![j]! > 0))) return 0;
    const cap = sharing === 'exclusive' ? 1 : (caps?.[j] ?? Number.POSITIVE_INFINITY);
    if (here.length > cap || here.length > (caps?.[j] ?? Number.POSITIVE_INFINITY)) return 0;
    const bytes = here.reduce((sum, i) => sum + (memory?.[i] ?? 0), 0);
    if (bytes > (memoryLimits?.[j] ?? Number.POSITIVE_INFINITY)) return 0;
    const each = here.map((i) => rates[i]![j]! / (calls?.[i] ?? 1));
    const harmonic = 1 / each.reduce((sum, rate) => sum + 1 / rate, 0);
    if (sharing === 'fair') slowest = Math.min(slowest, Math.min(...each) / here.length);
    else if (sharing === 'contention')
      slowest = Math.min(slowest, harmonic / (1 + (interference?.[j] ?? 0) * (here.length - 1)));
    else slowest = Math.min(slowest, harmonic);
  }
  return slowest;
}

/** All assignments, counted up like an odometer. */
export function bruteForce(plain: PlainGroup): number {
  const m = plain.rates.length;
  const n = plain.rates[0]!.length;
  const digits = new Array<number>(m).fill(0);
  let best = 0;
  for (;;) {
    best = Math.max(best, fpsByFormula(plain, digits));
    let i = 0;
    while (i < m && ++digits[i]! === n) digits[i++] = 0;
    if (i === m) return best;
  }
}

/** Rates between 1 and 100 on a logarithmic scale, `holes` of them unsupported. */
export function randomRates(random: Random, m: number, n: number, holes = 0): number[][] {
  return Array.from({ length: m }, () =>
    Array.from({ length: n }, () => (random.unit() < holes ? 0 : 100 ** random.unit())),
  );
}
