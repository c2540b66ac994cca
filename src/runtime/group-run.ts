/** A group plan at work on this machine: predicted group FPS beside measured, for every device. */
import { HeterodyneError } from '../core/errors.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { type GroupRun, type GroupRunOptions, runGroup } from '../execution/group.ts';
import { thisHost } from '../execution/this-host.ts';
import type { CuttableModel } from '../models/cut.ts';
import { checkPlanAgainstRun } from '../planners/group/interference.ts';
import type { GroupPlan } from '../planners/group/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import { independentPairs } from '../profiles/interference.ts';
import type { MeanInterval } from '../profiles/samples.ts';
import type { GroupRunDocument } from './group-run-schema.ts';

export interface GroupPlanRunOptions extends GroupRunOptions {
  /** Default: this machine. */
  platform?: Platform;
}

/** Share of the calls' time that waiting for others' programs may take without a warning. */
const BUSY = 0.05;

/**
 * Runs a group plan: models that share a device take turns, devices work at the same time.
 *
 * @param models by the names of the plan
 * @throws HeterodyneError `USAGE` for a model that is not given; as `runGroup`
 */
export async function runGroupPlan(
  plan: GroupPlan,
  models: ReadonlyMap<string, CuttableModel>,
  { platform: given, ...options }: GroupPlanRunOptions,
): Promise<GroupRunDocument> {
  const platform = given ?? (await thisHost()).platform;
  const members = plan.models.map(({ name, device, callsPerFrame }) => ({
    model: modelOf(models, name),
    processor: device,
    calls: callsPerFrame,
  }));
  return groupRunOf(plan, platform, await runGroup(members, platform, options));
}

function modelOf(models: ReadonlyMap<string, CuttableModel>, name: string): CuttableModel {
  const found = models.get(name);
  if (found !== undefined) return found;
  throw new HeterodyneError('USAGE', `the plan's model "${name}" is not among the models`, {
    path: name,
    expected: 'every model of the plan, under its name',
    received: [...models.keys()].join(', ') || 'none',
  });
}

/** What was measured, held against the plan. */
export function groupRunOf(plan: GroupPlan, platform: Platform, run: GroupRun): GroupRunDocument {
  const undisturbed = Object.fromEntries(run.processors.map(({ id, callsMs }) => [id, 1000 / callsMs.mean]));
  const measuredFps = 1000 / run.frameMs.mean;
  const undisturbedFps = Math.min(...Object.values(undisturbed));
  const predictedFps = plan.score.groupFps;
  return {
    kind: 'group-run',
    schemaVersion: 1,
    platform: platform.id,
    planHash: contentHash(plan),
    sharing: plan.sharing,
    seconds: run.elapsedMs / 1000,
    frames: run.frames,
    predictedFps,
    measuredFps,
    ratio: measuredFps / predictedFps,
    undisturbedFps,
    undisturbedRatio: undisturbedFps / predictedFps,
    frameMs: stated(run.frameMs),
    devices: checkPlanAgainstRun(plan, undisturbed).map(({ device, ratio, interference }) => {
      const { models, frameMs } = plan.devices.find(({ id }) => id === device)!;
      const { frameMs: took, callsMs, waitedShare, unpinned } = run.processors.find(({ id }) => id === device)!;
      return {
        id: device,
        models,
        predictedFrameMs: frameMs,
        frameMs: stated(took),
        undisturbedMs: stated(callsMs),
        ratio: frameMs / took.mean,
        undisturbedRatio: ratio,
        ...(interference !== undefined && { interference }),
        waitedShare,
        pinned: unpinned === undefined,
      };
    }),
    models: plan.models.map(({ name, device, callsPerFrame, soloFramesPerS }, i) => {
      const callMs = run.callMs[i];
      return {
        name,
        device,
        callsPerFrame,
        predictedCallMs: 1000 / soloFramesPerS,
        ...(callMs && { callMs: stated(callMs) }),
      };
    }),
    predictedFrom: plan.provenance,
    ...(run.partial && { partial: true as const }),
    warnings: findings(plan, platform, run),
  };
}

/** No time is below 0, however wide its interval. */
function stated({ mean, low, high }: MeanInterval): MeanInterval {
  return { mean, low: Math.max(0, low), high };
}

function findings(plan: GroupPlan, platform: Platform, { processors }: GroupRun): Warning[] {
  const warnings: Warning[] = [];
  const used = processors.map(({ id }) => id);
  const apart = new Set(independentPairs(platform, used).map((pair) => pair.join()));
  const order = platform.processors.map(({ id }) => id).filter((id) => used.includes(id));
  order.forEach((a, i) => {
    for (const b of order.slice(i + 1)) {
      if (apart.has([a, b].join())) continue;
      warnings.push({
        code: 'OVERLAP',
        message: `${a} and ${b} share cores: the plan counts them twice, and promises more than there is`,
        path: '/devices',
      });
    }
  });
  if (plan.sharing === 'fair') {
    warnings.push({
      code: 'OTHER_SHARING',
      message: 'the plan predicts models that run freely in equal time slices; here they took turns',
      path: '/sharing',
    });
  }
  for (const { id, waitedShare, unpinned } of processors) {
    if (unpinned !== undefined) {
      warnings.push({ code: 'UNPINNED', message: `${id} was not held to its cores: ${unpinned}`, path: '/devices' });
    }
    if (waitedShare > BUSY) {
      warnings.push({
        code: 'BUSY_MACHINE',
        message: `${id}: other programs held its cores for ${Math.round(100 * waitedShare)} % of the time: the rate by the clock contains that, the undisturbed one and the matrix do not`,
        path: '/devices',
      });
    }
  }
  return warnings;
}
