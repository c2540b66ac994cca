/**
 * Compiles the core and embeds it: `build/core.wasm` for a look, `bindings/wasm/core.generated.ts` for everyone.
 * Embedded bytes need no file permission, and bundlers and browsers take them as they are.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
mkdirSync('build', { recursive: true });
const target = process.argv.includes('--debug') ? 'debug' : 'release';
const { error, stderr } = await main(['--config', 'asconfig.json', '--target', target]);
if (error) {
  process.stderr.write(`${stderr.toString()}${error.message}\n`);
  process.exit(1);
}
const bytes = readFileSync(target === 'debug' ? 'build/core.debug.wasm' : 'build/core.wasm');
const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
writeFileSync(
  'bindings/wasm/core.generated.ts',
  `// Made by assembly/build.mjs from assembly/. Do not edit.
export const CORE_HASH = '${hash}';
export const CORE_BYTES = ${bytes.length};
export const CORE_BASE64 =
  '${bytes.toString('base64')}';
`,
);
console.log(`core ${hash}: ${bytes.length} bytes (${target})`);
