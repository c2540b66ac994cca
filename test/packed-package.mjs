/**
 * Packs the package as npm would publish it, installs the tarball into an empty folder and uses it there by name:
 * under Node through package exports, under Deno through node_modules, and from the command line.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heterodyne-packed-'));
/** Every entry point, in a program that is checked strictly. */
const TYPED = `import { type HeterodyneError, type Plan, plan } from 'heterodyne';
import { type Core, defaultCore } from 'heterodyne/core';
import { type OnnxSession, openSession } from 'heterodyne/onnx';
import { deploy, type Runtime, thisHost } from 'heterodyne/runtime';

const core: Core = defaultCore();
const { platform } = await thisHost();
const document: Plan = await plan({ platform, models: ['squeezenet'], objective: 'min' }, { core });
const runtime: Runtime = await deploy(document, { platform, onEvent: (event) => console.log(event.kind) });
export const session: OnnxSession = await openSession(new Uint8Array());
export const failure: HeterodyneError['code'] = 'BAD_INPUT';
const stage: string | undefined = document.models[0]?.stages[0]?.processor;
console.log(stage, runtime.models.map(({ name }) => name));
`;

let passed = 0;
let failed = 0;

function run(claim, command, args, { cwd = folder, check = () => true } = {}) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  const ok = result.status === 0 && check(result.stdout);
  console.log(`${ok ? '•' : '✘'} ${claim}`);
  if (ok) passed++;
  else {
    failed++;
    console.log(result.stdout, result.stderr, result.error ?? '', `exit ${result.status}`);
  }
  return result.stdout;
}

try {
  const listing = run(
    'the package packs',
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--json', '--pack-destination', folder],
    { cwd: root },
  );
  const [{ files, filename }] = Object.values(JSON.parse(listing));
  run('the tarball unpacks', 'tar', ['-xzf', join(folder, filename)]);
  const names = files.map(({ path }) => path);
  const stray = names.filter((name) => !/^(dist\/|schemas\/|README|CHANGELOG|LICENSE|package\.json)/.test(name));
  if (stray.length > 0) {
    failed++;
    console.log(`✘ nothing but the build is packed: ${stray}`);
  } else {
    passed++;
    console.log(`• nothing but the build is packed (${names.length} files)`);
  }
  // The dependencies are those of this checkout, without the optional ones; the package itself is the packed one.
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const absent = ['heterodyne', 'onnxruntime-web', 'onnxruntime-node'];
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && !absent.includes(name))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(folder, 'package'), join(modules, 'heterodyne'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  writeFileSync(
    join(folder, 'use.mjs'),
    `import { plan } from 'heterodyne';
import { defaultCore } from 'heterodyne/core';
import { openSession } from 'heterodyne/onnx';
if (typeof openSession !== 'function') throw new Error('no sessions');
if (defaultCore().id !== 'wasm') throw new Error('no WebAssembly core');
const document = await plan({ platform: 'hikey970', models: ['alexnet', 'squeezenet'], evaluations: 200, seed: 1 });
console.log(JSON.stringify(document.score));
`,
  );
  const isScore = (text) => JSON.parse(text).meanThroughputPerS > 0;
  run('Node uses it by name', process.execPath, ['use.mjs'], { check: isScore });
  const deno = join(root, 'node_modules/.bin/deno');
  run('Deno uses it by name', deno, ['run', '--allow-read', '--node-modules-dir=manual', 'use.mjs'], {
    check: isScore,
  });
  writeFileSync(join(folder, 'use.ts'), TYPED);
  for (const [resolution, module] of [
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ]) {
    const strict = [
      '--strict',
      '--noUncheckedIndexedAccess',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
    ];
    const words = [...strict, '--noEmit', '--target', 'es2023', '--types', 'node', '--module', module];
    const tsc = [join(root, 'node_modules/.bin/tsc'), ...words, '--moduleResolution', resolution, 'use.ts'];
    run(`its types hold by themselves (${resolution})`, process.execPath, tsc);
  }
  const { bin } = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
  run(
    'its command line plans',
    process.execPath,
    [join('package', bin.heterodyne), 'plan', '--platform', 'hikey970', '--models', 'alexnet', '--json'],
    {
      check: (text) => JSON.parse(text).kind === 'plan',
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
