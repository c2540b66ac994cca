/** A plan as a trace file: the steady state that Perfetto draws. */
import { HeterodyneError } from '../../core/errors.ts';
import type { Plan } from '../../planners/schema.ts';
import { type Timeline, type TimelineOptions, timeline } from '../timeline.ts';
import { buildTrace } from './build.ts';
import { checkTrace } from './check.ts';
import { traceToText } from './format.ts';

/** More slices than viewers draw fluently: a shorter window is asked for instead. */
const MOST_SLICES = 200_000;

export interface PlanTrace {
  /** The file, checked. */
  text: string;
  timeline: Timeline;
}

/**
 * Trace of the plan's steady state. The same plan and options give the same bytes.
 *
 * @throws HeterodyneError as {@link timeline}; `LIMIT` more than 200,000 slices; `INTERNAL` a trace that breaks its own
 *   rules: a defect
 */
export function traceOfPlan(plan: Plan, options: TimelineOptions = {}): PlanTrace {
  const course = timeline(plan, options);
  if (course.slices.length > MOST_SLICES) {
    throw new HeterodyneError('LIMIT', `the window holds ${course.slices.length} slices`, {
      path: 'window',
      expected: `at most ${MOST_SLICES}`,
      received: String(course.slices.length),
      hint: 'choose a shorter window',
    });
  }
  const text = traceToText(buildTrace(plan, course, options.platform));
  const problems = checkTrace(text, { plan });
  if (problems.length > 0) {
    const [{ path, message, expected, received }] = problems;
    throw new HeterodyneError('INTERNAL', `a trace breaks its own rules: ${path}: ${message}`, {
      path,
      expected,
      received,
      problems,
    });
  }
  return { text, timeline: course };
}
