/** What `trace check` prints about a clean trace; findings are an error document. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';

const count = z.int().min(0);
const notNegative = z.number().min(0);

const shape = {
  file: z.string(),
  planHash: z.string().describe('Content hash of the plan that the trace was made from.'),
  planCompared: z.boolean().describe('true: lengths, places and busy times were compared with the plan.'),
  events: count,
  slices: count,
  requests: count,
  flows: count.describe('Arrows between slices.'),
  startMs: notNegative.describe('Start of the window, since the first release.'),
  endMs: notNegative,
  tracks: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(['processor', 'link']),
      utilization: notNegative.describe('Share of the window that its slices fill.'),
      plannedUtilization: notNegative.describe('Share that the plan states.'),
    }),
  ),
};

export type TraceCheck = DocumentFrom<'trace-check', typeof shape>;

export const traceCheckDocument = defineDocument({
  kind: 'trace-check',
  schemaVersion: 1,
  title: 'Heterodyne trace check: what a clean trace holds',
  shape,
});
