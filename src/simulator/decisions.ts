/**
 * The decision trace: every decision of a controller with what it knew, what it weighed and why it chose. The same run
 * gives the same bytes, so that a trace can be replayed and compared.
 */
import { z } from 'zod';
import { CONTROL_CAUSES, type Controller, type ControlRequest, type ControlState } from '../controllers/controller.ts';
import type { DecisionListener } from '../controllers/loop.ts';
import { CONTROL_MODES } from '../core/control-modes.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import type { Subject } from './subject.ts';

const index = z.int().min(0);
/** Not a number and infinity have no JSON: absent, or the word. */
const figure = z.union([z.number(), z.literal('infinite')]).optional();

const decisionSchema = z.strictObject({
  atMs: z.number().min(0),
  cause: z.enum(CONTROL_CAUSES),
  model: index.optional().describe('Index of the model that it is about; absent = all.'),
  mode: z.enum(CONTROL_MODES),
  point: index.describe('Operating point that holds.'),
  wantedPoint: index.describe('Asked for last, before this decision.'),
  models: z
    .array(
      z.strictObject({
        model: index,
        frame: z.number().optional(),
        position: index.describe('Blocks done.'),
        variant: index,
        lagMs: figure.describe('Positive = ahead; absent = no deadline.'),
        requiredSpeedUp: figure,
      }),
    )
    .describe('Models with a frame under way.'),
  rows: z
    .array(
      z.strictObject({
        point: index,
        power: figure,
        loss: figure,
        infeasible: index.describe('Models that no variant of this row serves, as bits.'),
        misses: index,
        tardinessMs: figure,
        variants: z.array(z.int()),
      }),
    )
    .optional(),
  powerUnit: z
    .enum(['joules', 'power-up'])
    .optional()
    .describe('Of `power` in rows; power-up = watts over those at the highest clocks.'),
  chosen: index.optional().describe('Row.'),
  runnerUp: index.optional(),
  rule: z.string().optional(),
  reason: z.string(),
  asks: z.strictObject({
    point: index.optional(),
    variants: z.array(z.strictObject({ model: index, variant: index })).optional(),
    skips: z.array(index).optional(),
    wakeAtMs: z.number().optional(),
  }),
  infeasible: z.strictObject({ leastDeadlineMs: figure }).optional(),
});

const shape = {
  controller: z.string(),
  planHash: z.string(),
  scenarioHash: z.string().optional(),
  seed: z.int(),
  models: z.array(z.strictObject({ name: z.string(), variants: z.array(z.string()) })),
  operatingPoints: z.array(z.string()),
  decisions: z.array(decisionSchema),
};

export type DecisionTrace = DocumentFrom<'decisions', typeof shape>;
export type Decision = DecisionTrace['decisions'][number];

export const decisionsDocument = defineDocument({
  kind: 'decisions',
  schemaVersion: 1,
  title: 'Heterodyne decisions: what a controller knew, weighed and chose, decision by decision',
  shape,
});

/** What the names of a decision trace are. */
export function decisionNames(subject: Subject): Pick<DecisionTrace, 'models' | 'operatingPoints'> {
  return {
    models: subject.models.map(({ name, original, variants }) => ({
      name,
      variants: [original, ...variants.map((variant) => variant.name)],
    })),
    operatingPoints: subject.points.map(({ id }) => id),
  };
}

/** Records decisions into a list. */
export function recorder(decisions: Decision[]): DecisionListener {
  return (controller, state, cause, instance, request) => {
    decisions.push({
      atMs: state.now * 1000,
      cause,
      ...(instance >= 0 && { model: instance }),
      mode: state.mode,
      point: state.point,
      wantedPoint: state.wantedPoint,
      ...weighed(controller, state),
      reason: controller.reasons[request.reason],
      asks: asksOf(request, state),
      ...(request.infeasible && { infeasible: { leastDeadlineMs: stated(request.leastDeadlineSeconds * 1000) } }),
    });
  };
}

function weighed(
  controller: Controller,
  state: ControlState,
): Pick<Decision, 'models' | 'rows' | 'powerUnit' | 'chosen' | 'rule'> {
  const why = controller.explanation;
  const n = state.busy.length;
  const models = Array.from({ length: n }, (_, i) => i)
    .filter((i) => state.busy[i] === 1)
    .map((i) => ({
      model: i,
      frame: state.frame[i],
      position: state.position[i],
      variant: state.wantedVariant[i],
      ...(why && {
        // Without a deadline a controller may reckon with a far one; that is no lag to show.
        lagMs: stated(Number.isFinite(state.deadlineAt[i]) ? why.lagSeconds[i] * 1000 : Number.NaN),
        requiredSpeedUp: stated(why.requiredSpeedUp[i]),
      }),
    }));
  if (why === undefined) return { models };
  return {
    models,
    ...(why.rows > 0 && {
      powerUnit: why.powerUnit,
      rows: Array.from({ length: why.rows }, (_, k) => ({
        point: why.point[k],
        power: stated(why.power[k]),
        loss: stated(why.loss[k]),
        infeasible: why.infeasible[k],
        misses: why.misses[k],
        tardinessMs: stated(why.tardinessSeconds[k] * 1000),
        variants: Array.from(why.variants.subarray(k * n, (k + 1) * n)),
      })),
    }),
    ...(why.chosen >= 0 && { chosen: why.chosen }),
    ...(why.runnerUp >= 0 && { runnerUp: why.runnerUp }),
    rule: why.rule,
  };
}

function asksOf(request: ControlRequest, state: ControlState): Decision['asks'] {
  const variants = Array.from(request.variants).flatMap((variant, model) =>
    variant >= 0 && variant !== state.wantedVariant[model] ? [{ model, variant }] : [],
  );
  const skips = Array.from(request.skip).flatMap((skip, model) => (skip === 1 ? [model] : []));
  return {
    ...(request.point >= 0 && request.point !== state.wantedPoint && { point: request.point }),
    ...(variants.length > 0 && { variants }),
    ...(skips.length > 0 && { skips }),
    ...(request.wakeAt < Number.POSITIVE_INFINITY && { wakeAtMs: request.wakeAt * 1000 }),
  };
}

function stated(value: number): number | 'infinite' | undefined {
  if (Number.isNaN(value)) return undefined;
  return Math.abs(value) === Number.POSITIVE_INFINITY ? 'infinite' : value;
}

/** The decision that held at a time: the last one at or before it. */
export function decisionAt(trace: DecisionTrace, atMs: number): Decision | undefined {
  return trace.decisions.findLast((decision) => decision.atMs <= atMs);
}

/** Where two traces first differ, in words; undefined = nowhere. */
export function firstDifference(before: DecisionTrace, after: DecisionTrace): string | undefined {
  for (const key of ['controller', 'planHash', 'scenarioHash', 'seed'] as const) {
    if (before[key] !== after[key]) return `${key}: ${before[key]} there, ${after[key]} here`;
  }
  const count = Math.min(before.decisions.length, after.decisions.length);
  for (let i = 0; i < count; i++) {
    const [one, other] = [before.decisions[i], after.decisions[i]];
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    return `decision ${i} at ${one.atMs} ms: "${one.reason}" there, "${other.reason}" at ${other.atMs} ms here`;
  }
  if (before.decisions.length === after.decisions.length) return undefined;
  return `${before.decisions.length} decisions there, ${after.decisions.length} here`;
}
