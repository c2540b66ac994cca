/**
 * The FPS matrix as a heat map, with the assignment drawn into it: the paler a cell, the slower its pair.
 *
 *               CPU      GPU      VPU
 *      A    │  10.0  ┃ 30.0 ┃  6.00 │
 *      B    │  40.0  │ 50.0 ┃ 30.0  ┃      a frame around the device that each model runs on
 */
import type { GroupProblem } from '../../planners/group/problem.ts';
import type { GroupPlan } from '../../planners/group/schema.ts';
import { drawing, type Frame, label } from '../charts/frame.ts';
import { hatchPath } from '../charts/hatching.ts';
import { CANNOT_RUN, heatLegend } from '../charts/heat-legend.ts';
import { heatScale } from '../charts/heat-scale.ts';
import { element, title } from '../charts/svg.ts';
import { fitText, textWidth } from '../charts/text-width.ts';
import { figure } from '../numbers.ts';

/** Widest a device's column is drawn. */
const WIDEST_CELL = 110;

export function matrixMapTitle(): string {
  return 'Frames per second of every model alone on every device, and the assignment';
}

export function matrixMapChart(plan: GroupPlan, problem: GroupProblem, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const { models, devices, rates, seconds } = problem;
  const scale = heatScale(rates.flat());
  const gaps = seconds.flat().includes(Number.POSITIVE_INFINITY);
  const key = heatLegend(frame, scale, {
    gaps,
    origin: [...new Set(plan.models.map(({ origin }) => origin))].sort().join(', '),
    unit: 'FPS',
    column: 'each column a device',
  });
  const nameWidth = Math.min(0.42 * width, Math.max(...models.map(({ name }) => textWidth(name, fontSize))));
  const left = nameWidth + 8;
  const cell = Math.min(WIDEST_CELL, (width - left - 2) / devices.length);
  const row = fontSize + 9;
  const top = key.height + fontSize + 8;
  const size = fontSize - 1;
  const body = [...key.body];
  devices.forEach(({ id }, j) => {
    body.push(
      label(left + (j + 0.5) * cell, top - 5, fitText(id, cell - 3, size), { anchor: 'middle', 'font-size': size }),
    );
  });
  models.forEach(({ name }, i) => {
    const y = top + i * row;
    const baseline = y + row / 2 + 0.36 * fontSize;
    body.push(label(nameWidth, baseline, fitText(name, nameWidth, fontSize), { anchor: 'end' }));
    devices.forEach(({ id }, j) => {
      const rate = rates[i]![j]!;
      const place = { x: left + j * cell, y, width: cell, height: row };
      const never = seconds[i]![j] === Number.POSITIVE_INFINITY;
      const edge = { stroke: palette.paper };
      const words = rate > 0 ? `${figure(rate)} frames/s alone${never ? ', but does not fit' : ''}` : 'cannot run';
      const step = scale.step(rate);
      const fill = never ? palette.paper : palette.heat[step];
      body.push(element('rect', { ...place, fill, ...edge }, title(`${name} on ${id}: ${words}`)));
      if (never) {
        const d = hatchPath(place, CANNOT_RUN.direction, CANNOT_RUN.spacing);
        body.push(element('path', { d, stroke: palette.hatch, fill: 'none', 'pointer-events': 'none' }));
        return;
      }
      const text = figure(rate);
      if (textWidth(text, size) > cell - 4) return;
      body.push(
        label(place.x + cell / 2, y + row / 2 + 0.36 * size, text, {
          anchor: 'middle',
          'font-size': size,
          fill: palette.onHeat[step],
          'pointer-events': 'none',
        }),
      );
    });
  });
  for (const [i, { device }] of plan.models.entries()) {
    const j = devices.findIndex(({ id }) => id === device);
    const inner = { x: left + j * cell + 1.5, y: top + i * row + 1.5, width: cell - 3, height: row - 3, fill: 'none' };
    body.push(
      element('rect', { ...inner, stroke: palette.halo, 'stroke-width': 4.5, 'pointer-events': 'none' }),
      element('rect', { ...inner, stroke: palette.path, 'stroke-width': 2.5, 'pointer-events': 'none' }),
    );
  }
  const chosen = plan.models.map(
    ({ name, device, soloFramesPerS }) => `${name} on ${device} (${figure(soloFramesPerS)})`,
  );
  return drawing(frame, {
    id: 'matrix',
    title: matrixMapTitle(),
    description: `The plan chose ${chosen.join(', ')}.`,
    height: top + models.length * row + 4,
    body,
  });
}
