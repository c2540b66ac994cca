/** The simulation document: what a plan gives in virtual time. Every figure in it is simulated, none was measured. */
import { z } from 'zod';
import { CONTROL_MODES } from '../core/control-modes.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { DISCIPLINES } from '../engine/options.ts';

const notNegative = z.number().min(0);
const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

const modelSchema = z.strictObject({
  name: z.string().min(1),
  released: count,
  finished: count,
  skipped: count.describe('Releases that found no place.'),
  givenUp: count.describe('Frames given up before they were done.'),
  unfinished: count.describe('Under way at the end.'),
  throughputPerS: notNegative.describe('Finished frames over the whole time.'),
  plannedThroughputPerS: notNegative.optional().describe('What the plan predicts.'),
  responseMs: z
    .strictObject({
      mean: notNegative,
      p50: notNegative,
      p95: notNegative,
      p99: notNegative,
      p999: notNegative,
      worst: notNegative,
    })
    .optional()
    .describe('From release to end, of finished frames.'),
  deadline: z
    .strictObject({
      deadlineMs: notNegative,
      counted: count.describe('Frames whose deadline is decided.'),
      missed: count.describe('Late, skipped, given up, or unfinished after the deadline.'),
      missRate: fraction,
      missRate95: z.array(fraction).length(2).describe("Wilson's interval, which takes frames for independent."),
      worstTardinessMs: notNegative,
      bursts: z.strictObject({ count, mean: notNegative, longest: count }).describe('Misses in a row.'),
    })
    .optional(),
  loss: z.strictObject({ mean: notNegative, worst: notNegative }).describe('Accuracy given up, as fractions.'),
  variantSwitches: count,
  activeMjPerFrame: notNegative.optional().describe('Above the idle device.'),
});

const stageSchema = z.strictObject({ processor: z.string(), firstBlock: count, lastBlock: count });

const deviceSchema = z.strictObject({
  utilization: z.array(z.strictObject({ id: z.string(), share: notNegative })),
  energy: z
    .strictObject({
      joules: notNegative,
      idleJoules: notNegative,
      meanWatts: notNegative,
      mjPerFrame: notNegative.describe('Idle included, over the finished frames of all models.'),
    })
    .optional(),
  pointSwitches: count,
  switchesPerFrame: notNegative,
});

const shape = {
  platform: z.string(),
  planHash: z.string(),
  scenarioHash: z.string().optional(),
  operatingPoint: z.string().describe('At the start.'),
  controller: z
    .strictObject({
      id: z.string(),
      mode: z.enum(CONTROL_MODES),
      reconstruction: z.boolean().describe('A published method, rebuilt here from its description.'),
      operatingPoints: z.array(z.string()).describe('What it chose among.'),
      decisions: count,
    })
    .optional(),
  seed: z.int(),
  discipline: z.enum(DISCIPLINES),
  noise: z.strictObject({
    blockSigma: notNegative,
    bursts: z.strictObject({ meanGapMs: notNegative, meanMs: notNegative, slowdown: notNegative }).optional(),
  }),
  seconds: notNegative.describe('Virtual time.'),
  events: count,
  models: z.array(modelSchema).min(1),
  replans: z
    .array(
      z.strictObject({
        atMs: notNegative.describe('When the scenario made it necessary.'),
        holdsAtMs: notNegative.describe('When the new placement holds.'),
        cause: z.string(),
        moves: z.array(
          z.strictObject({
            model: z.string(),
            kind: z
              .enum(['forced', 'moved', 'back'])
              .describe('A processor is gone, it pays, or all is as it was once.'),
            from: z.array(stageSchema).min(1),
            to: z.array(stageSchema).min(1),
          }),
        ),
        infeasible: z.literal(true).optional().describe('No placement serves what is left: all stay where they are.'),
      }),
    )
    .optional()
    .describe('The models placed anew, as the scenario asks for it.'),
  phases: z
    .array(
      z.strictObject({
        fromMs: notNegative,
        untilMs: notNegative,
        events: z.array(z.string()).describe('What happened at its beginning.'),
        models: z.array(
          z.strictObject({
            name: z.string(),
            finished: count,
            throughputPerS: notNegative,
            counted: count.optional().describe('With a deadline: frames whose deadline was decided.'),
            missed: count.optional(),
          }),
        ),
        joules: notNegative.optional().describe('Whole device, idle included.'),
      }),
    )
    .optional()
    .describe('From one event of the scenario to the next.'),
  device: deviceSchema,
  compared: z
    .array(
      z.strictObject({
        controller: z.string().describe('"none": the plan as it is.'),
        reconstruction: z.boolean(),
        models: z.array(modelSchema).min(1),
        device: deviceSchema,
        decisions: count,
      }),
    )
    .optional()
    .describe('The same frames, noise and scenario under other controllers.'),
  /** true: stopped from outside. */
  partial: z.literal(true).optional(),
  warnings: z.array(warningSchema),
};

export type SimulationDocument = DocumentFrom<'simulation', typeof shape>;

export const simulationDocument = defineDocument({
  kind: 'simulation',
  schemaVersion: 1,
  title: 'Heterodyne simulation: what a plan gives in virtual time, under noise, scenarios and controllers',
  shape,
});
