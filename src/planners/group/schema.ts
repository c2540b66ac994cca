/**
 * The group plan document: which whole model runs on which device, what that gives, and how far it is from the best.
 * A sibling of the plan: made from an FPS matrix alone, it knows no blocks, no clocks and often no platform.
 */
import { z } from 'zod';
import type { Problem } from '../../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { warningSchema } from '../../documents/warnings.ts';
import { PROCESSOR_KINDS } from '../../platforms/schema.ts';
import { FPS_ORIGINS } from '../../profiles/fps-matrix.ts';
import { SHARING_MODES } from './problem.ts';

const notNegative = z.number().min(0);
const positive = z.number().gt(0);
const fraction = z.number().min(0).max(1);
const assignmentSchema = z.record(z.string(), z.string()).describe('Device id by model name.');

const plannerSchema = z.strictObject({
  name: z.string(),
  /** Where the method comes from. */
  source: z.string(),
  seed: z.int(),
  /** Of a portfolio: the method whose answer it is. */
  wonBy: z.string().optional(),
  /** true: stopped from outside, the best so far. */
  partial: z.literal(true).optional(),
});

const alternativeSchema = z.strictObject({
  device: z.string(),
  groupFps: positive.optional().describe('Of the group, with this model alone moved there.'),
  rejected: z.string().optional().describe('Why it cannot move there: unsupported, cap or memory.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  service: z.string().optional(),
  device: z.string(),
  callsPerFrame: positive,
  soloFramesPerS: positive.describe('Of one call, alone on its device: the cell of the matrix.'),
  timeMs: positive.describe('Of all calls of one group frame.'),
  loadShare: fraction.describe('Of the load of its device.'),
  groupFramesPerS: positive.describe('Group frames per second that it keeps up with in this plan.'),
  origin: z.enum(FPS_ORIGINS),
  alternatives: z.array(alternativeSchema),
});

const deviceSchema = z.strictObject({
  id: z.string().min(1),
  kind: z.enum([...PROCESSOR_KINDS, 'unknown']),
  models: z.int().min(0),
  maxModels: z.int().min(0).optional().describe('Absent = any number.'),
  loadMs: notNegative.describe('Of all calls of one group frame, one after another.'),
  frameMs: notNegative.describe('Between two group frames, as the sharing mode has it.'),
  busy: fraction.describe('frameMs as a share of that of the slowest device.'),
  memoryBytes: notNegative,
  memoryLimitBytes: notNegative.optional(),
});

const outcomeSchema = z.strictObject({
  change: z.string().describe('In words.'),
  groupFps: positive.optional().describe('Of the best plan then; absent = none is possible.'),
  keptFps: positive.optional().describe('Of this plan then, unchanged; absent where it cannot stay.'),
  infeasible: z.string().optional(),
  assignment: assignmentSchema.optional(),
});

const whatIfSchema = z.strictObject({
  more: z.array(
    z.strictObject({
      device: z.string(),
      /** Group FPS of the best plan with 0, 1, 2 ... further devices of this kind. */
      groupFps: z.array(positive).min(1),
      limitedBy: z.string().optional().describe('Model whose best device allows no more.'),
    }),
  ),
  withoutDevice: z.array(outcomeSchema),
  withoutModel: z.array(outcomeSchema),
  limits: z.array(outcomeSchema).describe('Half the cap, half the memory, one call more.'),
  noise: z.strictObject({
    share: fraction.describe('Rates are multiplied by exp(e), e uniform in plus or minus this.'),
    samples: z.int().min(1),
    seed: z.int(),
    staysOptimal: fraction.describe('Of the samples.'),
    meanRegret: fraction.describe('1 - FPS of this plan / best FPS.'),
    worstRegret: fraction,
    smallestBreak: z
      .strictObject({ model: z.string(), device: z.string(), change: z.number() })
      .optional()
      .describe('Least relative change of a single rate found after which another plan is better.'),
  }),
});

const shape = {
  matrixName: z.string().optional(),
  matrixHash: z.string(),
  platform: z.string().optional(),
  platformHash: z.string().optional(),
  sharing: z.enum(SHARING_MODES),
  planner: plannerSchema,
  steps: z
    .array(z.strictObject({ model: z.string(), device: z.string() }))
    .optional()
    .describe('Of MFS and HFS: their decisions, in order.'),
  models: z.array(modelSchema).min(1),
  devices: z.array(deviceSchema).min(1),
  score: z.strictObject({
    groupFps: positive.describe('Frames per second of the group: of its slowest device.'),
    frameMs: positive,
  }),
  services: z
    .array(
      z.strictObject({
        name: z.string(),
        weight: positive.describe('Frames of this service per group frame.'),
        fps: positive.describe('Beside all the others.'),
        aloneFps: positive.describe('Of the best plan of this service alone on all devices.'),
      }),
    )
    .optional(),
  deviceSets: z
    .array(
      z.strictObject({
        devices: z.array(z.string()).min(1),
        groupFps: positive
          .optional()
          .describe('Of the same planner on these devices; absent = it places nothing there.'),
      }),
    )
    .optional()
    .describe('Where devices overlap: the sets of devices that share nothing, that of the plan first.'),
  bottleneck: z.strictObject({ device: z.string(), model: z.string() }),
  nextMove: z
    .strictObject({
      kind: z.enum(['move', 'swap']),
      model: z.string(),
      to: z.string().describe('Device of a move, model of a swap.'),
      groupFps: positive,
      gain: z.number().describe('Relative; not above 0 = nothing better is one step away.'),
    })
    .optional(),
  /** Group FPS by baseline; those that find no way are left out. */
  baselines: z.record(z.string(), positive),
  strongestBaseline: z.string().optional(),
  bound: z.strictObject({
    /** `exact`: the optimum, proven. `lp`: models divisible at will. `work`: least work, evenly shared. */
    kind: z.enum(['exact', 'lp', 'work']),
    groupFps: positive,
    /** 1 - FPS of the plan / this; for a bound that is no optimum: at most that. */
    gap: fraction,
    provenBy: z.array(z.enum(['branch-and-bound', 'bottleneck-matching', 'highs'])).optional(),
    nodes: z.int().min(0).optional(),
  }),
  bounds: z.strictObject({ work: positive, lp: positive.optional() }),
  whatIf: whatIfSchema.optional(),
  /** Shares of the devices' load by where its rates come from; they sum to 1. */
  provenance: z.strictObject({ measured: fraction, imported: fraction, modelled: fraction, synthetic: fraction }),
  warnings: z.array(warningSchema),
  run: z
    .strictObject({
      startedAt: z.string().optional(),
      elapsedMs: notNegative.optional(),
      host: z.string().optional(),
      runtime: z.string().optional(),
      version: z.string().optional(),
    })
    .optional(),
};

export type GroupPlan = DocumentFrom<'group-plan', typeof shape>;
export type GroupWhatIf = NonNullable<GroupPlan['whatIf']>;
export type GroupOutcome = GroupWhatIf['withoutModel'][number];

export const groupPlanDocument = defineDocument({
  kind: 'group-plan',
  schemaVersion: 1,
  title: 'Heterodyne group plan: which whole model runs on which device, and what that is predicted to give',
  shape,
  check: checkGroupPlan,
});

function checkGroupPlan({ models, devices }: GroupPlan): Problem[] {
  const ids = devices.map(({ id }) => id);
  return models.flatMap(({ device }, i): Problem[] =>
    ids.includes(device)
      ? []
      : [
          {
            path: `/models/${i}/device`,
            message: `no device "${device}"`,
            expected: `one of ${ids.join(', ')}`,
            received: `"${device}"`,
          },
        ],
  );
}
