/**
 * Bundles the page's script, kernels included, and embeds it: `script.generated.ts`, so that a report needs no file
 * beside the program. Equal sources give equal bytes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const { outputFiles, metafile } = await build({
  entryPoints: [here('client/main.ts')],
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: 'iife',
  target: 'es2022',
  platform: 'browser',
  charset: 'ascii',
  legalComments: 'inline',
  alias: { zod: here('client/schema-stub.ts') },
  // Neither the folder nor its parents have a say.
  absWorkingDir: here('../../..'),
  tsconfigRaw: {},
});
const script = outputFiles[0].text.trim();
if (/<\/script|<!--/i.test(script)) throw new Error('the script would end its own element');
writeFileSync(
  here('script.generated.ts'),
  `// Made by src/report/page/build.mjs from src/report/page/client. Do not edit.
export const PAGE_SCRIPT: string =
  ${JSON.stringify(script)};
`,
);
console.log(`page script: ${script.length} bytes`);
if (process.argv.includes('--list')) {
  const [{ inputs }] = Object.values(metafile.outputs);
  const sizes = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  for (const [file, { bytesInOutput }] of sizes) console.log(String(bytesInOutput).padStart(8), file);
}
