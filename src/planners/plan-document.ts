/** From a placement to the plan document: predicted figures, bound, and what the reader should be warned of. */
import { defaultCore } from '../../bindings/core.ts';
import type { Objective, PlacementKernel } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import type { NamedProblem } from '../estimators/problem.ts';
import { operatingPointOf } from '../platforms/operating-point.ts';
import type { Inputs } from './inputs.ts';
import type { PlannerResult } from './planner.ts';
import { coreName, predict } from './predicted.ts';
import type { PlanEvidence, PlanOptions } from './request.ts';
import type { Plan, PlannedModel } from './schema.ts';

export type Bound = NonNullable<Plan['bound']>;

/** A model with less than this share of the mean rate is named as starving. */
const STARVING = 0.1;

/** What a planned placement becomes a document from. */
export interface PlanParts extends Partial<Pick<Plan, 'baselines' | 'replan' | 'joint'>> {
  /** Its warnings are those of the plan, except for what the prediction itself gives reason to. */
  inputs: Inputs;
  objective: Objective;
  named: NamedProblem;
  kernel: PlacementKernel;
  prepared: PreparedProblem;
  placement: Uint8Array;
  planner: Plan['planner'];
  /** By name of the model, where known. */
  accuracies: Readonly<Record<string, number>>;
  bound?: Pick<Bound, 'kind' | 'value'>;
  results: ReadonlyMap<string, PlannerResult>;
  options: PlanOptions;
  /** When planning began, for the record of the run. */
  started: { at: Date; ms: number };
}

/** Predicts a placement, and writes the document. */
export function planEvidence(parts: PlanParts): PlanEvidence {
  const { inputs, objective, named, kernel, prepared, placement, planner, bound, options, started } = parts;
  const { platform, profile, workload } = inputs;
  const predicted = predict({ kernel, prepared, names: named.names, profile, workload, placement });
  const warnings = [...inputs.warnings, ...findings(predicted.models, named)];
  const { estimate } = planner;
  if (estimate?.aboveBound) warnings.push(tooGood(estimate.value, bound?.value ?? 0));
  const plan: Plan = {
    kind: 'plan',
    schemaVersion: 1,
    platform: platform.id,
    platformHash: contentHash(platform),
    profileHash: contentHash(profile),
    workloadHash: contentHash(workload),
    objective,
    planner,
    operatingPoint: operatingPointOf(platform),
    models: predicted.models.map((model) => withAccuracy(model, parts.accuracies[model.name])),
    processors: predicted.processors,
    score: predicted.score,
    ...(parts.baselines && { baselines: parts.baselines }),
    ...(bound && { bound: boundOf(bound.kind, bound.value, predicted.score.value) }),
    ...(parts.replan && { replan: parts.replan }),
    ...(parts.joint && { joint: parts.joint }),
    provenance: predicted.provenance,
    warnings,
    ...(options.provenance && {
      run: {
        startedAt: started.at.toISOString(),
        elapsedMs: performance.now() - started.ms,
        core: coreName(options.core ?? defaultCore()),
      },
    }),
  };
  return { plan, profile, platform, workload, problem: named, results: parts.results };
}

function tooGood(value: number, bound: number): Warning {
  return {
    code: 'ESTIMATE_ABOVE_BOUND',
    message: `the estimator expects ${Number(value.toPrecision(4))} of this plan, more than the ${Number(bound.toPrecision(4))} that the throughput model allows any placement: do not trust it here`,
    path: '/planner/estimate',
  };
}

/** In the order of the schema, which is the order of the file. */
function withAccuracy(model: PlannedModel, accuracy: number | undefined): PlannedModel {
  const { name, variant, ...rest } = model;
  return { name, variant, ...(accuracy !== undefined && { accuracy }), ...rest };
}

/** What the reader should know about the plan itself. */
function findings(models: Plan['models'], { problem }: NamedProblem): Warning[] {
  const warnings: Warning[] = [];
  const mean = models.reduce((sum, model) => sum + model.throughputPerS, 0) / models.length;
  for (const [m, model] of models.entries()) {
    const satisfied = model.throughputPerS >= problem.models[m].rateLimit;
    if (model.throughputPerS < STARVING * mean && !satisfied) {
      warnings.push({
        code: 'STARVING',
        message: `${model.name} starves: ${perS(model.throughputPerS)}, while the mean is ${perS(mean)}; objective min or geometric-mean would share more evenly`,
        path: `/models/${m}/throughputPerS`,
      });
    }
    if (model.deadlineMs !== undefined && model.latencyMs > model.deadlineMs) {
      warnings.push({
        code: 'DEADLINE',
        message: `${model.name} takes ${Number(model.latencyMs.toPrecision(3))} ms even without waiting, more than its deadline of ${model.deadlineMs} ms`,
        path: `/models/${m}/latencyMs`,
      });
    }
  }
  return warnings;
}

function perS(rate: number): string {
  return `${Number(rate.toPrecision(3))}/s`;
}

function boundOf(kind: Bound['kind'], bound: number, value: number): Bound {
  // Equal up to rounding is equal.
  const limit = Math.max(bound, value);
  return { kind, value: limit, gap: limit === 0 ? 0 : (limit - value) / Math.abs(limit) };
}
