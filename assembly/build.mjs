/**
 * Compiles the two modules, planning and training, and embeds them: `build/NAME.wasm` for a look, a generated module for
 * everyone. Embedded bytes need no file permission, and bundlers and browsers take them as they are.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const MODULES = [
  { name: 'core', entry: 'assembly/index.ts', into: 'bindings/wasm/core.generated.ts' },
  { name: 'training', entry: 'assembly/training/index.ts', into: 'bindings/training/training.generated.ts' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
mkdirSync('build', { recursive: true });
const target = process.argv.includes('--debug') ? 'debug' : 'release';
for (const { name, entry, into } of MODULES) {
  const file = target === 'debug' ? `build/${name}.debug.wasm` : `build/${name}.wasm`;
  const text = target === 'debug' ? ['--textFile', `build/${name}.debug.wat`] : [];
  const { error, stderr } = await main([entry, '--config', 'asconfig.json', '--target', target, '--outFile', file, ...text]);
  if (error) {
    process.stderr.write(`${stderr.toString()}${error.message}\n`);
    process.exit(1);
  }
  const bytes = readFileSync(file);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const constant = name.toUpperCase();
  writeFileSync(
    into,
    `// Made by assembly/build.mjs from ${entry}. Do not edit.
export const ${constant}_HASH = '${hash}';
export const ${constant}_BYTES = ${bytes.length};
export const ${constant}_BASE64 =
  '${bytes.toString('base64')}';
`,
  );
  console.log(`${name} ${hash}: ${bytes.length} bytes (${target})`);
}
