/** Which kernel belongs to which inference, told by time alone: events of one process nest run > node > inner node. */
import type { Findings } from './findings.ts';
import type { JsonRecord } from './json-records.ts';

export interface RunSpan {
  process: string;
  /** Process and thread. */
  thread: string;
  /** Microseconds. */
  ts: number;
  dur: number;
}

export interface KernelEvent extends RunSpan {
  /** Same for the same node in every run. */
  key: string;
  name: string;
  type?: string;
  provider?: string;
  args: JsonRecord;
}

/** Operators that run graphs of their own, whose kernels are in the file too. */
const CONTROL_FLOW = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/** Runs in the order of their start, and the outermost kernels of each; kernels outside all runs are left out. */
export function runsOf(
  spans: readonly RunSpan[],
  events: readonly KernelEvent[],
  findings: Findings,
): { runs: RunSpan[]; kernels: KernelEvent[][] } {
  const runs = [...spans].sort((a, b) => a.ts - b.ts);
  const kernels: KernelEvent[][] = runs.map(() => []);
  const byProcess = new Map<string, number[]>();
  let overlapping = 0;
  for (const [at, run] of runs.entries()) {
    const own = byProcess.get(run.process);
    if (own === undefined) byProcess.set(run.process, [at]);
    else {
      const before = runs[own.at(-1)!]!;
      if (run.ts < before.ts + before.dur) overlapping++;
      own.push(at);
    }
  }
  if (overlapping > 0) {
    findings.add(
      'CLOCK',
      `${overlapping} inferences overlap with the one before: their kernels cannot be told apart by time`,
      {
        count: overlapping,
      },
    );
  }
  for (const event of outermost(events)) {
    const own = byProcess.get(event.process);
    const at = own === undefined ? undefined : lastNotAfter(own, runs, event.ts);
    if (at !== undefined && event.ts <= runs[at]!.ts + runs[at]!.dur) kernels[at]!.push(event);
  }
  return { runs, kernels };
}

/** The run of `own` that started last before or at `ts`. */
function lastNotAfter(own: readonly number[], runs: readonly RunSpan[], ts: number): number | undefined {
  let low = 0;
  let high = own.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[own[middle]!]!.ts <= ts) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : own[low - 1];
}

/** In the order of their start, without those inside a control-flow node: its time holds theirs. */
function outermost(events: readonly KernelEvent[]): KernelEvent[] {
  const sorted = [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const busyUntil = new Map<string, number>();
  return sorted.filter((event) => {
    const until = busyUntil.get(event.thread) ?? Number.NEGATIVE_INFINITY;
    if (event.ts < until && event.ts + event.dur <= until) return false;
    if (CONTROL_FLOW.has(event.type ?? '')) busyUntil.set(event.thread, event.ts + event.dur);
    return true;
  });
}
