import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** Some 30 ms where nothing else runs; a search that did not listen would go on for minutes. */
const AT_ONCE_MS = 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const test = suite('the command line as a process');

test('Ctrl-C and termination end a long search at once, with the best plan so far', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The best of a few tries: this bounds the program, not whatever else the machine does at that moment.
    let fastest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 4 && fastest > AT_ONCE_MS; attempt++) {
      const child = start([...PLAN, '100000000']);
      const end = ended(child);
      await pause(1500);
      const sent = performance.now();
      child.kill(signal);
      const { code, out } = await end;
      fastest = Math.min(fastest, performance.now() - sent);
      // Deno's spawn reports whoever was sent a signal as killed by it, whatever code it ended with.
      if (!inDeno) assert.is(code, 130);
      assert.is(JSON.parse(out).planner.partial, true);
    }
    assert.ok(fastest <= AT_ONCE_MS, `${signal}: ${fastest} ms`);
  }
});

test('a reader that closes the pipe is no error', async () => {
  const child = start(['models', 'list']);
  child.stdout?.destroy();
  const { code, err } = await ended(child);
  assert.is(code, 0);
  assert.is(err, '');
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
