/** Where a model goes when a processor of it is given up and nobody knows enough to plan again. */
import type { PlannedModel, PlannedStage } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';

/** The stages of one form of a model. */
export interface PlannedForm {
  stages: readonly Pick<PlannedStage, 'processor' | 'firstBlock' | 'lastBlock' | 'latencyMs'>[];
}

/**
 * The whole model on one processor that is left: the fastest by the profile, else one that it used before, else the
 * first.
 *
 * @returns undefined when nothing is left that runs it
 */
export function standIn(
  { name, variant, stages }: PlannedModel,
  gone: ReadonlySet<string>,
  platform: Platform,
  profile: Profile | undefined,
): PlannedForm | undefined {
  const left = platform.processors.filter(({ id, execution, off }) => execution && !off && !gone.has(id));
  const lastBlock = stages.at(-1)!.lastBlock;
  const profiled = profile?.models.find((model) => model.name === name && model.variant === variant);
  const costs = left.flatMap(({ id }) => {
    if (profiled === undefined) return [{ id, latencyMs: stages.some(({ processor }) => processor === id) ? 0 : 1 }];
    const blocks = profiled.blocks.map(({ costs }) => costs[id]);
    if (blocks.some((cost) => cost === undefined || cost === 'unsupported')) return [];
    return [
      {
        id,
        latencyMs: blocks.reduce((sum, cost) => sum + (cost as { latencyMs: { mean: number } }).latencyMs.mean, 0),
      },
    ];
  });
  if (costs.length === 0) return undefined;
  const best = costs.reduce((least, each) => (each.latencyMs < least.latencyMs ? each : least));
  const latencyMs = profiled === undefined ? stages.reduce((sum, stage) => sum + stage.latencyMs, 0) : best.latencyMs;
  return { stages: [{ processor: best.id, firstBlock: 0, lastBlock, latencyMs }] };
}
