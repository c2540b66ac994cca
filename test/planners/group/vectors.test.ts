import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../../src/core/errors.ts';
import { workBound } from '../../../src/planners/group/bounds.ts';
import { feasibleMatching } from '../../../src/planners/group/feasibility.ts';
import { deviceAllocations } from '../../../src/planners/group/hfs.ts';
import { relaxedBound, solveByHighs } from '../../../src/planners/group/linear-program.ts';
import { deviceTimes, groupFps } from '../../../src/planners/group/loads.ts';
import { modelAllocations } from '../../../src/planners/group/mfs.ts';
import { GROUP_RULES, heuristicMembers, portfolio } from '../../../src/planners/group/portfolio.ts';
import { bestExchange, exchanged, repair } from '../../../src/planners/group/repair.ts';
import { bruteForce, EXAMPLE, fpsByFormula, groupOf, letters, type PlainGroup } from './problems.ts';

const test = suite('group planning: worked examples');

const near = (value: number, expected: number, digits = 3) =>
  assert.ok(Math.abs(value - expected) < 0.6 * 10 ** -digits, `${value} is not ${expected}`);
const plans = (plain: PlainGroup, rule: string) => {
  const problem = groupOf(plain);
  return letters(problem, GROUP_RULES[rule]!(problem));
};

test('every rule gives the plan and the rates of the example, under every sharing mode', () => {
  const rows: [string, string, number, number, number][] = [
    ['round-robin', 'CGVC', 8.889, 5, 8.0808],
    ['own-fastest', 'GGCC', 18.75, 15, 17.0455],
    ['in-order', 'GCVC', 26.667, 20, 24.2424],
    ['hams-mfs', 'GCVC', 26.667, 20, 24.2424],
    ['hams-mfs-dynamic', 'GCVC', 26.667, 20, 24.2424],
    ['hams-hfs', 'GCCV', 24, 20, 21.8182],
  ];
  for (const [rule, plan, serial, fair, contention] of rows) {
    const problem = groupOf(EXAMPLE);
    const assignment = GROUP_RULES[rule]!(problem)!;
    assert.is(letters(problem, assignment), plan, rule);
    near(groupFps(problem, assignment), serial);
    near(groupFps(groupOf({ ...EXAMPLE, sharing: 'fair' }), assignment), fair);
    near(
      groupFps(groupOf({ ...EXAMPLE, sharing: 'contention', interference: [0.1, 0.1, 0.1] }), assignment),
      contention,
    );
    assert.is(letters(problem, repair(problem, assignment)), 'GVCC', `repair(${rule})`);
  }
  const problem = groupOf(EXAMPLE);
  near(groupFps(problem, [0, 0, 0, 0]), 6.486);
  near(groupFps(problem, [1, 1, 1, 1]), 10.843);
  assert.is(letters(problem, GROUP_RULES['all-on-one']!(problem)), 'GGGG');
  assert.is(letters(problem, GROUP_RULES['static-priority']!(problem)), 'GGGG');
});

test('loads are those of the example', () => {
  const problem = groupOf(EXAMPLE);
  const loads = (assignment: number[]) =>
    deviceTimes(problem, assignment).map((time) => Number((1000 * time).toFixed(3)));
  assert.equal(loads([0, 1, 2, 0]), [112.5, 20, 25]);
  assert.equal(loads([1, 0, 2, 0]), [37.5, 33.333, 25]);
  assert.equal(loads([1, 2, 0, 0]), [29.167, 33.333, 33.333]);
});

test('MFS takes A, B, C, D in that order', () => {
  const { steps } = modelAllocations(groupOf(EXAMPLE));
  assert.equal(steps, [
    { model: 0, device: 1 },
    { model: 1, device: 0 },
    { model: 2, device: 2 },
    { model: 3, device: 0 },
  ]);
});

test('HFS places A, then B by an exact tie of sufferages, then D, then C', () => {
  const { steps } = deviceAllocations(groupOf(EXAMPLE));
  assert.equal(steps, [
    { model: 0, device: 1 },
    { model: 1, device: 0 },
    { model: 3, device: 2 },
    { model: 2, device: 0 },
  ]);
});

test('repair is a single swap: B and C after MFS, B and D after HFS', () => {
  const problem = groupOf(EXAMPLE);
  for (const [start, other] of [
    [modelAllocations(problem).assignment!, 2],
    [deviceAllocations(problem).assignment!, 3],
  ] as const) {
    const best = bestExchange(problem, start)!;
    assert.equal(new Set([best.exchange.model, (best.exchange as { with: number }).with]), new Set([1, other]));
    assert.is(letters(problem, exchanged(start, best.exchange)), 'GVCC');
  }
});

test('portfolio, exact and HiGHS agree on 30, and bounds are 30.0 and 30.811', async () => {
  const problem = groupOf(EXAMPLE);
  const best = await portfolio(problem);
  assert.is(letters(problem, best.assignment), 'GVCC');
  assert.ok(best.proven);
  near(groupFps(problem, best.assignment), 30, 9);
  const highs = await solveByHighs(problem);
  assert.ok(highs.status === 'proven');
  near(groupFps(problem, highs.status === 'proven' ? highs.assignment : []), 30, 9);
  near(workBound(problem), 30, 9);
  near((await relaxedBound(problem))!, 30.811);
});

test('the best rates of the 48 plans are 30, 26.667, 24, 20, 18.75, and the optimum is unique', () => {
  const all: number[] = [];
  for (let code = 0; code < 81; code++) {
    const assignment = [0, 1, 2, 3].map((i) => Math.floor(code / 3 ** i) % 3);
    const fps = fpsByFormula(EXAMPLE, assignment);
    if (fps > 0) all.push(Number(fps.toFixed(3)));
  }
  assert.is(all.length, 48);
  const ranked = [...new Set(all)].sort((a, b) => b - a);
  assert.equal(ranked.slice(0, 5), [30, 26.667, 24, 20, 18.75]);
  assert.is(all.filter((fps) => fps === 30).length, 1);
});

test('calls per frame: three calls of C make the optimum 20', async () => {
  const plain = { ...EXAMPLE, calls: [1, 1, 3, 1] };
  const problem = groupOf(plain);
  const best = await portfolio(problem);
  near(groupFps(problem, best.assignment), 20, 9);
  assert.equal(
    deviceTimes(problem, best.assignment).map((time) => Number((1000 * time).toFixed(3))),
    [50, 50, 33.333],
  );
  assert.is(plans(plain, 'hams-mfs'), 'GVCG');
  assert.is(plans(plain, 'hams-hfs'), 'GGCV');
  near(groupFps(problem, deviceAllocations(problem).assignment!), 18.75, 9);
});

test('memory: the optimum is 20, and MFS keeps the limits', async () => {
  const plain = { ...EXAMPLE, memory: [60, 40, 30, 20], memoryLimits: [45, 100, 64] };
  const problem = groupOf(plain);
  const best = await portfolio(problem);
  near(groupFps(problem, best.assignment), 20, 9);
  assert.ok(['GCVG', 'GVCG'].includes(letters(problem, best.assignment)));
  assert.is(plans(plain, 'hams-mfs'), 'GCVG');
  near(bruteForce(plain), 20, 9);
});

test('unsupported pairs: A on the CPU alone gives 10, by MFS and HFS too', async () => {
  const plain = { ...EXAMPLE, rates: [[10, 0, 0], ...EXAMPLE.rates.slice(1)] };
  const problem = groupOf(plain);
  near(groupFps(problem, (await portfolio(problem)).assignment), 10, 9);
  assert.is(plans(plain, 'hams-mfs'), 'CGVG');
  assert.is(plans(plain, 'hams-hfs'), 'CGVG');
});

test('one to one: 30, by MFS and HFS as GCV', async () => {
  const plain = { ...EXAMPLE, rates: EXAMPLE.rates.slice(0, 3), caps: [1, 1, 1] };
  const problem = groupOf(plain);
  near(groupFps(problem, (await portfolio(problem)).assignment), 30, 9);
  assert.is(plans(plain, 'hams-mfs'), 'GCV');
  assert.is(plans(plain, 'hams-hfs'), 'GCV');
});

test('the greedy trap is escaped, and three models on two single places are refused', async () => {
  const trap = groupOf({ rates: [[50, 40], [60, 0]], caps: [1, 1] }); // biome-ignore format: rows of a matrix
  assert.is(modelAllocations(trap).assignment, undefined);
  const best = await portfolio(trap);
  assert.equal(best.assignment, [1, 0]);
  near(groupFps(trap, best.assignment), 40, 9);
  const crowded = groupOf({ rates: [[1, 1], [1, 1], [1, 1]], caps: [1, 1] }); // biome-ignore format: rows of a matrix
  assert.throws(
    () => feasibleMatching(crowded),
    (error: HeterodyneError) => error.code === 'INFEASIBLE' && error.message.includes('A, B, C (3 models)'),
  );
});

test('a model that no device supports, or whose memory fits nowhere, is named', async () => {
  const reason = async (plain: PlainGroup) => {
    try {
      await portfolio(groupOf(plain));
    } catch (error) {
      assert.instance(error, HeterodyneError);
      assert.is((error as HeterodyneError).code, 'INFEASIBLE');
      return (error as HeterodyneError).message;
    }
    throw new Error('feasible');
  };
  assert.is(await reason({ rates: [[1, 1], [0, 0]] }), 'no device supports B'); // biome-ignore format: rows
  assert.is(await reason({ rates: [[1, 1]], memory: [9], memoryLimits: [8, 8] }), 'no device takes A');
  assert.match(
    await reason({ rates: [[1, 1], [1, 1], [1, 1]], memory: [5, 5, 5], memoryLimits: [8, 8] }), // biome-ignore format: rows
    /no assignment keeps the memory limits/,
  );
});

test('more VPUs do not help the example, and help B, C, D on a CPU as stated', async () => {
  const more = (column: number) =>
    groupOf({
      ...EXAMPLE,
      rates: EXAMPLE.rates.map((row) => [...row, row[column]!]),
      caps: [...EXAMPLE.caps!, EXAMPLE.caps![column]!],
      devices: [...EXAMPLE.devices!, `${EXAMPLE.devices![column]}-2`],
    });
  for (const column of [0, 1, 2]) {
    const problem = more(column);
    near(groupFps(problem, (await portfolio(problem)).assignment), 30, 9);
  }
  for (const rule of ['hams-mfs', 'hams-hfs']) near(groupFps(more(2), GROUP_RULES[rule]!(more(2))!), 30, 9);
  const staircase = [18.4615, 30, 40, 40];
  for (const [extra, fps] of staircase.entries()) {
    const problem = groupOf({
      rates: EXAMPLE.rates.slice(1).map(([cpu, , vpu]) => [cpu!, ...new Array<number>(extra).fill(vpu!)]),
      caps: [3, ...new Array<number>(extra).fill(1)],
    });
    near(groupFps(problem, (await portfolio(problem)).assignment), fps, 4);
  }
});

test('without the exact answer the portfolio still finds 30', () => {
  const problem = groupOf(EXAMPLE);
  assert.ok(heuristicMembers(problem).some(({ assignment }) => letters(problem, assignment) === 'GVCC'));
});

test.run();
