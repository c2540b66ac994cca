import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorDocument } from '../../src/cli/documents/error.ts';
import { modelDocument } from '../../src/cli/documents/model.ts';
import { modelExportDocument, modelListDocument } from '../../src/cli/documents/model-list.ts';
import { platformListDocument } from '../../src/cli/documents/platform-list.ts';
import { Interrupted } from '../../src/cli/failure.ts';
import { COMMANDS, type GroupEntry } from '../../src/cli/tree.ts';
import { VERSION } from '../../src/cli/version.ts';
import { type Plan, planDocument } from '../../src/planners/schema.ts';
import { platformDocument } from '../../src/platforms/schema.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { type Captured, inFolder, run } from './captured.ts';

const PLAN = ['plan', '--platform', 'hikey970', '--evaluations', '60', '--models'];

/** All commands by path, `models list`. */
function paths({ members = {} }: Partial<GroupEntry>, before: string[] = []): string[][] {
  return Object.entries(members).flatMap(([name, entry]) => {
    const path = [...before, name];
    return [path, ...paths({ members: entry.members }, path)];
  });
}

const refused = (result: Captured, code: number, words: string): void => {
  assert.is(result.code, code, result.err);
  assert.is(result.out, '');
  assert.ok(result.err.includes(words), `${words}: ${result.err}`);
  assert.not.match(result.err, /\n\s+at /);
};

const test = suite('commands');

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.is(VERSION, version);
  assert.equal(await run(['--version']), { code: 0, out: `${version}\n`, err: '' });
});

test('every command explains itself on standard output, with an example that it accepts', async () => {
  for (const path of [[], ...paths(COMMANDS)]) {
    const { code, out, err } = await run([...path, '--help']);
    assert.is(code, 0);
    assert.is(err, '');
    const start = ['  heterodyne', ...path].join(' ');
    assert.ok(out.includes('Example'), out);
    assert.ok(
      out.split('\n').some((line) => line.startsWith(start)),
      `${start}: ${out}`,
    );
    assert.equal(await run(['help', ...path]), { code, out, err });
    for (const line of out.split('\n')) assert.ok(line.length <= 100 || line.startsWith('  heterodyne'), line);
  }
});

test('words that are no command are refused with the nearest one', async () => {
  refused(await run([]), 64, 'one of plan, profile, ');
  refused(await run(['plam']), 64, 'did you mean "plan"');
  refused(await run(['models']), 64, 'list, info, export');
  refused(await run(['platforms', 'shwo']), 64, 'did you mean "show"');
  refused(await run(['--jsonn']), 64, '--jsonn');
});

test('wrong usage ends with 64 and says what is legal', async () => {
  refused(await run(['plan', '--models', 'alexnet']), 64, 'one of hikey970, ');
  refused(await run(['plan', '--platform', 'hikey97', '--models', 'alexnet']), 64, 'did you mean "hikey970"');
  refused(await run(['plan', '--platform', 'hikey970']), 64, '--workload');
  refused(await run([...PLAN, 'alexnett']), 64, 'did you mean "alexnet"');
  refused(await run([...PLAN, 'alexnet', '--planner', 'mct']), 64, 'single-best');
  refused(await run([...PLAN, 'alexnet', '--objective']), 64, 'geometric-mean');
  refused(await run([...PLAN, 'alexnet', '--time-limit', '0']), 64, 'more than 0 ms');
  refused(await run([...PLAN, 'alexnet', '--time-limit', '5 parsecs']), 64, 'legal units');
  refused(await run([...PLAN, 'alexnet', '--seed', '1.5']), 64, 'whole number');
  refused(await run([...PLAN, 'alexnet', '--max-stages', '9']), 64, '1 to 5');
  refused(await run([...PLAN, 'alexnet', '--planner', 'random', '--no-seeds']), 64, '--no-seeds');
  refused(await run([...PLAN, 'alexnet', '--matrices', 'm.csv']), 64, 'unknown option --matrices');
  refused(await run([...PLAN, 'alexnet', '--matrix', 'm.csv']), 64, '--platform means nothing with --matrix');
  refused(await run([...PLAN, 'alexnet', '--what-if']), 64, '--what-if means nothing without --matrix');
  refused(await run([...PLAN, 'alexnet', '--planner', 'in-order']), 64, 'means nothing without --matrix');
  refused(await run([...PLAN, 'alexnet', '--cut', 'layer']), 64, 'block, operator');
});

test('bad input ends with 65 and says where', () =>
  inFolder(async (folder) => {
    const write = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    refused(await run([...PLAN, './none.onnx']), 65, 'no such file');
    refused(await run([...PLAN, `${folder}/`]), 65, 'folder');
    refused(await run([...PLAN, write('empty.onnx', '')]), 65, 'empty.onnx');
    refused(await run([...PLAN, write('text.onnx', 'hello')]), 65, 'text.onnx');
    refused(await run([...PLAN, 'alexnet*65']), 65, 'at most 64');
    const platform = write('p.json', '{ "kind": "platform", "schemaVersion": 1, "id": "X", "processors": [] }');
    const wrong = await run(['plan', '--platform', platform, '--models', 'alexnet']);
    refused(wrong, 65, '/resources');
    refused(wrong, 65, '/processors');
    const empty = write('w.json', '{ "kind": "workload", "schemaVersion": 1, "models": [] }');
    refused(await run(['plan', '--platform', 'hikey970', '--workload', empty]), 65, '/models');
    const cut = write('cut.json', '{ "kind": "workload", "schem');
    refused(await run(['plan', '--platform', 'hikey970', '--workload', cut]), 65, 'line 1, column 23');
  }));

test('what cannot fit ends with 2 and says by how much', async () => {
  refused(await run([...PLAN, 'vgg-19*16']), 2, 'GB too much');
});

test('a failure under --json is one document', async () => {
  const { code, out } = await run([...PLAN, 'alexnett', '--json']);
  const { document } = errorDocument.parse(out, 'stdout');
  assert.is(code, 64);
  assert.is(document.code, 'USAGE');
  assert.is(document.exitCode, 64);
  assert.is(out, errorDocument.write(document));
  const all = errorDocument.parse((await run(['plan', '--json'])).out, 'stdout').document;
  assert.match(all.expected ?? '', 'hikey970');
});

test('what --json prints is what --out writes, and - is standard output', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'plan.json');
    const both = await run([...PLAN, 'alexnet,squeezenet', '--json', '--out', file]);
    assert.is(both.code, 0);
    assert.is(readFileSync(file, 'utf8'), both.out);
    assert.is((await run([...PLAN, 'alexnet,squeezenet', '-o', '-'])).out, both.out);
    assert.equal(readdirSync(folder), ['plan.json']);
    const plan = planDocument.parse(both.out, file).document;
    assert.is(both.out, planDocument.write(plan));
    assert.is(plan.run, undefined);
  }));

test('an input file is not written over', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'w.json');
    const text = '{ "kind": "workload", "schemaVersion": 1, "models": [{ "model": "alexnet" }] }';
    writeFileSync(file, text);
    const arguments_ = ['plan', '--platform', 'hikey970', '--workload', file];
    refused(await run([...arguments_, '--out', file]), 64, 'input file');
    assert.is(readFileSync(file, 'utf8'), text);
  }));

test('nothing is written when planning fails', () =>
  inFolder(async (folder) => {
    refused(await run([...PLAN, 'vgg-19*16', '--out', join(folder, 'plan.json')]), 2, 'too much');
    assert.equal(readdirSync(folder), []);
  }));

test('the text of a plan fits the line, in ASCII where nothing else can be shown', async () => {
  const words = [...PLAN, 'alexnet*2,inception-v4,mobilenet-v2', '--objective', 'geometric-mean', '--max-stages', '3'];
  for (const width of [60, 100]) {
    const { out, err } = await run(words, { style: { color: false, unicode: false, width } });
    for (const part of ['alexnet-2', 'geometric mean/s', 'genetic', 'fluid relaxation', 'All costs are modelled']) {
      assert.ok(out.replaceAll('\n', ' ').includes(part), `${part}: ${out}`);
    }
    for (const line of `${out}${err}`.split('\n')) {
      assert.ok(line.length <= Math.max(width, 80), line);
      assert.not.match(line, /[^ -~]/);
    }
  }
});

test('both cores, and a profile instead of models, give the same plan', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'profile.json');
    const models = ['--models', 'alexnet,mobilenet-v1'];
    const made = await run(['profile', '--platform', 'hikey970', ...models, '--out', file]);
    assert.is(made.code, 0, made.err);
    profileDocument.parse(readFileSync(file, 'utf8'), file);
    const direct = await run([...PLAN, 'alexnet,mobilenet-v1', '--core', 'wasm', '--json']);
    assert.is((await run([...PLAN, 'alexnet,mobilenet-v1', '--core', 'reference', '--json'])).out, direct.out);
    const words = ['plan', '--profile', file, '--evaluations', '60', '--json'];
    const from = JSON.parse((await run([...words, ...models])).out) as Plan;
    const wanted = JSON.parse(direct.out) as Plan;
    assert.equal(from, wanted);
    assert.equal((JSON.parse((await run(words)).out) as Plan).models, wanted.models);
    refused(await run(['plan', '--profile', file, ...models, '--batch', '2']), 64, '--batch');
    refused(await run(['plan', '--profile', file, '--models', 'vgg-16']), 65, 'alexnet');
  }));

test('--provenance records the run, in which alone plans then differ', async () => {
  const plain = JSON.parse((await run([...PLAN, 'alexnet', '--json'])).out);
  const { run: facts, ...rest } = JSON.parse((await run([...PLAN, 'alexnet', '--json', '--provenance'])).out);
  assert.equal(rest, plain);
  assert.match(facts.runtime, /^(node|deno) \d/);
  assert.is(facts.version, VERSION);
  assert.ok(facts.elapsedMs > 0);
});

test('an aborted search gives the best so far, marked partial', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Interrupted('interrupted')), 150);
  const words = ['plan', '--platform', 'hikey970', '--models', 'alexnet,resnet-50', '--evaluations', '100M', '--json'];
  const { code, out } = await run(words, { signal: abort.signal });
  assert.is(code, 130);
  assert.is((JSON.parse(out) as Plan).planner.partial, true);
  assert.ok(out.includes('"partial": true'));
});

test('interrupted before anything was found, there is no document but that of the error', async () => {
  const signal = AbortSignal.abort(new Interrupted('interrupted before there was a result'));
  const { code, out, err } = await run([...PLAN, 'alexnet', '--json'], { signal });
  assert.is(code, 130);
  assert.is(errorDocument.parse(out, 'stdout').document.code, 'INTERRUPTED');
  assert.match(err, 'interrupted');
});

test('models are listed, shown and exported', () =>
  inFolder(async (folder) => {
    const list = modelListDocument.parse((await run(['models', 'list', '--json'])).out, 'list').document;
    assert.ok(list.models.length >= 15);
    assert.match((await run(['models', 'list'])).out, 'squeezenet');

    const written = await run([
      'models',
      'export',
      'squeezenet',
      '--out-dir',
      join(folder, 'nets'),
      '--seed',
      '3',
      '--json',
    ]);
    const [entry] = modelExportDocument.parse(written.out, 'export').document.files;
    const file = entry!.file;
    assert.is(file, join(folder, 'nets', 'squeezenet.onnx'));
    assert.is(readFileSync(file).length, entry!.bytes);

    const info = modelDocument.parse((await run(['models', 'info', file, '--json'])).out, 'info').document;
    const zoo = modelDocument.parse((await run(['models', 'info', 'SqueezeNet', '--json'])).out, 'info').document;
    assert.equal(info.blocks, zoo.blocks);
    assert.match((await run(['models', 'info', file])).out, 'fire2');
    const fewer = await run(['models', 'info', file, '--cut', '4', '--json']);
    assert.is(modelDocument.parse(fewer.out, 'info').document.blocks.length, 4);
    refused(await run(['models', 'export', 'squeezenet', '--out-dir', file]), 65, 'it exists already');
    refused(await run(['models', 'export', 'squeezenett']), 64, 'did you mean "squeezenet"');

    const twice = await run([...PLAN, `${file}*2`, '--json']);
    assert.equal(
      (JSON.parse(twice.out) as Plan).models.map(({ name }) => name),
      ['squeezenet', 'squeezenet-2'],
    );
  }));

test('platforms are listed, shown, detected, and read from a file', () =>
  inFolder(async (folder) => {
    const list = platformListDocument.parse((await run(['platforms', 'list', '--json'])).out, 'list').document;
    for (const { id, detected } of list.platforms) {
      const shown = await run(['platforms', 'show', id, '--json']);
      assert.is(platformDocument.parse(shown.out, id).document.id, id);
      const text = (await run(['platforms', 'show', id])).out;
      assert.match(text, 'reliability');
      if (!detected) assert.match(text, shown.out.includes('clockDomains') ? 'operating points' : 'launch ms');
    }
    const file = join(folder, 'here.json');
    assert.is((await run(['platforms', 'detect', '--out', file, '--quiet'])).err, '');
    assert.ok(existsSync(file));
    const plan = await run(['plan', '--platform', file, '--models', 'squeezenet', '--evaluations', '20']);
    assert.is(plan.code, 0, plan.err);
    assert.match(plan.out, 'host');
  }));

test.run();
