/** What nobody reads does not stay: exports, and files without a word about themselves. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Text by path, `src/cli/main.ts`, of everything that can import. */
const files = new Map<string, string>();
for (const top of ['src', 'bindings', 'assembly', 'test', 'bench', 'examples']) {
  for (const name of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) {
    const path = `${top}/${name.replaceAll('\\', '/')}`;
    if (/(?<!\.d)\.(ts|mjs)$/.test(path) && !path.endsWith('.generated.ts'))
      files.set(path, readFileSync(join(root, path), 'utf8'));
  }
}

const ours = [...files.keys()].filter((path) => /^(src|bindings|assembly)\/.*\.ts$/.test(path));
/** Bundled into the page in place of the package zod. */
const STANDS_IN = 'src/report/page/client/without-zod.ts';

/** What package.json exports: whatever these files export is read by others. */
const entries = Object.values(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, { default?: string }> })
    .exports,
).flatMap(({ default: target }) =>
  target === undefined ? [] : [target.replace('./dist/', '').replace(/\.js$/, '.ts')],
);

/** Values alone: a type may be exported to name what an exported function takes or gives. */
const DECLARED = /^export (?:async )?(?:function\*?|class|const|let) (\w+)/gm;
const LISTED = /^export \{([^}]*)\}/gm;

function exportsOf(text: string): string[] {
  const declared = [...text.matchAll(DECLARED)].map(([, name]) => name);
  const listed = [...text.matchAll(LISTED)].flatMap(([, names]) =>
    namesIn(names.replace(/\btype \w+,?/g, '')).map(({ to }) => to),
  );
  return [...declared, ...listed];
}

function namesIn(list: string): { from: string; to: string }[] {
  return list
    .split(',')
    .map((item) =>
      item
        .replace(/\/\/.*$/gm, '')
        .trim()
        .replace(/^type /, ''),
    )
    .filter((item) => item !== '')
    .map((item) => {
      const [from, to = from] = item.split(/ as |: /);
      return { from, to };
    });
}

function target(from: string, specifier: string): string {
  const path = posix.join(posix.dirname(from), specifier);
  return files.has(path) || existsSync(join(root, path)) ? path : `${path}.ts`;
}

/** `src/x.ts name` of everything that some file imports; `src/x.ts *` where all of it is. */
const imported = new Set<string>();
for (const [from, text] of files) {
  const note = (specifier: string, names: readonly string[]) => {
    for (const name of names) imported.add(`${target(from, specifier)} ${name}`);
  };
  for (const [, names, specifier] of text.matchAll(
    /(?:^|\s)(?:import|export)(?: type)? (?:\w+, )?\{([^}]*)\} from '(\.[^']+)'/g,
  )) {
    note(
      specifier,
      namesIn(names).map((name) => name.from),
    );
  }
  for (const [, specifier] of text.matchAll(/(?:import \* as \w+|export \*(?: as \w+)?) from '(\.[^']+)'/g))
    note(specifier, ['*']);
  // What is imported when it is needed: every word of the file counts.
  for (const [, specifier] of text.matchAll(/import\(\s*(?:new URL\()?'(\.[^']+)'/g))
    note(specifier, text.match(/\w+/g) ?? []);
}

const test = suite('house: tidiness');

test('no export is unused outside the public entries', () => {
  assert.ok(ours.length > 300 && entries.every((entry) => files.has(entry)), `${ours.length} files were read`);
  const unused: string[] = [];
  for (const path of ours) {
    // What assembly exports is what the host may call.
    if (entries.includes(path) || imported.has(`${path} *`) || path === STANDS_IN || path.startsWith('assembly/'))
      continue;
    for (const name of exportsOf(files.get(path) as string))
      if (!imported.has(`${path} ${name}`)) unused.push(`${path}: ${name}`);
  }
  assert.equal(unused, []);
});

test('every source file says first what it is for', () => {
  const silent = ours.filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/ Made by )/.test(files.get(path) as string));
  assert.equal(silent, []);
});

test.run();
