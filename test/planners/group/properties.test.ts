import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultCore } from '../../../bindings/core.ts';
import { workBound } from '../../../src/planners/group/bounds.ts';
import { relaxedBound, solveByHighs } from '../../../src/planners/group/linear-program.ts';
import { groupFps, isFeasible } from '../../../src/planners/group/loads.ts';
import { GROUP_RULES, heuristicMembers, portfolio } from '../../../src/planners/group/portfolio.ts';
import { SHARING_MODES } from '../../../src/planners/group/problem.ts';
import { joinPlacement, wholeRecord } from '../../../src/planners/whole-models.ts';
import { Random } from '../../../src/reference/random.ts';
import { problemFrom } from '../../core/problems.ts';
import { bruteForce, fpsByFormula, groupOf, type PlainGroup, randomRates } from './problems.ts';

const test = suite('group planning: properties');

const same = (a: number, b: number, what: string) =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(a, b), `${what}: ${a} and ${b}`);

/** A feasible random group with every kind of limit in it now and then. */
function randomGroup(seed: number, largest = 6): PlainGroup {
  const random = new Random(seed);
  for (;;) {
    const m = 1 + random.below(largest);
    const n = 1 + random.below(4);
    const plain: PlainGroup = {
      rates: randomRates(random, m, n, random.below(2) * 0.2),
      caps: Array.from({ length: n }, () => (random.below(2) ? m : 1 + random.below(2))),
      calls: Array.from({ length: m }, () => (random.below(3) ? 1 : 1 + random.below(4))),
      ...(random.below(3) === 0 && {
        memory: Array.from({ length: m }, () => 1 + random.below(50)),
        memoryLimits: Array.from({ length: n }, () => 40 + random.below(80)),
      }),
      interference: Array.from({ length: n }, () => random.unit() / 4),
    };
    if (bruteForce(plain) > 0) return plain;
  }
}
const groups = fc.integer({ min: 1, max: 2 ** 31 }).map((seed) => ({ seed, plain: randomGroup(seed) }));

test('branch and bound, matching and the brute force find the same optimum, under every sharing mode', async () => {
  await fc.assert(
    fc.asyncProperty(groups, fc.constantFrom(...SHARING_MODES), async ({ plain: given }, sharing) => {
      const plain = { ...given, sharing };
      const optimum = bruteForce(plain);
      if (optimum === 0) return;
      const problem = groupOf(plain);
      const best = await portfolio(problem);
      assert.ok(best.proven);
      assert.ok(isFeasible(problem, best.assignment));
      same(groupFps(problem, best.assignment), optimum, sharing);
      same(fpsByFormula(plain, best.assignment), optimum, 'by formula');
      assert.ok(workBound(problem) >= optimum * (1 - 1e-12));
    }),
    { numRuns: 300, seed: 5 },
  );
});

test('HiGHS proves the same optimum, and its relaxation bounds it', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const plain = { ...randomGroup(seed, 7), sharing: 'serial' as const };
    const problem = groupOf(plain);
    const optimum = groupFps(problem, (await portfolio(problem)).assignment);
    const answer = await solveByHighs(problem);
    assert.ok(answer.status === 'proven');
    if (answer.status === 'proven') same(groupFps(problem, answer.assignment), optimum, `seed ${seed}`);
    const relaxed = await relaxedBound(problem);
    assert.ok((relaxed ?? 0) >= optimum * (1 - 1e-7), `seed ${seed}: bound ${relaxed} below ${optimum}`);
  }
});

test('the portfolio is never below a baseline, MFS, HFS or a repair of them, with or without the exact answer', async () => {
  await fc.assert(
    fc.asyncProperty(groups, fc.constantFrom(...SHARING_MODES), async ({ plain: given }, sharing) => {
      const plain = { ...given, sharing };
      if (bruteForce(plain) === 0) return;
      const problem = groupOf(plain);
      const members = heuristicMembers(problem);
      for (const nodes of [0, 2e6]) {
        const best = groupFps(problem, (await portfolio(problem, { nodes })).assignment);
        for (const [name, rule] of Object.entries(GROUP_RULES)) {
          const assignment = rule(problem);
          if (assignment) assert.ok(groupFps(problem, assignment) <= best * (1 + 1e-12), name);
        }
        for (const { name, assignment } of members) {
          assert.ok(isFeasible(problem, assignment), name);
          assert.ok(groupFps(problem, assignment) <= best * (1 + 1e-12), name);
        }
      }
    }),
    { numRuns: 150, seed: 6 },
  );
});

test('equal shares are never faster than taking turns', () => {
  fc.assert(
    fc.property(groups, ({ plain }) => {
      for (const { assignment } of heuristicMembers(groupOf(plain))) {
        const serial = groupFps(groupOf({ ...plain, sharing: 'serial' }), assignment);
        assert.ok(groupFps(groupOf({ ...plain, sharing: 'fair' }), assignment) <= serial * (1 + 1e-12));
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

test('twice the rates give twice the frames, and a further device never gives fewer', async () => {
  for (let seed = 100; seed < 160; seed++) {
    const plain = randomGroup(seed);
    const fps = async (group: PlainGroup) => {
      const problem = groupOf(group);
      return groupFps(problem, (await portfolio(problem)).assignment);
    };
    const before = await fps(plain);
    same(await fps({ ...plain, rates: plain.rates.map((row) => row.map((rate) => 2 * rate)) }), 2 * before, 'doubled');
    const random = new Random(seed);
    const more = await fps({
      ...plain,
      rates: plain.rates.map((row) => [...row, 50 * random.unit()]),
      caps: [...plain.caps!, 2],
      ...(plain.memoryLimits && { memoryLimits: [...plain.memoryLimits, 60] }),
    });
    assert.ok(more >= before * (1 - 1e-12));
  }
});

test('the serial rate of a group is the least rate of the throughput model', () => {
  const random = new Random(11);
  for (let round = 0; round < 100; round++) {
    const plain = randomGroup(1000 + round);
    const m = plain.rates.length;
    const n = plain.rates[0]!.length;
    const problem = groupOf({ rates: plain.rates, calls: plain.calls! });
    const assignment = plain.rates.map((row) => {
      const able = row.flatMap((rate, j) => (rate > 0 ? [j] : []));
      return able[random.below(able.length)]!;
    });
    const placement = problemFrom(
      plain.rates.map((row) => ({ seconds: row.map((rate) => [rate > 0 ? 1 / rate : Number.POSITIVE_INFINITY]) })),
      { objective: 'min', maxStages: 1 },
    );
    placement.models.forEach((model, i) => {
      model.callsPerFrame = plain.calls![i]!;
    });
    const kernel = defaultCore().placement(placement);
    const { rates } = kernel.evaluate(joinPlacement(assignment.map((j) => wholeRecord(j, 1))));
    kernel.free();
    same(Math.min(...rates.subarray(0, m)), groupFps(problem, assignment), `${m} models on ${n} devices`);
  }
});

test('the same problem gives the same plan, to the last device', async () => {
  for (let seed = 200; seed < 230; seed++) {
    const [a, b] = [await portfolio(groupOf(randomGroup(seed))), await portfolio(groupOf(randomGroup(seed)))];
    assert.equal(a.assignment, b.assignment);
    assert.is(a.name, b.name);
  }
});

test.run();
