import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultCore } from '../../bindings/core.ts';
import { demandOf } from '../../src/core/demand.ts';
import type { HeterodyneError } from '../../src/core/errors.ts';
import { PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import { planJointly } from '../../src/planners/joint/joint.ts';
import { candidatePoints, neighbourPoints, pointKey } from '../../src/planners/joint/points.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import { operatingPoint } from '../../src/platforms/operating-point.ts';
import { platformById } from '../../src/platforms/registry.ts';
import { profileAtOperatingPoint } from '../../src/profiles/at-operating-point.ts';
import type { Profile } from '../../src/profiles/schema.ts';
import type { Workload } from '../../src/profiles/workload.ts';

const test = suite('joint plans');

const { platform: tx2 } = platformById('jetson-tx2');
const POINTS = ['max', 'max-q', 'max-p-all', 40, 5000, 11000];

/** Three blocks a model with made-up times; the small form is 1.6 times as fast. */
function profileOf(processors: string[], models: number): Profile {
  const blocks = (m: number, factor: number) =>
    [0, 1, 2].map((b) => ({
      name: `b${b}`,
      weightBytes: 1e6,
      activationBytes: 1e6,
      outputBytes: 1e5,
      dramBytes: 1e6,
      costs: Object.fromEntries(
        processors.map((id, p) => [id, { latencyMs: { mean: (1 + ((3 * b + 5 * m + 7 * p) % 6)) / factor } }]),
      ),
    }));
  const model = (m: number, variant: string, factor: number) => ({
    name: `m${m}`,
    source: `m${m}`,
    hash: 'x',
    variant,
    batch: 1,
    precision: 'native' as const,
    origin: Object.fromEntries(processors.map((id) => [id, 'measured' as const])),
    macs: 1e6,
    weightBytes: 3e6,
    activationBytes: 1e6,
    blocks: blocks(m, factor),
  });
  return {
    kind: 'profile',
    schemaVersion: 1,
    platform: tx2.id,
    platformHash: 'made up',
    processors,
    models: Array.from({ length: models }, (_, m) => [model(m, 'original', 1), model(m, 'small', 1.6)]).flat(),
  };
}

function workloadOf(models: number, changes: Partial<Workload['models'][number]> = {}): Workload {
  return {
    kind: 'workload',
    schemaVersion: 1,
    models: Array.from({ length: models }, (_, m) => ({
      model: `m${m}`,
      name: `m${m}`,
      variants: [
        { name: 'original', accuracy: 0.8 },
        { name: 'small', accuracy: 0.72 },
      ],
      ...changes,
    })),
  };
}

/** Every placement of three blocks in at most `most` stages on processors that differ. */
function records(P: number, most: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const visit = (stages: [number, number][], first: number) => {
    if (first === 3) {
      const record = new Uint8Array(PLACEMENT_STRIDE);
      record[0] = stages.length;
      for (const [s, stage] of stages.entries()) record.set(stage, 1 + 2 * s);
      found.push(record);
    } else if (stages.length < most) {
      for (let p = 0; p < P; p++) {
        if (stages.some(([used]) => used === p)) continue;
        for (let end = first + 1; end <= 3; end++) visit([...stages, [p, end]], end);
      }
    }
  };
  visit([], 0);
  return found;
}

interface Case {
  objective: 'throughput' | 'energy' | 'geometric-mean';
  deadlineMs?: number;
  maxWatts?: number;
  minAccuracy?: number;
}

/** The best value over everything, by trying everything. */
function bruteForce(profile: Profile, workload: Workload, { objective, deadlineMs, maxWatts, minAccuracy }: Case) {
  const all = records(profile.processors.length, 3);
  let best = Number.NEGATIVE_INFINITY;
  let tried = 0;
  const forms = minAccuracy === 0.7 ? ['original', 'small'] : ['original'];
  for (const choice of POINTS) {
    for (const first of forms) {
      for (const second of forms) {
        const held = profileAtOperatingPoint(profile, tx2, choice);
        const { problem } = placementProblem({
          profile: held.profile,
          platform: held.platform,
          workload,
          variants: { m0: first, m1: second },
          objective,
        });
        const prepared = prepareProblem(problem);
        const kernel = defaultCore().placement(problem);
        for (const a of all) {
          const rows = Uint8Array.from(all.flatMap((b) => [...a, ...b]));
          const { values, rates, excess } = kernel.evaluate(rows);
          for (const [i, b] of all.entries()) {
            tried++;
            if (excess[i] > 0) continue;
            const demands = [demandOf(prepared, 0, a), demandOf(prepared, 1, b)];
            if (deadlineMs !== undefined && demands.some(({ latency }) => latency * 1000 > deadlineMs)) continue;
            const watts = problem.idleWatts + rates[2 * i] * demands[0].joules + rates[2 * i + 1] * demands[1].joules;
            if (maxWatts !== undefined && watts > maxWatts) continue;
            best = Math.max(best, values[i]);
          }
        }
        kernel.free();
      }
    }
  }
  return { best, tried };
}

const CASES: Case[] = [
  { objective: 'throughput' },
  { objective: 'throughput', maxWatts: 8 },
  { objective: 'throughput', deadlineMs: 9, maxWatts: 10, minAccuracy: 0.7 },
  { objective: 'geometric-mean', deadlineMs: 7, minAccuracy: 0.7 },
  { objective: 'energy' },
  { objective: 'energy', deadlineMs: 6, minAccuracy: 0.7 },
];

for (const each of CASES) {
  test(`small cases are solved as by trying everything: ${JSON.stringify(each)}`, async () => {
    const processors = tx2.processors.slice(0, 3).map(({ id }) => id);
    const profile = profileOf(processors, 2);
    const workload = workloadOf(2, each.deadlineMs === undefined ? {} : { deadlineMs: each.deadlineMs });
    const { best, tried } = bruteForce(profile, workload, each);
    assert.ok(tried <= 1e6, `${tried} combinations`);
    const { plan } = await planJointly({
      platform: tx2,
      workload,
      profile,
      objective: each.objective,
      ...(each.maxWatts !== undefined && { maxWatts: each.maxWatts }),
      minAccuracy: each.minAccuracy ?? 0.75,
      points: POINTS,
    });
    planDocument.write(plan);
    assert.is(plan.joint?.exhaustive, true);
    assert.ok(best > Number.NEGATIVE_INFINITY, 'the case has an answer');
    assert.ok(Math.abs(plan.score.value - best) <= 1e-9 * Math.abs(best), `${plan.score.value}, best ${best}`);
    if (each.maxWatts !== undefined) assert.ok((plan.joint?.watts ?? Infinity) <= each.maxWatts + 1e-9);
    if (each.deadlineMs !== undefined) {
      for (const { latencyMs } of plan.models) assert.ok(latencyMs <= (each.deadlineMs ?? 0) * (1 + 1e-9));
    }
  });
}

test('a search over many points is never worse than placement first, and keeps its constraints', async () => {
  for (const [models, maxWatts] of [
    [['alexnet', 'squeezenet'], 9],
    [['mobilenet-v1', 'googlenet', 'resnet-34'], 11],
  ] as const) {
    for (const objective of ['throughput', 'energy'] as const) {
      const { plan } = await planJointly({ platform: 'jetson-tx2', models, objective, maxWatts, evaluations: 150 });
      const first = plan.baselines?.['placement-first'];
      if (first !== undefined) assert.ok(plan.score.value >= first - 1e-12 * Math.abs(first), `${models} ${objective}`);
      assert.ok((plan.joint?.watts ?? Infinity) <= maxWatts);
      assert.not.ok(plan.joint?.exhaustive);
    }
  }
});

test('the same request gives the same bytes', async () => {
  const request = { platform: 'jetson-tx2', models: ['alexnet', 'squeezenet'], maxWatts: 9, evaluations: 100 };
  const [a, b] = [await planJointly(request), await planJointly(request)];
  assert.is(planDocument.write(a.plan), planDocument.write(b.plan));
});

test('what cannot be kept is infeasible, and a cap on undeclared power is refused', async () => {
  const refused = async (request: Parameters<typeof planJointly>[0]) => {
    try {
      await planJointly({ evaluations: 50, ...request });
    } catch (error) {
      return (error as HeterodyneError).code;
    }
    return 'planned';
  };
  assert.is(await refused({ platform: 'jetson-tx2', models: ['alexnet'], maxWatts: 0.1 }), 'INFEASIBLE');
  const late: Workload = { kind: 'workload', schemaVersion: 1, models: [{ model: 'alexnet', deadlineMs: 0.001 }] };
  assert.is(await refused({ platform: 'jetson-tx2', workload: late }), 'INFEASIBLE');
  const { power, ...silent } = tx2;
  assert.ok(power);
  assert.is(await refused({ platform: silent, models: ['alexnet'], maxWatts: 5 }), 'USAGE');
});

test('candidates hold max and the named modes, differ, and can all be held', () => {
  const points = candidatePoints(tx2);
  assert.is(points[0].id, 'max');
  for (const name of ['max-q', 'max-p-all']) {
    assert.ok(points.some((point) => pointKey(point) === pointKey(operatingPoint(tx2, name))));
  }
  assert.is(new Set(points.map(pointKey)).size, points.length);
  assert.ok(points.length <= 80, `${points.length} points`);
  for (const point of points) atOperatingPoint(tx2, point);
  const near = neighbourPoints(tx2, operatingPoint(tx2, 'max'));
  assert.ok(near.length >= 8, `${near.length} neighbours`);
  assert.not.ok(near.map(pointKey).includes(pointKey(operatingPoint(tx2, 'max'))));
});

test.run();
