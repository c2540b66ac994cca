/** A group run as tables: predicted beside measured, for the group, its devices and its models. */
import type { GroupRunDocument } from '../runtime/group-run-schema.ts';
import { figure, percent, relative } from './numbers.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { type Column, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;
const right = (title: string): Column => ({ title, align: 'right' });

export function groupRunText(run: GroupRunDocument, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const { platform, frames, seconds, partial } = run;
  const head = `${bold(`Group run on ${platform}`)}: ${frames} group frames in ${figure(seconds)} s${partial ? `, ${yellow('interrupted')}` : ''}`;
  return `${[
    wrap(head, style.width),
    wrap(rates(run, style), style.width),
    deviceTable(run, style),
    modelTable(run, style),
    footer(run)
      .map((line) => wrap(line, style.width))
      .join('\n'),
  ].join('\n\n')}\n`;
}

function rates(
  { predictedFps, measuredFps, ratio, undisturbedFps, undisturbedRatio, frameMs }: GroupRunDocument,
  style: TextStyle,
): string {
  const { bold } = paint(style);
  const most = frameMs.low > 0 ? figure(1000 / frameMs.low) : '?';
  const between = `${figure(1000 / frameMs.high)}${signs(style).dash}${most}`;
  return `Group FPS: predicted ${bold(figure(predictedFps))}, measured ${bold(figure(measuredFps))} by the clock (${between}, ratio ${ratio.toFixed(2)}), ${bold(figure(undisturbedFps))} without what other programs on the machine did (ratio ${undisturbedRatio.toFixed(2)}).`;
}

function range({ low, high }: GroupRunDocument['frameMs'], { dash }: { dash: string }): string {
  return `${figure(low)}${dash}${figure(high)}`;
}

function deviceTable({ devices, ...run }: GroupRunDocument, style: TextStyle): string {
  const { bold } = paint(style);
  const between = (each: GroupRunDocument['frameMs']): string => range(each, signs(style));
  const rows = devices.map((device) => [
    device.id,
    figure(device.predictedFrameMs),
    figure(device.frameMs.mean),
    between(device.frameMs),
    device.ratio.toFixed(2),
    figure(device.undisturbedMs.mean),
    between(device.undisturbedMs),
    device.undisturbedRatio.toFixed(2),
    device.interference === undefined ? '' : device.interference.toFixed(3),
    percent(device.waitedShare),
  ]);
  rows.push([
    bold('group'),
    figure(1000 / run.predictedFps),
    figure(run.frameMs.mean),
    between(run.frameMs),
    run.ratio.toFixed(2),
    figure(1000 / run.undisturbedFps),
    '',
    run.undisturbedRatio.toFixed(2),
  ]);
  return table(
    [
      { title: 'ms a frame' },
      right('predicted'),
      right('clock'),
      right('95 %'),
      right('ratio'),
      right('undisturbed'),
      right('95 %'),
      right('ratio'),
      right('kappa'),
      right('waited'),
    ],
    rows,
    style,
  );
}

function modelTable({ models }: GroupRunDocument, style: TextStyle): string {
  const rows = models.map(({ name, device, callsPerFrame, predictedCallMs, callMs }) => [
    shorten(name, LONGEST_NAME, style),
    device,
    String(Number(callsPerFrame.toPrecision(3))),
    figure(predictedCallMs),
    callMs === undefined ? '' : figure(callMs.mean),
    callMs === undefined ? '' : relative(callMs.mean, predictedCallMs, style.unicode),
  ]);
  return table(
    [{ title: 'model' }, { title: 'device' }, right('calls'), right('alone ms'), right('in the group ms'), right('')],
    rows,
    style,
  );
}

function footer({ devices, predictedFrom }: GroupRunDocument): string[] {
  const parts = Object.entries(predictedFrom).filter(([, share]) => share > 0);
  const lines = [
    `Measured ${devices.length > 1 ? 'with all devices at work' : 'with all models in turn'}; undisturbed as the matrix is, without waits for cores that something else held. Ratios are of rates. Predicted from rates that are ${parts.map(([name, share]) => `${percent(share)} ${name}`).join(', ')}.`,
  ];
  const fitted = devices.filter(({ interference = 0 }) => interference >= 0.0005);
  if (fitted.length > 0) {
    const table = fitted.map(({ id, interference }) => `${id}=${interference!.toFixed(3)}`).join(',');
    lines.push(`To plan with what was seen: --sharing contention --interference ${table}`);
  }
  return lines;
}
