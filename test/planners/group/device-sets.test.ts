import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceSets } from '../../../src/planners/group/device-sets.ts';
import { planGroup } from '../../../src/planners/group/group-plan.ts';
import { reschedule } from '../../../src/planners/group/reschedule.ts';
import { groupPlanDocument } from '../../../src/planners/group/schema.ts';
import type { FpsMatrix } from '../../../src/profiles/fps-matrix.ts';
import { Random } from '../../../src/reference/random.ts';

const test = suite('devices that overlap');

const USES: Record<string, string[]> = {
  cpu: ['cores-0', 'cores-1'],
  'cpu-0': ['cores-0'],
  'cpu-1': ['cores-1'],
  'wasm-1': ['cores-1'],
};

/** @param rates [m][4], in the order of {@link USES} */
function matrixOf(rates: number[][]): FpsMatrix {
  const ids = Object.keys(USES);
  return {
    kind: 'fps-matrix',
    schemaVersion: 1,
    devices: ids.map((id) => ({ id, uses: USES[id]! })),
    models: rates.map((row, i) => ({
      name: `m${i}`,
      cells: Object.fromEntries(
        ids.map((id, j) => [id, row[j]! > 0 ? { framesPerS: row[j]!, origin: 'measured' as const } : 'unsupported']),
      ),
    })),
  };
}

const devicesOf = (uses: (string[] | undefined)[]) => ({
  devices: uses.map((each, j) => ({
    id: `d${j}`,
    kind: 'cpu' as const,
    cap: 9,
    memoryBytes: Number.POSITIVE_INFINITY,
    interference: 0,
    ...(each && { uses: each }),
  })),
});

test('the sets of this drawing are all cores, both single cores, and a core beside WebAssembly', () => {
  assert.equal(
    deviceSets(devicesOf(Object.values(USES)))
      .map(String)
      .sort(),
    ['0', '1,2', '1,3'],
  );
});

test('64 devices that share nothing are one set', () => {
  assert.equal(deviceSets(devicesOf(new Array(64).fill(undefined))), [[...Array(64).keys()]]);
});

test('sets are independent, largest, and all of them: counted out', () => {
  const random = new Random(5);
  for (let round = 0; round < 30; round++) {
    const uses = Array.from({ length: 7 }, () => ['a', 'b', 'c', 'd', 'e'].filter(() => random.unit() < 0.3));
    const clash = (a: number, b: number) => a !== b && uses[a]!.some((each) => uses[b]!.includes(each));
    const free = (set: number[]) => set.every((a) => set.every((b) => !clash(a, b)));
    const subsets = Array.from({ length: 128 }, (_, bits) => [...uses.keys()].filter((j) => (bits >> j) & 1));
    const expected = subsets.filter((set) => free(set) && uses.every((_, j) => set.includes(j) || !free([...set, j])));
    assert.equal(deviceSets(devicesOf(uses)).map(String).sort(), expected.map(String).sort());
  }
});

test('no plan counts a core twice, and none of the sets gives more', async () => {
  const random = new Random(7);
  for (let round = 0; round < 20; round++) {
    const rates = Array.from({ length: 4 }, () => {
      const alone = 10 + 90 * random.unit();
      return [alone * (1 + random.unit()), alone, alone * (0.9 + 0.2 * random.unit()), alone * 0.5];
    });
    const plan = await planGroup({ matrix: matrixOf(rates) });
    assert.equal(groupPlanDocument.problems(plan), []);
    const taken = [...new Set(plan.models.map(({ device }) => device))].flatMap((id) => USES[id]!);
    assert.is(new Set(taken).size, taken.length, plan.models.map(({ device }) => device).join());
    // Counted out over all assignments that share nothing.
    let best = 0;
    for (let code = 0; code < 4 ** 4; code++) {
      const at = [0, 1, 2, 3].map((i) => Math.floor(code / 4 ** i) % 4);
      const used = [...new Set(at)].flatMap((j) => Object.values(USES)[j]!);
      if (new Set(used).size < used.length) continue;
      const loads = [0, 0, 0, 0];
      at.forEach((j, i) => {
        loads[j]! += 1 / rates[i]![j]!;
      });
      best = Math.max(best, 1 / Math.max(...loads));
    }
    assert.ok(Math.abs(plan.score.groupFps / best - 1) < 1e-9, `${plan.score.groupFps} of ${best}`);
    assert.is(plan.bound.kind, 'exact');
    assert.ok(plan.bound.gap < 1e-9);
    for (const [name, fps] of Object.entries(plan.baselines)) assert.ok(fps <= plan.score.groupFps + 1e-9, name);
    assert.is(plan.deviceSets?.length, 3);
    assert.is(plan.deviceSets?.[0]?.groupFps, plan.score.groupFps);
  }
});

test('a set that takes no model is listed as impossible', async () => {
  const plan = await planGroup({ matrix: matrixOf([[0, 10, 10, 0], [0, 10, 10, 0]]) }); // biome-ignore format: rows
  assert.equal(plan.deviceSets?.at(-1), { devices: ['cpu'] });
  assert.equal(plan.models.map(({ device }) => device).sort(), ['cpu-0', 'cpu-1']);
});

test('a plan that is carried on stays on its devices', () => {
  const matrix = matrixOf([[100, 10, 10, 5], [100, 10, 10, 5]]); // biome-ignore format: rows
  const { assignment, moves } = reschedule({ m0: 'cpu-0', m1: 'cpu-0' }, matrix);
  assert.is(moves.length, 1);
  assert.equal(Object.values(assignment).sort(), ['cpu-0', 'cpu-1']);
});

test.run();
