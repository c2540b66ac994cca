/** Placement problems for tests: the specification's examples, and random ones. */
import type { Objective, PlacementModel, PlacementProblem } from '../../src/core/placement.ts';
import { Random } from '../../src/reference/random.ts';

/** A problem from rows of seconds per (processor, block), each processor a resource of its own. */
export function problemFrom(
  models: { seconds: number[][]; outputBytes?: number[] }[],
  changes: Partial<PlacementProblem> = {},
): PlacementProblem {
  const processors = models[0].seconds.length;
  return {
    models: models.map(({ seconds, outputBytes }, m) => plainModel(`model-${m}`, seconds, outputBytes)),
    processors,
    resources: processors,
    processorUses: Uint32Array.from({ length: processors }, (_, p) => 1 << p),
    transferSeconds: new Float64Array(processors * processors),
    transferSecondsPerByte: new Float64Array(processors * processors),
    transferResource: new Int32Array(processors * processors).fill(-1),
    dramResource: new Int32Array(processors).fill(-1),
    dramSecondsPerByte: new Float64Array(processors),
    maxModels: new Uint32Array(processors).fill(255),
    poolProcessors: new Uint32Array(0),
    poolBytes: new Float64Array(0),
    idleWatts: Number.NaN,
    activeWatts: new Float64Array(processors).fill(Number.NaN),
    objective: 'throughput',
    maxStages: Math.min(3, processors),
    depthOne: false,
    ...changes,
  };
}

export function plainModel(name: string, seconds: number[][], outputBytes?: number[]): PlacementModel {
  const blocks = seconds[0].length;
  const solo = Math.min(...seconds.map((row) => row.reduce((a, b) => a + b, 0)));
  return {
    name,
    blocks,
    seconds: Float64Array.from(seconds.flat()),
    outputBytes: Float64Array.from(outputBytes ?? new Array(blocks).fill(0)),
    weightBytes: new Float64Array(blocks),
    dramBytes: new Float64Array(blocks),
    activationBytes: 0,
    shareWeight: 1,
    value: 1,
    callsPerFrame: 1,
    rateLimit: Number.POSITIVE_INFINITY,
    soloRate: solo < Number.POSITIVE_INFINITY ? 1 / solo : 1,
    priorityClass: 0,
    demandedRate: 0,
    rateFloor: 0,
  };
}

/** Section "tiny placement problem": X = 3 blocks, Y = 2 blocks on L, G, B; milliseconds. */
export function tinyProblem(transferMs: number, objective: Objective): PlacementProblem {
  const ms = (rows: number[][]) => rows.map((row) => row.map((x) => x / 1000));
  const problem = problemFrom(
    [
      {
        seconds: transpose(
          ms([
            [4, 2, 3],
            [6, 2, 4],
            [8, 9, 5],
          ]),
        ),
      },
      {
        seconds: transpose(
          ms([
            [5, 3, 4],
            [3, 4, 2],
          ]),
        ),
      },
    ],
    { objective },
  );
  for (let p = 0; p < 3; p++)
    for (let q = 0; q < 3; q++) if (p !== q) problem.transferSeconds[p * 3 + q] = transferMs / 1000;
  return problem;
}

export function transpose(rows: number[][]): number[][] {
  return rows[0].map((_, column) => rows.map((row) => row[column]));
}

export interface RandomProblemOptions {
  models?: number;
  processors?: number;
  blocks?: number;
  objective?: Objective;
}

/** A random problem with every feature of the contract in it now and then. */
export function randomProblem(seed: number, options: RandomProblemOptions = {}): PlacementProblem {
  const random = new Random(seed);
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  const real = (low: number, high: number) => low + random.unit() * (high - low);
  const chance = (p: number) => random.unit() < p;
  const P = options.processors ?? between(1, 5);
  const M = options.models ?? between(1, 5);
  const links = chance(0.4) ? 1 : 0;
  const dram = chance(0.4) ? 1 : 0;
  const R = P + links + dram;
  const objectives: Objective[] = ['throughput', 'min', 'weighted', 'geometric-mean', 'priority', 'energy'];
  const objective = options.objective ?? objectives[random.below(objectives.length)];
  const speed = Array.from({ length: P }, () => real(0.5, 4));
  // Now and then two processors of one kind.
  const twins = P > 2 && chance(0.3);
  const partial = chance(0.3);
  const models: PlacementModel[] = [];
  for (let m = 0; m < M; m++) {
    const n = options.blocks ?? between(1, 12);
    const base = Array.from({ length: n }, () => real(0.2, 5) * 1e-3);
    const seconds = speed.map((s) => base.map((t) => (t / s) * real(0.6, 1.6)));
    if (partial) {
      for (let p = 1; p < P; p++)
        for (let b = 0; b < n; b++) if (chance(0.25)) seconds[p][b] = Number.POSITIVE_INFINITY;
    }
    const model = plainModel(
      `model-${m}`,
      seconds,
      base.map(() => Math.floor(real(0, 1e6))),
    );
    model.weightBytes = Float64Array.from(base, () => Math.floor(real(0, 4e6)));
    model.dramBytes = Float64Array.from(base, () => Math.floor(real(0, 8e6)));
    model.activationBytes = Math.floor(real(0, 1e6));
    if (chance(0.3)) model.shareWeight = real(0.5, 3);
    if (chance(0.3)) model.value = real(0, 3);
    if (chance(0.2)) model.callsPerFrame = between(1, 3);
    if (chance(0.2)) model.rateLimit = real(5, 60);
    model.priorityClass = random.below(3);
    if (chance(0.5)) model.demandedRate = real(5, 60);
    if (objective === 'energy' && chance(0.3)) model.rateFloor = real(0.1, 5);
    models.push(model);
  }
  const problem = problemFrom([{ seconds: speed.map(() => [1]) }], {
    resources: R,
    objective,
    maxStages: Math.min(between(1, 4), P),
    depthOne: chance(0.2),
    idleWatts: real(1, 3),
    activeWatts: Float64Array.from(speed, () => real(0, 8)),
  });
  problem.models = models;
  for (let p = 0; p < P; p++) {
    if (P > 1 && chance(0.1)) problem.processorUses[p] |= 1 << random.below(P);
    if (chance(0.15)) problem.maxModels[p] = between(1, M);
    if (dram) {
      problem.dramResource[p] = R - 1;
      problem.dramSecondsPerByte[p] = 1 / real(2e9, 2e10);
    }
    for (let q = 0; q < P; q++) {
      if (p === q) continue;
      problem.transferSeconds[p * P + q] = real(0, 2e-4);
      problem.transferSecondsPerByte[p * P + q] = 1 / real(1e8, 1e10);
      if (links) problem.transferResource[p * P + q] = P;
    }
  }
  if (twins) makeTwins(problem, P - 2, P - 1);
  if (chance(0.3)) {
    problem.poolProcessors = Uint32Array.of((1 << P) - 1, 1);
    problem.poolBytes = Float64Array.of(real(5e6, 1.5e8), real(1e6, 5e7));
  }
  return problem;
}

/** Give processor q everything of p, so that the two can be exchanged. */
export function makeTwins(problem: PlacementProblem, p: number, q: number): void {
  const P = problem.processors;
  for (const { seconds, blocks } of problem.models) {
    seconds.copyWithin(q * blocks, p * blocks, (p + 1) * blocks);
  }
  problem.activeWatts[q] = problem.activeWatts[p];
  problem.maxModels[q] = problem.maxModels[p];
  problem.dramResource[q] = problem.dramResource[p];
  problem.dramSecondsPerByte[q] = problem.dramSecondsPerByte[p];
  problem.processorUses[p] = 1 << p;
  problem.processorUses[q] = 1 << q;
  for (const table of [problem.transferSeconds, problem.transferSecondsPerByte]) {
    for (let x = 0; x < P; x++) {
      if (x === p || x === q) continue;
      table[q * P + x] = table[p * P + x];
      table[x * P + q] = table[x * P + p];
    }
    table[q * P + p] = table[p * P + q];
  }
  for (let x = 0; x < P; x++) if (x !== p && x !== q) problem.processorUses[x] &= ~((1 << p) | (1 << q));
  for (let x = 0; x < P; x++) if (problem.processorUses[x] === 0) problem.processorUses[x] = 1 << x;
}
