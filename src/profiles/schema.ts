/**
 * The profile document: what every block of every model costs on every processor. Its numbers are measured, imported,
 * or computed from a platform (`roofline`); each model says which, per processor.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { PRECISIONS } from '../platforms/precision.ts';
import { measuredMemorySchema } from './measured-memory.ts';
import { WORKLOAD_PRECISIONS } from './workload.ts';

/** Where a cost comes from; plans say which share of their time is of which kind. */
const COST_ORIGINS = ['roofline', 'measured', 'imported'] as const;
export type CostOrigin = (typeof COST_ORIGINS)[number];

const notNegative = z.number().min(0);

const latencySchema = z.strictObject({
  mean: notNegative.describe('What plans count with; of measured samples the mean of the middle half.'),
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

/** How the blocks' costs on one processor were measured, and whether they add up to the whole. */
const measurementSchema = z.strictObject({
  runtime: z.string().describe('Program that ran the model, with its version.'),
  pinned: z.boolean().describe('The process was held to the cores of the processor.'),
  whole: latencySchema.describe('The whole model, not cut.'),
  coreMs: notNegative.optional().describe('Core time of one call of it, all threads together.'),
  pieceSumMs: notNegative.optional().describe('Sum over blocks cut out and timed one by one.'),
  pieces: z.int().min(1).optional().describe('Files that were cut; short blocks stand together in one.'),
  nodeSumMs: notNegative.optional().describe("Sum over the runtime's own profile of every node, folded onto blocks."),
  unassignedMs: notNegative.optional().describe('Part of it that no name ties to a block: it went to a neighbour.'),
  used: z
    .enum(['pieces', 'nodes'])
    .describe('The costs of the blocks: the way whose sums are nearer to the whole models on such processors.'),
  providers: z
    .record(z.string(), z.strictObject({ nodes: z.int().min(0), timeShare: z.number().min(0).max(1) }))
    .optional()
    .describe('By execution provider: the nodes that ran there, and their share of the time.'),
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

const shareSchema = z.number().min(0).max(1);

/** The file that costs were imported from, and how much of it could be told apart. */
const sourceSchema = z.strictObject({
  format: z.string().describe('Id of the format: ort, trtexec-profile, ...'),
  file: z.string().describe('Name without folders.'),
  sha256: z.string(),
  mode: z
    .enum(['latency', 'throughput', 'profiled'])
    .describe('profiled = with per-layer timing, slower than without.'),
  device: z.string().optional().describe('As the tool names it.'),
  provider: z.string().optional().describe('Execution provider that most of the time was spent on.'),
  wholeModelMs: notNegative.optional().describe('Latency of the whole model as the tool measured it.'),
  timesFile: z.string().optional().describe('File with whole-model times that the costs were scaled to.'),
  timesSha256: z.string().optional(),
  mappedShare: shareSchema.describe('Of kernel time: in kernels that have layers in the model.'),
  overheadShare: shareSchema.describe('In copies and reformatting, charged to neighbouring blocks.'),
  unmappedShare: shareSchema.describe('In kernels of unknown layers, charged to neighbouring blocks.'),
});
export type CostSource = z.infer<typeof sourceSchema>;

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
  measurement: z.record(z.string(), measurementSchema).optional().describe('By processor id.'),
  sources: z.record(z.string(), sourceSchema).optional().describe('By processor id: where imported costs come from.'),
  macs: notNegative,
  weightBytes: notNegative,
  activationBytes: notNegative.describe('Peak working memory of the whole model.'),
  blocks: z.array(blockSchema).min(1),
});

const pair = <T extends z.ZodType>(member: T) => z.tuple([member, member]);
const interferenceSchema = z.strictObject({
  slowdown: z
    .record(z.string(), z.number().min(1))
    .describe('By processor id: how much longer a call takes while another processor is busy.'),
  pairs: z
    .array(
      z.strictObject({
        processors: pair(z.string()),
        models: pair(z.string()),
        aloneMs: pair(notNegative).describe('One call of each model, alone on its processor.'),
        togetherMs: pair(notNegative).describe('The same while both run.'),
      }),
    )
    .describe('What was executed to find that out.'),
});

const handoverSchema = z.strictObject({
  processors: z
    .record(
      z.string(),
      z.strictObject({
        callMs: notNegative.describe('Core time of the messages of one call, in both processes.'),
        intoBytesPerS: z.number().gt(0).optional().describe('Bytes of inputs per second of core time.'),
        outOfBytesPerS: z.number().gt(0).optional().describe('Bytes of outputs per second of core time.'),
      }),
    )
    .describe('By processor id; an absent rate = bytes cost nothing that was seen.'),
  feederShare: shareSchema.describe('Part of the core time that the process which feeds frames spends.'),
  series: z
    .array(
      z.strictObject({
        processor: z.string(),
        intoBytes: notNegative,
        outOfBytes: notNegative,
        calls: z.int().min(1),
        coreMs: notNegative.describe('Of one call, in both processes, without the call itself.'),
        feederMs: notNegative.describe('The part of it in the feeding process.'),
      }),
    )
    .describe('What was executed to find that out: calls of a network that hands on its input.'),
});

const shape = {
  platform: z.string(),
  platformHash: z.string(),
  processors: z.array(z.string()).min(1),
  models: z.array(modelSchema).min(1),
  interference: interferenceSchema
    .optional()
    .describe('Measured; absent = processors are taken not to slow each other.'),
  handover: handoverSchema
    .optional()
    .describe('Measured: what calls of stages in processes cost; absent = the transfers that the platform states.'),
  memory: measuredMemorySchema
    .optional()
    .describe('Measured: how fast numbers go to and from memory; absent = the bandwidth that the platform states.'),
  warnings: z.array(warningSchema).optional(),
};

export type Profile = DocumentFrom<'profile', typeof shape>;
export type ProfileModel = Profile['models'][number];
export type ProfileBlock = ProfileModel['blocks'][number];
export type BlockLatency = z.infer<typeof latencySchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Interference = z.infer<typeof interferenceSchema>;
export type Handover = z.infer<typeof handoverSchema>;
export type HandoverSeries = Handover['series'][number];
export type BusyPair = Interference['pairs'][number];
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
