import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The rooms of the house, and what each may import besides itself. Everything not listed is forbidden, so that
 * the drawing in docs/architecture.md stays true.
 */
const ROOMS: Record<string, string[]> = {
  'src/core': [],
  'src/documents': ['src/core'],
  'src/reference': ['src/core'],
  'bindings/wasm': ['src/core'],
  'bindings/core': ['src/core', 'src/reference', 'bindings/wasm'],
  'bindings/training': ['src/core', 'src/reference'],
  'bindings/host': ['src/core', 'src/documents'],
  'bindings/onnx': ['src/core'],
  'src/models': ['src/core', 'src/documents', 'src/reference'],
  'src/platforms': ['src/core', 'src/documents'],
  'src/profiles': ['src/core', 'src/documents', 'src/models', 'src/platforms', 'bindings/core'],
  'src/engine': ['src/core', 'src/documents', 'src/models', 'src/platforms', 'src/profiles', 'src/reference'],
  'src/execution': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/reference',
    'bindings/core',
    'bindings/host',
    'bindings/onnx',
  ],
  'src/estimators': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/engine',
    'src/execution',
    'src/reference',
    'bindings/core',
    'bindings/onnx',
    'bindings/training',
  ],
  'src/planners': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/estimators',
    'bindings/core',
  ],
  'src/subnets': [
    'src/core',
    'src/reference',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/estimators',
    'bindings/core',
    'bindings/onnx',
    'bindings/training',
  ],
  'src/controllers': ['src/core', 'src/documents', 'src/models', 'src/platforms', 'src/profiles', 'bindings/core'],
  'src/simulator': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/engine',
    'src/estimators',
    'src/planners',
    'src/controllers',
    'src/reference',
    'bindings/core',
  ],
  'src/runtime': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/execution',
    'src/estimators',
    'src/planners',
    'src/controllers',
    'src/subnets',
    'bindings/core',
    'bindings/host',
    'bindings/onnx',
  ],
  'src/report': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/estimators',
    'src/planners',
    'src/subnets',
    'src/simulator',
    'src/runtime',
    'src/engine',
    'src/controllers',
    'bindings/core',
  ],
  'src/index': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/engine',
    'src/estimators',
    'src/planners',
    'src/subnets',
    'src/controllers',
    'src/simulator',
    'bindings/core',
  ],
  'src/cli': [
    'src/core',
    'src/documents',
    'src/models',
    'src/platforms',
    'src/profiles',
    'src/engine',
    'src/execution',
    'src/estimators',
    'src/planners',
    'src/subnets',
    'src/controllers',
    'src/simulator',
    'src/runtime',
    'src/report',
    'bindings/core',
    'bindings/host',
    'bindings/onnx',
    'bindings/training',
  ],
};

const roomOf = (file: string): string => {
  const parts = file.split('/');
  if (parts.length === 2) return file.replace(/\.ts$/, '');
  return `${parts[0]}/${parts[1]}`;
};

interface Import {
  from: string;
  specifier: string;
}

const imports: Import[] = [];
for (const top of ['src', 'bindings']) {
  for (const file of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.d.ts') || file.endsWith('.generated.ts')) continue;
    const from = `${top}/${file.replaceAll('\\', '/')}`;
    const text = readFileSync(join(root, from), 'utf8');
    for (const match of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g))
      imports.push({ from, specifier: match[1] });
  }
}

const test = suite('house');

test('imports only go down', () => {
  assert.ok(imports.length > 50, `${imports.length} imports were read`);
  const wrong: string[] = [];
  for (const { from, specifier } of imports) {
    if (!specifier.startsWith('.')) continue;
    const to = roomOf(posix.join(dirname(from), specifier));
    const room = roomOf(from);
    if (!(room in ROOMS)) wrong.push(`${from}: ${room} is no room of the house`);
    else if (to !== room && !ROOMS[room].includes(to))
      wrong.push(`${from} imports ${specifier}: ${room} may not reach ${to}`);
  }
  assert.equal(wrong, []);
});

test('only the host bindings and the command line touch files, processes and terminals', () => {
  const wrong = imports
    .filter(({ from, specifier }) => specifier.startsWith('node:') && !/^(bindings\/host|src\/cli)\//.test(from))
    .map(({ from, specifier }) => `${from}: ${specifier}`);
  assert.equal(wrong, []);
});

test('heterodyne/core reaches neither ONNX nor files', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { from, specifier } of imports) {
      if (from !== file) continue;
      if (specifier.startsWith('.')) visit(posix.join(dirname(file), specifier));
      else packages.add(specifier);
    }
  };
  visit('bindings/core.ts');
  assert.ok(seen.size > 5);
  assert.equal([...packages], ['@assemblyscript/loader']);
});

test('the same names are exported for Node and for Deno', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const node = read('package.json');
  const deno = read('deno.json');
  const source = (target: { default: string }) => target.default.replace('./dist/', './').replace(/\.js$/, '.ts');
  const forNode = Object.fromEntries(
    Object.entries(node.exports as Record<string, { default: string }>)
      .filter(([, target]) => typeof target === 'object')
      .map(([name, target]) => [name, source(target)]),
  );
  assert.equal(forNode, deno.exports);
  assert.is(node.version, deno.version);
  for (const [name, target] of Object.entries(deno.exports)) {
    assert.is(deno.imports[name === '.' ? 'heterodyne' : `heterodyne${name.slice(1)}`], target);
  }
});

test('stated slot size and core size hold', async () => {
  const { coreSize, wasmCore } = await import('../../bindings/wasm/index.ts');
  const { LIMITS } = await import('../../src/core/placement.ts');
  assert.ok(wasmCore().treeSlotBytes <= LIMITS.treeSlotBytes);
  assert.ok(coreSize <= 65_536, `${coreSize} bytes`);
});

test.run();
