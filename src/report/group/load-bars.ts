/** What every device does for one group frame, cut into its models. */
import type { GroupPlan } from '../../planners/group/schema.ts';
import { stackedBars } from '../charts/bars.ts';
import type { Frame } from '../charts/frame.ts';
import { linearScale } from '../charts/scale.ts';
import { figure } from '../numbers.ts';

/** Shorter waits are rounding. */
const LEAST_MS = 1e-9;

export function loadBarsTitle(): string {
  return 'Time of every device for one group frame, ms, by model';
}

export function loadBarsChart(plan: GroupPlan, frame: Frame): string {
  const numbered = plan.models.map(({ name }, i) => ({ number: i + 1, name }));
  const bars = plan.devices.map(({ id, loadMs, frameMs, models }) => {
    const parts = plan.models.flatMap(({ name, device, timeMs }, i) =>
      device === id ? [{ model: i + 1, value: timeMs, about: `${name}: ${figure(timeMs)} ms a frame on ${id}` }] : [],
    );
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
