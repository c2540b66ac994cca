/** The steady state: which processor works for which model when. */
import type { Plan } from '../../planners/schema.ts';
import { figure, percent } from '../numbers.ts';
import { type Timeline, type TimelineSlice, timeline } from '../timeline.ts';
import { axisCaption, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { legend, Marks, onMark } from './marks.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { linearScale } from './scale.ts';
import { element, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';
import { predictionLabel } from './units.ts';

const NS_PER_MS = 1e6;
/** Frames of the slowest model that are shown, unless that takes too many slices. */
const FRAMES = 2;
/** Pixels that a slice should have on average, over all tracks. */
const PIXELS_PER_SLICE = 4;
/** A slice that is at least so wide has its own label. */
const ROOMY = 24;
/** Narrower ones of one model share a label as long as the gaps between them are smaller, */
const TOUCHING = 3;
/** and their row is shorter. */
const LABEL_EVERY = 120;

export function ganttTitle(): string {
  return 'Steady state: what each processor works on, ms';
}

/** The course of events that the chart shows at that width. */
export function shownTimeline({ plan, platform }: PlanView, width: number): Timeline {
  const sliceLimit = Math.max(40, Math.round((plan.processors.length * width) / PIXELS_PER_SLICE));
  // Reads models and processors alone.
  return timeline(plan as Plan, { platform, frames: FRAMES, sliceLimit });
}

export function ganttChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const course = shownTimeline(view, width);
  const { tracks, models, slices, window } = course;
  const known = modelNumbers(view);
  const numberOf = (m: number): number => known.get(models[m]?.name ?? '') ?? m + 1;
  const marks = new Marks(frame);
  const row = fontSize + 18;
  const thick = row - 7;
  const nameWidth = Math.min(0.26 * width, Math.max(...tracks.map(({ id }) => textWidth(id, fontSize))));
  const left = nameWidth + 8;
  const right = width - 6;
  const length = window.endNs - window.startNs;
  const x = (ns: number) => left + ((right - left) * (ns - window.startNs)) / length;
  const bottom = tracks.length * row;
  const scale = linearScale(0, length / NS_PER_MS, Math.max(3, Math.floor((right - left) / 80)));
  const ticks = scale.ticks.filter((tick) => tick * NS_PER_MS <= length);
  const at = (ms: number) => x(window.startNs + ms * NS_PER_MS);

  const body: string[] = [];
  for (const tick of ticks) body.push(line(at(tick), 0, at(tick), bottom + 3, { stroke: palette.rule }));
  tracks.forEach((track, t) => {
    const y = t * row + 3;
    const baseline = y + thick / 2 + 0.36 * fontSize;
    body.push(
      element(
        'g',
        {},
        title(`${track.id}: busy ${percent(track.plannedUtilization)} of the time`),
        label(nameWidth, baseline, fitText(track.id, nameWidth, fontSize), { anchor: 'end' }),
        element('rect', { x: left, y, width: right - left, height: thick, fill: palette.rule, 'fill-opacity': '0.6' }),
      ),
    );
  });
  for (const slice of slices) {
    const number = numberOf(slice.model);
    const from = x(slice.startNs);
    const wide = Math.max(0.4, x(slice.endNs) - from);
    const y = slice.track * row + 3;
    const place = { x: from, y, width: wide, height: thick };
    const edge = { stroke: palette.edge, 'stroke-width': wide > 3 ? 0.75 : wide > 1.2 ? 0.35 : 0 };
    const about = title(sliceText(course, slice));
    body.push(
      slice.kind === 'transfer'
        ? element('rect', { ...place, fill: palette.hatch, ...edge }, about)
        : marks.rectangle(number, place, edge, about),
    );
  }
  body.push(marks.textures());
  for (const { slice, from, to, single } of runs(slices, x)) {
    const number = numberOf(slice.model);
    const text = sliceLabel(`${number} ${models[slice.model]?.name}`, String(number), to - from, fontSize - 1);
    if (text === '') continue;
    body.push(
      onMark(frame, number, (from + to) / 2, slice.track * row + 3 + thick / 2 + 0.36 * fontSize, text, !single),
    );
  }
  body.push(...tickLabels(frame, ticks, at, bottom + fontSize + 5));
  const transfers = slices.some(({ kind }) => kind === 'transfer') ? '; grey: receiving tensors' : '';
  const caption = axisCaption(frame, `ms, modelled${transfers}`, left, right, bottom + fontSize + 8);
  body.push(...caption.body);
  const below = bottom + fontSize + 20 + caption.height;
  const key = legend(
    frame,
    models.map(({ name }, m) => ({ number: numberOf(m), name })),
    below,
  );
  body.push(...key.body);
  return drawing(frame, {
    id: 'gantt',
    title: ganttTitle(),
    description: `${figure(length / NS_PER_MS)} ms of the steady state, ${predictionLabel(view.plan)}. ${courseText(view)}`,
    height: below + key.height,
    body,
  });
}

interface Run {
  slice: TimelineSlice;
  from: number;
  to: number;
  single: boolean;
}

/** Where labels go: one for each slice that has room, one for a row of slices of a model that have not. */
function runs(slices: readonly TimelineSlice[], x: (ns: number) => number): Run[] {
  const found: Run[] = [];
  const open = new Map<number, Run>();
  for (const slice of slices) {
    if (slice.kind !== 'stage') continue;
    const from = x(slice.startNs);
    const to = x(slice.endNs);
    const last = open.get(slice.track);
    const roomy = to - from >= ROOMY;
    if (
      last &&
      !roomy &&
      last.slice.model === slice.model &&
      last.to - from > -TOUCHING &&
      last.to - last.from < LABEL_EVERY
    ) {
      last.to = to;
      last.single = false;
      continue;
    }
    const run = { slice, from, to, single: true };
    found.push(run);
    if (roomy) open.delete(slice.track);
    else open.set(slice.track, run);
  }
  return found;
}

/** Name and number, or the number alone, or nothing: what fits. */
function sliceLabel(long: string, short: string, width: number, size: number): string {
  if (textWidth(long, size) <= width - 4) return long;
  return textWidth(short, size) <= width - 0.5 ? short : '';
}

function sliceText({ models, tracks, window }: Timeline, slice: TimelineSlice): string {
  const { model, frame, stage, kind, startNs, wholeNs, track } = slice;
  const what = kind === 'stage' ? `stage ${stage + 1}` : `transfer to stage ${stage + 1}`;
  const from = figure((startNs - window.startNs) / NS_PER_MS);
  return `${models[model]?.name}, frame ${frame}, ${what} on ${tracks[track]?.id}: ${figure(wholeNs / NS_PER_MS)} ms from ${from} ms`;
}

function courseText({ plan }: PlanView): string {
  return plan.models
    .map(
      ({ name, stages, throughputPerS }) =>
        `${name} starts a frame every ${figure(1000 / throughputPerS)} ms: ${stages.map(({ processor, latencyMs }) => `${figure(latencyMs)} ms on ${processor}`).join(', then ')}.`,
    )
    .join(' ');
}
