/** Plans with all that a report draws, on devices with round numbers. */

import { planWithEvidence } from '../../src/planners/plan.ts';
import type { PlanRequest } from '../../src/planners/request.ts';
import { type PlanView, planView } from '../../src/report/charts/plan-view.ts';
import type { SearchSettings } from '../../src/report/page/page-data.ts';
import { block, blockedModel, platform, processor } from '../profiles/fixtures.ts';

export interface Report {
  view: PlanView;
  settings: SearchSettings;
}

const NAMES = [
  'alexnet',
  'mobilenet-v1',
  '<script>alert("a & b")<!--',
  'a-model-with-a-name-that-is-far-too-long-for-any-label',
];

/** Models by number; some have names that no label has room for, or that look like markup. */
export function nameOf(m: number): string {
  return NAMES[m] ?? `model-${m + 1}`;
}

function model(m: number, blocks: number) {
  return blockedModel(
    nameOf(m),
    Array.from({ length: blocks }, (_, b) =>
      block(
        b,
        {
          macs: { conv: 1e7 * (1 + ((3 * m + 5 * b) % 11)) * (1 + m) },
          bytes: { conv: 1e6 },
          operators: [(b + m) % 7 === 3 ? 'Softmax' : 'Conv'],
        },
        { weightBytes: 5e4 * (1 + ((m + b) % 5)), activationBytes: 2e5 },
      ),
    ),
  );
}

/** A device of so many processors: CPUs, GPUs and NPUs that know no Softmax. */
export function device(processors: number) {
  const kinds = ['cpu', 'gpu', 'npu'] as const;
  return platform(
    Array.from({ length: processors }, (_, p) => {
      const kind = kinds[p % 3] as (typeof kinds)[number];
      return processor(p < 3 ? kind : `${kind}-${p}`, {
        kind,
        peakOpsPerS: { float32: (1 + p) * 50e9 },
        activeWatts: 1 + p,
        ...(kind === 'npu' && { unsupportedOperators: ['Softmax'], memoryBytes: 5e8 }),
      });
    }),
    { power: { idleWatts: 1 } },
  );
}

export async function report(
  models: number,
  processors: number,
  { blocks = 8, ...request }: Partial<PlanRequest> & { blocks?: number } = {},
): Promise<Report> {
  const evaluations = request.evaluations ?? 60;
  const evidence = await planWithEvidence({
    platform: device(processors),
    models: Array.from({ length: models }, (_, m) => model(m, blocks + (m % 3))),
    seed: 7,
    evaluations,
    ...request,
  });
  const { maxStages, depthOne } = evidence.problem.problem;
  return { view: planView(evidence, evidence.plan), settings: { maxStages, depthOne, seed: 7, evaluations } };
}
