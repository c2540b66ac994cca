/** What one operator costs, and sums of such by class of operator. */
import type { OperatorClass } from '../graph.ts';

/** Amounts per operator class. */
export type PerClass = Partial<Record<OperatorClass, number>>;

export interface WorkTotals {
  macs: PerClass;
  bytes: PerClass;
  launches: PerClass;
}

/**
 * - `kernel`: runs, alone or with fused operators
 * - `fused`: runs inside the kernel of operator `head`
 * - `free`: renames its first input
 * - `constant`: its result is known before run time
 * - `unused`: no output of the graph needs it
 */
export type OperatorRole = 'kernel' | 'fused' | 'free' | 'constant' | 'unused';

export interface OperatorWork {
  role: OperatorRole;
  /** Index of the operator whose kernel this one runs in: its own, unless fused. */
  head: number;
  /** Class of that kernel. */
  operatorClass: OperatorClass;
  macs: number;
  bytes: number;
  launches: number;
  /** Work of the graphs that a control-flow operator runs, all iterations. */
  inner?: WorkTotals;
}

function addAmounts(into: PerClass, operatorClass: OperatorClass, amount: number): void {
  if (amount !== 0) into[operatorClass] = (into[operatorClass] ?? 0) + amount;
}

export function emptyTotals(): WorkTotals {
  return { macs: {}, bytes: {}, launches: {} };
}

export function addTotals(into: WorkTotals, from: WorkTotals, times = 1): void {
  for (const field of ['macs', 'bytes', 'launches'] as const) {
    for (const [name, amount] of Object.entries(from[field])) {
      addAmounts(into[field], name as OperatorClass, amount * times);
    }
  }
}

/** Add one operator, and what its inner graphs do. */
export function addOperator(into: WorkTotals, work: OperatorWork): void {
  addAmounts(into.macs, work.operatorClass, work.macs);
  addAmounts(into.bytes, work.operatorClass, work.bytes);
  addAmounts(into.launches, work.operatorClass, work.launches);
  if (work.inner !== undefined) addTotals(into, work.inner);
}

export function sumOf(amounts: PerClass): number {
  return Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
}
