/**
 * The plan document: where every block of every model runs, what that is predicted to give, how it was found, and how
 * far it may be from the best. All rates and times are predictions from a profile; `provenance` says what it rests on.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { OBJECTIVES } from '../core/placement.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { operatingPointSchema } from '../platforms/schema.ts';

const notNegative = z.number().min(0);
const fraction = z.number().min(0).max(1);

const stageSchema = z.strictObject({
  /** Processor id. */
  processor: z.string(),
  firstBlock: z.int().min(0),
  lastBlock: z.int().min(0),
  /** One call of the model through these blocks, alone on the processor. */
  latencyMs: notNegative,
  /** Of the transfer to the next stage, calling that included; 0 for the last one. */
  transferMs: notNegative,
  callMs: notNegative
    .optional()
    .describe('Part of latencyMs: messages to the process of the first stage and back. Absent = not measured.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  source: z
    .string()
    .min(1)
    .optional()
    .describe('Path, or zoo:NAME; a relative path is looked for from the working directory, then from the plan.'),
  hash: z.string().optional().describe('sha256 of what is there.'),
  variant: z.string(),
  /** A fraction; absent = unknown. */
  accuracy: fraction.optional(),
  stages: z.array(stageSchema).min(1),
  /** Frames per second beside all the other models. */
  throughputPerS: notNegative,
  /** One frame through all stages and transfers without waiting: all calls, one after the other. */
  latencyMs: notNegative,
  /** Best rate alone on one processor, or on its best chain where none runs it whole. */
  soloThroughputPerS: notNegative,
  deadlineMs: z.number().gt(0).optional(),
  /** Above the idle device, per frame; absent where a used processor declares no power. */
  energyMj: notNegative.optional(),
});

const processorSchema = z.strictObject({
  id: z.string(),
  /** Share of the time that it works, transfers that it receives itself included. */
  utilization: notNegative,
  /** Weights and working memory resident there. */
  memoryBytes: notNegative,
});

const scoreSchema = z.strictObject({
  /** The objective, on the scale of `baselines` and `bound`: `energy` is minus joules per inference. */
  value: z.number(),
  meanThroughputPerS: notNegative,
  minThroughputPerS: notNegative,
  geometricMeanPerS: notNegative,
  /** (sum r)^2 / (M sum r^2): 1 = all models equally fast, 1/M = one has everything. */
  jain: fraction,
  /** Frames per second at which all models keep step: the least rate. */
  groupFps: notNegative,
  /** Of the whole device, idle power included, over all models' inferences. */
  energyMjPerInference: notNegative.optional(),
});

const plannerSchema = z.strictObject({
  /** Planner id. */
  name: z.string(),
  seed: z.int(),
  /** Placements that it scored. */
  evaluations: z.int().min(0),
  /** Its own result, before any baseline is taken instead; absent when it found nothing within the limits. */
  value: z.number().optional(),
  /** Present when the answer is that of a baseline, which was better: its id. */
  takenFrom: z.string().optional(),
  /** Estimator that steered the search; absent = the throughput model. */
  estimator: z.string().optional(),
  /** What the estimator expects of the answer: objective, and rates where it predicts them, in model order. */
  estimate: z
    .strictObject({
      value: z.number(),
      ratesPerS: z.array(z.number()).optional(),
      aboveBound: z.literal(true).optional().describe('More than any placement can reach by the throughput model.'),
    })
    .optional(),
  /** The answer by who was asked last: `analytic`, `engine` (simulated) or `execution` (measured). */
  verified: z.strictObject({ by: z.string(), checked: z.int().min(1), value: z.number() }).optional(),
  /** With an estimator: of the placements it liked best, the pairs that it and the judge (`verified`) rank differently. */
  rankDisagreements: z.strictObject({ checked: z.int().min(1), pairs: z.int().min(0) }).optional(),
  /** true: stopped from outside, the best so far. */
  partial: z.literal(true).optional(),
});

const boundSchema = z.strictObject({
  /** `exact`: every placement was tried. `fluid-lp`: blocks divisible at will. `search`: from branch and bound. */
  kind: z.enum(['exact', 'search', 'fluid-lp']),
  /** No placement scores higher. */
  value: z.number(),
  /** (bound - value) / |bound|. */
  gap: notNegative,
});

const replanSchema = z.strictObject({
  /** Share of the objective that a moved stage had to earn. */
  moveCost: notNegative,
  /** Objective of the old plan, adapted to the models and processors of this one; absent = it no longer fits. */
  before: z.number().optional(),
  /** Models that stay exactly where they were. */
  kept: z.int().min(0),
  moves: z.array(
    z.strictObject({
      model: z.string(),
      /** `moved`: it pays. `forced`: a processor of it is gone. `new`: not in the old plan, or cut into other blocks. */
      kind: z.enum(['moved', 'forced', 'new']),
      /** Stages that run on another processor than before. */
      stages: z.int().min(0),
      /** What the objective gains by this model's move alone; absent where it could not stay. */
      gain: z.number().optional(),
    }),
  ),
});

const jointSchema = z.strictObject({
  /** Operating points that were candidates. */
  points: z.int().min(1),
  /** Operating points with a form of every model, and how many of them were searched rather than excluded by a bound. */
  combinations: z.int().min(1),
  searched: z.int().min(0),
  /** true: every placement of every combination was tried. */
  exhaustive: z.boolean(),
  /** Cap on the mean power of the whole device, and what this plan takes; W. */
  maxWatts: z.number().gt(0).optional(),
  watts: notNegative.optional(),
});

const shape = {
  /** Platform id. */
  platform: z.string(),
  platformHash: z.string(),
  profileHash: z.string(),
  workloadHash: z.string().optional(),
  objective: z.enum(OBJECTIVES),
  planner: plannerSchema,
  operatingPoint: operatingPointSchema,
  models: z.array(modelSchema).min(1),
  processors: z.array(processorSchema).min(1),
  score: scoreSchema,
  /** Objective by planner id, each with as many evaluations as the planner had. */
  baselines: z.record(z.string(), z.number()).optional(),
  bound: boundSchema.optional(),
  replan: replanSchema.optional(),
  /** Present where operating point, forms and placement were chosen together. */
  joint: jointSchema.optional(),
  /** Shares of the processors' busy time by where its latencies come from; they sum to 1. */
  provenance: z.strictObject({ measured: fraction, imported: fraction, modelled: fraction }),
  warnings: z.array(warningSchema),
  /** How this very run went; left out unless asked for, so that equal inputs give equal bytes. */
  run: z
    .strictObject({
      /** ISO 8601. */
      startedAt: z.string().optional(),
      elapsedMs: notNegative.optional(),
      host: z.string().optional(),
      runtime: z.string().optional(),
      /** Implementation and build of the kernels. */
      core: z.string().optional(),
      version: z.string().optional(),
    })
    .optional(),
};

export type Plan = DocumentFrom<'plan', typeof shape>;
export type PlannedModel = Plan['models'][number];
export type PlannedStage = PlannedModel['stages'][number];

export const planDocument = defineDocument({
  kind: 'plan',
  schemaVersion: 1,
  title: 'Heterodyne plan: where the blocks of several models run on one device, and what that is predicted to give',
  shape,
  check: checkPlan,
});

function checkPlan(plan: Plan): Problem[] {
  const problems: Problem[] = [];
  const known = plan.processors.map((processor) => processor.id);
  const report = (path: string, message: string, expected: string, received: unknown) =>
    problems.push({ path, message, expected, received: JSON.stringify(received) });
  plan.models.forEach((model, m) => {
    const first = plan.models.findIndex(({ name }) => name === model.name);
    if (first < m) report(`/models/${m}/name`, `two models are named ${model.name}`, 'each name once', model.name);
    let next = 0;
    const used = new Set<string>();
    model.stages.forEach((stage, s) => {
      const at = `/models/${m}/stages/${s}`;
      if (!known.includes(stage.processor)) {
        report(`${at}/processor`, `no processor "${stage.processor}"`, `one of ${known.join(', ')}`, stage.processor);
      } else if (used.has(stage.processor)) {
        report(`${at}/processor`, `${model.name} has two stages on one processor`, 'each once', stage.processor);
      }
      if (stage.firstBlock !== next) {
        report(`${at}/firstBlock`, `stages of ${model.name} do not join`, String(next), stage.firstBlock);
      }
      if (stage.lastBlock < stage.firstBlock) {
        report(`${at}/lastBlock`, 'a stage ends before it begins', `at least ${stage.firstBlock}`, stage.lastBlock);
      }
      used.add(stage.processor);
      next = stage.lastBlock + 1;
    });
  });
  return problems;
}
