/** One search over one or more processors: limits first, then the method, then the front document. */
import { type Core, defaultCore } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Found, hypervolume } from './archive.ts';
import { type CostModel, sumOf } from './costs/cost-model.ts';
import { flopsModel } from './costs/flops.ts';
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
  method?: Method;
  seed?: number;
  /** Networks scored per processor; default: the method's. */
  evaluations?: number;
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
  const sides = costs.map((each) => ({ ...each, extremes: extremesOf(space, each.model.factors) }));
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
    method: { name: method.id, seed, evaluations: 0, duplicates: 0, repairs: 0 },
    ...(minAccuracy !== undefined && { minAccuracy }),
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
  const kept = [...new Set(request.limits)].filter((limit) => limit >= extremes.least.cost).sort((a, b) => a - b);
  const whole = request.front === true || request.levels !== undefined || request.limits.length === 0;
  const limits = whole
    ? withBetween(kept, request.limits.length === 0 ? extremes.most.cost : kept.at(-1), extremes)
    : kept;
  let outcome: MethodOutcome | undefined;
  if (predictor && limits.length > 0) {
    const bins = resolutionBins(space, predictor.layout, extremes, request.exactResolution === true);
    writer.bins = bins;
    const kernel = core.subnets({ space: space.numbers, cost: model.factors, predictor: predictor.chain });
    outcome = await method.run({
      space,
      kernel,
      predictor,
      cost: model.factors,
      extremes,
      resolutions: bins.map(({ searched }) => searched),
      limits,
      minAccuracy,
      seed,
      evaluations: request.evaluations ?? method.defaultEvaluations(limits.length),
      signal,
      onProgress,
    });
    document.method.evaluations += outcome.evaluations;
    document.method.duplicates += outcome.duplicates;
    document.method.repairs += outcome.repairs;
    if (outcome.partial) document.method.partial = true;
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

  constructor(space: SearchSpace, side: Side) {
    this.#space = space;
    this.#side = side;
    this.#flops = hasFlops(space) ? flopsModel(space) : undefined;
  }

  #genotype(network: Uint8Array): Genotype {
    return genotypeOf(this.#space, genomeOf(this.#space, network), network);
  }

  #cost(network: Uint8Array) {
    const { unit, factors, variances } = this.#side.model;
    const cost = sumOf(factors, this.#space, network);
    if (unit === 'MFLOPs') return { costMflops: cost };
    return { costMs: cost, ...(variances && { costSigmaMs: Math.sqrt(sumOf(variances, this.#space, network)) }) };
  }

  extreme(network: Uint8Array) {
    return { ...this.#cost(network), genotype: this.#genotype(network) };
  }

  #facts(network: Uint8Array) {
    const r = network[this.#space.resolutionSlot] - 1;
    const equivalent = this.bins.find(({ searched }) => searched === r)?.equivalent ?? [];
    return {
      processor: this.#side.processor,
      ...this.#cost(network),
      ...(this.#flops && { macs: Math.round(sumOf(this.#flops.factors, this.#space, network) * 1e6) }),
      resolution: this.#space.resolutions[r],
      ...(equivalent.length > 0 && {
        equivalentResolutions: equivalent.map((index) => this.#space.resolutions[index]),
      }),
      genotype: this.#genotype(network),
    };
  }

  network({ network, score }: Found): FrontNetwork {
    return { ...this.#facts(network), accuracy: score };
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

function hasFlops(space: SearchSpace): boolean {
  return space.name === 'ofa-mbv3' || space.name === 'ofa-resnet50';
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
