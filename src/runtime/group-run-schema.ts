/** The group run document: what a group plan gave on this machine. Measured, except what is called predicted. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { SHARING_MODES } from '../planners/group/problem.ts';

const notNegative = z.number().min(0);
const positive = z.number().gt(0);
const fraction = z.number().min(0).max(1);
const interval = z
  .strictObject({ mean: notNegative, low: notNegative, high: notNegative })
  .describe('Mean with the ends of its 95 % confidence interval, by batch means.');

const deviceSchema = z.strictObject({
  id: z.string(),
  models: z.int().min(1),
  predictedFrameMs: positive,
  frameMs: interval.describe('By the clock; waiting for other devices is left out.'),
  undisturbedMs: interval.describe(
    'All calls of a frame as the matrix measures them: without waits for other programs.',
  ),
  ratio: positive.describe('Of rates: measured by the clock / predicted.'),
  undisturbedRatio: positive.describe('Of rates: undisturbed / predicted.'),
  interference: notNegative
    .optional()
    .describe('Kappa of the sharing mode contention that explains the undisturbed time; absent below two models.'),
  waitedShare: fraction.describe("Share of its calls' time that they waited for cores that something else held."),
  pinned: z.boolean().describe('Its process was held to its cores.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  device: z.string(),
  callsPerFrame: positive,
  predictedCallMs: positive.describe('Alone on its device: from the matrix.'),
  callMs: interval.optional().describe('Absent when no call fell into the frames that were counted.'),
});

const shape = {
  platform: z.string(),
  planHash: z.string(),
  sharing: z.enum(SHARING_MODES).describe('Of the prediction; models that share a device took turns.'),
  seconds: positive.describe('That was measured, warm-up left out.'),
  frames: z.int().min(1),
  predictedFps: positive,
  measuredFps: positive,
  ratio: positive,
  /** 1000 / the longest `undisturbedMs` of the devices: computed from measured calls. */
  undisturbedFps: positive,
  undisturbedRatio: positive,
  frameMs: interval.describe('By the clock, from one group frame to the next.'),
  devices: z.array(deviceSchema).min(1),
  models: z.array(modelSchema).min(1),
  /** Shares of the predicted load by where its rates come from. */
  predictedFrom: z.strictObject({ measured: fraction, imported: fraction, modelled: fraction, synthetic: fraction }),
  /** true: stopped from outside. */
  partial: z.literal(true).optional(),
  warnings: z.array(warningSchema),
};

export type GroupRunDocument = DocumentFrom<'group-run', typeof shape>;

export const groupRunDocument = defineDocument({
  kind: 'group-run',
  schemaVersion: 1,
  title: 'Heterodyne group run: what a group plan gave on this machine, beside what it predicted',
  shape,
});
