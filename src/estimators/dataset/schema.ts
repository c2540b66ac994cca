/** The document beside the arrays of a data set: what they are about, and how they were made. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { warningSchema } from '../../documents/warnings.ts';

/** Where rates come from. `fake`: random numbers, for a look at the machinery alone. */
export const LABEL_SOURCES = ['engine', 'analytic', 'executed', 'fake', 'given'] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];

const notNegative = z.number().min(0);

const effectsSchema = z
  .strictObject({
    blockSigma: notNegative.describe("Log-normal noise of every block's time."),
    frameSigma: notNegative.describe('Log-normal noise of all times of a frame.'),
    bursts: z
      .strictObject({ meanGapSeconds: notNegative, meanSeconds: notNegative, slowdown: z.number().min(1) })
      .optional()
      .describe('Interference from outside, each processor for itself.'),
    switchSeconds: notNegative.describe("Cost of a processor's change from one model to another."),
    memoryInterference: notNegative.describe('k: a step runs 1 + k a b times as long, a and b shares of DRAM traffic.'),
  })
  .describe('What the engine does and the throughput model does not know.');

/** What the simulated device does beside the formula. */
export type Effects = z.infer<typeof effectsSchema>;

const shape = {
  platform: z.string(),
  platformHash: z.string().optional(),
  profileHash: z.string().optional(),
  processors: z.array(z.string()).min(1),
  resources: z.array(z.string()).min(1),
  models: z
    .array(z.strictObject({ name: z.string().min(1), blocks: z.int().min(1) }))
    .min(1)
    .describe('The catalogue: `models` of the arrays counts in it.'),
  label: z.strictObject({
    source: z.enum(LABEL_SOURCES),
    framesCounted: z.int().min(1).optional().describe('Frames that the slowest model ends while they are counted.'),
    inFlight: z.int().min(1).optional().describe('Frames of each model under way.'),
    secondsEach: z.number().gt(0).optional().describe('Length of one execution.'),
    effects: effectsSchema.optional(),
  }),
  seed: z.int().min(0).optional(),
  samples: z.strictObject({
    mixes: z.int().min(1),
    rows: z.int().min(1),
    training: notNegative,
    validation: notNegative,
    test: notNegative,
  }),
  arrays: z.strictObject({
    file: z.string().describe('The .npz file, beside this document.'),
    hash: z.string().describe('sha256 of it.'),
  }),
  warnings: z.array(warningSchema).optional(),
};

export type EstimatorDataDocument = DocumentFrom<'estimator-data', typeof shape>;

export const estimatorDataDocument = defineDocument({
  kind: 'estimator-data',
  schemaVersion: 1,
  title: 'Heterodyne estimator data: placements of mixes, and the rates they reached',
  shape,
});
