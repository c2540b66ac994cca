/** How busy each processor is, and with which model. */
import { figure, percent } from '../numbers.ts';
import { drawing, type Frame, label, line } from './frame.ts';
import { legend, modelMarks, onMark } from './marks.ts';
import type { PlanView } from './plan-view.ts';
import { element, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';
import { counted, predictionLabel } from './units.ts';

export function utilizationTitle(): string {
  return 'Utilization of each processor by model, % of its time';
}

export function utilizationChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const { processors, models } = view.plan;
  const marks = modelMarks(frame, 'utilization', models.length);
  const row = fontSize + 16;
  const nameWidth = Math.min(0.3 * width, Math.max(...processors.map(({ id }) => textWidth(id, fontSize))));
  const valueWidth = textWidth('100 %', fontSize);
  const left = nameWidth + 10;
  const plot = width - valueWidth - 10 - left;
  const x = (share: number) => left + plot * Math.min(1, share);
  const bottom = processors.length * row;
  const body = [marks.definitions];
  processors.forEach(({ id, utilization }, p) => {
    const y = p * row + 3;
    const thick = row - 8;
    const middle = y + thick / 2 + 0.36 * fontSize;
    const parts = [
      label(nameWidth, middle, fitText(id, nameWidth, fontSize), { anchor: 'end' }),
      element('rect', { x: left, y, width: plot, height: thick, fill: palette.rule }, title(`${id} is idle ${percent(1 - utilization)} of the time`)),
    ];
    let at = 0;
    for (const { model, share } of busyShares(view, id)) {
      const wide = x(at + share) - x(at);
      const text = String(model + 1);
      parts.push(
        element('rect', { x: x(at), y, width: wide, height: thick, fill: marks.fill(model), stroke: palette.edge, 'stroke-width': 0.75 }, title(`${id} works ${percent(share)} of the time for ${models[model]?.name}`)),
      );
      if (wide >= textWidth(text, fontSize) + 2) parts.push(onMark(frame, model, x(at) + wide / 2, middle, text));
      at += share;
    }
    if (x(utilization) - x(at) > 0.5) {
      parts.push(
        element('rect', { x: x(at), y, width: x(utilization) - x(at), height: thick, fill: palette.hatch, stroke: palette.edge, 'stroke-width': 0.75 }, title(`${id} receives tensors ${percent(utilization - at)} of the time`)),
      );
    }
    parts.push(label(width, middle, percent(utilization), { anchor: 'end' }));
    body.push(element('g', {}, ...parts));
  });
  body.push(...percentAxis(frame, x, bottom, 'time, modelled: figures are models, grey is receiving tensors'));
  const key = legend(frame, marks, models.map(({ name }) => name), bottom + 2 * fontSize + 20);
  body.push(...key.body);
  return drawing(frame, {
    id: 'utilization',
    title: utilizationTitle(),
    description: `Share of its time that each processor works for ${counted(models.length, 'model')}, ${predictionLabel(view.plan)}: ${processors.map(({ id, utilization }) => `${id} ${percent(utilization)}`).join(', ')}.`,
    height: bottom + 2 * fontSize + 20 + key.height,
    body,
  });
}

/** Shares of a processor's time by model, in model order: rate x calls x latency of the stages there. */
export function busyShares({ plan, workload }: PlanView, processor: string): { model: number; share: number }[] {
  return plan.models.flatMap(({ stages, throughputPerS }, model) => {
    const calls = workload.models[model]?.callsPerFrame ?? 1;
    const share = stages
      .filter((stage) => stage.processor === processor)
      .reduce((sum, { latencyMs }) => sum + (throughputPerS * calls * latencyMs) / 1000, 0);
    return share > 0 ? [{ model, share }] : [];
  });
}

/** 0 to 100 % below bars. */
export function percentAxis(frame: Frame, x: (share: number) => number, y: number, caption: string): string[] {
  const { fontSize, palette, width } = frame;
  const parts: string[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(line(x(share), y, x(share), y + 3, { stroke: palette.faint }));
    parts.push(label(x(share), y + fontSize + 4, figure(100 * share), { anchor: 'middle', fill: palette.faint }));
  }
  const longest = `% of ${caption}`;
  parts.push(label(x(1), y + 2 * fontSize + 8, fitText(longest, Math.min(x(1), width), fontSize), { anchor: 'end', fill: palette.faint }));
  return parts;
}
