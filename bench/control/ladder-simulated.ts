/**
 * The replay `level-4-to-2` through engine, scenario and controller, as `heterodyne simulate` runs them. Costs are 0.90 of the
 * stored latencies and the job slows down 1.233 / 0.90 times: a factor that is constant changes no prediction, for a
 * controller only compares products.
 */
import type { ControllerParameters } from '../../src/controllers/controller.ts';
import { PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from '../../src/core/placement.ts';
import type { Course } from '../../src/simulator/course.ts';
import type { ScenarioEvent } from '../../src/simulator/scenario.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import type { Subject } from '../../src/simulator/subject.ts';
import { DISTURBED_FROM, DISTURBED_TO, disturbance, LIMIT_MS, STORED_MS, TOP_1 } from './ladder-fixture.ts';

export interface SimulatedLadder {
  /** Changes of level, numbered from 1. */
  moves: { atMs: number; from: number; to: number }[];
  finalLevel: number;
  /** It was said that no level keeps the limit. */
  infeasible: boolean;
  course?: Course;
}

export interface SimulatedLadderOptions {
  seed: number;
  /** `ladder`, or `ladder-one-step`, the original's rule. */
  controller?: string;
  /** Log-normal spread of a frame; default 0.02. */
  sigma?: number;
  /** On the stored latencies, for the whole run; absent = the job comes and goes. */
  factor?: number;
  course?: boolean;
}

const START_LEVEL = 4;
const SECONDS = 20;

export async function simulateLadder(options: SimulatedLadderOptions): Promise<SimulatedLadder> {
  const { seed, controller = 'ladder', sigma = 0.02, factor, course = false } = options;
  const job: ScenarioEvent = {
    type: 'job',
    atMs: DISTURBED_FROM * 1000,
    untilMs: DISTURBED_TO * 1000,
    processor: 'gpu',
    slowdown: disturbance(DISTURBED_FROM) / disturbance(0),
  };
  const parameters: ControllerParameters = { limitMs: LIMIT_MS, startLevel: START_LEVEL, maxLevel: START_LEVEL };
  const found: SimulatedLadder = { moves: [], finalLevel: START_LEVEL, infeasible: false };
  const result = await simulate(elasticSubject(factor ?? disturbance(0)), {
    seconds: SECONDS,
    seed,
    noise: { blockSigma: sigma },
    controller: { id: controller, parameters },
    ...(factor === undefined && { scenario: { kind: 'scenario', schemaVersion: 1, events: [job] } }),
    course,
    onDecision(_controller, state, _cause, _instance, request) {
      found.infeasible ||= request.infeasible;
      const to = request.variants[0] < 0 ? found.finalLevel : STORED_MS.length - request.variants[0];
      if (to === found.finalLevel) return;
      found.moves.push({ atMs: state.now * 1000, from: found.finalLevel, to });
      found.finalLevel = to;
    },
  });
  return { ...found, ...(result.course && { course: result.course }) };
}

/** Variant 0 is the most accurate level. */
function elasticSubject(factor: number): Subject {
  const levels = STORED_MS.map((ms, l) => ({ name: `level-${l + 1}`, ms, accuracy: TOP_1[l] })).reverse();
  const models = levels.map(({ name, ms }) => wholeModel(name, (ms / 1000) * factor));
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record.set([1, 0, 1]);
  return {
    problem: oneProcessor(models[0]),
    placement: record,
    models: [
      {
        name: 'ofa',
        arrival: { kind: 'closed', inFlight: 1, deadlineSeconds: LIMIT_MS / 1000 },
        criticality: 0,
        weight: 1,
        original: levels[0].name,
        variants: levels.slice(1).map(({ name, accuracy }, v) => ({
          name,
          loss: levels[0].accuracy - accuracy,
          model: models[v + 1],
          record,
        })),
      },
    ],
    servers: ['gpu'],
    points: [{ id: 'max', levels: new Int32Array(0) }],
    reference: 0,
    start: 0,
  };
}

function wholeModel(name: string, seconds: number): PlacementModel {
  return {
    name,
    blocks: 1,
    seconds: Float64Array.of(seconds),
    outputBytes: new Float64Array(1),
    weightBytes: new Float64Array(1),
    dramBytes: new Float64Array(1),
    activationBytes: 0,
    shareWeight: 1,
    value: 1,
    callsPerFrame: 1,
    rateLimit: Number.POSITIVE_INFINITY,
    soloRate: 1 / seconds,
    priorityClass: 0,
    demandedRate: 0,
    rateFloor: 0,
  };
}

function oneProcessor(model: PlacementModel): PlacementProblem {
  return {
    models: [model],
    processors: 1,
    resources: 1,
    processorUses: Uint32Array.of(1),
    transferSeconds: new Float64Array(1),
    transferSecondsPerByte: new Float64Array(1),
    transferResource: Int32Array.of(-1),
    dramResource: Int32Array.of(-1),
    dramSecondsPerByte: new Float64Array(1),
    maxModels: Uint32Array.of(1),
    poolProcessors: new Uint32Array(0),
    poolBytes: new Float64Array(0),
    idleWatts: Number.NaN,
    activeWatts: Float64Array.of(Number.NaN),
    objective: 'throughput',
    maxStages: 1,
    depthOne: true,
  };
}
