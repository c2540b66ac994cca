/**
 * Bundles the page's script, kernels included, and embeds it: `script.generated.ts`, so that a report needs no file
 * beside the program. Equal sources give equal bytes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
  alias: { zod: here('client/without-zod.ts') },
  // Neither the folder nor its parents have a say.
  absWorkingDir: here('../../..'),
  tsconfigRaw: {},
});
const [{ inputs }] = Object.values(metafile.outputs);
const script = `/*! ${notice(Object.keys(inputs))} */${outputFiles[0].text.trim()}`;
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
  const sizes = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  for (const [file, { bytesInOutput }] of sizes) console.log(String(bytesInOutput).padStart(8), file);
}

/** Whose work the script contains, under which licence. */
function notice(files) {
  const names = files.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const packages = [...new Set(names)].sort().map((name) => {
    const folder = here(`../../../node_modules/${name}/`);
    const { version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
    const text = existsSync(`${folder}LICENSE`) ? readFileSync(`${folder}LICENSE`, 'utf8') : '';
    const holder = /^.*Copyright (?:\(c\) )?\d{4}.*$/im.exec(text)?.[0].trim();
    return `${name} ${version} (${[license, holder].filter(Boolean).join(', ')})`;
  });
  return `Heterodyne (MIT). Contains parts of ${packages.join('; ')}`.replaceAll('*/', '');
}
