/** How values of an objective are shown, and where numbers come from, in words. */
import type { Objective } from '../../core/placement.ts';
import type { Plan } from '../../planners/schema.ts';
import type { CostOrigin, Profile } from '../../profiles/schema.ts';
import { figure, percent } from '../numbers.ts';

export interface Measure {
  /** With unit. */
  title: string;
  unit: string;
  /** Shown value = factor times the objective. */
  factor: number;
  lessIsBetter?: true;
}

export const MEASURES: Record<Objective, Measure> = {
  throughput: { title: 'mean throughput, frames/s', unit: 'frames/s', factor: 1 },
  min: { title: 'least throughput, frames/s', unit: 'frames/s', factor: 1 },
  weighted: { title: 'weighted mean throughput, frames/s', unit: 'frames/s', factor: 1 },
  'geometric-mean': { title: 'geometric mean throughput, frames/s', unit: 'frames/s', factor: 1 },
  priority: { title: 'priority score, 0 to 1', unit: '', factor: 1 },
  energy: { title: 'energy, mJ per frame', unit: 'mJ per frame', factor: -1000, lessIsBetter: true },
};

/** A value of the objective with its unit. */
export function valueText(objective: Objective, value: number): string {
  const { factor, unit } = MEASURES[objective];
  return `${figure(value * factor)} ${unit}`.trimEnd();
}

/** Word for where a cost comes from. */
export function originWord(origin: CostOrigin): 'modelled' | 'measured' | 'imported' {
  return origin === 'roofline' ? 'modelled' : origin;
}

/** `modelled` for a prediction from modelled costs, else what the prediction rests on. */
export function predictionLabel({ provenance }: Pick<Plan, 'provenance'>): string {
  const { measured, imported, modelled } = provenance;
  if (modelled === 1) return 'modelled';
  if (measured === 1) return 'modelled from measured costs';
  if (imported === 1) return 'modelled from imported costs';
  const parts = Object.entries({ measured, imported, modelled })
    .filter(([, share]) => share > 0)
    .map(([word, share]) => `${percent(share)} ${word}`);
  return `modelled from costs that are ${parts.join(', ')}`;
}

/** Where the costs of a model on a processor come from; several words when its blocks differ. */
export function originsOf(model: Profile['models'][number], processor: string): string[] {
  const words = new Set<string>();
  for (const block of model.blocks) {
    const cost = block.costs[processor];
    if (cost === undefined || cost === 'unsupported') continue;
    words.add(originWord(cost.origin ?? model.origin[processor] ?? 'roofline'));
  }
  return [...words].sort();
}

/** `1 model`, `4 models`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
