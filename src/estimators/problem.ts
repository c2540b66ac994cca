/**
 * From documents to the core's numbers: (profile, platform, workload) becomes a placement problem. What can be proven
 * impossible here is refused here, in the words of the documents; the core only knows indices.
 */
import { HeterodyneError, type Problem } from '../core/errors.ts';
import { LIMITS, type Objective, type PlacementModel, type PlacementProblem } from '../core/placement.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { sourceOf } from '../platforms/provenance.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { withMeasuredMemory } from '../profiles/measured-memory.ts';
import type { Profile, ProfileModel } from '../profiles/schema.ts';
import { wholeFactor } from '../profiles/whole-models.ts';
import { type Workload, type WorkloadModel, workloadNames } from '../profiles/workload.ts';
import { chargeHandover } from './handover.ts';
import { checkMemoryBounds, type ProblemNames } from './memory-bound.ts';
import { soloRateOnOne, soloRatesOnChains } from './solo-rate.ts';

export interface ProblemInput {
  profile: Profile;
  platform: Platform;
  workload: Workload;
  /** Form by name of the model; absent = the original. */
  variants?: Readonly<Record<string, string>>;
  /** Default `throughput`. */
  objective?: Objective;
  /** Most stages of one model; default min(processors, 3). */
  maxStages?: number;
  /** One request in flight per model; default false. */
  depthOne?: boolean;
}

export interface NamedProblem {
  problem: PlacementProblem;
  names: ProblemNames;
  warnings: Warning[];
}

/** Stages per model unless the caller says otherwise: more multiply the placements and rarely help. */
const DEFAULT_STAGES = 3;

/**
 * Builds the placement problem of a workload. Models come in workload order, processors in platform order.
 *
 * @throws HeterodyneError `BAD_INPUT` documents that do not belong together, or no models; `LIMIT` more models,
 *   processors or resources than the core plans; `USAGE` objective `energy` without declared power; `INFEASIBLE` a
 *   block that no processor runs, more stages needed than allowed, or more memory needed than there is
 */
export function placementProblem(input: ProblemInput): NamedProblem {
  const { profile, workload, objective = 'throughput', depthOne = false } = input;
  const platform = profile.memory === undefined ? input.platform : withMeasuredMemory(input.platform, profile.memory);
  const warnings: Warning[] = [];
  const modelNames = workloadNames(workload);
  const variants = modelNames.map((name) => input.variants?.[name] ?? 'original');
  const profiles = modelNames.map((name, m) => profileOf(profile, name, variants[m] as string));
  const processors = usableProcessors(profile, platform, warnings);
  const P = processors.length;
  refuseBeyondLimits(modelNames.length, P);

  if (contentHash(input.platform) !== profile.platformHash) {
    warnings.push({
      code: 'PLATFORM_CHANGED',
      message: `the profile was made for another state of ${profile.platform}: its latencies may not fit ${platform.id} as given`,
      path: '/platformHash',
    });
  }
  const withoutPower = powerlessProcessors(platform, processors, objective, warnings);

  const resources = usedResources(platform, processors);
  const resourceIndex = new Map(resources.map((resource, r) => [resource.id, r]));
  if (resources.length > LIMITS.resources) throw overLimit('resources', resources.length, LIMITS.resources);

  const dramOf = processors.map((processor) =>
    processor.uses
      .map((id) => resources[resourceIndex.get(id) as number])
      .find((resource) => resource?.kind === 'dram'),
  );
  const pools = memoryPools(platform, processors);
  const transfers = transferTables(platform, processors, resourceIndex, warnings);

  const problem: PlacementProblem = {
    models: profiles.map((model, m) =>
      placementModel(model, modelNames[m], workload.models[m], processors, withoutPower, objective),
    ),
    processors: P,
    resources: resources.length,
    processorUses: Uint32Array.from(processors, (processor) =>
      processor.uses.reduce((bits, id) => {
        const r = resourceIndex.get(id) as number;
        return resources[r]?.kind === 'dram' ? bits : (bits | (1 << r)) >>> 0;
      }, 0),
    ),
    ...transfers,
    dramResource: Int32Array.from(dramOf, (dram) =>
      dram === undefined || outweighed(dram.id, profile, platform) ? -1 : (resourceIndex.get(dram.id) as number),
    ),
    dramSecondsPerByte: Float64Array.from(dramOf, (dram) =>
      dram?.bandwidthBytesPerS === undefined ? 0 : 1 / dram.bandwidthBytesPerS,
    ),
    maxModels: Uint32Array.from(processors, (processor) => processor.maxModels ?? LIMITS.models),
    poolProcessors: Uint32Array.from(pools, (pool) => pool.processors),
    poolBytes: Float64Array.from(pools, (pool) => pool.bytes),
    idleWatts: platform.power?.idleWatts ?? Number.NaN,
    activeWatts: Float64Array.from(processors, (processor, p) =>
      withoutPower.has(p) ? 0 : (processor.activeWatts ?? Number.NaN),
    ),
    objective,
    maxStages: input.maxStages ?? Math.min(P, DEFAULT_STAGES),
    depthOne,
  };
  const names: ProblemNames = {
    models: modelNames,
    variants,
    processors: processors.map((processor) => processor.id),
    resources: resources.map((resource) => resource.id),
    pools: pools.map((pool) => pool.name),
  };
  refuseUnplaceableBlocks(problem, profiles, names, withoutPower);
  checkMemoryBounds(problem, names);
  const callSeconds = chargeHandover(problem, names, profile, profiles);
  setSoloRates(problem);
  slowDown(problem, names, profile, callSeconds, warnings);
  return { problem, names, warnings };
}

/**
 * Whether measurements say more about a memory than its bandwidth does. Measured interference holds what memory does to
 * neighbours, and traffic would count it twice; and a bandwidth that is only estimated is not held against costs that
 * are all measured (without caches in the model, it is far too strict).
 */
function outweighed(dram: string, profile: Profile, platform: Platform): boolean {
  if (profile.interference !== undefined) return true;
  if (sourceOf(platform, `/resources/${dram}/bandwidthBytesPerS`)?.reliability !== 'estimated') return false;
  return profile.models.every(({ origin }) => Object.values(origin).every((each) => each === 'measured'));
}

function overLimit(what: string, count: number, most: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `${count} ${what}, but at most ${most} can be planned together`, {
    path: `/${what}`,
    expected: `at most ${most}`,
    received: `${count}`,
    hint: `split the ${what === 'models' ? 'workload' : 'platform'}`,
  });
}

function refuseBeyondLimits(models: number, processors: number): void {
  if (models === 0) {
    throw new HeterodyneError('BAD_INPUT', 'the workload names no models', {
      path: '/models',
      expected: `1 to ${LIMITS.models} models`,
      received: 'none',
    });
  }
  if (models > LIMITS.models) throw overLimit('models', models, LIMITS.models);
  if (processors > LIMITS.processors) throw overLimit('processors', processors, LIMITS.processors);
}

function profileOf(profile: Profile, name: string, variant: string): ProfileModel {
  const found = profile.models.find((model) => model.name === name && model.variant === variant);
  if (found !== undefined) return found;
  const known = profile.models.map((model) => model.name);
  throw new HeterodyneError('BAD_INPUT', `the profile has no model "${name}"`, {
    path: '/models',
    expected: `one of ${known.join(', ')}`,
    received: `"${name}"`,
    hint: 'profile the same models that the workload names',
  });
}

/** Processors that both documents know, in platform order. */
function usableProcessors(profile: Profile, platform: Platform, warnings: Warning[]): Processor[] {
  const profiled = new Set(profile.processors);
  const usable = platform.processors.filter((processor) => profiled.has(processor.id));
  const unknown = profile.processors.filter((id) => !platform.processors.some((processor) => processor.id === id));
  if (unknown.length > 0 || usable.length === 0) {
    const ids = platform.processors.map((processor) => processor.id).join(', ');
    throw new HeterodyneError(
      'BAD_INPUT',
      `the profile knows processors that ${platform.id} has not: ${unknown.join(', ')}`,
      {
        path: '/processors',
        expected: `processors among ${ids}`,
        received: profile.processors.join(', '),
        hint: `the profile was made for ${profile.platform}`,
      },
    );
  }
  const absent = platform.processors.map(({ id }) => id).filter((id) => !profiled.has(id));
  if (absent.length > 0) {
    const are = absent.length === 1 ? 'is not in the profile and stays' : 'are not in the profile and stay';
    warnings.push({ code: 'NOT_PROFILED', message: `${absent.join(', ')} ${are} unused`, path: '/processors' });
  }
  return usable;
}

/** Under `energy`: indices of processors that declare no power and must stay out of use. */
function powerlessProcessors(
  platform: Platform,
  processors: readonly Processor[],
  objective: Objective,
  warnings: Warning[],
): Set<number> {
  const without = new Set<number>();
  if (objective !== 'energy') return without;
  processors.forEach((processor, p) => {
    if (processor.activeWatts === undefined) without.add(p);
  });
  if (platform.power?.idleWatts === undefined || without.size === processors.length) {
    throw new HeterodyneError('USAGE', `objective "energy" needs power, which ${platform.id} does not declare`, {
      path: 'objective',
      expected: 'power.idleWatts, and activeWatts of at least one processor',
      received: platform.power?.idleWatts === undefined ? 'no idleWatts' : 'no activeWatts',
      hint: 'choose another objective, or add measured watts to a copy of the platform',
    });
  }
  for (const p of without) {
    const id = processors[p]?.id;
    warnings.push({
      code: 'NO_POWER',
      message: `${id} declares no activeWatts and stays unused`,
      path: `/processors/${p}`,
    });
  }
  return without;
}

/** Resources that a processor or a link between processors can occupy, in platform order. */
function usedResources(platform: Platform, processors: readonly Processor[]): Platform['resources'] {
  const ids = new Set(processors.map((processor) => processor.id));
  const used = new Set(processors.flatMap((processor) => processor.uses));
  for (const link of platform.links ?? []) {
    if (link.resource !== undefined && ids.has(link.from) && ids.has(link.to)) used.add(link.resource);
  }
  return platform.resources.filter((resource) => used.has(resource.id));
}

/** A DRAM is a pool of all processors behind it; a processor's own limit is a pool of one. */
function memoryPools(
  platform: Platform,
  processors: readonly Processor[],
): { name: string; processors: number; bytes: number }[] {
  const members = (test: (processor: Processor) => boolean): number =>
    processors.reduce((bits, processor, p) => (test(processor) ? bits | (1 << p) : bits), 0);
  const shared = platform.resources.flatMap(({ id, kind, memoryBytes }) => {
    const bits = members((processor) => processor.uses.includes(id));
    return kind === 'dram' && memoryBytes !== undefined && bits !== 0
      ? [{ name: id, processors: bits, bytes: memoryBytes }]
      : [];
  });
  const own = processors.flatMap(({ id, memoryBytes }, p) =>
    memoryBytes === undefined ? [] : [{ name: id, processors: 1 << p, bytes: memoryBytes }],
  );
  return [...shared, ...own];
}

/** How tensors travel between each pair: the first link that joins it, else the platform's copy. */
function transferTables(
  platform: Platform,
  processors: readonly Processor[],
  resourceIndex: ReadonlyMap<string, number>,
  warnings: Warning[],
): Pick<PlacementProblem, 'transferSeconds' | 'transferSecondsPerByte' | 'transferResource'> {
  const P = processors.length;
  const transferSeconds = new Float64Array(P * P);
  const transferSecondsPerByte = new Float64Array(P * P);
  const transferResource = new Int32Array(P * P).fill(-1);
  const free: string[] = [];
  for (const [i, from] of processors.entries()) {
    for (const [j, to] of processors.entries()) {
      if (i === j) continue;
      const link = platform.links?.find(
        (entry) =>
          (entry.from === from.id && entry.to === to.id) ||
          (entry.bidirectional === true && entry.from === to.id && entry.to === from.id),
      );
      const way = link ?? platform.copy;
      const hop = i * P + j;
      transferSeconds[hop] = (way?.latencyMs ?? 0) / 1000;
      if (way?.bandwidthBytesPerS === undefined) free.push(`${from.id} to ${to.id}`);
      else transferSecondsPerByte[hop] = 1 / way.bandwidthBytesPerS;
      if (link?.resource !== undefined) transferResource[hop] = resourceIndex.get(link.resource) as number;
    }
  }
  if (free.length > 0) {
    const shown = free.slice(0, 3).join(', ') + (free.length > 3 ? ', ...' : '');
    warnings.push({
      code: 'NO_LINK',
      message: `${platform.id} declares no transfer bandwidth for ${shown}: a transfer costs its fixed latency alone, or nothing`,
      path: '/copy',
      count: free.length,
    });
  }
  return { transferSeconds, transferSecondsPerByte, transferResource };
}

function placementModel(
  profile: ProfileModel,
  name: string,
  wish: WorkloadModel,
  processors: readonly Processor[],
  excluded: ReadonlySet<number>,
  objective: Objective,
): PlacementModel {
  const { blocks } = profile;
  const n = blocks.length;
  const seconds = new Float64Array(processors.length * n).fill(Number.POSITIVE_INFINITY);
  processors.forEach((processor, p) => {
    if (excluded.has(p) || processor.off) return;
    const factor = wholeFactor(profile, processor.id);
    blocks.forEach((block, b) => {
      const cost = block.costs[processor.id];
      if (cost !== undefined && cost !== 'unsupported') seconds[p * n + b] = (factor * cost.latencyMs.mean) / 1000;
    });
  });
  return {
    name,
    blocks: n,
    seconds,
    outputBytes: Float64Array.from(blocks, (block) => block.outputBytes),
    weightBytes: Float64Array.from(blocks, (block) => block.weightBytes),
    dramBytes: Float64Array.from(blocks, (block) => block.dramBytes),
    activationBytes: profile.activationBytes,
    shareWeight: wish.shareWeight ?? 1,
    value: wish.weight ?? 1,
    callsPerFrame: wish.callsPerFrame ?? 1,
    rateLimit: wish.ratePerS ?? Number.POSITIVE_INFINITY,
    soloRate: 0,
    priorityClass: wish.priority ?? 0,
    demandedRate: wish.ratePerS ?? 0,
    rateFloor: objective === 'energy' ? (wish.minRatePerS ?? 0) : 0,
  };
}

/** Names every block that no processor runs, with each processor's reason. */
function refuseUnplaceableBlocks(
  problem: PlacementProblem,
  profiles: readonly ProfileModel[],
  names: ProblemNames,
  withoutPower: ReadonlySet<number>,
): void {
  const problems: Problem[] = [];
  problem.models.forEach((model, m) => {
    const n = model.blocks;
    for (let b = 0; b < n; b++) {
      const placeable = names.processors.some((_, p) => model.seconds[p * n + b] < Number.POSITIVE_INFINITY);
      if (placeable) continue;
      const block = profiles[m]?.blocks[b];
      const reasons = names.processors.map((id, p) =>
        withoutPower.has(p) ? `${id} declares no power` : `${id} ${block?.reasons?.[id] ?? 'is marked unsupported'}`,
      );
      problems.push({
        path: `/models/${m}/blocks/${b}`,
        message: `no processor can run block ${b} ("${block?.name}") of ${model.name}: ${reasons.join('; ')}`,
        expected: 'at least one processor that runs the block',
        received: reasons.join('; '),
        hint: 'choose another precision or platform, or replace the operator when exporting the model',
      });
    }
  });
  const first = problems[0];
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more blocks)` : '';
  throw new HeterodyneError('INFEASIBLE', first.message + more, { ...first, problems });
}

/**
 * What processors lose beside a busy neighbour, as the profile measured it: from two models on, every latency on processor p
 * is that alone times `slowdown[p]`. All are taken to be busy, as they are when rates are sought; a placement that leaves
 * the neighbour idle is rated too low by as much. Rates alone (`soloRate`) stay what they are.
 */
function slowDown(
  problem: PlacementProblem,
  names: ProblemNames,
  profile: Profile,
  callSeconds: Float64Array,
  warnings: Warning[],
): void {
  const slowdown = profile.interference?.slowdown;
  if (slowdown === undefined || problem.models.length < 2) return;
  const slowed: string[] = [];
  names.processors.forEach((id, p) => {
    const factor = slowdown[id] ?? 1;
    if (factor === 1) return;
    slowed.push(`${id} ${factor.toFixed(2)}`);
    for (const { seconds, blocks } of problem.models) {
      // Messages are core time already: no neighbour slows them.
      seconds[p * blocks]! -= callSeconds[p]!;
      for (let b = 0; b < blocks; b++) seconds[p * blocks + b]! *= factor;
      seconds[p * blocks]! += callSeconds[p]!;
    }
  });
  if (slowed.length === 0) return;
  warnings.push({
    code: 'INTERFERENCE',
    message: `latencies are those beside a busy neighbour, by measured factors: ${slowed.join(', ')}`,
    path: '/interference',
  });
}

function setSoloRates(problem: PlacementProblem): void {
  const { models } = problem;
  for (const model of models) model.soloRate = soloRateOnOne(problem, model);
  const chained = [...models.keys()].filter((m) => models[m].soloRate === 0);
  for (const [m, rate] of soloRatesOnChains(problem, chained)) models[m].soloRate = rate;
  // A model that costs nothing is bounded by its arrivals alone; without arrivals the core refuses it.
  for (const model of models) {
    if (model.soloRate === Number.POSITIVE_INFINITY) model.soloRate = Math.min(model.rateLimit, Number.MAX_VALUE);
  }
}
