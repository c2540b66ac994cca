/** What a trace says about the models of a subject: which blocks a step of a route runs. */
import { TRANSFER } from '../engine/system.ts';
import { engineSystemOf } from './simulate.ts';
import type { Subject } from './subject.ts';

export interface TracedModel {
  name: string;
  callsPerFrame: number;
  routes: { variant: string; steps: TracedStep[] }[];
}

/** A stage runs blocks, a transfer leads from one processor to another. */
export type TracedStep = { kind: 'stage'; blocks: string } | { kind: 'transfer'; from: string; to: string };

export function tracedModels(subject: Subject): TracedModel[] {
  const system = engineSystemOf(subject);
  return system.models.map(({ name, routes }, m) => {
    const { original, variants } = subject.models[m];
    return {
      name,
      callsPerFrame: subject.problem.models[m].callsPerFrame,
      routes: routes.map(({ steps }, v) => ({
        variant: [original, ...variants.map((variant) => variant.name)][v % (1 + variants.length)],
        steps: steps.map(({ kind, first, end }, s): TracedStep => {
          if (kind === 'transfer') {
            return { kind, from: subject.servers[steps[s - 1].server], to: subject.servers[steps[s + 1].server] };
          }
          const blocks = system.segmentBlock.subarray(first, end).filter((block) => block !== TRANSFER);
          return { kind, blocks: `${blocks[0]}-${blocks.at(-1)}` };
        }),
      })),
    };
  });
}
