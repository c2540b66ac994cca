import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const inDeno = 'Deno' in globalThis;
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const deno = fileURLToPath(new URL('../../node_modules/.bin/deno', import.meta.url));

/** Exactly what the README asks for in Deno. */
const DENO = ['run', '--no-prompt', '--allow-read', '--allow-write', main];
const NODE = ['--import', 'tsx', main];

const MIX = 'alexnet,mobilenet-v1,resnet-50,squeezenet';
const PLAN = ['plan', '--platform', 'hikey970', '--models', MIX, '--json', '--evaluations'];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(words: readonly string[]): ChildProcess {
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
  return spawn(process.execPath, [...(inDeno ? DENO : NODE), ...words], options);
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (text) => (out += text));
  child.stderr?.on('data', (text) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** A guard against hanging, and no measure of speed: a search that did not listen would go on for hours. */
const HANGS_MS = 60_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const test = suite('the command line as a process');

test('Ctrl-C, termination and a lost connection end a long search with the best plan so far', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Nothing tells from outside that the search has begun: where it had not, the next try waits longer.
    for (let wait = 1000; ; wait *= 2) {
      const child = start([...PLAN, '100000000000']);
      const end = ended(child);
      await pause(wait);
      child.kill(signal);
      const guard = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
      const { code, out } = await end;
      clearTimeout(guard);
      if (out === '' && wait < HANGS_MS) continue;
      // Deno's spawn reports whoever was sent a signal as killed by it, whatever code it ended with.
      if (!inDeno) assert.is(code, 130);
      const document = JSON.parse(out);
      if (document.code === 'INTERRUPTED' && wait < HANGS_MS) continue;
      assert.is(document.planner.partial, true);
      break;
    }
  }
});

test('a reader that closes the pipe is no error', async () => {
  const child = start(['models', 'list']);
  child.stdout?.destroy();
  const { code, err } = await ended(child);
  assert.is(code, 0);
  assert.is(err, '');
});

test('standard output on a full disk is one clear error, not a stack trace', async () => {
  if (!existsSync('/dev/full')) {
    console.log('skipped: no /dev/full here');
    return;
  }
  for (const form of ['--json', '--no-progress']) {
    const full = openSync('/dev/full', 'w');
    const words = [...(inDeno ? DENO : NODE), 'platforms', 'list', form];
    const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', full, 'pipe'] });
    const { code, err } = await ended(child);
    closeSync(full);
    assert.is(code, 65, err);
    assert.match(err, /cannot write standard output: (the disk is full|No space left)/);
    assert.not.match(err, /^ +at /m);
  }
});

test('the exit code reaches the shell', async () => {
  const { code, out, err } = await ended(start(['plan', '--platfrom', 'hikey970']));
  assert.is(code, 64);
  assert.is(out, '');
  assert.match(err, '--platform');
});

test('Node and Deno print the same bytes', async () => {
  if (inDeno || !existsSync(deno)) {
    console.log('skipped: compared once, from Node');
    return;
  }
  const words = [...PLAN, '300', '--seed', '33'];
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
  const [here, there] = await Promise.all([ended(start(words)), ended(spawn(deno, [...DENO, ...words], options))]);
  assert.is(there.code, 0, there.err);
  assert.is(here.out, there.out);
  assert.ok(here.out.length > 1000);
});

test.run();
