/**
 * The variants document: forms of one model that stand for it, with what was measured of each. Planners take them as
 * rows of a profile, controllers as levels to fall back to.
 *
 * Output error says how far a variant's outputs lie from the original's on some inputs. It is no accuracy: that needs
 * labelled data, and stands here only where somebody measured it and says how.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';

const notNegative = z.number().min(0);
const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

const VARIANT_METHODS = ['original', 'float16', 'int8-weights', 'int8', 'low-rank'] as const;
export type VariantMethod = (typeof VARIANT_METHODS)[number];

const outputErrorSchema = z.strictObject({
  bitEqual: z.boolean(),
  largestRelative: notNegative.describe('Largest difference over the largest number of that output.'),
  relativeRms: notNegative.describe('Root of the summed squares of the differences over that of the outputs.'),
  sameTop: fraction.describe('Share of samples whose first output is largest at the same place.'),
  samples: z.int().min(1),
});

const latencySchema = z.strictObject({
  median: notNegative,
  spread: notNegative.describe('Half the width of the middle half of the samples.'),
  n: z.int().min(1),
});

const artefactSchema = z.strictObject({
  fingerprint: z.string().describe('Content hash of all that the file depends on; equal = may be used again.'),
  modelHash: z.string(),
  provider: z.string(),
  level: z.enum(['none', 'extended', 'all']).describe('How far the runtime rewrote the graph beforehand.'),
  portable: z.boolean().describe('false: only for machines with the same CPU features and runtime.'),
  runtime: z.string().describe('That rewrote it; any where none did.'),
  cpuFeatures: z.array(z.string()),
  weightBits: z.int().optional(),
});

const layerSchema = z.strictObject({
  operator: z.string(),
  index: count.describe('Place in the list of operators of the original.'),
  block: count.describe('Block of the original.'),
  scheme: z.enum(['separable', 'svd']),
  rank: z.int().min(1).describe('Of all groups together.'),
  breakEvenRank: notNegative.describe('From this rank on the factors cost as much as the layer (K*).'),
  energyKept: fraction.describe('Share of the squared singular values that the kept ones hold.'),
  macs: z.strictObject({ before: notNegative, after: notNegative }),
  latencyMs: z
    .strictObject({ before: latencySchema, after: latencySchema })
    .optional()
    .describe('Measured: the layer alone, and its factors alone.'),
  outputError: outputErrorSchema.optional().describe('Of this layer alone, on the inputs that it has in the original.'),
  applied: z.boolean(),
  reason: z.string().optional().describe('Why it stays as it was.'),
});

const variantSchema = z.strictObject({
  name: z.string().min(1),
  method: z.enum(VARIANT_METHODS),
  file: z.string().optional().describe("Relative to this document's folder; absent for the original."),
  bytes: count.optional(),
  sha256: z.string().optional(),
  macs: notNegative.optional(),
  accuracy: z
    .strictObject({ value: fraction, source: z.string().describe('Who measured it, on which data.') })
    .optional()
    .describe('A fraction; absent = unknown.'),
  outputError: outputErrorSchema.optional(),
  latencyMs: latencySchema.optional().describe('Measured: the whole model, alone.'),
  speedUp: notNegative.optional().describe("Measured: the original's time over its own, run in turns."),
  artefact: artefactSchema.optional(),
  layers: z.array(layerSchema).optional(),
  blockTimeRatios: z
    .array(notNegative)
    .optional()
    .describe("Per block of the original: the variant's time over the original's, from the layers' measured times."),
});

const shape = {
  name: z.string().min(1),
  source: z.string().describe('Path of the ONNX file, or zoo:NAME.'),
  hash: z.string().describe('sha256 of the file, or of the structure of a zoo network.'),
  seed: count
    .optional()
    .describe('Of the random weights of a zoo network: its output errors are those of no trained one.'),
  blocks: z.int().min(1),
  calibration: z.strictObject({
    inputs: z.enum(['given', 'synthetic']),
    samples: z.int().min(1),
    seed: count.optional(),
  }),
  runtime: z.string().describe('What the figures were measured in.'),
  variants: z.array(variantSchema).min(1),
  warnings: z.array(warningSchema).optional(),
};

export type Variants = DocumentFrom<'variants', typeof shape>;
export type Variant = Variants['variants'][number];
export type VariantLayer = NonNullable<Variant['layers']>[number];
export type Latency = NonNullable<Variant['latencyMs']>;

export const variantsDocument = defineDocument({
  kind: 'variants',
  schemaVersion: 1,
  title: 'Heterodyne variants: forms of one model, with what was measured of each',
  shape,
  check: checkVariants,
});

function checkVariants({ variants, blocks }: Variants): Problem[] {
  const problems: Problem[] = [];
  const names = variants.map(({ name }) => name);
  for (const [v, { name, blockTimeRatios }] of variants.entries()) {
    if (names.indexOf(name) < v) {
      problems.push({ path: `/variants/${v}/name`, message: `variant "${name}" occurs twice`, received: `"${name}"` });
    }
    if (blockTimeRatios !== undefined && blockTimeRatios.length !== blocks) {
      problems.push({
        path: `/variants/${v}/blockTimeRatios`,
        message: 'the ratios do not fit the blocks of the original',
        expected: `${blocks} numbers`,
        received: `${blockTimeRatios.length}`,
      });
    }
  }
  return problems;
}
