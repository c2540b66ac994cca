/** What a clean trace holds, counted and for people. */
import { figure, percent } from '../numbers.ts';
import type { TextStyle } from '../style.ts';
import { table } from '../table.ts';
import type { Trace } from './format.ts';

export interface TraceSummary {
  planHash: string;
  events: number;
  slices: number;
  requests: number;
  flows: number;
  /** The window, since the first release. */
  startMs: number;
  endMs: number;
  /** Utilization: shares of the window. */
  tracks: { id: string; kind: 'processor' | 'link'; utilization: number; plannedUtilization: number }[];
}

/** Of a trace without findings. */
export function traceSummary({ traceEvents, otherData }: Trace): TraceSummary {
  const counted = (phase: string): number => traceEvents.filter(({ ph }) => ph === phase).length;
  const { startUs, endUs } = otherData.window;
  return {
    planHash: otherData.planHash,
    events: traceEvents.length,
    slices: counted('X'),
    requests: counted('b'),
    flows: counted('s'),
    startMs: startUs / 1000,
    endMs: endUs / 1000,
    tracks: otherData.tracks.map(({ id, kind, busyUs, plannedUtilization }) => ({
      id,
      kind,
      utilization: busyUs / (endUs - startUs),
      plannedUtilization,
    })),
  };
}

export function traceSummaryText(
  summary: TraceSummary & { file: string; planCompared: boolean },
  style: TextStyle,
): string {
  const { file, planCompared, planHash, events, slices, requests, flows, startMs, endMs, tracks } = summary;
  const facts = [
    `${file} is clean${planCompared ? ', and as planned' : ''}`,
    `${events} events: ${slices} slices, ${requests} requests, ${flows} arrows`,
    `${figure(endMs - startMs)} ms, from ${figure(startMs)} ms after the first release`,
    `made from the plan ${planHash.slice(0, 12)}`,
  ];
  const rows = tracks.map(({ id, kind, utilization, plannedUtilization }) => [
    kind === 'link' ? `link ${id}` : id,
    percent(utilization),
    percent(plannedUtilization),
  ]);
  const columns = [
    { title: 'track' },
    { title: 'busy', align: 'right' as const },
    { title: 'planned', align: 'right' as const },
  ];
  return `${facts.join('\n')}\n\n${table(columns, rows, style)}\n`;
}
