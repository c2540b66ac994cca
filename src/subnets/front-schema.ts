/** The front document: the best sub-networks found for each limit and processor, and all trade-offs between. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';

const notNegative = z.number().min(0);
const fraction = z.number();

export const genotypeSchema = z
  .record(z.string(), z.union([z.number(), z.array(z.number())]))
  .describe('Canonical: 0 in a block list = the block is inactive.');

/** Cost in the unit of the table: latency, or multiply-accumulates. */
const costShape = {
  costMs: notNegative.optional(),
  costSigmaMs: notNegative.optional().describe('Standard deviation, where the table states those of its entries.'),
  costMflops: notNegative.optional(),
  riskMs: notNegative.optional().describe('Latency that is kept with the probability asked for.'),
};

const networkShape = {
  processor: z.string(),
  accuracy: fraction.describe('As predicted, a fraction: the scale of the predictor, not of a measurement.'),
  calibratedAccuracy: fraction.optional().describe('Through the affine calibration by measured networks.'),
  ...costShape,
  calibratedMs: notNegative.optional().describe('Through the affine calibration by measured networks.'),
  macs: notNegative.optional().describe('Multiply-accumulates of one inference.'),
  resolution: z.int().min(1),
  equivalentResolutions: z.array(z.int().min(1)).optional().describe('Score the same, and cost more.'),
  genotype: genotypeSchema,
};

const result = z.strictObject({
  ...networkShape,
  limitMs: notNegative.optional(),
  limitMflops: notNegative.optional(),
  outcome: z
    .enum(['found', 'unconstrained', 'not-found', 'infeasible', 'capped'])
    .describe(
      'infeasible: proved, the network is the cheapest of all. not-found: the best within the limit misses the accuracy asked for.',
    ),
  accuracy: fraction.optional(),
});

const processor = z.strictObject({
  id: z.string(),
  costsHash: z.string(),
  provenance: z.enum(['measured', 'imported', 'modelled']),
  unit: z.enum(['ms', 'MFLOPs']),
  calibration: z
    .strictObject({ networks: z.int().min(2), offsetMs: z.number(), factor: z.number() })
    .optional()
    .describe('measured = offset + factor x table, by least squares over measured networks.'),
  least: z.strictObject({ ...costShape, genotype: genotypeSchema }).describe('The cheapest network there is.'),
  most: z.strictObject({ ...costShape, genotype: genotypeSchema }),
  hypervolume: z
    .strictObject({ value: notNegative, referenceCost: notNegative, referenceAccuracy: fraction })
    .optional()
    .describe('Area that the front dominates, in units of cost times accuracy.'),
});

const shape = {
  space: z.string(),
  spaceHash: z.string(),
  predictor: z.strictObject({
    hash: z.string(),
    layout: z.string(),
    checked: z.boolean().describe('Whether check vectors confirmed the input layout.'),
  }),
  method: z.strictObject({
    name: z.string(),
    preset: z.string().optional().describe('Published settings that the method ran with.'),
    seed: z.int().min(0),
    stall: z
      .int()
      .min(1)
      .optional()
      .describe('Generations, or passes, without anything better after which the search had to end.'),
    evaluations: z.int().min(0),
    duplicates: z.int().min(0).describe('Networks met again that cost no evaluation.'),
    repairs: z.int().min(0),
    partial: z.literal(true).optional().describe('Stopped from outside: the best so far.'),
  }),
  minAccuracy: fraction.optional(),
  risk: fraction
    .optional()
    .describe('Probability with which limits are to be kept, if layers vary independently and normally.'),
  processors: z.array(processor).min(1),
  results: z.array(result),
  front: z.array(z.strictObject(networkShape)),
  ladders: z
    .array(z.strictObject({ processor: z.string(), levels: z.array(z.int().min(0)).describe('Places in the front.') }))
    .optional(),
  warnings: z.array(warningSchema),
};

export type Front = DocumentFrom<'front', typeof shape>;
export type FrontNetwork = Front['front'][number];
export type FrontResult = Front['results'][number];

export const frontDocument = defineDocument({
  kind: 'front',
  schemaVersion: 1,
  title: 'Heterodyne front: the best sub-networks of a supernet by predicted accuracy and cost',
  shape,
});
