/**
 * What the page carries, so that it can plan again: plan, platform and workload as they are, the profile in columns
 * (a number per block and processor instead of an object), and how the search was set.
 */
import type { BlockCost, CostOrigin, Profile, ProfileBlock, ProfileModel } from '../../profiles/schema.ts';
import type { PlanView } from '../charts/plan-view.ts';

/** How the plan was searched; the page searches in the same way. */
export interface SearchSettings {
  maxStages: number;
  depthOne: boolean;
  seed: number;
  /** Budget of the planner and of every baseline. */
  evaluations: number;
}

export interface PageData {
  view: Omit<PlanView, 'profile' | 'before'> & { profile: PackedProfile };
  settings: SearchSettings;
}

type PackedModel = Omit<ProfileModel, 'blocks'> & {
  blocks: {
    names: string[];
    weightBytes: number[];
    activationBytes: number[];
    outputBytes: number[];
    dramBytes: number[];
    /** In the order of the profile's processors: ms of each block, null = cannot run. */
    latencyMs: (number | null)[][];
    /** In the same order: origins of single blocks, where some differ from the model's. */
    origins?: (CostOrigin | null)[][];
    /** Processor, block and why it cannot run there. */
    reasons?: [processor: number, block: number, reason: string][];
  };
};
export type PackedProfile = Omit<Profile, 'models'> & { models: PackedModel[] };

export function packProfile(profile: Profile): PackedProfile {
  return { ...profile, models: profile.models.map((model) => packModel(model, profile.processors)) };
}

/** The same profile, less what planning and drawing do not ask for (percentiles, energy). */
export function unpackProfile(packed: PackedProfile): Profile {
  return { ...packed, models: packed.models.map((model) => unpackModel(model, packed.processors)) };
}

function packModel(model: ProfileModel, processors: readonly string[]): PackedModel {
  const { blocks, ...rest } = model;
  const origins = processors.map((id) => blocks.map(({ costs }) => ownOrigin(costs[id])));
  const reasons = processors.flatMap((id, p) =>
    blocks.flatMap((block, b): [number, number, string][] => {
      const reason = block.reasons?.[id];
      return reason === undefined ? [] : [[p, b, reason]];
    }),
  );
  return {
    ...rest,
    blocks: {
      names: blocks.map(({ name }) => name),
      weightBytes: blocks.map(({ weightBytes }) => weightBytes),
      activationBytes: blocks.map(({ activationBytes }) => activationBytes),
      outputBytes: blocks.map(({ outputBytes }) => outputBytes),
      dramBytes: blocks.map(({ dramBytes }) => dramBytes),
      latencyMs: processors.map((id) => blocks.map(({ costs }) => meanOf(costs[id]))),
      ...(origins.flat().some((origin) => origin !== null) && { origins }),
      ...(reasons.length > 0 && { reasons }),
    },
  };
}

function meanOf(cost: BlockCost | undefined): number | null {
  return cost === undefined || cost === 'unsupported' ? null : cost.latencyMs.mean;
}

function ownOrigin(cost: BlockCost | undefined): CostOrigin | null {
  return cost === undefined || cost === 'unsupported' ? null : (cost.origin ?? null);
}

function unpackModel({ blocks, ...rest }: PackedModel, processors: readonly string[]): ProfileModel {
  const unpacked = blocks.names.map((name, b): ProfileBlock => {
    const costs = processors.map((id, p): [string, BlockCost] => {
      const mean = blocks.latencyMs[p]?.[b] ?? null;
      const origin = blocks.origins?.[p]?.[b] ?? null;
      return [id, mean === null ? 'unsupported' : { latencyMs: { mean }, ...(origin !== null && { origin }) }];
    });
    const reasons = (blocks.reasons ?? []).flatMap(([p, block, reason]) =>
      block === b ? [[processors[p] as string, reason]] : [],
    );
    return {
      name,
      weightBytes: blocks.weightBytes[b] as number,
      activationBytes: blocks.activationBytes[b] as number,
      outputBytes: blocks.outputBytes[b] as number,
      dramBytes: blocks.dramBytes[b] as number,
      costs: Object.fromEntries(costs),
      ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) }),
    };
  });
  return { ...rest, blocks: unpacked };
}
