/** What a run of the plan teaches: how far the prediction was off on every device, and the interference behind it. */
import { deviceUses } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import type { GroupPlan } from './schema.ts';

export interface DeviceCheck {
  device: string;
  predictedFps: number;
  measuredFps: number;
  /** measured / predicted. */
  ratio: number;
  /** kappa of the sharing mode `contention` that explains it; absent where fewer than two models share the device. */
  interference?: number;
}

/** One device of a plan: models on it, their calls' time, and what the plan makes of that, both seconds. */
interface PredictedDevice {
  device: string;
  count: number;
  load: number;
  frame: number;
}

function checked({ device, count, load, frame }: PredictedDevice, measuredFps: number): DeviceCheck {
  const slowdown = 1 / (measuredFps * load);
  return {
    device,
    predictedFps: 1 / frame,
    measuredFps,
    ratio: measuredFps * frame,
    ...(count > 1 && { interference: Math.max(0, (slowdown - 1) / (count - 1)) }),
  };
}

function checkedAll(predicted: readonly PredictedDevice[], measured: Readonly<Record<string, number>>): DeviceCheck[] {
  return predicted.flatMap((each): DeviceCheck[] => {
    const measuredFps = Object.hasOwn(measured, each.device) ? measured[each.device] : undefined;
    if (each.count === 0 || measuredFps === undefined || !(measuredFps > 0)) return [];
    return [checked(each, measuredFps)];
  });
}

/**
 * Predicted beside measured, for the devices that were measured. Predictions are of models taking turns (`serial`).
 *
 * @param measured group frames per second that each device kept up with, by device id
 */
export function checkAgainstRun(
  problem: GroupProblem,
  assignment: Assignment,
  measured: Readonly<Record<string, number>>,
): DeviceCheck[] {
  return checkedAll(
    deviceUses(problem, assignment).map(({ count, load }, j) => ({
      device: problem.devices[j]!.id,
      count,
      load,
      frame: load,
    })),
    measured,
  );
}

/** The same for a plan as a document; predictions are those of its sharing mode. */
export function checkPlanAgainstRun(plan: GroupPlan, measured: Readonly<Record<string, number>>): DeviceCheck[] {
  return checkedAll(
    plan.devices.map(({ id, models, loadMs, frameMs }) => ({
      device: id,
      count: models,
      load: loadMs / 1000,
      frame: frameMs / 1000,
    })),
    measured,
  );
}
