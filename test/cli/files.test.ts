import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkWritable,
  createFolder,
  machineFacts,
  readBytes,
  readText,
  refuseOverwrite,
  writeFileWhole,
} from '../../bindings/host/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { inFolder } from './captured.ts';

const fails = async (action: () => Promise<unknown>, code: string, words: string): Promise<void> => {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof HeterodyneError, String(error));
    assert.is(error.code, code);
    assert.ok(`${error.message} ${error.hint}`.includes(words), error.message);
    return;
  }
  assert.unreachable('no error');
};

const test = suite('files of the host');

test('a file is written whole, and no temporary file stays', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'a.json');
    writeFileSync(file, 'old', { mode: 0o640 });
    await writeFileWhole(file, 'new text\n');
    assert.is(readFileSync(file, 'utf8'), 'new text\n');
    assert.is(statSync(file).mode & 0o777, 0o640);
    assert.equal(readdirSync(folder), ['a.json']);
  }));

test('a writer that fails or is aborted half-way leaves the old file as it was', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'a.bin');
    writeFileSync(file, 'old');
    function* broken(): Generator<Uint8Array> {
      yield new Uint8Array(100);
      throw new RangeError('no more');
    }
    let thrown: unknown;
    await writeFileWhole(file, broken()).catch((error) => (thrown = error));
    assert.instance(thrown, RangeError);
    const abort = new AbortController();
    function* aborting(): Generator<Uint8Array> {
      yield new Uint8Array(100);
      abort.abort(new Error('stop'));
      yield new Uint8Array(100);
    }
    await writeFileWhole(file, aborting(), { signal: abort.signal }).catch((error) => (thrown = error));
    assert.is((thrown as Error).message, 'stop');
    assert.is(readFileSync(file, 'utf8'), 'old');
    assert.equal(readdirSync(folder), ['a.bin']);
  }));

test('a link stays a link, and a device stays a device', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'real');
    writeFileSync(file, 'old');
    symlinkSync(file, join(folder, 'link'));
    await writeFileWhole(join(folder, 'link'), 'new');
    assert.is(readFileSync(file, 'utf8'), 'new');
    await writeFileWhole('/dev/null', 'gone');
    assert.ok(statSync('/dev/null').isCharacterDevice());
  }));

test('places that cannot be written to are named', () =>
  inFolder(async (folder) => {
    await fails(() => writeFileWhole(join(folder, 'no/such/a.json'), ''), 'NOT_READABLE', 'create the folder');
    await fails(() => writeFileWhole(folder, ''), 'NOT_READABLE', 'folder');
    await fails(() => checkWritable(join(folder, 'no/a.json')), 'NOT_READABLE', 'create the folder');
    await fails(() => checkWritable(folder), 'NOT_READABLE', 'folder');
    await checkWritable(join(folder, 'a.json'));
    assert.equal(readdirSync(folder), []);
  }));

test('an input file is never written over, under whatever name', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'in.onnx');
    writeFileSync(file, '');
    symlinkSync(file, join(folder, 'soft'));
    linkSync(file, join(folder, 'hard'));
    mkdirSync(join(folder, 'sub'));
    for (const name of ['in.onnx', 'soft', 'hard', 'sub/../in.onnx']) {
      await fails(() => refuseOverwrite(`${folder}/${name}`, ['/nowhere', file]), 'USAGE', 'input file');
    }
    await refuseOverwrite(join(folder, 'out.json'), [file]);
  }));

test('what cannot be read says why', () =>
  inFolder(async (folder) => {
    await fails(() => readBytes(join(folder, 'none.onnx')), 'NOT_READABLE', 'no such file');
    await fails(() => readBytes(folder), 'NOT_READABLE', 'folder');
    await fails(() => readText('/dev/zero'), 'NOT_READABLE', 'device');
    writeFileSync(join(folder, 'latin.json'), Uint8Array.of(0x7b, 0xe9, 0x7d));
    await fails(() => readText(join(folder, 'latin.json')), 'BAD_INPUT', 'not text');
  }));

test('the machine has cores and memory', async () => {
  const facts = await machineFacts();
  assert.ok(Number.isInteger(facts.cores) && facts.cores >= 1);
  assert.ok(facts.memoryBytes > 2 ** 26);
  assert.ok(facts.frequencyHz === undefined || facts.frequencyHz > 1e8);
});

test('folders are made with those above them, and refused where none can be', () =>
  inFolder(async (folder) => {
    await createFolder(join(folder, 'a', 'b', 'c'));
    await createFolder(join(folder, 'a', 'b', 'c'));
    assert.ok(statSync(join(folder, 'a', 'b', 'c')).isDirectory());
    writeFileSync(join(folder, 'file'), '');
    await fails(() => createFolder(join(folder, 'file')), 'NOT_READABLE', 'exists already');
    if (process.platform === 'linux') await fails(() => createFolder('/proc/none'), 'NOT_READABLE', '/proc');
  }));

test.run();
