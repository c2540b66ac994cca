import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkTrace } from '../../src/report/trace/check.ts';
import { simulationDocument } from '../../src/simulator/schema.ts';
import { inFolder, run, workingIn } from '../cli/captured.ts';

const MODELS = ['--platform', 'hikey970', '--models', 'alexnet,squeezenet*2'];
const test = suite('heterodyne simulate');

async function planned<T>(use: (plan: string, folder: string) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const plan = join(folder, 'plan.json');
    const { code, err } = await run(['plan', ...MODELS, '--evaluations', '60', '--quiet', '--out', plan]);
    assert.is(code, 0, err);
    return use(plan, folder);
  });
}

test('a plan runs as it is: platform and zoo networks are found by its names', async () => {
  await planned(async (plan) => {
    const { code, out, err } = await run(['simulate', plan, '--for', '2s', '--json']);
    assert.is(code, 0, err);
    assert.is(err, '', 'nothing changed since planning, so there is no warning');
    const { document } = simulationDocument.parse(out, 'out');
    assert.equal(
      document.models.map(({ name }) => name),
      ['alexnet', 'squeezenet', 'squeezenet-2'],
    );
    for (const { throughputPerS, plannedThroughputPerS = 0 } of document.models) {
      assert.ok(throughputPerS > 0.3 * plannedThroughputPerS, `${throughputPerS} of ${plannedThroughputPerS}`);
    }
    assert.is((await run(['simulate', plan, '--for', '2s', '--json'])).out, out, 'the same bytes again');
    const text = await run(['simulate', plan, '--for', '2s']);
    assert.match(text.out, 'simulated, not measured');
  });
});

test("a plan's own ONNX files are found again: from the working directory, else beside the plan", async () => {
  await inFolder(async (folder) => {
    const [here, there] = ['here', 'there'].map((name) => join(folder, name));
    for (const each of [here, there]) mkdirSync(each);
    assert.is((await run(['models', 'export', 'squeezenet', '--out-dir', here, '--quiet'])).code, 0);
    const words = ['simulate', 'plan.json', '--for', '500ms', '--json'];
    const first = await workingIn(here, async () => {
      const models = ['--models', 'left=./squeezenet.onnx,squeezenet.onnx*2,alexnet'];
      const planning = ['plan', '--platform', 'hikey970', ...models, '--evaluations', '30', '--quiet'];
      assert.is((await run([...planning, '--out', 'plan.json'])).code, 0);
      assert.is(
        (await run(['simulate', 'plan.json', '--out', 'squeezenet.onnx'])).code,
        64,
        'no model is written over',
      );
      return run(words);
    });
    assert.is(first.code, 0, first.err);
    assert.is(first.err, '', 'nothing changed since planning, so there is no warning');
    const { document } = simulationDocument.parse(first.out, 'out');
    assert.equal(
      document.models.map(({ name }) => name),
      ['left', 'squeezenet', 'squeezenet-2', 'alexnet'],
    );

    const elsewhere = [words[0], join('..', 'here', 'plan.json'), ...words.slice(2)];
    const second = await workingIn(there, () => run(elsewhere));
    assert.is(second.err, '');
    assert.is(second.out, first.out, 'a file beside the plan is the same input');

    // From the working directory first: the same network with an empty documentation text, so other bytes.
    const original = readFileSync(join(here, 'squeezenet.onnx'));
    writeFileSync(join(there, 'squeezenet.onnx'), Buffer.concat([original, Buffer.from([0x32, 0x00])]));
    const changed = await workingIn(there, () => run(elsewhere));
    assert.is(changed.code, 0, changed.err);
    assert.match(changed.err.replaceAll(/\s+/g, ' '), 'left is not the network that was planned');

    rmSync(join(there, 'squeezenet.onnx'));
    renameSync(join(here, 'squeezenet.onnx'), join(here, 'moved.onnx'));
    const gone = await workingIn(there, () => run(elsewhere));
    assert.is(gone.code, 65);
    assert.match(gone.err, 'the model file of "left" is gone: ./squeezenet.onnx');
    const given = ['--models', 'left=../here/moved.onnx,squeezenet=../here/moved.onnx,b=../here/moved.onnx'];
    assert.is((await workingIn(there, () => run([...elsewhere, ...given]))).code, 65, 'other names are refused');
    copyFileSync(join(here, 'moved.onnx'), join(here, 'squeezenet.onnx'));
    assert.is((await workingIn(there, () => run(elsewhere))).out, first.out);
  });
});

test('a planned form with a file of its own is found again without its original', async () => {
  await inFolder(async (folder) => {
    assert.is((await run(['models', 'export', 'squeezenet', '--out-dir', folder, '--quiet'])).code, 0);
    const [workload, plan] = ['w.json', 'plan.json'].map((name) => join(folder, name));
    const variants = [{ name: 'other', model: 'squeezenet.onnx', accuracy: 0.56 }];
    const models = [{ model: 'squeezenet', name: 'net', variants }];
    writeFileSync(workload, JSON.stringify({ kind: 'workload', schemaVersion: 1, models }));
    const planning = ['plan', '--platform', 'orange-pi-5', '--workload', workload, '--quiet', '--out', plan];
    assert.is((await run(planning)).code, 0);
    const { code, out, err } = await run(['simulate', plan, '--for', '500ms', '--json']);
    assert.is(code, 0, err);
    const { document } = simulationDocument.parse(out, 'out');
    assert.is(document.models[0].name, 'net');
    assert.not.ok(document.warnings.some(({ code: warned }) => warned === 'MODEL_CHANGED'));
  });
});

test('a scenario, a controller, its decisions and a clean trace', async () => {
  await planned(async (plan, folder) => {
    const [scenario, trace, decisions] = ['s.json', 't.json', 'd.json'].map((name) => join(folder, name));
    const events = [
      { type: 'job', atMs: 500, untilMs: 1000, processor: 'gpu', slowdown: 1.5 },
      { type: 'thermal-cap', atMs: 1200, untilMs: 1500, operatingPoint: 'gpu=415MHz' },
      { type: 'mode', atMs: 800, mode: 'min-energy' },
    ];
    writeFileSync(scenario, JSON.stringify({ kind: 'scenario', schemaVersion: 1, events }));
    const words = [
      'simulate',
      plan,
      '--for',
      '2s',
      '--load',
      '60%',
      '--controller',
      'min-clock',
      '--scenario',
      scenario,
    ];
    const first = await run([...words, '--trace', trace, '--decisions', decisions, '--svg', join(folder, 'svg')]);
    for (const name of ['response-times', 'course']) {
      const svg = readFileSync(join(folder, 'svg', `${name}.svg`), 'utf8');
      assert.match(svg, /^<\?xml .*<\/svg>\n$/s);
      assert.not.match(svg, 'NaN');
    }
    assert.is(first.code, 0, first.err);
    const text = readFileSync(trace, 'utf8');
    assert.equal(checkTrace(text), []);
    for (const name of ['power W', 'gpu MHz', 'a job slows gpu down 1.5 times']) assert.match(text, `"name":"${name}"`);
    const again = await run([...words, '--replay', decisions, '--explain', '1s']);
    assert.is(again.code, 0, again.err);
    assert.match(again.out, 'Decision of min-clock');
    assert.match(again.err, 'are those of');
    const other = await run([...words, '--seed', '2', '--replay', decisions]);
    assert.is(other.code, 2);
    assert.match(other.err, 'seed: 1 there, 2 here');
  });
});

test('forms of a model with known accuracies take part, others are left out with a warning', async () => {
  await inFolder(async (folder) => {
    const [workload, plan] = ['w.json', 'p.json'].map((name) => join(folder, name));
    assert.is((await run(['models', 'export', 'squeezenet', '--out-dir', folder, '--quiet'])).code, 0);
    const model = 'squeezenet.onnx';
    const variants = [
      { name: 'original', accuracy: 0.58 },
      { name: 'half', model, precision: 'float16', accuracy: 0.56 },
      { name: 'unknown', model, precision: 'float16' },
    ];
    const models = [{ model, ratePerS: 20, deadlineMs: 30, variants }];
    writeFileSync(workload, JSON.stringify({ kind: 'workload', schemaVersion: 1, models }));
    const given = ['--workload', workload];
    const planning = ['plan', '--platform', 'orange-pi-5', ...given, '--quiet', '--out', plan];
    assert.is((await run(planning)).code, 0);
    const words = ['simulate', plan, ...given, '--controller', 'neuos', '--for', '2s', '--json'];
    const { code, out, err } = await run(words);
    assert.is(code, 0, err);
    const { document } = simulationDocument.parse(out, 'out');
    assert.ok(Math.abs(document.models[0].loss.worst - 0.02) < 1e-12, `${document.models[0].loss.worst}`);
    assert.ok(document.models[0].variantSwitches > 0);
    assert.equal(
      document.warnings.map(({ code }) => code),
      ['VARIANT_UNUSED'],
    );
  });
});

test('links, time slices and bursts: traces are clean on every platform', async () => {
  for (const [platform, ...more] of [
    ['openvino-cpu-gpu-vpu'],
    ['orange-pi-5', '--discipline', 'time-sliced'],
    ['jetson-xavier-nx', '--bursts', '200ms,20ms,3'],
  ]) {
    await inFolder(async (folder) => {
      const [plan, trace] = ['p.json', 't.json'].map((name) => join(folder, name));
      const models = ['--models', 'alexnet,squeezenet,resnet-50', '--objective', 'min', '--evaluations', '100'];
      assert.is((await run(['plan', '--platform', platform, ...models, '--quiet', '--out', plan])).code, 0);
      const { code, err } = await run(['simulate', plan, '--for', '1s', '--load', '90%', ...more, '--trace', trace]);
      assert.is(code, 0, err);
      assert.equal(checkTrace(readFileSync(trace, 'utf8')), [], platform);
    });
  }
});

test('the trace of a mixed cohort of eight under control is clean, with its LAG, clocks, power and levels', async () => {
  await inFolder(async (folder) => {
    const [workload, plan, trace] = ['w.json', 'p.json', 't.json'].map((name) => join(folder, name));
    const models = ['alexnet', 'googlenet', 'resnet-50', 'vgg-19'].flatMap((model) => {
      const entry = { model, ratePerS: 6, deadlineMs: 120 };
      return [entry, entry];
    });
    writeFileSync(workload, JSON.stringify({ kind: 'workload', schemaVersion: 1, models }));
    const given = ['--workload', workload];
    const at = ['--platform', 'jetson-agx-xavier', '--planner', 'single-best', '--quiet', '--out', plan];
    assert.is((await run(['plan', ...given, ...at])).code, 0);
    const words = ['simulate', plan, ...given, '--controller', 'neuos', '--mode', 'balanced', '--for', '3s', '--quiet'];
    const { code, err } = await run([...words, '--trace', trace]);
    assert.is(code, 0, err);
    const text = readFileSync(trace, 'utf8');
    assert.equal(checkTrace(text), []);
    for (const name of ['alexnet LAG ms', 'vgg-19-2 LAG ms', 'gpu MHz', 'emc MHz', 'power W', 'resnet-50 level']) {
      assert.match(text, `"name":"${name}"`);
    }
  });
});

test('what does not fit the plan is told in one line', async () => {
  await planned(async (plan, folder) => {
    const wrong = async (words: string[], code: number, text: string | RegExp) => {
      const result = await run(['simulate', plan, ...words]);
      assert.is(result.code, code, result.err);
      assert.match(result.err.replaceAll(/\s+/g, ' '), text);
    };
    await wrong(['--explain', '1s'], 64, '--explain means nothing without --controller');
    await wrong(['--models', 'alexnet'], 65, 'the plan is for alexnet, squeezenet, squeezenet-2');
    await wrong(['--platform', 'jetson-tx2'], 65, 'the plan is for hikey970, not for jetson-tx2');
    await wrong(['--cut', 'operator'], 65, 'blocks');
    await wrong(['--for', '0'], 64, '--for cannot be');
    await wrong(['--load', '0'], 64, '--load 0 releases no frames');
    await wrong(['--controller', 'max-n', '--set', 'nothing=1'], 64, 'no parameter nothing');
    const scenario = join(folder, 's.json');
    const event = { type: 'job', atMs: 5, untilMs: 2, processor: 'gpu', slowdown: 2 };
    writeFileSync(scenario, JSON.stringify({ kind: 'scenario', schemaVersion: 1, events: [event] }));
    await wrong(['--scenario', scenario], 65, 'over before it begins');
    const batch = await run(['simulate', plan, '--batch', '2', '--for', '100ms']);
    assert.is(batch.code, 0);
    assert.match(batch.err.replaceAll(/\s+/g, ' '), 'the costs are not those that the plan was made from');
  });
});

test('a lost processor: what moved is told, as is what became of frames; --replan off lets them stand', async () => {
  await planned(async (plan, folder) => {
    const scenario = join(folder, 's.json');
    const events = [{ type: 'processor-lost', atMs: 500, untilMs: 1500, processor: 'gpu' }];
    writeFileSync(scenario, JSON.stringify({ kind: 'scenario', schemaVersion: 1, events }));
    const words = ['simulate', plan, '--for', '2s', '--load', '50%', '--scenario', scenario];
    const { code, out, err } = await run([...words, '--replan-time', '20ms', '--json']);
    assert.is(code, 0, err);
    const { document } = simulationDocument.parse(out, 'out');
    const [lost, back] = document.replans ?? [];
    assert.equal([lost.holdsAtMs, back.cause], [520, 'gpu is back']);
    assert.ok(lost.moves.length > 0);
    for (const { to } of lost.moves) assert.ok(to.every(({ processor }) => processor !== 'gpu'));
    assert.equal(
      back.moves.map(({ model, to }) => [model, to]),
      lost.moves.map(({ model, from }) => [model, from]),
      'with the processor everything returns',
    );
    assert.equal(
      document.phases?.map(({ fromMs }) => fromMs),
      [0, 500, 520, 1500, 1520],
    );
    assert.match((await run(words)).out, 'planned anew, ms');
    const standing = await run([...words, '--replan', 'off', '--json']);
    assert.not.ok(simulationDocument.parse(standing.out, 'out').document.replans);
    assert.is((await run(['simulate', plan, '--move-cost', '2%'])).code, 64);
    assert.is((await run([...words, '--replan', 'off', '--replan-time', '5ms'])).code, 64);
  });
});

test('controllers side by side, and a page whose energy is that of the figures', async () => {
  await planned(async (plan, folder) => {
    const page = join(folder, 'page.html');
    const words = ['simulate', plan, '--for', '1s', '--load', '50%', '--compare', 'max-n,neuos', '--report', page];
    const { code, out, err } = await run([...words, '--json']);
    assert.is(code, 0, err);
    const { document } = simulationDocument.parse(out, 'out');
    assert.equal(
      document.compared?.map(({ controller }) => controller),
      ['max-n', 'neuos'],
    );
    const html = readFileSync(page, 'utf8');
    for (const id of ['controllers', 'responses', 'energy', 'course', 'provenance'])
      assert.match(html, `<section id="${id}">`);
    assert.not.match(html, 'NaN');
    const spent = document.device.energy?.joules ?? Number.NaN;
    assert.match(html, `none: energy so far, J (${Number(spent.toPrecision(3))} J)`);
    assert.match((await run(words)).out, 'neuos (a reconstruction)');
    assert.is(readFileSync(page, 'utf8').length, html.length);
    for (const wrong of ['max', 'none', 'max-n,max-n']) {
      assert.is((await run(['simulate', plan, '--compare', wrong])).code, 64, wrong);
    }
  });
});

test('a decision is told with the units of clocks and energy', async () => {
  await planned(async (plan) => {
    const words = ['simulate', plan, '--for', '1s', '--load', '50%', '--explain', '900ms'];
    const { code, out, err } = await run([...words, '--controller', 'predictive']);
    assert.is(code, 0, err);
    assert.match(out, /=\d+(\.\d+)?MHz/);
    assert.not.match(out, /=\d{6,}/);
    assert.match(out, 'energy J');
    assert.match((await run([...words, '--controller', 'neuos'])).out, /Decision of neuos|decided nothing/);
  });
});

test.run();
