/** Charts of estimators: how the loss fell, and predicted against true rates. */
import type { EstimatorDocument } from '../../estimators/training/schema.ts';
import { axisCaption, axisNumber, drawing, type Frame, label, line, PAPER_FRAME, tickLabels } from '../charts/frame.ts';
import { logScale, type Scale } from '../charts/scale.ts';
import { coordinate, element } from '../charts/svg.ts';
import { textWidth } from '../charts/text-width.ts';
import { figure, percent } from '../numbers.ts';

/** An SVG file. */
const fileOf = (markup: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${markup}\n`;

interface Axes {
  body: string[];
  left: number;
  right: number;
  top: number;
  bottom: number;
  y(value: number): number;
}

/** A plot area with a logarithmic upward axis. */
function axes({ width, fontSize, palette }: Frame, scale: Scale, height: number): Axes {
  const texts = scale.ticks.map(axisNumber);
  const left = Math.max(...texts.map((text) => textWidth(text, fontSize))) + 8;
  const top = fontSize / 2 + 2;
  const bottom = top + height;
  const right = width - 12;
  const y = (value: number) => bottom - (bottom - top) * Math.min(1, Math.max(0, scale.at(value)));
  const body = scale.ticks.flatMap((tick, i) => [
    line(left, y(tick), right, y(tick), { stroke: palette.rule }),
    label(left - 6, y(tick) + 0.36 * fontSize, texts[i] as string, { anchor: 'end', fill: palette.faint }),
  ]);
  return { body, left, right, top, bottom, y };
}

/** Training and validation loss by epoch. */
export function lossChart({ training, platform }: EstimatorDocument, frame: Frame = PAPER_FRAME): string {
  const { fontSize, palette } = frame;
  const { log, bestEpoch } = training;
  const losses = log.flatMap((epoch) => [epoch.training, epoch.validation]).filter((loss) => loss > 0);
  const { body, left, right, bottom, top, y } = axes(frame, logScale(Math.min(...losses), Math.max(...losses), 6), 170);
  const last = Math.max(2, log.length);
  const x = (epoch: number) => left + ((right - left) * (epoch - 1)) / (last - 1);
  const ticks = [1, Math.round(last / 2), last];
  body.push(...tickLabels(frame, ticks, x, bottom + fontSize + 5));
  const path = (pick: (epoch: (typeof log)[number]) => number): string =>
    log.map((epoch, i) => `${i === 0 ? 'M' : 'L'}${coordinate(x(epoch.epoch))} ${coordinate(y(pick(epoch)))}`).join('');
  body.push(line(x(bestEpoch), top, x(bestEpoch), bottom, { stroke: palette.other, 'stroke-dasharray': '2 3' }));
  body.push(
    element('path', {
      d: path((epoch) => epoch.training),
      fill: 'none',
      stroke: palette.faint,
      'stroke-width': 1.5,
      'stroke-dasharray': '7 3',
    }),
    element('path', { d: path((epoch) => epoch.validation), fill: 'none', stroke: palette.accent, 'stroke-width': 2 }),
  );
  const caption = axisCaption(
    frame,
    `epoch (kept: ${bestEpoch}); upwards: mean loss, dashed training, solid validation`,
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  return fileOf(
    drawing(frame, {
      id: 'loss',
      title: `Loss of the estimator for ${platform} by epoch`,
      description: `Validation loss falls from ${figure(log[0]?.validation ?? 0)} to ${figure(log[bestEpoch - 1]?.validation ?? 0)} in epoch ${bestEpoch} of ${log.length}, whose weights are kept.`,
      height: bottom + fontSize + 12 + caption.height,
      body,
    }),
  );
}

/** Predicted against true rates, both logarithmic; on the diagonal they agree. */
export function scatterChart(
  points: readonly { measured: number; predicted: number }[],
  facts: { platform: string; mape: number; truth: string },
  frame: Frame = PAPER_FRAME,
): string {
  const { fontSize, palette } = frame;
  const shown = points.filter(({ measured, predicted }) => measured > 0 && predicted > 0);
  const all = shown.flatMap(({ measured, predicted }) => [measured, predicted]);
  const scale = logScale(Math.min(...all), Math.max(...all), 6);
  const { body, left, right, bottom, y } = axes(frame, scale, 300);
  const x = (value: number) => left + (right - left) * Math.min(1, Math.max(0, scale.at(value)));
  body.push(...tickLabels(frame, scale.ticks, x, bottom + fontSize + 5));
  const [low, high] = [scale.ticks[0] as number, scale.ticks.at(-1) as number];
  body.push(line(x(low), y(low), x(high), y(high), { stroke: palette.other }));
  // One path of dots: two thousand elements would make the file slow.
  const dots = shown
    .map(({ measured, predicted }) => `M${coordinate(x(measured))} ${coordinate(y(predicted))}h0`)
    .join('');
  body.push(
    element('path', {
      d: dots,
      stroke: palette.accent,
      'stroke-width': 3,
      'stroke-linecap': 'round',
      'stroke-opacity': 0.35,
      fill: 'none',
    }),
  );
  const caption = axisCaption(
    frame,
    `frames/s, ${facts.truth}; upwards: predicted`,
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  return fileOf(
    drawing(frame, {
      id: 'scatter',
      title: `Predicted against ${facts.truth} rates on ${facts.platform}, frames/s`,
      description: `${shown.length} rates of mixes that the estimator never saw; mean relative error ${percent(facts.mape)}.`,
      height: bottom + fontSize + 12 + caption.height,
      body,
    }),
  );
}
