/** One search over one or more processors: limits first, then the method, then the front document. */
import { type Core, defaultCore } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Found, hypervolume } from './archive.ts';
import { type Calibration, calibrate, type MeasuredNetwork } from './calibration.ts';
import { type CostModel, sumOf } from './costs/cost-model.ts';
import { countsFlops, flopsModel } from './costs/flops.ts';
import { normalQuantile, riskFactors } from './costs/risk.ts';
import { type Extremes, extremesOf } from './extremes.ts';
import type { Front, FrontNetwork, FrontResult } from './front-schema.ts';
import { type Genotype, genotypeOf } from './genotype.ts';
import { LEVEL_DEFAULTS, type LevelOptions, pickLevels } from './levels.ts';
import type { Method, MethodOutcome, SearchProgress } from './methods/method.ts';
import { METHODS } from './methods/registry.ts';
import type { AccuracyPredictor } from './predictor.ts';
import { type ResolutionBin, resolutionBins } from './resolution-bins.ts';
import { genomeOf, type SearchSpace } from './space.ts';

export interface ProcessorCosts {
  processor: string;
  model: CostModel;
}

export interface SubnetRequest {
  space: SearchSpace;
  /** Asked for only when some limit can be kept. */
  predictor: () => Promise<AccuracyPredictor>;
  costs: readonly ProcessorCosts[];
  /** In the unit of the costs; empty = the front alone. */
  limits: readonly number[];
  /** Search between the limits, too: implied without limits, and by `levels`. */
  front?: boolean;
  /** A fraction, on the predictor's scale. */
  minAccuracy?: number;
  /** Probability with which a limit is to be kept; absent = by the mean. */
  risk?: number;
  /** Measured networks: what the table and the predictor say is shown through them, too. */
  measured?: readonly MeasuredNetwork[];
  method?: Method;
  seed?: number;
  /** Networks scored per processor; default: the method's. */
  evaluations?: number;
  /** Generations, or passes of exact-surrogate, that may bring nothing better before the search ends. */
  stall?: number;
  /** Wall time per processor, after which the best so far is the answer: then equal seeds may differ. */
  timeLimitMs?: number;
  /** Search resolutions apart even where the predictor sees none between them. */
  exactResolution?: boolean;
  levels?: Partial<LevelOptions>;
}

export interface SubnetSearchOptions {
  signal?: AbortSignal;
  onProgress?: (progress: SearchProgress) => void;
  core?: Core;
}

/** The front is searched at so many costs between the cheapest network and the largest limit. */
const FRONT_LIMITS = 8;
/** Accuracy of the reference point of the hypervolume, unless a floor is given. */
const REFERENCE_ACCURACY = 0.7;

/** @throws HeterodyneError `USAGE`, `BAD_INPUT`, `LIMIT` */
export async function searchSubnets(request: SubnetRequest, options: SubnetSearchOptions = {}): Promise<Front> {
  const { space, costs, limits, minAccuracy, seed = 1 } = request;
  const method = request.method ?? METHODS[0];
  checkLimits(limits, costs);
  const z = request.risk === undefined ? undefined : normalQuantile(request.risk);
  const sides = costs.map((each): Side => {
    const extremes = extremesOf(space, each.model.factors);
    if (z === undefined) return { ...each, extremes, factors: each.model.factors };
    const factors = riskFactors(each.model, z, space, [extremes.least.network, extremes.most.network]);
    return { ...each, extremes: extremesOf(space, factors), factors, z };
  });
  const possible = sides.some(
    ({ extremes }) => limits.length === 0 || limits.some((limit) => limit >= extremes.least.cost),
  );
  const predictor = possible ? await request.predictor() : undefined;
  const warnings: Warning[] = [...(predictor?.warnings ?? []), ...costs.flatMap(({ model }) => model.warnings)];
  const document: Front = {
    kind: 'front',
    schemaVersion: 1,
    space: space.name,
    spaceHash: space.hash,
    predictor: {
      hash: predictor?.hash ?? '',
      layout: predictor?.layout ?? '',
      checked: predictor?.checked ?? false,
    },
    method: {
      name: method.id,
      ...(method.preset !== undefined && { preset: method.preset }),
      seed,
      ...(request.stall !== undefined && { stall: request.stall }),
      evaluations: 0,
      duplicates: 0,
      repairs: 0,
    },
    ...(minAccuracy !== undefined && { minAccuracy }),
    ...(request.risk !== undefined && { risk: request.risk }),
    processors: [],
    results: [],
    front: [],
    warnings,
  };
  try {
    for (const side of sides) await searchSide(request, side, method, predictor, document, options);
  } finally {
    await predictor?.close();
  }
  return document;
}

interface Side extends ProcessorCosts {
  extremes: Extremes;
  /** What is searched on: the model's means, or costs kept with a probability, z deviations above. */
  factors: CostModel['factors'];
  z?: number;
}

async function searchSide(
  request: SubnetRequest,
  side: Side,
  method: Method,
  predictor: AccuracyPredictor | undefined,
  document: Front,
  { signal, onProgress, core = defaultCore() }: SubnetSearchOptions,
): Promise<void> {
  const { space, minAccuracy, seed = 1 } = request;
  const { extremes, model, processor } = side;
  const writer = new Writer(space, side);
  const costsOf = async (network: Uint8Array) => sumOf(model.factors, space, network);
  if (model.unit === 'ms') writer.latency = await calibrate(space, request.measured, 'latencyMs', costsOf);
  const kept = [...new Set(request.limits)].filter((limit) => limit >= extremes.least.cost).sort((a, b) => a - b);
  const whole = request.front === true || request.levels !== undefined || request.limits.length === 0;
  const limits = whole
    ? withBetween(kept, request.limits.length === 0 ? extremes.most.cost : kept.at(-1), extremes)
    : kept;
  let outcome: MethodOutcome | undefined;
  if (predictor && limits.length > 0) {
    const bins = resolutionBins(space, predictor.layout, extremes, request.exactResolution === true);
    writer.bins = bins;
    writer.accuracy = await calibrate(space, request.measured, 'accuracy', scoresOf(predictor, core, space));
    const kernel = core.subnets({ space: space.numbers, cost: side.factors, predictor: predictor.chain });
    const clock = request.timeLimitMs === undefined ? undefined : AbortSignal.timeout(request.timeLimitMs);
    outcome = await method.run({
      space,
      kernel,
      predictor,
      cost: side.factors,
      extremes,
      resolutions: bins.map(({ searched }) => searched),
      limits,
      minAccuracy,
      seed,
      ...(request.stall !== undefined && { stall: request.stall }),
      evaluations: request.evaluations ?? method.defaultEvaluations(limits.length),
      signal: clock ? AbortSignal.any([clock, ...(signal ? [signal] : [])]) : signal,
      onProgress,
    });
    document.method.evaluations += outcome.evaluations;
    document.method.duplicates += outcome.duplicates;
    document.method.repairs += outcome.repairs;
    if (outcome.partial) document.method.partial = true;
    if (outcome.partial && clock?.aborted) {
      const message = `the search for ${processor} was ended by its time limit: the best so far is given`;
      document.warnings.push({ code: 'TIME_LIMIT', message });
    }
  }
  const front = outcome?.archive.front() ?? [];
  const reference = { cost: limits.at(-1) ?? 0, score: minAccuracy ?? REFERENCE_ACCURACY };
  document.processors.push({
    id: processor,
    costsHash: model.hash,
    provenance: model.provenance,
    unit: model.unit,
    least: writer.extreme(extremes.least.network),
    most: writer.extreme(extremes.most.network),
    ...(writer.latency && {
      calibration: {
        networks: writer.latency.networks,
        offsetMs: writer.latency.offset,
        factor: writer.latency.factor,
      },
    }),
    ...(front.length > 0 && {
      hypervolume: {
        value: hypervolume(front, reference),
        referenceCost: reference.cost,
        referenceAccuracy: reference.score,
      },
    }),
  });
  for (const limit of request.limits) document.results.push(writer.result(limit, outcome, minAccuracy));
  const first = document.front.length;
  document.front.push(...front.map((found) => writer.network(found)));
  if (request.levels && front.length > 0) {
    const points = front.map(({ cost, score }) => ({ cost, accuracy: score }));
    const levels = pickLevels(points, { ...LEVEL_DEFAULTS, ...request.levels });
    (document.ladders ??= []).push({ processor, levels: levels.map((level) => first + level) });
  }
}

/** Networks as the document writes them. */
class Writer {
  readonly #space: SearchSpace;
  readonly #side: Side;
  readonly #flops: CostModel | undefined;
  bins: readonly ResolutionBin[] = [];
  latency: Calibration | undefined;
  accuracy: Calibration | undefined;

  constructor(space: SearchSpace, side: Side) {
    this.#space = space;
    this.#side = side;
    this.#flops = countsFlops(space) ? flopsModel(space) : undefined;
  }

  #genotype(network: Uint8Array): Genotype {
    return genotypeOf(this.#space, genomeOf(this.#space, network), network);
  }

  #cost(network: Uint8Array): Pick<FrontNetwork, 'costMs' | 'costSigmaMs' | 'costMflops' | 'riskMs'> {
    const { z, model } = this.#side;
    const { unit, factors, variances } = model;
    const cost = sumOf(factors, this.#space, network);
    if (unit === 'MFLOPs') return { costMflops: cost };
    if (!variances) return { costMs: cost };
    const costSigmaMs = Math.sqrt(sumOf(variances, this.#space, network));
    return { costMs: cost, costSigmaMs, ...(z !== undefined && { riskMs: cost + z * costSigmaMs }) };
  }

  extreme(network: Uint8Array) {
    return { ...this.#cost(network), genotype: this.#genotype(network) };
  }

  #facts(network: Uint8Array) {
    const r = network[this.#space.resolutionSlot] - 1;
    const equivalent = this.bins.find(({ searched }) => searched === r)?.equivalent ?? [];
    const cost = this.#cost(network);
    return {
      processor: this.#side.processor,
      ...cost,
      ...(this.latency && { calibratedMs: Math.max(0, this.latency.at(cost.costMs ?? 0)) }),
      ...(this.#flops && { macs: Math.round(sumOf(this.#flops.factors, this.#space, network) * 1e6) }),
      resolution: this.#space.resolutions[r],
      ...(equivalent.length > 0 && {
        equivalentResolutions: equivalent.map((index) => this.#space.resolutions[index]),
      }),
      genotype: this.#genotype(network),
    };
  }

  network({ network, score }: Found): FrontNetwork {
    const calibrated = this.accuracy && { calibratedAccuracy: this.accuracy.at(score) };
    return { ...this.#facts(network), accuracy: score, ...calibrated };
  }

  result(limit: number, outcome: MethodOutcome | undefined, minAccuracy: number | undefined): FrontResult {
    const { extremes, model } = this.#side;
    const asked = model.unit === 'ms' ? { limitMs: limit } : { limitMflops: limit };
    if (limit < extremes.least.cost) {
      return { ...this.#facts(extremes.least.network), ...asked, outcome: 'infeasible' };
    }
    const best = outcome?.archive.best(limit);
    if (!best) return { ...this.#facts(extremes.least.network), ...asked, outcome: 'capped' };
    const missed = minAccuracy !== undefined && best.score < minAccuracy;
    const capped = outcome!.capped.includes(limit);
    const met = limit > extremes.most.cost ? 'unconstrained' : 'found';
    return { ...this.network(best), ...asked, outcome: missed ? 'not-found' : capped ? 'capped' : met };
  }
}

function scoresOf(
  predictor: AccuracyPredictor,
  core: Core,
  space: SearchSpace,
): (network: Uint8Array) => Promise<number> {
  const kernel = core.subnets({ space: space.numbers, cost: [], predictor: predictor.chain });
  return async (network) => (predictor.score ? await predictor.score(network) : kernel.scores(network))[0];
}

/** The limits, and some evenly spaced between the cheapest network and the largest of them. */
function withBetween(limits: readonly number[], largest: number | undefined, { least, most }: Extremes): number[] {
  if (largest === undefined) return [];
  const top = Math.min(largest, most.cost);
  const between = Array.from(
    { length: FRONT_LIMITS },
    (_, i) => least.cost + ((top - least.cost) * (i + 1)) / FRONT_LIMITS,
  );
  return [...new Set([...limits, ...between])].sort((a, b) => a - b);
}

function checkLimits(limits: readonly number[], costs: readonly ProcessorCosts[]): void {
  const bad = limits.find((limit) => !(limit > 0) || !Number.isFinite(limit));
  if (bad !== undefined) {
    throw new HeterodyneError('USAGE', `a limit cannot be ${bad}`, {
      path: '--limit',
      expected: 'a finite number above 0',
      received: String(bad),
    });
  }
  const names = costs.map(({ processor }) => processor);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (costs.length > 0 && twice === undefined && new Set(costs.map(({ model }) => model.unit)).size === 1) return;
  throw new HeterodyneError('USAGE', costs.length === 0 ? 'a search needs costs' : 'costs contradict each other', {
    path: '--costs',
    expected: 'one or more processors, each once, all in one unit',
    received: twice ?? names.join(', '),
  });
}
