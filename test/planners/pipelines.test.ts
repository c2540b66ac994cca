import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/core.ts';
import { PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { leads, partitions } from '../../src/planners/partition.ts';
import { bestPipelines } from '../../src/planners/pipelines.ts';
import { plainModel, problemFrom, randomProblem } from '../core/problems.ts';

const test = suite('pipelines and partitions');

/** Every placement of one model on processors that differ. */
function placementsOf(P: number, n: number, most: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const visit = (stages: [number, number][], first: number) => {
    if (first === n) {
      const record = new Uint8Array(PLACEMENT_STRIDE);
      record[0] = stages.length;
      for (const [s, stage] of stages.entries()) record.set(stage, 1 + 2 * s);
      found.push(record);
      return;
    }
    if (stages.length === most) return;
    for (let p = 0; p < P; p++) {
      if (stages.some(([used]) => used === p)) continue;
      for (let end = first + 1; end <= n; end++) visit([...stages, [p, end]], end);
    }
  };
  visit([], 0);
  return found;
}

/** Processors alone, with links between them now and then: nothing else is shared. */
function plainProblem(seed: number, models: number) {
  const random = randomProblem(seed, { models, processors: 4, blocks: 6, objective: 'throughput' });
  const problem = problemFrom(
    random.models.map(({ seconds }) => ({
      seconds: [0, 1, 2, 3].map((p) => [...seconds.subarray(p * 6, p * 6 + 6)]),
      outputBytes: [1e5, 3e5, 2e5, 4e5, 1e5, 0],
    })),
    { transferSecondsPerByte: new Float64Array(16).fill(2e-9), transferSeconds: new Float64Array(16).fill(1e-4) },
  );
  if (seed % 2 === 0) {
    problem.resources = 5;
    problem.transferResource.fill(4);
  }
  return problem;
}

test('the pipeline of every processor set is the fastest of all placements on it', () => {
  let sets = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const problem = plainProblem(seed, 1);
    const kernel = wasmCore().placement(problem);
    const found = bestPipelines(prepareProblem(problem), 0);
    const least = new Map<number, number>();
    for (const record of placementsOf(4, 6, 3)) {
      const { rates, excess } = kernel.evaluate(record);
      if (excess[0] > 0) continue;
      let set = 0;
      for (let s = 0; s < record[0]; s++) set |= 1 << record[1 + 2 * s];
      // A link carries all transfers of a model, a pipeline of three stages two of them.
      if (problem.resources === 5 && record[0] === 3) continue;
      least.set(set, Math.min(least.get(set) ?? Number.POSITIVE_INFINITY, 1 / rates[0]));
    }
    for (const [set, time] of least) {
      const pipeline = found.get(set);
      assert.ok(pipeline, `seed ${seed}, set ${set}`);
      assert.ok(Math.abs((pipeline?.slowest ?? 0) - time) < 1e-12, `seed ${seed}, set ${set}`);
      sets++;
    }
  }
  assert.ok(sets > 300, `${sets} sets were compared`);
});

test('the first partition is the best of all placements without sharing', () => {
  for (const objective of ['throughput', 'min', 'geometric-mean'] as const) {
    for (let seed = 1; seed <= 9; seed += 2) {
      const problem = { ...plainProblem(seed, 2), objective };
      const kernel = wasmCore().placement(problem);
      const prepared = prepareProblem(problem);
      const pipelines = problem.models.map((_, m) => bestPipelines(prepared, m));
      const value = (placement: Uint8Array) => {
        const { rates } = kernel.evaluate(placement);
        if (objective === 'min') return Math.min(...rates);
        return objective === 'throughput' ? rates[0] + rates[1] : rates[0] * rates[1];
      };
      let best = 0;
      for (const a of pipelines[0].values()) {
        for (const b of pipelines[1].values()) {
          if (a.set & b.set) continue;
          best = Math.max(best, value(Uint8Array.of(...a.record, ...b.record)));
        }
      }
      const [first] = partitions(prepared, pipelines, 4);
      assert.ok(Math.abs(value(first) / best - 1) < 1e-9, `${objective}, seed ${seed}`);
    }
  }
});

test('the others keep off the processors of a leading model', () => {
  const fast = [
    [1, 1],
    [1, 1],
    [9, 9],
  ].map((row) => row.map((x) => x / 1000));
  const problem = problemFrom([{ seconds: fast }, { seconds: fast }]);
  const prepared = prepareProblem(problem);
  const pipelines = problem.models.map((_, m) => bestPipelines(prepared, m));
  const [lead] = leads(prepared, pipelines);
  assert.is(lead[0], 2);
  assert.equal([lead[1], lead[3]].sort(), [0, 1]);
  assert.equal([...lead.subarray(PLACEMENT_STRIDE, PLACEMENT_STRIDE + 3)], [1, 2, 2]);
});

test('more models than processors, or more processors than sets can be listed for, give no partition', () => {
  const crowded = problemFrom([1, 2, 3].map(() => ({ seconds: [[0.001], [0.002]] })));
  const prepared = prepareProblem(crowded);
  assert.equal(
    partitions(
      prepared,
      crowded.models.map((_, m) => bestPipelines(prepared, m)),
      5,
    ),
    [],
  );
  const wide = problemFrom([{ seconds: new Array(9).fill([0.001, 0.001]) }]);
  wide.models[0] = plainModel('wide', new Array(9).fill([0.001, 0.001]));
  assert.is(bestPipelines(prepareProblem(wide), 0).size, 0);
});

test.run();
