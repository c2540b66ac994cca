/**
 * Changed conditions, as documents: what the sliders say becomes another platform, profile and workload, and is then
 * planned like any other. So limits, refusals and units are those of the command line.
 */
import { HeterodyneError } from '../../core/errors.ts';
import type { Objective } from '../../core/placement.ts';
import type { Platform, Processor } from '../../platforms/schema.ts';
import type { Profile, ProfileModel } from '../../profiles/schema.ts';
import type { Workload } from '../../profiles/workload.ts';

/** Most units of one processor. */
export const MOST_UNITS = 2;

export interface ProcessorChange {
  id: string;
  /** 0 = switched off, 1 = as it is, 2 = a second one beside it. */
  units: number;
  /** Factor on its speed, 1/4 to 4. */
  speed: number;
}

export interface ModelChange {
  name: string;
  on: boolean;
  /** Factor on its weight: on its share of what is contended, and under `weighted` on its value. */
  weight: number;
}

export interface Changes {
  processors: ProcessorChange[];
  models: ModelChange[];
  objective: Objective;
  evaluations: number;
}

/** What a plan is made from. */
export interface Conditions {
  platform: Platform;
  profile: Profile;
  /** With a name for every model. */
  workload: Workload;
}

/** Nothing changed. */
export function noChanges(base: Conditions, objective: Objective, evaluations: number): Changes {
  return {
    processors: base.profile.processors.map((id) => ({ id, units: 1, speed: 1 })),
    models: base.workload.models.map(({ name, model }) => ({ name: name ?? model, on: true, weight: 1 })),
    objective,
    evaluations,
  };
}

/**
 * The conditions under `changes`. A second unit has resources and memory of its own, and the links of the first.
 *
 * @throws HeterodyneError `USAGE` when no model or no processor is left
 */
export function changedConditions(base: Conditions, changes: Changes): Conditions {
  if (!changes.models.some(({ on }) => on)) throw nothingLeft('model');
  if (!changes.processors.some(({ units }) => units > 0)) throw nothingLeft('processor');
  let { platform, profile } = base;
  profile = atSpeeds(profile, changes.processors);
  for (const { id, units } of changes.processors) {
    if (units < MOST_UNITS) continue;
    const second = secondId(platform, id);
    platform = withSecondUnit(platform, id, second);
    profile = profileWithSecondUnit(profile, id, second);
  }
  const off = changes.processors.filter(({ units }) => units === 0).map(({ id }) => id);
  const on = changes.models.filter((model) => model.on);
  const names = new Set(on.map(({ name }) => name));
  const weights = new Map(on.map(({ name, weight }) => [name, weight]));
  return {
    platform,
    profile: {
      ...profile,
      processors: profile.processors.filter((id) => !off.includes(id)),
      models: profile.models.filter(({ name }) => names.has(name)),
    },
    workload: {
      ...base.workload,
      models: base.workload.models
        .filter(({ name }) => names.has(name ?? ''))
        .map((model) => {
          const factor = weights.get(model.name ?? '') ?? 1;
          return {
            ...model,
            shareWeight: (model.shareWeight ?? 1) * factor,
            ...(changes.objective === 'weighted' && { weight: (model.weight ?? 1) * factor }),
          };
        }),
    },
  };
}

/** Every change in words: `gpu 0.5 times as fast`, `without alexnet`. Empty = none. */
export function changesInWords(changes: Changes, before: Changes): string[] {
  const words: string[] = [];
  for (const { id, units, speed } of changes.processors) {
    if (units === 0) words.push(`without ${id}`);
    else {
      if (units > 1) words.push(`a second ${id}`);
      if (speed !== 1) words.push(`${id} ${speed} times as fast`);
    }
  }
  for (const { name, on, weight } of changes.models) {
    if (!on) words.push(`without ${name}`);
    else if (weight !== 1) words.push(`${name} with ${weight} times the weight`);
  }
  if (changes.objective !== before.objective) words.push(`objective ${changes.objective}`);
  if (changes.evaluations !== before.evaluations) words.push(`${changes.evaluations} evaluations`);
  return words;
}

function nothingLeft(what: string): HeterodyneError {
  return new HeterodyneError('USAGE', `no ${what} is left: switch one on`, {
    path: `/${what}s`,
    expected: `at least one ${what}`,
    received: 'none',
  });
}

function atSpeeds(profile: Profile, processors: readonly ProcessorChange[]): Profile {
  const changed = processors.filter(({ speed }) => speed !== 1);
  if (changed.length === 0) return profile;
  const models = profile.models.map((model): ProfileModel => {
    const blocks = model.blocks.map((block) => {
      const costs = { ...block.costs };
      for (const { id, speed } of changed) {
        const cost = costs[id];
        if (cost === undefined || cost === 'unsupported') continue;
        costs[id] = { ...cost, latencyMs: { mean: cost.latencyMs.mean / speed } };
      }
      return { ...block, costs };
    });
    return { ...model, blocks };
  });
  return { ...profile, models };
}

/** `gpu-2`, or the next free one. */
function secondId(platform: Platform, id: string): string {
  const taken = new Set([...platform.processors, ...platform.resources].map((each) => each.id));
  for (let n = 2; ; n++) if (!taken.has(`${id}-${n}`)) return `${id}-${n}`;
}

function withSecondUnit(platform: Platform, id: string, second: string): Platform {
  const at = platform.processors.findIndex((processor) => processor.id === id);
  const first = platform.processors[at] as Processor;
  const own = platform.resources.filter(
    ({ id: resource, kind }) => first.uses.includes(resource) && kind !== 'dram' && kind !== 'link',
  );
  const renamed = new Map(own.map((resource, i) => [resource.id, i === 0 ? second : `${second}.${i}`]));
  const processors = [...platform.processors];
  processors.splice(at + 1, 0, {
    ...first,
    id: second,
    name: `${first.name}, second unit`,
    uses: first.uses.map((resource) => renamed.get(resource) ?? resource),
  });
  const like = (end: string) => (end === id ? second : end);
  const links = platform.links?.flatMap((link) =>
    link.from === id || link.to === id ? [link, { ...link, from: like(link.from), to: like(link.to) }] : [link],
  );
  return {
    ...platform,
    processors,
    resources: [
      ...platform.resources,
      ...own.map((resource) => ({ ...resource, id: renamed.get(resource.id) as string })),
    ],
    ...(links && { links }),
  };
}

function profileWithSecondUnit(profile: Profile, id: string, second: string): Profile {
  const at = profile.processors.indexOf(id);
  const models = profile.models.map((model): ProfileModel => {
    const { computePrecision } = model;
    return {
      ...model,
      origin: { ...model.origin, ...(model.origin[id] && { [second]: model.origin[id] }) },
      ...(computePrecision?.[id] && { computePrecision: { ...computePrecision, [second]: computePrecision[id] } }),
      blocks: model.blocks.map((block) => ({
        ...block,
        costs: { ...block.costs, [second]: block.costs[id] ?? 'unsupported' },
        ...(block.reasons?.[id] !== undefined && { reasons: { ...block.reasons, [second]: block.reasons[id] } }),
      })),
    };
  });
  const processors = [...profile.processors];
  processors.splice(at + 1, 0, second);
  return { ...profile, processors, models };
}
