/**
 * The document of a trained estimator: what it takes and gives, what it learned from, and how well. It stands beside the
 * ONNX file, and inside it as metadata (without the part about the file itself).
 */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { warningSchema } from '../../documents/warnings.ts';
import { LABEL_SOURCES } from '../dataset/schema.ts';
import { SCALINGS } from './scaling.ts';
import { ARCHITECTURES } from './trainee.ts';

/** Key of the metadata in the ONNX file. */
export const METADATA_KEY = 'heterodyne.estimator';

const notNegative = z.number().min(0);

const epochSchema = z.strictObject({
  epoch: z.int().min(1),
  rate: notNegative,
  training: z.number(),
  validation: z.number(),
  validationMape: notNegative.describe('Mean relative error of the rates of the validation rows, a fraction.'),
});

const shape = {
  architecture: z.enum(ARCHITECTURES),
  platform: z.string(),
  platformHash: z.string().optional(),
  profileHash: z.string().optional(),
  processors: z.array(z.string()).min(1),
  resources: z.array(z.string()).min(1),
  signature: z
    .strictObject({
      inputs: z
        .array(z.strictObject({ name: z.string(), shape: z.array(z.union([z.int().min(1), z.string()])) }))
        .min(1),
      output: z.strictObject({ name: z.string(), shape: z.array(z.union([z.int().min(1), z.string()])) }),
    })
    .describe('float32 tensors of the ONNX file; words are open sizes.'),
  referenceSeconds: z.number().gt(0).describe('t_ref of ln(1 + t / t_ref) and ln(t / t_ref).'),
  residual: z.boolean().describe('Whether it learned the ratio to the rates of the throughput model.'),
  scaling: z.strictObject({ kind: z.enum(SCALINGS), shift: z.number(), scale: z.number().gt(0) }),
  weights: z.int().min(1).describe('Numbers learned.'),
  data: z.strictObject({ label: z.enum(LABEL_SOURCES), hash: z.string(), mixes: z.int().min(1), rows: z.int().min(1) }),
  training: z.strictObject({
    delta: notNegative,
    epochs: z.int().min(1),
    batch: z.int().min(1),
    rate: z.number().gt(0),
    lastRate: notNegative,
    weightDecay: notNegative,
    clip: z.number().gt(0),
    patience: z.int().min(1),
    seed: z.int().min(0),
    bestEpoch: z.int().min(1).describe('Epoch whose weights were kept.'),
    partial: z.literal(true).optional().describe('Stopped from outside.'),
    log: z.array(epochSchema).min(1),
  }),
  file: z
    .strictObject({ name: z.string(), hash: z.string(), bytes: z.int().min(1) })
    .optional()
    .describe('The ONNX file, beside this document.'),
  warnings: z.array(warningSchema).optional(),
};

export type EstimatorDocument = DocumentFrom<'estimator', typeof shape>;

export const estimatorDocument = defineDocument({
  kind: 'estimator',
  schemaVersion: 1,
  title: 'Heterodyne estimator: a network that predicts the rates of placed models',
  shape,
});
