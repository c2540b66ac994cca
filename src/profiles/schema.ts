/**
 * The profile document: what every block of every model costs on every processor. Its numbers are measured, imported,
 * or computed from a platform (`roofline`); each model says which, per processor.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { PRECISIONS } from '../platforms/precision.ts';
import { WORKLOAD_PRECISIONS } from './workload.ts';

/** Where a cost comes from; plans say which share of their time is of which kind. */
export const COST_ORIGINS = ['roofline', 'measured', 'imported'] as const;
export type CostOrigin = (typeof COST_ORIGINS)[number];

const notNegative = z.number().min(0);

const latencySchema = z.strictObject({
  mean: notNegative,
  p50: notNegative.optional(),
  p95: notNegative.optional(),
  n: z.int().min(1).optional().describe('Samples behind the figures.'),
});

const costSchema = z.strictObject({
  latencyMs: latencySchema,
  energyMj: notNegative.optional(),
  origin: z
    .enum(COST_ORIGINS)
    .optional()
    .describe("Present where it differs from the model's origin on this processor."),
});

const blockSchema = z.strictObject({
  name: z.string(),
  weightBytes: notNegative,
  activationBytes: notNegative.describe('Largest sum of live activations while the block runs.'),
  outputBytes: notNegative.describe('Bytes that cross the cut after the block.'),
  dramBytes: notNegative.describe('Bytes to and from DRAM in one inference.'),
  costs: z
    .record(z.string(), z.union([z.literal('unsupported'), costSchema]))
    .describe('By processor id; every processor of the profile has an entry.'),
  reasons: z.record(z.string(), z.string()).optional().describe('By processor id: why it is unsupported.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  source: z.string().describe('Path, or zoo:NAME.'),
  hash: z.string().describe('sha256 of the model.'),
  variant: z.string(),
  batch: z.int().min(1),
  precision: z.enum(WORKLOAD_PRECISIONS).describe('As asked for.'),
  computePrecision: z
    .record(z.string(), z.enum(PRECISIONS))
    .optional()
    .describe('By processor id: the format that it computes in.'),
  origin: z.record(z.string(), z.enum(COST_ORIGINS)).describe('By processor id.'),
  macs: notNegative,
  weightBytes: notNegative,
  activationBytes: notNegative.describe('Peak working memory of the whole model.'),
  blocks: z.array(blockSchema).min(1),
});

const shape = {
  platform: z.string(),
  platformHash: z.string(),
  processors: z.array(z.string()).min(1),
  models: z.array(modelSchema).min(1),
  warnings: z.array(warningSchema).optional(),
};

export type Profile = DocumentFrom<'profile', typeof shape>;
export type ProfileModel = Profile['models'][number];
export type ProfileBlock = ProfileModel['blocks'][number];
export type BlockCost = ProfileBlock['costs'][string];

export const profileDocument = defineDocument({
  kind: 'profile',
  schemaVersion: 1,
  title: 'Heterodyne profile: the cost of every block of every model on every processor',
  shape,
  check: checkProfile,
});

function checkProfile(profile: Profile): Problem[] {
  const problems: Problem[] = [];
  const known = new Set(profile.processors);
  const forms = profile.models.map((model) => JSON.stringify([model.name, model.variant]));
  profile.models.forEach((model, m) => {
    if (forms.indexOf(forms[m]) < m) {
      problems.push({
        path: `/models/${m}/name`,
        message: `variant "${model.variant}" of "${model.name}" occurs twice`,
        expected: 'models that occur once in each variant',
        received: `"${model.name}"`,
      });
    }
    model.blocks.forEach((block, b) => {
      for (const id of profile.processors) {
        if (!Object.hasOwn(block.costs, id)) {
          problems.push({
            path: `/models/${m}/blocks/${b}/costs/${id}`,
            message: `block ${b} of "${model.name}" has no cost on "${id}"`,
            expected: 'a cost or "unsupported"',
            received: 'nothing',
          });
        }
      }
      for (const id of Object.keys(block.costs)) {
        if (!known.has(id)) {
          problems.push({
            path: `/models/${m}/blocks/${b}/costs/${id}`,
            message: `"${id}" is not among the profile's processors`,
            expected: `one of ${profile.processors.join(', ')}`,
            received: `"${id}"`,
          });
        }
      }
    });
  });
  return problems;
}
