import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type GroupPlan, groupPlanDocument } from '../../src/planners/group/schema.ts';
import { type Captured, inFolder, run } from './captured.ts';

const test = suite('plan --matrix');

const path = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const RATES = path('group/rates.csv');

function refused({ code, out, err }: Captured, expected: number, words: string): void {
  assert.is(code, expected, err);
  assert.is(out, '');
  assert.ok(err.replace(/\s+/g, ' ').includes(words), `${words} is not in: ${err}`);
  assert.not.match(err, /\bat .*\.ts:/);
}

async function planned(words: readonly string[]): Promise<GroupPlan> {
  const { code, out, err } = await run(['plan', '--matrix', ...words, '--json', '--quiet']);
  assert.is(code, 0, err);
  return groupPlanDocument.parse(out, 'output').document;
}

test('every planner prints score.groupFps', async () => {
  for (const [planner, fps] of [
    ['hams-mfs', 26.667],
    ['hams-mfs-dynamic', 26.667],
    ['hams-hfs', 24],
    ['portfolio', 30],
    ['exact', 30],
    ['round-robin', 8.889],
    ['own-fastest', 18.75],
    ['static-priority', 10.843],
    ['in-order', 26.667],
    ['all-on-one', 10.843],
  ] as const) {
    const plan = await planned([RATES, '--device-caps', 'VPU=1', '--planner', planner]);
    assert.ok(Math.abs(plan.score.groupFps - fps) < 1e-3, `${planner}: ${plan.score.groupFps}`);
  }
});

test('sharing, interference, caps, calls and counts reach the plan', async () => {
  const fps = async (...words: string[]) => Number((await planned([RATES, ...words])).score.groupFps.toFixed(3));
  assert.is(await fps('--planner', 'in-order', '--sharing', 'fair'), 20);
  const kappa = 'CPU=10%,GPU=0.1,VPU=0.1';
  assert.is(await fps('--planner', 'in-order', '--sharing', 'contention', '--interference', kappa), 24.242);
  assert.is(await fps('--calls', 'C=3'), 20);
  assert.is(await fps('--device-caps', 'VPU=0'), 20);
  assert.is(await fps('--device-count', 'VPU=2', '--planner', 'hams-mfs'), 30);
});

test('of a profile the platform tells which processors share cores', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'p.json');
    const words = ['profile', '--models', 'squeezenet*4', '--platform', 'host', '--roofline', '--out', out];
    assert.is((await run(words)).code, 0);
    const { models, deviceSets = [] } = await planned([out]);
    const taken = new Set(models.map(({ device }) => device));
    // On a machine with one core there is nothing to share.
    if (deviceSets.length > 0) assert.ok([...taken].every((id) => deviceSets[0]!.devices.includes(id)));
    assert.ok(!taken.has('cpu') || taken.size === 1, [...taken].join());
  }));

test('the text, the page and the charts come with the document', () =>
  inFolder(async (folder) => {
    const [out, page, charts] = [join(folder, 'plan.json'), join(folder, 'r.html'), join(folder, 'charts')];
    const words = ['plan', '--matrix', RATES, '--what-if', '--out', out, '--report', page, '--svg', charts];
    const { code, out: text } = await run(words);
    assert.is(code, 0);
    assert.match(text, /portfolio +30\.0/);
    assert.match(text, /one more VPU/);
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/);
    assert.equal(readdirSync(charts).sort(), ['comparison.svg', 'loads.svg', 'matrix.svg', 'what-if.svg']);
    const printed = await run([...words.slice(0, 4), '--json']);
    assert.is(printed.out, readFileSync(out, 'utf8'));
  }));

test('services come as workloads, and keep their names', async () => {
  const workloads = ['f', 'p', 'v'].flatMap((name) => ['--workload', path(`services/${name}.json`)]);
  const plan = await planned([path('services/synthetic-rates.json'), ...workloads, '--service-weights', 'P=2']);
  assert.is(plan.models.length, 11);
  assert.equal(
    plan.services?.map(({ name, weight }) => [name, weight]),
    [
      ['F', 1],
      ['P', 2],
      ['V', 1],
    ],
  );
});

test('what is proven impossible ends with 2 and one reason', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'm.csv');
    const write = (text: string) => writeFileSync(file, text);
    write('model,CPU,VPU\nA,1,1\nB,0,1\nC,0,1\n');
    refused(await run(['plan', '--matrix', file]), 2, 'B, C (2 models) can only run on VPU, which take 1 together');
    write('model,CPU,VPU\nA,1,1\nB,0,0\n');
    refused(await run(['plan', '--matrix', file]), 2, 'no device supports B');
    refused(await run(['plan', '--matrix', RATES, '--device-caps', 'CPU=1,GPU=1,VPU=1']), 2, 'can only run on');
    refused(await run(['plan', '--matrix', RATES, '--sharing', 'exclusive']), 2, 'which take 3 together');
  }));

test('what is no matrix ends with 65, and leaves no file', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'm.csv');
    const out = join(folder, 'plan.json');
    for (const [text, words] of [
      ['model,CPU\nA,0\nB,\n', 'no model runs on any device'],
      ['model,CPU,GPU\nA,1\n', 'the row has 2 fields and the first one 3'],
      ['model,CPU\nA,quick\n', '"quick" is no rate'],
      ['It was a dark night.', 'the first row names the devices'],
      ['', 'the first row names the devices'],
      ['{"kind":"fps-matrix"', 'is not JSON'],
    ] as const) {
      writeFileSync(file, text);
      refused(await run(['plan', '--matrix', file, '--out', out]), 65, words);
      assert.not.ok(existsSync(out));
    }
    refused(await run(['plan', '--matrix', join(folder, 'none.csv')]), 65, 'no such file');
  }));

test('options that mean nothing here are refused, and so are unknown names', async () => {
  const plan = ['plan', '--matrix', RATES];
  refused(await run([...plan, '--models', 'alexnet']), 64, '--models means nothing with --matrix');
  refused(await run([...plan, '--objective', 'min']), 64, '--objective means nothing with --matrix');
  refused(await run([...plan, '--no-seeds']), 64, '--no-seeds means nothing with --matrix');
  refused(await run([...plan, '--planner', 'mcts']), 64, 'no method "mcts" plans a group');
  refused(await run([...plan, '--device-caps', 'VUP=1']), 64, 'did you mean "VPU"');
  refused(await run([...plan, '--device-caps', 'VPU']), 64, 'NAME=VALUE');
  refused(await run([...plan, '--device-caps', 'VPU=some']), 64, 'whole number');
  refused(await run([...plan, '--calls', 'Z=2']), 64, 'the matrix has no model "Z"');
  refused(await run([...plan, '--noise', '200%', '--what-if']), 64, 'a share from 0 to 1');
  refused(await run([...plan, '--service-weights', 'F=2']), 64, 'there is no service "F"');
  refused(await run([...plan, '--out', RATES]), 64, 'would be overwritten');
});

test('the group planners plan placements, too, where there is a platform', async () => {
  for (const planner of ['hams-mfs', 'hams-hfs', 'portfolio']) {
    const words = ['plan', '--platform', 'openvino-cpu-gpu-vpu', '--models', 'alexnet,squeezenet,mobilenet-v1'];
    const { code, out } = await run([...words, '--objective', 'min', '--planner', planner, '--json', '--quiet']);
    assert.is(code, 0);
    const plan = JSON.parse(out);
    assert.is(plan.kind, 'plan');
    assert.ok(plan.score.groupFps >= plan.planner.value);
  }
});

test('a count of a million devices is refused before they are made', async () => {
  refused(await run(['plan', '--matrix', RATES, '--device-count', 'VPU=1000000']), 65, '1000002 devices');
});

test.run();
