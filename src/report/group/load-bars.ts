/** What every device does for one group frame, cut into its models. */
import type { GroupEvidence } from '../../planners/group/group-plan.ts';
import { stackedBars } from '../charts/bars.ts';
import type { Frame } from '../charts/frame.ts';
import { linearScale } from '../charts/scale.ts';
import { figure } from '../numbers.ts';

/** Shorter waits are rounding. */
const LEAST_MS = 1e-9;

export function loadBarsTitle(): string {
  return 'Time of every device for one group frame, ms, by model';
}

export function loadBarsChart({ plan, problem, assignment }: GroupEvidence, frame: Frame): string {
  const numbered = plan.models.map(({ name }, i) => ({ number: i + 1, name }));
  const bars = plan.devices.map(({ id, loadMs, frameMs, models }, j) => {
    const parts = assignment.flatMap((at, i) => {
      if (at !== j) return [];
      const ms = 1000 * problem.seconds[i]![j]!;
      return [{ model: i + 1, value: ms, about: `${plan.models[i]!.name}: ${figure(ms)} ms a frame on ${id}` }];
    });
    const rest = frameMs - loadMs;
    return {
      name: id,
      about: `${id}: ${models} models, ${figure(frameMs)} ms between two group frames`,
      parts,
      ...(rest > LEAST_MS && { rest: { value: rest, about: `${figure(rest)} ms by sharing (${plan.sharing})` } }),
      text: `${figure(frameMs)} ms`,
    };
  });
  const lost = bars.some((bar) => 'rest' in bar) ? `; grey: lost by sharing (${plan.sharing})` : '';
  return stackedBars(frame, {
    id: 'loads',
    title: loadBarsTitle(),
    description: `Time for one group frame, modelled: ${plan.devices.map(({ id, frameMs }) => `${id} ${figure(frameMs)} ms`).join(', ')}. The longest decides.`,
    caption: `ms of a group frame, modelled from the rates${lost}`,
    bars,
    scale: linearScale(0, plan.score.frameMs, 4),
    models: numbered,
  });
}
