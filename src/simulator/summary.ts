/** A finished run as a document. */
import type { ControllerParameters } from '../controllers/controller.ts';
import { controllerById } from '../controllers/registry.ts';
import type { ControlMode } from '../core/control-modes.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Discipline, NoiseOptions } from '../engine/options.ts';
import type { Plan } from '../planners/schema.ts';
import type { Replan } from './replanning.ts';
import type { Scenario } from './scenario.ts';
import type { SimulationDocument } from './schema.ts';
import type { SimulationResult } from './simulate.ts';
import type { Subject } from './subject.ts';

export interface RunSettings {
  /** Virtual time that was asked for. */
  seconds: number;
  seed: number;
  discipline: Discipline;
  noise: { blockSigma: number; bursts?: NoiseOptions['bursts'] };
  decisionSeconds?: number;
}

export interface SimulatedRun {
  plan: Plan;
  subject: Subject;
  result: SimulationResult;
  settings: RunSettings;
  controller?: { id: string; mode: ControlMode; parameters: ControllerParameters };
  scenario?: Scenario;
  replans?: readonly Replan[];
  /** The same under other controllers, `none` among them. */
  compared?: readonly { controller: string; result: SimulationResult }[];
  warnings: readonly Warning[];
}

/** A run that ended before its time is marked `partial`. */
export function simulationOf(run: SimulatedRun): SimulationDocument {
  const { plan, subject, result, settings, controller, scenario, replans = [], compared = [] } = run;
  const { noise } = settings;
  return {
    kind: 'simulation',
    schemaVersion: 1,
    platform: plan.platform,
    planHash: contentHash(plan),
    ...(scenario && { scenarioHash: contentHash(scenario) }),
    operatingPoint: plan.operatingPoint.id,
    ...(controller && {
      controller: {
        id: controller.id,
        mode: controller.mode,
        reconstruction: controllerById(controller.id).reconstruction,
        operatingPoints: subject.points.map(({ id }) => id),
        decisions: result.decisions,
      },
    }),
    seed: settings.seed,
    discipline: settings.discipline,
    noise: {
      blockSigma: noise.blockSigma,
      ...(noise.bursts && {
        bursts: {
          meanGapMs: noise.bursts.meanGapSeconds * 1000,
          meanMs: noise.bursts.meanSeconds * 1000,
          slowdown: noise.bursts.slowdown,
        },
      }),
    },
    seconds: result.seconds,
    events: result.events,
    models: result.models.map((model) => {
      const rate = plan.models.find(({ name }) => name === model.name)?.throughputPerS;
      return { ...model, ...(rate !== undefined && { plannedThroughputPerS: rate }) };
    }),
    ...(replans.length > 0 && { replans: [...replans] }),
    ...(result.phases && { phases: result.phases }),
    device: result.device,
    ...(compared.length > 0 && {
      compared: compared.map((other) => ({
        controller: other.controller,
        reconstruction: other.controller !== 'none' && controllerById(other.controller).reconstruction,
        models: other.result.models,
        device: other.result.device,
        decisions: other.result.decisions,
      })),
    }),
    ...(result.seconds < settings.seconds && { partial: true }),
    warnings: [...run.warnings],
  };
}
