/** What a run of the plan teaches: how far the prediction was off on every device, and the interference behind it. */
import { deviceUses } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

export interface DeviceCheck {
  device: string;
  predictedFps: number;
  measuredFps: number;
  /** measured / predicted. */
  ratio: number;
  /** kappa of the sharing mode `contention` that explains it; absent where fewer than two models share the device. */
  interference?: number;
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
  return deviceUses(problem, assignment).flatMap(({ count, load }, j): DeviceCheck[] => {
    const device = problem.devices[j]!.id;
    const measuredFps = Object.hasOwn(measured, device) ? measured[device] : undefined;
    if (count === 0 || measuredFps === undefined || !(measuredFps > 0)) return [];
    const slowdown = 1 / (measuredFps * load);
    return [
      {
        device,
        predictedFps: 1 / load,
        measuredFps,
        ratio: measuredFps * load,
        ...(count > 1 && { interference: Math.max(0, (slowdown - 1) / (count - 1)) }),
      },
    ];
  });
}
