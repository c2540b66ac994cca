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
  /** Samples behind the figures. */
  n: z.int().min(1).optional(),
});

const costSchema = z.strictObject({
  latencyMs: latencySchema,
  energyMj: notNegative.optional(),
  /** Present where it differs from the model's `origin` on this processor. */
  origin: z.enum(COST_ORIGINS).optional(),
});

const blockSchema = z.strictObject({
  name: z.string(),
  weightBytes: notNegative,
  /** Largest sum of live activations while the block runs. */
  activationBytes: notNegative,
  /** Bytes that cross the cut after the block. */
  outputBytes: notNegative,
  /** Bytes to and from DRAM in one inference. */
  dramBytes: notNegative,
  /** By processor id; every processor of the profile has an entry. */
  costs: z.record(z.string(), z.union([z.literal('unsupported'), costSchema])),
  /** By processor id: why it is unsupported. */
  reasons: z.record(z.string(), z.string()).optional(),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  /** Path, or `zoo:NAME`. */
  source: z.string(),
  /** sha256 of the model. */
  hash: z.string(),
  variant: z.string(),
  batch: z.int().min(1),
  /** As asked for. */
  precision: z.enum(WORKLOAD_PRECISIONS),
  /** By processor id: the format that it computes in. */
  computePrecision: z.record(z.string(), z.enum(PRECISIONS)).optional(),
  /** By processor id. */
  origin: z.record(z.string(), z.enum(COST_ORIGINS)),
  macs: notNegative,
  weightBytes: notNegative,
  /** Peak working memory of the whole model. */
  activationBytes: notNegative,
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
  const names = profile.models.map((model) => model.name);
  profile.models.forEach((model, m) => {
    if (names.indexOf(model.name) < m) {
      problems.push({
        path: `/models/${m}/name`,
        message: `"${model.name}" occurs twice`,
        expected: 'names that occur once',
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
