import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOCUMENT_KINDS } from '../../src/cli/document-kinds.ts';
import { schemaFiles } from '../../src/cli/emit-schemas.ts';
import { checkPlatform } from '../../src/platforms/check.ts';
import { hikey970 } from '../../src/platforms/hikey970.ts';
import { type Platform, platformDocument } from '../../src/platforms/schema.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { workloadDocument } from '../../src/profiles/workload.ts';

const test = suite('emitted schemas');
const folder = new URL('../../schemas/', import.meta.url);

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validator = (kind: { jsonSchema(): Record<string, unknown> }) => ajv.compile(kind.jsonSchema());
const validPlatform = validator(platformDocument);
const validWorkload = validator(workloadDocument);
const validProfile = validator(profileDocument);

const workload = {
  $schema: 'anything',
  kind: 'workload',
  schemaVersion: 1,
  models: [{ model: 'a.onnx', shapes: { input: [1, 3, 224, 224] }, precision: 'int8', priority: 3, 'x-mine': null }],
};

const profile = {
  kind: 'profile',
  schemaVersion: 1,
  platform: 'p',
  platformHash: 'h',
  processors: ['cpu'],
  models: [
    {
      name: 'm',
      source: 'zoo:m',
      hash: 'h',
      variant: 'original',
      batch: 1,
      precision: 'native',
      origin: { cpu: 'roofline' },
      macs: 1,
      weightBytes: 1,
      activationBytes: 1,
      blocks: [
        {
          name: 'b',
          weightBytes: 1,
          activationBytes: 1,
          outputBytes: 1,
          dramBytes: 1,
          costs: { cpu: { latencyMs: { mean: 1 } } },
        },
        {
          name: 'c',
          weightBytes: 1,
          activationBytes: 1,
          outputBytes: 1,
          dramBytes: 1,
          costs: { cpu: 'unsupported' },
          reasons: { cpu: 'why' },
        },
      ],
    },
  ],
};

test('the files in schemas/ are what the definitions emit', () => {
  const expected = schemaFiles();
  for (const { name, text } of expected) {
    assert.is(readFileSync(new URL(name, folder), 'utf8'), text, `${name} is stale: run "npm run schemas"`);
  }
  assert.equal(readdirSync(folder).sort(), expected.map(({ name }) => name).sort());
});

test('each schema is valid draft 2020-12, and its $id carries kind and version', () => {
  for (const { kind, jsonSchema } of DOCUMENT_KINDS) {
    const schema = jsonSchema();
    assert.is(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    assert.is(schema.$id, `urn:heterodyne:schema:${kind}:1`);
    assert.ok(ajv.validateSchema(schema));
  }
});

test('an independent validator and ours accept the same samples', () => {
  assert.ok(validPlatform(hikey970), JSON.stringify(validPlatform.errors));
  assert.equal(platformDocument.problems(hikey970), []);
  assert.ok(validWorkload(workload), JSON.stringify(validWorkload.errors));
  assert.equal(workloadDocument.problems(workload), []);
  assert.ok(validProfile(profile), JSON.stringify(validProfile.errors));
  assert.equal(profileDocument.problems(profile), []);
});

test('an independent validator and ours reject the same samples', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the point is to break the type
  const edit = <T>(value: T, change: (copy: any) => void): T => {
    const copy = structuredClone(value);
    change(copy);
    return copy;
  };
  const workloads = [
    edit(workload, (w) => (w.models = [])),
    edit(workload, (w) => (w.models[0].priority = 4)),
    edit(workload, (w) => (w.models[0].priority = 1.5)),
    edit(workload, (w) => (w.models[0].precision = 'float8')),
    edit(workload, (w) => (w.models[0].shapes.input = [1, 0])),
    edit(workload, (w) => (w.models[0].ratePerS = 0)),
    edit(workload, (w) => (w.models[0].ratePerS = null)),
    edit(workload, (w) => (w.models[0].rate = 3)),
    edit(workload, (w) => (w.extra = 1)),
    edit(workload, (w) => (w.schemaVersion = 2)),
    edit(workload, (w) => delete w.kind),
    edit(workload, (w) => (w.models[0].batch = 2 ** 53)),
    [],
    null,
    'workload',
  ];
  for (const [i, sample] of workloads.entries()) {
    assert.not(validWorkload(sample), `ajv accepts workload ${i}`);
    assert.ok(workloadDocument.problems(sample).length > 0, `zod accepts workload ${i}`);
  }
  const profiles = [
    edit(profile, (p) => (p.models[0].blocks[0].costs.cpu = 'fast')),
    edit(profile, (p) => (p.models[0].blocks[0].costs.cpu = null)),
    edit(profile, (p) => (p.models[0].blocks[0].costs.cpu.latencyMs.mean = -1)),
    edit(profile, (p) => (p.models[0].blocks[0].costs.cpu.latencyMs.avg = 1)),
    edit(profile, (p) => (p.models[0].origin.cpu = 'guessed')),
    edit(profile, (p) => (p.warnings = [{ code: 'lower', message: 'm' }])),
  ];
  for (const [i, sample] of profiles.entries()) {
    assert.not(validProfile(sample), `ajv accepts profile ${i}`);
    assert.ok(profileDocument.problems(sample).length > 0, `zod accepts profile ${i}`);
  }
});

test('on randomly damaged platforms both validators agree', () => {
  const junk = fc.constantFrom<unknown>(
    null,
    true,
    'gpu',
    '',
    -1,
    0,
    0.5,
    2,
    1e300,
    [],
    {},
    ['x'],
    [1],
    'unsupported',
    'x y',
  );
  const places: (string | number)[][] = [];
  const collect = (value: unknown, path: (string | number)[]): void => {
    if (path.length > 0) places.push(path);
    if (Array.isArray(value)) for (const [i, item] of value.entries()) collect(item, [...path, i]);
    else if (typeof value === 'object' && value !== null)
      for (const [k, v] of Object.entries(value)) collect(v, [...path, k]);
  };
  collect(hikey970, []);
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.constantFrom('replace', 'delete', 'add', 'x-'),
      junk,
      (path, action, value) => {
        const copy = structuredClone(hikey970) as unknown as Record<string | number, unknown>;
        const last = path[path.length - 1];
        // biome-ignore lint/suspicious/noExplicitAny: any place of any type
        let holder: any = copy;
        for (const key of path.slice(0, -1)) holder = holder[key];
        if (action === 'replace') holder[last] = value;
        else if (action === 'delete' && Array.isArray(holder)) holder.splice(Number(last), 1);
        else if (action === 'delete') delete holder[last];
        else if (!Array.isArray(holder)) holder[action === 'add' ? 'unheardOf' : 'x-note'] = value;
        const problems = platformDocument.problems(copy);
        if (validPlatform(copy)) {
          accepted++;
          // Well-formed: only the rules between members may object.
          assert.equal(problems, checkPlatform(copy as unknown as Platform));
        } else assert.ok(problems.length > 0, JSON.stringify(validPlatform.errors));
      },
    ),
    { numRuns: 600, seed: 11 },
  );
  assert.ok(accepted > 50, `${accepted} accepted`);
});

test.run();
