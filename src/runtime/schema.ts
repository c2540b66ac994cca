/** The run document: what a plan gave on this machine. Its figures are measured, except those that are called planned. */
import { z } from 'zod';
import { CONTROL_MODES } from '../core/control-modes.ts';
import { OBJECTIVES } from '../core/placement.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { FRAME_POLICIES } from './flow.ts';

const notNegative = z.number().min(0);
const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

const timesSchema = z.strictObject({
  mean: notNegative,
  p50: notNegative,
  p95: notNegative,
  p99: notNegative,
  worst: notNegative,
});

const stageSchema = z.strictObject({
  processor: z.string(),
  firstBlock: count,
  lastBlock: count,
  calls: count,
  latencyMs: timesSchema.optional().describe('The call alone, by the clock of its process.'),
  plannedLatencyMs: notNegative,
  handoverMs: timesSchema
    .optional()
    .describe('Messages to the process and back, with their tensors; of calls that no other one was ahead of.'),
  plannedTransferMs: notNegative.describe('Of the transfer to the next stage, as the plan has it.'),
  outputBytes: count.describe('Handed back by a call.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  variant: z.string().describe('Of the last frame.'),
  accuracy: fraction.optional().describe('As the plan states it; nothing is measured here.'),
  released: count,
  finished: count,
  skipped: count.describe('Dropped for newer frames, or given up by the controller.'),
  failed: count,
  throughputPerS: notNegative,
  plannedThroughputPerS: notNegative,
  responseMs: timesSchema.optional().describe('From the offer of a frame to its end, of finished frames.'),
  plannedLatencyMs: notNegative.describe('One frame without waiting.'),
  deadline: z.strictObject({ deadlineMs: notNegative, missed: count, missRate: fraction }).optional(),
  stages: z.array(stageSchema).min(1),
});

const processorSchema = z.strictObject({
  id: z.string(),
  utilization: notNegative.describe('Share of the time that its process was in calls.'),
  plannedUtilization: notNegative,
  pinned: z.boolean().describe('Its process was held to its cores.'),
});

const eventSchema = z.strictObject({
  atMs: notNegative.describe('Since the models were loaded.'),
  kind: z.string(),
  subject: z.string().describe('Processor or model.'),
  text: z.string(),
  tookMs: notNegative.optional(),
});

const controllerSchema = z.strictObject({
  id: z.string(),
  mode: z.enum(CONTROL_MODES),
  reconstruction: z.boolean(),
  decisions: count,
  switches: z.array(
    z.strictObject({
      atMs: notNegative,
      model: z.string(),
      from: z.string(),
      to: z.string(),
      reason: z.string(),
      switchMs: notNegative.describe('From the wish until frames take the other way: both are loaded.'),
    }),
  ),
  clocks: z
    .strictObject({ written: z.boolean().describe('false: dry run.'), settings: count, drift: count })
    .optional(),
});

const scoreSchema = z.strictObject({
  objective: z.enum(OBJECTIVES),
  measured: z.number().optional().describe('Absent for objectives that rates alone do not give.'),
  planned: z.number(),
  meanThroughputPerS: notNegative,
  minThroughputPerS: notNegative,
  geometricMeanPerS: notNegative,
});

const candidateSchema = z.strictObject({
  name: z.string(),
  placements: z.array(z.string()).describe('Of each model, as processor blocks.'),
  planned: z.number(),
  measured: z.strictObject({
    mean: z.number(),
    low: z.number().describe("Lower end of Student's 95 % interval of the mean over turns."),
    high: z.number(),
    turns: z.array(z.number()),
  }),
  models: z.array(
    z.strictObject({
      name: z.string(),
      throughputPerS: notNegative,
      plannedThroughputPerS: notNegative,
      stages: z
        .array(z.strictObject({ processor: z.string(), firstBlock: count, lastBlock: count }))
        .optional()
        .describe('Where it was executed.'),
    }),
  ),
});

const shape = {
  platform: z.string(),
  planHash: z.string(),
  source: z.string().describe('synthetic, folder or module.'),
  policy: z.enum(FRAME_POLICIES),
  seconds: notNegative.describe('That was measured, warm-up left out.'),
  models: z.array(modelSchema).min(1),
  processors: z.array(processorSchema).min(1),
  score: scoreSchema,
  otherLoad: fraction.optional().describe("Share of the cores' time that other programs took."),
  feederMs: notNegative
    .optional()
    .describe('Core time of the process that feeds frames and hands tensors on, within those seconds.'),
  energyJ: notNegative.optional().describe('Of the whole machine, from its own meters.'),
  controller: controllerSchema.optional(),
  compare: z.array(candidateSchema).optional().describe('Executed in turns with the plan, which comes first.'),
  events: z.array(eventSchema),
  /** true: stopped from outside. */
  partial: z.literal(true).optional(),
  warnings: z.array(warningSchema),
};

export type RunDocument = DocumentFrom<'run', typeof shape>;
export type RunModel = RunDocument['models'][number];
export type RunEvent = RunDocument['events'][number];
export type RunCandidate = NonNullable<RunDocument['compare']>[number];
export type RunController = NonNullable<RunDocument['controller']>;

export const runDocument = defineDocument({
  kind: 'run',
  schemaVersion: 1,
  title: 'Heterodyne run: what a plan gave when it was executed on this machine, beside what it predicted',
  shape,
});
