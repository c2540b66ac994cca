/** A simulation and those that it is compared with, as the few figures that tell them apart. */
import type { SimulationDocument } from '../simulator/schema.ts';

export interface RunFigures {
  /** Its controller. */
  name: string;
  /** Share of all frames whose deadline is decided; undefined = no deadlines. */
  missRate?: number;
  /** Of the model with the largest. */
  p99Ms?: number;
  mjPerFrame?: number;
  watts?: number;
  /** Mean over finished frames of all models, a fraction. */
  loss: number;
  switchesPerFrame: number;
}

type Run = Pick<SimulationDocument, 'models' | 'device'>;

export function comparedRuns(document: SimulationDocument): RunFigures[] {
  const own = document.controller;
  return [
    figuresOf(runName(own?.id, own?.reconstruction), document),
    ...(document.compared ?? []).map((run) => figuresOf(runName(run.controller, run.reconstruction), run)),
  ];
}

function runName(id = 'none', reconstruction = false): string {
  return reconstruction ? `${id} (a reconstruction)` : id;
}

export function missRate({ models }: Run): number | undefined {
  let counted = 0;
  let missed = 0;
  for (const { deadline } of models) {
    counted += deadline?.counted ?? 0;
    missed += deadline?.missed ?? 0;
  }
  return counted > 0 ? missed / counted : undefined;
}

export function overallP99({ models }: Run): number | undefined {
  const all = models.flatMap(({ responseMs }) => (responseMs ? [responseMs.p99] : []));
  return all.length > 0 ? Math.max(...all) : undefined;
}

function figuresOf(name: string, run: Run): RunFigures {
  const { energy, switchesPerFrame } = run.device;
  const frames = run.models.reduce((sum, { finished }) => sum + finished, 0);
  const loss = run.models.reduce((sum, model) => sum + model.finished * model.loss.mean, 0);
  return {
    name,
    missRate: missRate(run),
    p99Ms: overallP99(run),
    ...(energy && { mjPerFrame: energy.mjPerFrame, watts: energy.meanWatts }),
    loss: frames > 0 ? loss / frames : 0,
    switchesPerFrame,
  };
}
