/** Response times as bars from P50 to P99.9, a row per model and run, on one logarithmic axis. */
import { axisCaption, axisNumber, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { logScale } from './scale.ts';
import { element, escapeText } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

export interface PercentileRow {
  name: string;
  /** Milliseconds; absent = no frame ended. */
  p50?: number;
  p95?: number;
  p99?: number;
  p999?: number;
  deadlineMs?: number;
}

const ROW = 22;

/** undefined = no frame ended at all. */
export function percentileChart(rows: readonly PercentileRow[], frame: Frame): string | undefined {
  const { fontSize, palette, width } = frame;
  const times = rows
    .flatMap(({ p50, p999, deadlineMs }) => [p50, p999, p50 && deadlineMs])
    .filter((ms) => ms !== undefined);
  const above = times.filter((ms) => ms > 0);
  if (above.length === 0) return undefined;
  const left = Math.min(0.4 * width, Math.max(...rows.map(({ name }) => textWidth(name, fontSize)))) + 8;
  const right = width - 12;
  const scale = logScale(Math.min(...above), Math.max(...above), Math.max(2, Math.floor((right - left) / 60)));
  const x = (ms: number) => left + (right - left) * scale.at(ms);
  const bottom = rows.length * ROW;
  const body = scale.ticks.map((tick) => line(x(tick), 0, x(tick), bottom, { stroke: palette.rule }));
  rows.forEach(({ name, p50, p95, p99, p999, deadlineMs }, r) => {
    const y = r * ROW + ROW / 2;
    body.push(label(left - 8, y + 0.36 * fontSize, fitText(name, left - 8, fontSize), { anchor: 'end' }));
    if (p50 === undefined || p95 === undefined || p99 === undefined || p999 === undefined) return;
    const bar = (from: number, to: number, height: number) =>
      element('rect', {
        x: x(from),
        y: y - height / 2,
        width: Math.max(1, x(to) - x(from)),
        height,
        fill: palette.accent,
      });
    body.push(
      element(
        'g',
        {},
        element('title', {}, escapeText(wordsOf(rows[r]))),
        bar(p50, p95, 10),
        bar(p95, p99, 5),
        bar(p99, p999, 2),
      ),
    );
    if (deadlineMs !== undefined) {
      body.push(line(x(deadlineMs), y - 9, x(deadlineMs), y + 9, { stroke: palette.limit, 'stroke-width': 2 }));
    }
  });
  body.push(...tickLabels(frame, scale.ticks, x, bottom + fontSize + 2));
  const caption = axisCaption(
    frame,
    'ms from release to end: thick P50 to P95, thinner to P99, thin to P99.9; upright: the deadline',
    left,
    right,
    bottom + fontSize + 4,
  );
  body.push(...caption.body);
  return drawing(frame, {
    id: 'percentiles',
    title: 'Response times from P50 to P99.9, ms, simulated',
    description: rows.map(wordsOf).join('; '),
    height: bottom + fontSize + 4 + caption.height,
    body,
  });
}

function wordsOf({ name, p50, p95, p99, p999 }: PercentileRow): string {
  if (p50 === undefined || p95 === undefined || p99 === undefined || p999 === undefined)
    return `${name}: no frame ended`;
  const times = [p50, p95, p99, p999].map(axisNumber);
  return `${name}: P50 ${times[0]}, P95 ${times[1]}, P99 ${times[2]}, P99.9 ${times[3]} ms`;
}
