/** What `plan` can be told, in the order of its help. */
import { referenceCore, wasmCore } from '../../bindings/core.ts';
import { LIMITS, OBJECTIVES } from '../core/placement.ts';
import { GROUP_METHODS } from '../planners/group/methods.ts';
import { DEFAULT_EVALUATIONS } from '../planners/planner.ts';
import { planners } from '../planners/registry.ts';
import { WORKLOAD_PRECISIONS } from '../profiles/workload.ts';
import type { Options } from './command.ts';
import { GROUP_OPTIONS } from './group-options.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION, SEED_OPTION, WORKLOAD_OPTION } from './options.ts';
import { ESTIMATOR_OPTIONS } from './plan-estimator.ts';
import { REPORT_OPTIONS } from './report-files.ts';

export const CORES = { wasm: wasmCore, reference: referenceCore };

export const PLAN_OPTIONS = {
  ...PLATFORM_OPTION,
  ...MODEL_OPTIONS,
  precision: {
    type: 'enum',
    options: [...WORKLOAD_PRECISIONS],
    valueHint: 'FORMAT',
    description: "format to compute in (native: each processor's own)",
  },
  workload: { ...WORKLOAD_OPTION.workload, repeatable: true },
  ...GROUP_OPTIONS,
  profile: {
    type: 'string',
    valueHint: 'FILE',
    description: 'costs from a profile document, whose models and platform are then the default; absent = modelled',
  },
  'operating-point': {
    type: 'string',
    valueHint: 'POINT',
    description: 'clocks and cores to plan at: a mode, a number, or settings as gpu=850MHz,cpu.cores=2 (max)',
  },
  planner: {
    type: 'enum',
    options: [...new Set([...planners, ...GROUP_METHODS].map(({ id }) => id))],
    valueHint: 'NAME',
    description: 'how to search (mcts; with --matrix: portfolio)',
  },
  objective: {
    type: 'enum',
    options: [...OBJECTIVES],
    valueHint: 'NAME',
    description: 'what to maximise (throughput)',
  },
  evaluations: {
    type: 'string',
    valueHint: 'N',
    description: `placements to score, for the planner and for each baseline (${DEFAULT_EVALUATIONS}); 10k and 1M are understood`,
  },
  'time-limit': {
    type: 'string',
    valueHint: 'TIME',
    description: 'end the search after TIME, as 50ms or 2s (a bare number means ms); plans then depend on the machine',
  },
  ...SEED_OPTION,
  'max-stages': {
    type: 'string',
    valueHint: 'N',
    description: `most stages of one model, 1 to ${LIMITS.stagesPerModel} (3, or fewer processors)`,
  },
  'min-accuracy': {
    type: 'string',
    valueHint: 'SHARE',
    description:
      "take of each model the fastest form that is known to be so accurate, as 0.7 or 70%; accuracies are the workload's",
  },
  joint: {
    type: 'boolean',
    description: 'choose placement, form of every model and operating point together, under deadlines and --max-watts',
  },
  'max-watts': {
    type: 'string',
    valueHint: 'POWER',
    description: 'with --joint: most mean power of the whole device, as 8W or 7500mW (a bare number means W)',
  },
  'depth-one': { type: 'boolean', description: 'one request in flight per model: its stages do not overlap' },
  granularity: {
    type: 'enum',
    options: ['segment', 'layer'],
    valueHint: 'NAME',
    description: 'mcts: decide per model, or per block as the original does (segment)',
  },
  seeds: { type: 'boolean', default: true, negativeDescription: 'mcts: do not score heuristic placements first' },
  from: {
    type: 'string',
    valueHint: 'PLAN',
    description: 'replan from a plan in use: only what pays for its move moves',
  },
  'move-cost': {
    type: 'string',
    valueHint: 'SHARE',
    description: 'with --from: what one moved stage must gain of the objective, as 1% or 0.01 (1%)',
  },
  ...ESTIMATOR_OPTIONS,
  core: {
    type: 'enum',
    options: Object.keys(CORES),
    valueHint: 'NAME',
    description: 'implementation of the kernels; both give the same plan (the fastest that runs here)',
  },
  trace: {
    type: 'string',
    valueHint: 'FILE',
    description: 'also write the steady state of the plan as a trace, which ui.perfetto.dev opens',
  },
  ...REPORT_OPTIONS,
  provenance: { type: 'boolean', description: 'record time, host and versions in the document' },
  ...OUTPUT_OPTIONS,
} as const satisfies Options;
