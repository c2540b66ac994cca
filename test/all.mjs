/**
 * What `npm test` runs: every check of the project, one after another, closing with one line that counts all of them,
 * `N passed, N failed`. A check that is a test run of its own brings its counts; any other counts as one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

const checks = [
  ['core builds', process.execPath, ['assembly/build.mjs']],
  ['report script builds', process.execPath, ['src/report/page/build.mjs']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['lint and format', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['package builds', bin('tsc'), ['-p', 'tsconfig.build.json']],
  ['tests under Node', process.execPath, ['--import', 'tsx', 'test/run.ts']],
  ['tests under Deno', bin('deno'), ['run', '-A', 'test/run.ts']],
  ['packed package', process.execPath, ['test/packed-package.mjs']],
];

let passed = 0;
let failed = 0;
const summary = [];
for (const [name, command, args] of checks) {
  console.log(`\n── ${name}`);
  if (!existsSync(command)) {
    console.log(`${command} is missing: run npm ci first`);
    failed++;
    summary.push(`✗ ${name}`);
    continue;
  }
  const start = Date.now();
  const { status, stdout, signal } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
  });
  process.stdout.write(stdout ?? '');
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(stdout ?? '');
  const ok = status === 0;
  if (counts) {
    passed += Number(counts[1]);
    failed += Math.max(Number(counts[2]), ok ? 0 : 1);
  } else if (ok) passed++;
  else failed++;
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  summary.push(
    `${ok ? '✓' : '✗'} ${name}${counts ? `: ${counts[0]}` : ''}${ok ? '' : ` (exit ${status ?? signal})`}, ${seconds} s`,
  );
}
console.log(`\n${summary.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
