import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../../src/core/errors.ts';
import { planGroup, planGroupWithEvidence } from '../../../src/planners/group/group-plan.ts';
import { checkAgainstRun } from '../../../src/planners/group/interference.ts';
import { GROUP_METHODS } from '../../../src/planners/group/methods.ts';
import { reschedule } from '../../../src/planners/group/reschedule.ts';
import { groupPlanDocument } from '../../../src/planners/group/schema.ts';
import { matrixOfWorkloads } from '../../../src/planners/group/services.ts';
import { type FpsMatrix, fpsCell, fpsMatrixDocument } from '../../../src/profiles/fps-matrix.ts';
import { readFpsMatrix } from '../../../src/profiles/fps-matrix-read.ts';
import { workloadDocument } from '../../../src/profiles/workload.ts';
import { groupPlanText } from '../../../src/report/group-plan.ts';
import { PLAIN } from '../../../src/report/style.ts';
import { groupOf } from './problems.ts';

const test = suite('group plans');

const file = (name: string) => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
const example = readFpsMatrix(file('group/rates.csv'), 'rates.csv').matrix;
const near = (value: number, expected: number, digits = 3) =>
  assert.ok(Math.abs(value - expected) < 0.6 * 10 ** -digits, `${value} is not ${expected}`);

/** The example with some rates multiplied: `{ 'A GPU': 0.5 }`. */
function drifted(factors: Record<string, number>): FpsMatrix {
  return {
    ...example,
    models: example.models.map((model) => ({
      ...model,
      cells: Object.fromEntries(
        Object.entries(model.cells).map(([id, cell]) => {
          const factor = factors[`${model.name} ${id}`] ?? 1;
          return [id, cell === 'unsupported' ? cell : { ...cell, framesPerS: cell.framesPerS * factor }];
        }),
      ),
    })),
  };
}

test('every method gives a valid document with its group FPS, the baselines and the optimum', async () => {
  const expected: Record<string, number> = {
    'hams-mfs': 26.667,
    'hams-mfs-dynamic': 26.667,
    'hams-hfs': 24,
    portfolio: 30,
    exact: 30,
    'round-robin': 8.889,
    'own-fastest': 18.75,
    'in-order': 26.667,
    'static-priority': 10.843,
    'all-on-one': 10.843,
  };
  assert.equal(GROUP_METHODS.map(({ id }) => id).sort(), Object.keys(expected).sort());
  for (const [planner, fps] of Object.entries(expected)) {
    const plan = await planGroup({ matrix: example, planner });
    assert.equal(groupPlanDocument.problems(plan), [], planner);
    near(plan.score.groupFps, fps);
    near(plan.bound.groupFps, 30, 9);
    near(plan.bound.gap, 1 - fps / 30);
    assert.is(plan.bound.kind, 'exact');
    assert.is(plan.strongestBaseline, 'in-order');
    near(plan.baselines['in-order']!, 26.667);
    const reconstructed = planner.startsWith('hams-');
    assert.is(plan.planner.source.startsWith('reconstructed from the public'), reconstructed);
    assert.is(
      plan.warnings.some(({ code }) => code === 'BASELINE_BETTER'),
      fps < 26,
      planner,
    );
  }
});

test('the planner exact has its optimum proven twice', async () => {
  const plan = await planGroup({ matrix: example, planner: 'exact' });
  assert.equal(plan.bound.provenBy, ['branch-and-bound', 'highs']);
  near(plan.bounds.work, 30, 9);
  near(plan.bounds.lp!, 30.811);
});

test('a plan names its bottleneck, the best next step, and why models stay off other devices', async () => {
  const plan = await planGroup({ matrix: example, planner: 'hams-mfs' });
  assert.equal(plan.bottleneck, { device: 'CPU', model: 'B' });
  assert.is(plan.nextMove?.kind, 'swap');
  near(plan.nextMove!.groupFps, 30, 9);
  near(plan.nextMove!.gain, 0.125);
  assert.equal(
    plan.steps?.map(({ model, device }) => `${model} ${device}`),
    ['A GPU', 'B CPU', 'C VPU', 'D CPU'],
  );
  const a = plan.models[0]!;
  assert.equal(a.alternatives.at(-1), { device: 'VPU', rejected: 'cap: 1 of 1 taken' });
  near(plan.models[1]!.loadShare, 25 / 37.5);
  const limited = await planGroup({ matrix: drifted({ 'D VPU': 0.1 }), memory: { CPU: 10 }, planner: 'portfolio' });
  assert.is(limited.devices[0]?.memoryLimitBytes, 10);
});

test('at the optimum no step is recommended, and changes of calls are told in full', async () => {
  const text = groupPlanText(await planGroup({ matrix: example, planner: 'portfolio', whatIf: true }), PLAIN);
  assert.match(
    text.replaceAll('\n', ' '),
    /No move or swap from there helps: the best, swapping A with C, would give 8.89/,
  );
  assert.match(text, '2 calls of A, not 1');
  assert.not.match(text, 'best next step');
});

test('the what-if holds the stated staircases and outcomes', async () => {
  const { whatIf } = await planGroup({ matrix: example, whatIf: true });
  assert.ok(whatIf);
  for (const { groupFps, limitedBy } of whatIf.more) {
    assert.equal(
      groupFps.map((fps) => Math.round(fps)),
      [30, 30],
    );
    assert.is(limitedBy, 'A');
  }
  near(whatIf.withoutModel[0]!.groupFps!, 50);
  near(whatIf.withoutModel[0]!.keptFps!, 30);
  assert.is(whatIf.withoutDevice[1]?.keptFps, undefined);
  const calls = whatIf.limits.find(({ change }) => change === '2 calls of A, not 1');
  near(calls!.groupFps!, 15);
  const { noise } = whatIf;
  assert.ok(noise.staysOptimal > 0.5 && noise.staysOptimal < 1);
  assert.ok(noise.worstRegret >= noise.meanRegret && noise.meanRegret > 0);
  // The single change that it names does break the plan, and nine tenths of it do not.
  const { model, device, change } = noise.smallestBreak!;
  const best = async (factor: number) =>
    (await planGroup({ matrix: drifted({ [`${model} ${device}`]: factor }) })).models;
  const kept = (await planGroup({ matrix: example })).models.map((each) => each.device);
  assert.not.equal(
    (await best(1 + 1.01 * change)).map((each) => each.device),
    kept,
  );
  assert.equal(
    (await best(1 + 0.9 * change)).map((each) => each.device),
    kept,
  );
});

test('B, C, D on a CPU gain from sticks as stated', async () => {
  const matrix: FpsMatrix = {
    ...example,
    devices: example.devices.filter(({ id }) => id !== 'GPU'),
    models: example.models.slice(1).map(({ cells: { GPU: _, ...cells }, ...model }) => ({ ...model, cells })),
  };
  for (const [count, fps] of [18.4615, 30, 40, 40].entries()) {
    const plan = await planGroup({ matrix, counts: { VPU: count } });
    near(plan.score.groupFps, fps, 4);
    assert.is(plan.devices.length, 1 + count);
  }
});

test('copies of a device have names of their own', async () => {
  const matrix: FpsMatrix = { ...example, devices: [...example.devices, { id: 'VPU-2' }] };
  const models = example.models.map((model) => ({ ...model, cells: { ...model.cells, 'VPU-2': model.cells.VPU! } }));
  const plan = await planGroup({ matrix: { ...matrix, models }, counts: { VPU: 3 } });
  assert.equal(
    plan.devices.map(({ id }) => id),
    ['CPU', 'GPU', 'VPU', 'VPU-3', 'VPU-4', 'VPU-2'],
  );
});

test('services are planned together, weighted, and told beside each alone', async () => {
  const rates = readFpsMatrix(file('services/synthetic-rates.json'), 'rates').matrix;
  const workloads = ['f', 'p', 'v'].map((name) => workloadDocument.parse(file(`services/${name}.json`), name).document);
  const matrix = matrixOfWorkloads(rates, workloads);
  assert.is(matrix.models.length, 11);
  assert.ok(rates.models.every((model) => rates.devices.every(({ id }) => fpsCell(model, id)?.origin === 'synthetic')));
  const plan = await planGroup({ matrix, counts: { VPU: 2 } });
  assert.equal(
    plan.services?.map(({ name }) => name),
    ['F', 'P', 'V'],
  );
  for (const { fps, aloneFps } of plan.services!) assert.ok(fps <= aloneFps * (1 + 1e-12));
  near(Math.min(...plan.services!.map(({ fps }) => fps)), plan.score.groupFps, 9);
  assert.ok(plan.warnings.some(({ code }) => code === 'SYNTHETIC'));
  assert.equal(plan.provenance, { measured: 0, imported: 0, modelled: 0, synthetic: 1 });
  const heavy = await planGroup({ matrix, counts: { VPU: 2 }, weights: { F: 2 } });
  const f = heavy.services!.find(({ name }) => name === 'F')!;
  assert.ok(f.fps >= 2 * heavy.score.groupFps * (1 - 1e-12));
  assert.ok(heavy.score.groupFps <= plan.score.groupFps);
});

test('two services that run one model get an instance each, and unknown names are refused', () => {
  const workload = (name: string, models: string[]) => ({
    kind: 'workload' as const,
    schemaVersion: 1,
    name,
    models: models.map((model) => ({ model })),
  });
  const both = matrixOfWorkloads(example, [workload('left', ['A', 'B']), workload('right', ['B'])]);
  assert.equal(
    both.models.map(({ name, service }) => [name, service]),
    [
      ['A', 'left'],
      ['B', 'left'],
      ['B-2', 'right'],
    ],
  );
  assert.equal(fpsMatrixDocument.problems(both), []);
  assert.throws(
    () => matrixOfWorkloads(example, [workload('left', ['Z'])]),
    (error: HeterodyneError) => error.code === 'USAGE' && error.message.includes('"Z"'),
  );
});

test('rescheduling moves what pays, and nothing that does not', async () => {
  const plan = await planGroup({ matrix: example });
  const still = reschedule(plan, example);
  assert.equal(still.moves, []);
  near(still.groupFps, 30);
  // Two per cent off: not worth a move at five per cent each.
  const slight = reschedule(plan, drifted({ 'B VPU': 0.98 }), { moveCost: 0.05 });
  assert.equal(slight.moves, []);
  // B has become slow on the VPU: swapping it with C pays.
  const drift = drifted({ 'B VPU': 0.5 });
  const moved = reschedule(plan, drift);
  near(moved.keptFps!, 15);
  assert.ok(moved.groupFps > 26);
  assert.equal(
    moved.moves.map(({ model }) => model),
    ['B', 'C'],
  );
  assert.is((await planGroup({ matrix: drift })).score.groupFps, moved.bestFps);
  // A device that is gone moves its models for nothing.
  const lost = reschedule(plan, {
    ...example,
    devices: example.devices.filter(({ id }) => id !== 'VPU'),
    models: example.models.map(({ cells: { VPU: _, ...cells }, ...model }) => ({ ...model, cells })),
  });
  assert.is(lost.keptFps, undefined);
  assert.ok(lost.moves.some(({ model, from }) => model === 'B' && from === undefined));
});

test('no other assignment earns its moves better', () => {
  const cost = 0.04;
  const plain = { A: 'CPU', B: 'GPU', C: 'GPU', D: 'VPU' };
  const found = reschedule(plain, example, { moveCost: cost });
  const ids = ['CPU', 'GPU', 'VPU'];
  const rate = (devices: string[]) => {
    if (devices.filter((id) => id === 'VPU').length > 1) return 0;
    const loads = ids.map((id) =>
      example.models.reduce((sum, model, i) => sum + (devices[i] === id ? 1 / fpsCell(model, id)!.framesPerS : 0), 0),
    );
    return 1 / Math.max(...loads);
  };
  let best = 0;
  for (let code = 0; code < 81; code++) {
    const devices = [0, 1, 2, 3].map((i) => ids[Math.floor(code / 3 ** i) % 3]!);
    const moves = devices.filter((id, i) => id !== Object.values(plain)[i]).length;
    best = Math.max(best, rate(devices) / (1 + cost) ** moves);
  }
  near(found.groupFps / (1 + cost) ** found.moves.length, best, 9);
});

test('a run that was slower than predicted gives the interference behind it', () => {
  const problem = groupOf({ rates: [[10, 10], [10, 10], [10, 10]] }); // biome-ignore format: rows of a matrix
  const [device] = checkAgainstRun(problem, [0, 0, 0], { D0: 2.5 });
  near(device!.predictedFps, 10 / 3);
  near(device!.ratio, 0.75);
  near(device!.interference!, (4 / 3 - 1) / 2);
});

test('exact gives the best found and a bound where its search is cut short', async () => {
  const plan = await planGroup({ matrix: example, planner: 'exact', nodes: 2 });
  assert.equal(groupPlanDocument.problems(plan), []);
  assert.ok(['lp', 'work'].includes(plan.bound.kind), plan.bound.kind);
  assert.ok(plan.bound.groupFps >= 30 - 1e-9);
  near(plan.bound.gap, 1 - plan.score.groupFps / plan.bound.groupFps, 9);
  assert.ok(plan.warnings.some(({ code }) => code === 'UNPROVEN'));
  assert.match(groupPlanText(plan, PLAIN), /at most/);
});

test('mixed figures are a warning, and an error if strict', async () => {
  const cell = { framesPerS: 10, origin: 'measured' as const };
  const matrix: FpsMatrix = {
    kind: 'fps-matrix',
    schemaVersion: 1,
    devices: [{ id: 'CPU' }, { id: 'GPU' }],
    models: [{ name: 'A', cells: { CPU: { ...cell, metric: 'latency' }, GPU: { ...cell, metric: 'throughput' } } }],
  };
  const plan = await planGroup({ matrix });
  assert.ok(plan.warnings.some(({ code }) => code === 'MIXED_MODES'));
  try {
    await planGroup({ matrix, strict: true });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'BAD_INPUT');
  }
});

test('a signal ends the search with the best so far', async () => {
  const control = new AbortController();
  control.abort();
  const request = { matrix: example, whatIf: true };
  const { plan } = await planGroupWithEvidence(request, { signal: control.signal });
  assert.is(plan.whatIf, undefined);
  assert.is(plan.planner.partial, true);
  assert.ok(plan.score.groupFps >= plan.baselines['in-order']!);
});

test('what is written is valid under the emitted schema', async () => {
  const valid = new Ajv2020({ strict: true, allErrors: true }).compile(groupPlanDocument.jsonSchema());
  const plan = await planGroup({ matrix: example, whatIf: true, memory: { CPU: 1e9 } });
  assert.ok(valid(JSON.parse(groupPlanDocument.write(plan))), JSON.stringify(valid.errors));
});

test('the same request gives the same bytes', async () => {
  const bytes = async () => groupPlanDocument.write(await planGroup({ matrix: example, whatIf: true, seed: 7 }));
  assert.is(await bytes(), await bytes());
});

test.run();
