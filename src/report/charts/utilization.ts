/** How busy each processor is, and with which model. */
import { percent } from '../numbers.ts';
import { stackedBars } from './bars.ts';
import type { Frame } from './frame.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { linearScale } from './scale.ts';
import { predictionLabel } from './units.ts';

/** Shares below it are rounding. */
const LEAST = 1e-6;

export function utilizationTitle(): string {
  return 'Utilization of each processor by model, % of its time';
}

export function utilizationChart(view: PlanView, frame: Frame): string {
  const { processors, models } = view.plan;
  const numbers = modelNumbers(view);
  const was = new Map(view.before?.plan.processors.map(({ id, utilization }) => [id, utilization]));
  const bars = processors.map(({ id, utilization }) => {
    const parts = busyShares(view, id).map(({ name, share }) => ({
      model: numbers.get(name) as number,
      value: share,
      about: `${id} works ${percent(share)} of the time for ${name}`,
    }));
    const receiving = utilization - parts.reduce((sum, { value }) => sum + value, 0);
    const before = was.get(id);
    return {
      name: id,
      about: `${id} is busy ${percent(utilization)} of the time${before === undefined ? '' : `, ${percent(before)} before`}`,
      parts,
      ...(receiving > LEAST && {
        rest: { value: receiving, about: `${id} receives tensors ${percent(receiving)} of the time` },
      }),
      text: percent(utilization),
    };
  });
  const transfers = bars.some(({ rest }) => rest !== undefined) ? '; grey: receiving tensors' : '';
  return stackedBars(frame, {
    id: 'utilization',
    title: utilizationTitle(),
    description: `Busy share of each processor's time, ${predictionLabel(view.plan)}: ${processors.map(({ id, utilization }) => `${id} ${percent(utilization)}`).join(', ')}.`,
    caption: `% of time, modelled${transfers}`,
    bars,
    scale: linearScale(0, 1, 4),
    tickText: (share) => String(Math.round(100 * share)),
    track: true,
    models: models.map(({ name }) => ({ number: numbers.get(name) as number, name })),
  });
}

/** Shares of a processor's time by model, in model order: rate x calls x latency of the stages there. */
function busyShares({ plan, workload }: PlanView, processor: string): { name: string; share: number }[] {
  return plan.models.flatMap(({ name, stages, throughputPerS }, m) => {
    const calls = workload.models[m]?.callsPerFrame ?? 1;
    const share = stages
      .filter((stage) => stage.processor === processor)
      .reduce((sum, { latencyMs }) => sum + (throughputPerS * calls * latencyMs) / 1000, 0);
    return share > 0 ? [{ name, share }] : [];
  });
}
