import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/wasm/index.ts';
import { allPlacements } from '../../src/core/exact-tables.ts';
import { PLACEMENT_STRIDE, type PlacementKernel, type PlacementProblem } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { referenceCore } from '../../src/reference/index.ts';
import { randomProblem, tinyProblem } from './problems.ts';

/** Best value over every joint placement, in plain enumeration; undefined beyond `most`. */
function enumerate(kernel: PlacementKernel, problem: PlacementProblem, most: number): number | undefined {
  const prepared = prepareProblem(problem);
  const lists = problem.models.map((_, m) => allPlacements(prepared, m));
  const counts = lists.map((list) => list.length / PLACEMENT_STRIDE);
  const total = counts.reduce((a, b) => a * b, 1);
  if (total > most) return undefined;
  const size = problem.models.length * PLACEMENT_STRIDE;
  let best = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < total; start += 4096) {
    const some = Math.min(4096, total - start);
    const placements = new Uint8Array(some * size);
    for (let i = 0; i < some; i++) {
      let rest = start + i;
      for (const [m, list] of lists.entries()) {
        const choice = rest % counts[m];
        rest = Math.floor(rest / counts[m]);
        placements.set(
          list.subarray(choice * PLACEMENT_STRIDE, (choice + 1) * PLACEMENT_STRIDE),
          i * size + m * PLACEMENT_STRIDE,
        );
      }
    }
    for (const value of kernel.evaluate(placements).values) if (value > best) best = value;
  }
  return best;
}

const test = suite('exact search');

test('the optima of the tiny problem', () => {
  for (const core of [referenceCore(), wasmCore()]) {
    const search = core.placement(tinyProblem(1, 'throughput')).exact();
    const status = search.run(1e6);
    assert.ok(status.done);
    assert.ok(Math.abs(status.bestValue - 194.4444) < 1e-4);
    assert.is(status.bound, status.bestValue);
    assert.ok(status.evaluations < 189, `${status.evaluations} of 189 placements were scored`);
  }
});

test('equals plain enumeration on 1,000 random problems of every objective', () => {
  const wasm = wasmCore();
  const objectives = new Set<string>();
  let compared = 0;
  for (let seed = 1; compared < 1000; seed++) {
    const problem = randomProblem(seed + 50_000);
    let kernel: PlacementKernel;
    try {
      kernel = wasm.placement(problem);
    } catch {
      continue;
    }
    // Most problems are small; every fiftieth may have up to a million placements.
    const expected = enumerate(kernel, problem, seed % 50 === 0 ? 1e6 : 20_000);
    if (expected === undefined) continue;
    const search = kernel.exact(seed % 3 === 0 ? kernel.sample('stratified', 1) : undefined);
    const status = search.run(1e9);
    assert.ok(status.done);
    if (expected === Number.NEGATIVE_INFINITY) {
      assert.is(search.best(), undefined);
      assert.is(status.bestValue, expected);
    } else {
      const gap = (expected - status.bestValue) / Math.abs(expected);
      assert.ok(
        gap <= 1e-9 && gap >= 0,
        `problem ${seed}, ${problem.objective}: ${status.bestValue} against ${expected}`,
      );
      assert.is(kernel.evaluate(search.best()!).values[0], status.bestValue);
    }
    objectives.add(problem.objective);
    compared++;
  }
  assert.is(objectives.size, 6);
});

test('the bound never falls below the optimum, and never rises on the way', () => {
  const wasm = wasmCore();
  let stopped = 0;
  for (let seed = 1; seed <= 120; seed++) {
    const problem = randomProblem(seed + 90_000, { models: 3, processors: 3, blocks: 5 });
    let kernel: PlacementKernel;
    try {
      kernel = wasm.placement(problem);
    } catch {
      continue;
    }
    const optimum = kernel.exact().run(1e9).bestValue;
    const search = kernel.exact();
    let previous = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20; i++) {
      const status = search.run(7);
      assert.ok(status.bound >= optimum, `problem ${seed}: ${status.bound} below ${optimum}`);
      assert.ok(
        status.bound <= previous * (1 + 1e-9) + 1e-12 || previous < 0,
        `problem ${seed}: ${status.bound} after ${previous}`,
      );
      previous = status.bound;
      if (!status.done) stopped++;
    }
  }
  assert.ok(stopped > 200);
});

test('wasm and reference walk the same nodes to the same bits', () => {
  const cores = [referenceCore(), wasmCore()];
  for (let seed = 1; seed <= 150; seed++) {
    const problem = randomProblem(seed + 70_000, { blocks: 4 });
    let kernels: PlacementKernel[];
    try {
      kernels = cores.map((core) => core.placement(problem));
    } catch {
      continue;
    }
    const searches = kernels.map((kernel) => kernel.exact());
    for (const nodes of [3, 50, 2000]) {
      const [one, other] = searches.map((search) => search.run(nodes));
      assert.equal(other, one, `problem ${seed}`);
      assert.equal(searches[1].best(), searches[0].best(), `problem ${seed}`);
    }
  }
});

test.run();
