/** A simulation as charts: response times of every model, and clocks, power, levels over time. */
import type { Course } from '../../simulator/course.ts';
import { PAPER_FRAME } from './frame.ts';
import { type TimePanel, timePanels } from './time-panels.ts';

export interface DrawnSimulation {
  course: Course;
  platform: string;
  /** Names, and deadlines in milliseconds. */
  models: readonly { name: string; deadlineMs?: number }[];
}

/** SVG files: name and content. */
export function simulationCharts(drawn: DrawnSimulation): { name: string; content: string }[] {
  const file = (name: string, svg: string) => ({
    name: `${name}.svg`,
    content: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`,
  });
  const files = [file('response-times', responseTimes(drawn))];
  if (drawn.course.counters.length > 0) files.push(file('course', counters(drawn)));
  return files;
}

function marksOf(course: Course) {
  return course.marks.filter(({ kind }) => kind === 'scenario');
}

function responseTimes({ course, models, platform }: DrawnSimulation): string {
  const panels = models.map(({ name, deadlineMs }, m): TimePanel => {
    const frames = course.frames.filter(({ model, ended }) => model === m && !Number.isNaN(ended));
    return {
      title: `${name}, ms${deadlineMs === undefined ? '' : `; deadline ${Number(deadlineMs.toPrecision(4))}`}`,
      kind: 'dots',
      points: frames.map(({ released, ended }) => ({ at: ended, value: (ended - released) * 1000 })),
      fromZero: true,
      ...(deadlineMs !== undefined && { limit: deadlineMs }),
    };
  });
  return timePanels(PAPER_FRAME, {
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

/** LAG has a line for every block: it is for traces. */
function counters({ course, platform }: DrawnSimulation): string {
  const panels = course.counters
    .filter(({ name, values }) => !name.endsWith('LAG ms') && (values.length > 1 || name === 'power W'))
    .map(({ name, values }): TimePanel => ({ title: name, kind: 'steps', points: values, fromZero: true, height: 40 }));
  return timePanels(PAPER_FRAME, {
    id: 'course',
    title: `Clocks, power and levels on ${platform}, simulated`,
    description: `What held when: ${panels.map(({ title }) => title).join(', ')}.`,
    caption: 'seconds of virtual time; what never changed is left out',
    from: 0,
    until: course.endsAt,
    panels,
    marks: marksOf(course),
  });
}
