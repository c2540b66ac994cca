/** A table on standard error that is drawn over itself while a plan runs; on terminals alone. */
import { figure, percent } from '../report/numbers.ts';
import { paint } from '../report/style.ts';
import { bar, shorten, table } from '../report/table.ts';
import type { Runtime } from '../runtime/deploy.ts';
import type { RunProgress } from '../runtime/run.ts';
import type { Call } from './command.ts';
import type { OutputSettings } from './options.ts';

export interface LiveView {
  draw(progress: RunProgress): void;
  /** Takes the view away. */
  end(): void;
}

const LONGEST_NAME = 24;
const BAR = 30;

/** @param status further lines: what the controller does, clocks */
export function liveView(
  runtime: Runtime,
  settings: OutputSettings,
  call: Call,
  status: () => readonly string[] = () => [],
): LiveView {
  const { err } = call;
  if (!err.redraws || settings.quiet || !settings.progress) return { draw() {}, end() {} };
  let lines = 0;
  const erase = (): string => (lines === 0 ? '' : `\u001b[${lines}A\u001b[J`);
  return {
    draw(progress) {
      const text = viewText(runtime, progress, status(), err.style);
      err.write(`${erase()}${text}\n`);
      lines = text.split('\n').length;
    },
    end() {
      err.write(erase());
      lines = 0;
    },
  };
}

function viewText(
  runtime: Runtime,
  { elapsedMs, forMs, meters }: RunProgress,
  status: readonly string[],
  style: Call['err']['style'],
): string {
  const { bold, red } = paint(style);
  const rows = runtime.models.map(({ name, planned, flow }) => {
    const meter = meters.get(name)!;
    const rate = meter.counts.finished / (elapsedMs / 1000);
    const times = meter.response.figures();
    const lag = Number.isNaN(meter.lagMs) ? '' : figure(meter.lagMs);
    return [
      shorten(name, LONGEST_NAME, style),
      flow.route.name,
      figure(rate),
      figure(planned.throughputPerS),
      ...(['p50', 'p95', 'p99'] as const).map((key) => (times ? figure(times[key]) : '')),
      meter.lagMs < 0 ? red(lag) : lag,
      String(meter.counts.skipped + meter.counts.failed),
    ];
  });
  const share = Math.min(1, elapsedMs / forMs);
  const columns = ['frames/s', 'planned/s', 'P50 ms', 'P95 ms', 'P99 ms', 'LAG ms', 'lost'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  return [
    `${bold('Running')} ${bar(share, BAR, style)} ${figure(elapsedMs / 1000)} of ${figure(forMs / 1000)} s (${percent(share)})`,
    table([{ title: 'model' }, { title: 'form' }, ...columns], rows, style),
    ...status,
  ].join('\n');
}
