/** A simulation as charts: response times of every model, and clocks, power, levels over time. */
import type { Course } from '../../simulator/course.ts';
import { type Frame, PAPER_FRAME } from './frame.ts';
import { type TimePanel, timePanels } from './time-panels.ts';

export interface DrawnSimulation {
  course: Course;
  platform: string;
  /** Names, deadlines in milliseconds, and forms in the order of their levels. */
  models: readonly { name: string; deadlineMs?: number; forms: readonly string[] }[];
}

/** SVG files: name and content. */
export function simulationCharts(drawn: DrawnSimulation): { name: string; content: string }[] {
  const file = (name: string, svg: string) => ({
    name: `${name}.svg`,
    content: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`,
  });
  const files = [file('response-times', responseTimes(drawn, PAPER_FRAME))];
  const course = courseChart(drawn, PAPER_FRAME);
  if (course !== undefined) files.push(file('course', course));
  return files;
}

function marksOf(course: Course) {
  return course.marks.filter(({ kind }) => kind === 'scenario');
}

/** Over time, a panel per model: one dot per frame, those after the deadline in its colour. */
export function responseTimes({ course, models, platform }: DrawnSimulation, frame: Frame): string {
  const panels = models.map(({ name, deadlineMs }, m): TimePanel => {
    const frames = course.frames.filter(({ model, ended, givenUp }) => model === m && !givenUp && !Number.isNaN(ended));
    return {
      title: `${name}, ms${deadlineMs === undefined ? '' : `; deadline ${Number(deadlineMs.toPrecision(4))}`}`,
      kind: 'dots',
      points: frames.map(({ released, ended }) => ({ at: ended, value: (ended - released) * 1000 })),
      fromZero: true,
      ...(deadlineMs !== undefined && { limit: deadlineMs }),
    };
  });
  return timePanels(frame, {
    id: 'response-times',
    title: `Response times on ${platform}, simulated`,
    description: `One dot per frame: time from release to end, of ${models.map(({ name }) => name).join(', ')}.`,
    caption: 'seconds of virtual time; dashed across: deadlines, dashed down: what happens in the scenario',
    from: 0,
    until: course.endsAt,
    panels,
    marks: marksOf(course),
  });
}

/** Clocks, power and levels over time; undefined = nothing was counted. LAG has a line for every block: it is for traces. */
export function courseChart({ course, platform, models }: DrawnSimulation, frame: Frame): string | undefined {
  const panels = course.counters
    .filter(({ name, values }) => !name.endsWith('LAG ms') && (values.length > 1 || name === 'power W'))
    .map(({ name, values }): TimePanel => {
      const model = models.find((each) => name === `${each.name} level`);
      return {
        title: model === undefined ? unitApart(name) : levelTitle(model),
        kind: 'steps',
        points: values,
        fromZero: true,
        height: 40,
      };
    });
  if (panels.length === 0) return undefined;
  return timePanels(frame, {
    id: 'course',
    title: `Clocks, power and levels on ${platform}, simulated`,
    description: `What held when: ${panels.map(({ title }) => title).join('; ')}.`,
    caption: 'seconds of virtual time; what never changed is left out',
    from: 0,
    until: course.endsAt,
    panels,
    marks: marksOf(course),
  });
}

/** `gpu MHz` as `gpu, MHz`. */
function unitApart(name: string): string {
  const at = name.lastIndexOf(' ');
  return `${name.slice(0, at)}, ${name.slice(at + 1)}`;
}

/** What the numbers of its levels stand for. */
function levelTitle({ name, forms }: DrawnSimulation['models'][number]): string {
  return `${name}, form: ${forms.map((form, level) => `${level} ${form}`).join(', ')}`;
}

/** One run among several that are drawn beside each other. */
export interface DrawnRun {
  /** Its controller. */
  name: string;
  course: Course;
}

/** Misses so far, a panel per run, all on one scale; undefined = nobody has a deadline. */
export function missesChart(runs: readonly DrawnRun[], deadlines: boolean, frame: Frame): string | undefined {
  if (!deadlines) return undefined;
  const most = Math.max(1, ...runs.map(({ course }) => course.misses.length));
  const panels = runs.map(({ name, course: { misses } }): TimePanel => {
    const points = [{ at: 0, value: 0 }, ...misses.map(({ at }, i) => ({ at, value: i + 1 }))];
    return { title: `${name}: ${misses.length} misses`, kind: 'steps', points, fromZero: true, most, height: 40 };
  });
  return overTime(runs, panels, frame, 'misses', 'Frames that have missed their deadline so far, simulated');
}

/** Joules so far, a panel per run, all on one scale; undefined = watts are unknown. */
export function energyChart(runs: readonly DrawnRun[], frame: Frame): string | undefined {
  const spent = runs.map(({ course }) => joulesSoFar(course));
  if (spent.some((points) => points.length === 0)) return undefined;
  const most = Math.max(...spent.map((points) => points[points.length - 1].value));
  const panels = runs.map(({ name }, r): TimePanel => {
    const points = spent[r];
    const title = `${name}: energy so far, J (${Number(points[points.length - 1].value.toPrecision(3))} J)`;
    return { title, kind: 'line', points, fromZero: true, most, height: 40 };
  });
  return overTime(runs, panels, frame, 'energy', 'Energy so far, idle device included, J, simulated');
}

function overTime(runs: readonly DrawnRun[], panels: TimePanel[], frame: Frame, id: string, title: string): string {
  return timePanels(frame, {
    id,
    title,
    description: panels.map((panel) => panel.title).join('; '),
    caption: 'seconds of virtual time; dashed down: what happens in the scenario',
    from: 0,
    until: Math.min(...runs.map(({ course }) => course.endsAt)),
    panels,
    marks: marksOf(runs[0].course),
  });
}

/** Points of an integral over the power counter, evenly spread; empty where power was not counted. */
function joulesSoFar({ counters, endsAt }: Course): TimePanel['points'] {
  const power = counters.find(({ name }) => name === 'power W')?.values ?? [];
  if (power.length === 0) return [];
  const points: { at: number; value: number }[] = [];
  let joules = 0;
  let next = 0;
  power.forEach(({ at, value }, i) => {
    const until = power[i + 1]?.at ?? endsAt;
    for (; next <= until; next += endsAt / ENERGY_POINTS)
      if (next >= at) points.push({ at: next, value: joules + value * (next - at) });
    joules += value * (until - at);
  });
  points.push({ at: endsAt, value: joules });
  return points;
}

const ENERGY_POINTS = 200;
