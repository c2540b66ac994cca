/** Plans for tests of what is drawn from plans: random ones with every feature, and a wide one. */
import { referenceCore } from '../../bindings/core.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import type { ProblemNames } from '../../src/estimators/memory-bound.ts';
import { plan } from '../../src/planners/plan.ts';
import { predict } from '../../src/planners/predicted.ts';
import { type Plan, planDocument } from '../../src/planners/schema.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import type { Profile } from '../../src/profiles/schema.ts';
import { workloadOf } from '../../src/profiles/workload.ts';
import { type RandomProblemOptions, randomProblem } from '../core/problems.ts';
import { block, blockedModel, platform, processor } from '../profiles/fixtures.ts';

export interface RandomPlan {
  plan: Plan;
  /** Only what a timeline asks of a platform: processors, what they use, and links. */
  platform: Platform;
  /** Two processors use one resource. */
  shares: boolean;
}

/** A random placement of a random problem, with the rates that the core gives it; undefined where it is infeasible. */
export function randomPlan(seed: number, options: RandomProblemOptions = {}): RandomPlan | undefined {
  const problem = {
    ...randomProblem(seed, options),
    poolProcessors: new Uint32Array(0),
    poolBytes: new Float64Array(0),
  };
  problem.maxModels.fill(64);
  for (const model of problem.models) model.rateFloor = 0;
  const names: ProblemNames = {
    models: problem.models.map(({ name }) => name),
    variants: problem.models.map(() => 'original'),
    processors: Array.from({ length: problem.processors }, (_, p) => `p${p}`),
    resources: Array.from({ length: problem.resources }, (_, r) => `r${r}`),
    pools: [],
  };
  const kernel = referenceCore().placement(problem);
  kernel.seed(seed);
  const placement = kernel.sample('uniform', 1);
  if (kernel.evaluate(placement).excess[0] > 0) return undefined;
  const workload = workloadOf(names.models);
  for (const [m, model] of workload.models.entries()) if (m % 2 === 1) model.deadlineMs = 10 + (seed % 50);
  const predicted = predict({
    kernel,
    prepared: prepareProblem(problem),
    names,
    profile: { models: [] } as unknown as Profile,
    workload,
    placement,
  });
  kernel.free();
  const document: Plan = {
    kind: 'plan',
    schemaVersion: 1,
    platform: 'random',
    platformHash: 'none',
    profileHash: 'none',
    objective: problem.objective,
    planner: { name: 'random', seed, evaluations: 1 },
    operatingPoint: { id: 'max', frequencyHz: {} },
    ...predicted,
    warnings: [],
  };
  const uses = [...problem.processorUses].map((bits) => names.resources.filter((_, r) => bits & (1 << r)));
  const links: NonNullable<Platform['links']> = [];
  names.processors.forEach((from, i) => {
    names.processors.forEach((to, j) => {
      const resource = problem.transferResource[i * problem.processors + j];
      if (i !== j && resource >= 0) links.push({ from, to, latencyMs: 0, resource: names.resources[resource] });
    });
  });
  const device = {
    id: 'random',
    resources: names.resources.map((id) => ({ id, kind: 'npu' })),
    processors: names.processors.map((id, p) => ({ id, uses: uses[p], activeWatts: problem.activeWatts[p] })),
    links,
  } as unknown as Platform;
  return { plan: document, platform: device, shares: new Set(uses.flat()).size < uses.flat().length };
}

/** A plan by hand: stages as [processor, latencyMs, transferMs], every model one call a frame unless said. */
export function plainPlan(
  processors: string[],
  models: {
    name: string;
    perS: number;
    stages: [processor: string, latencyMs: number, transferMs: number][];
    calls?: number;
    deadlineMs?: number;
    energyMj?: number;
  }[],
  changes: Partial<Plan> = {},
): Plan {
  const busy = new Map(processors.map((id) => [id, 0]));
  const planned = models.map(({ name, perS, stages, calls = 1, deadlineMs, energyMj }): Plan['models'][number] => {
    stages.forEach(([id, latencyMs], s) => {
      const received = stages[s - 1]?.[2] ?? 0;
      busy.set(id, (busy.get(id) as number) + (perS * calls * (latencyMs + received)) / 1000);
    });
    return {
      name,
      variant: 'original',
      stages: stages.map(([processor, latencyMs, transferMs], s) => {
        return { processor, firstBlock: s, lastBlock: s, latencyMs, transferMs };
      }),
      throughputPerS: perS,
      latencyMs: calls * stages.reduce((sum, [, latency, transfer]) => sum + latency + transfer, 0),
      soloThroughputPerS: perS,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(energyMj !== undefined && { energyMj }),
    };
  });
  return {
    kind: 'plan',
    schemaVersion: 1,
    platform: 'by-hand',
    platformHash: 'none',
    profileHash: 'none',
    objective: 'throughput',
    planner: { name: 'by-hand', seed: 1, evaluations: 1 },
    operatingPoint: { id: 'max', frequencyHz: {} },
    models: planned,
    processors: processors.map((id) => ({ id, utilization: busy.get(id) as number, memoryBytes: 0 })),
    score: {
      value: 1,
      meanThroughputPerS: 1,
      minThroughputPerS: 1,
      geometricMeanPerS: 1,
      jain: 1,
      groupFps: 1,
    },
    provenance: { measured: 0, imported: 0, modelled: 1 },
    warnings: [],
    ...changes,
  };
}

/** 16 models on 8 processors, two of which share their cores, with a bus into two others: planned, not made up. */
export async function widePlan(): Promise<{ plan: Plan; platform: Platform }> {
  const processors = Array.from({ length: 8 }, (_, p) =>
    processor(`p${p}`, {
      peakOpsPerS: { float32: (1 + p) * 60e9 },
      ...(p >= 6 && { uses: ['p6-cores', 'dram'] }),
      activeWatts: 1 + p,
    }),
  );
  const wide = platform(processors, {
    id: 'wide',
    resources: [
      ...processors.slice(0, 7).map(({ id }) => ({ id: `${id}-cores`, kind: 'npu' as const })),
      { id: 'bus', kind: 'link', bandwidthBytesPerS: 5e8 },
      { id: 'dram', kind: 'dram', bandwidthBytesPerS: 50e9, memoryBytes: 8e9 },
    ],
    links: ['p2', 'p3'].flatMap((to) =>
      processors
        .filter(({ id }) => id !== to)
        .map(({ id }) => ({ from: id, to, resource: 'bus', bandwidthBytesPerS: 5e8, latencyMs: 0.1 })),
    ),
    power: { idleWatts: 2 },
  });
  const models = Array.from({ length: 16 }, (_, m) =>
    blockedModel(
      `net-${m}`,
      Array.from({ length: 4 + (m % 5) }, (_, b) =>
        block(b, { macs: { conv: 1e8 * (1 + ((m * 7 + b * 3) % 11)) }, bytes: { conv: 1e6 } }),
      ),
    ),
  );
  const document = await plan({ platform: wide, models, objective: 'min', evaluations: 300, baselines: [] });
  return { plan: document, platform: wide };
}

/** What the plan's own schema says of it: a plan made up for a test must be one. */
export function problemsOf(document: Plan): string[] {
  return planDocument.problems(document).map(({ path, message }) => `${path}: ${message}`);
}
