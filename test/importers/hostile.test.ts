import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { IMPORT_WARNINGS } from '../../src/profiles/importers/findings.ts';
import { FORMAT_FAMILIES } from '../../src/profiles/importers/format.ts';
import type { ImportedProfile } from '../../src/profiles/importers/record.ts';
import { importProfile, PROFILE_FORMATS } from '../../src/profiles/importers/registry.ts';
import { codes, ONE_OF_EACH, openvinoCounters, openvinoCountersCsv, read, tfliteText } from './samples.ts';

const test = suite('hostile and damaged files');

const SAMPLES = {
  ...ONE_OF_EACH,
  counters: openvinoCounters(),
  'counters csv': openvinoCountersCsv(),
  text: tfliteText(undefined, { form: 'text' }),
};

/** A record that keeps its promises, or one typed error. */
async function readOrRefuse(bytes: Uint8Array | string): Promise<ImportedProfile | undefined> {
  const input = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  try {
    const found = await importProfile(input, { source: 'x' });
    for (const { avgMs, share, calls } of found.ops) {
      assert.ok(Number.isFinite(avgMs) && avgMs >= 0 && share >= 0 && share <= 1 + 1e-9 && calls > 0);
    }
    const shares = found.ops.reduce((sum, { share }) => sum + share, 0);
    const time = found.ops.reduce((sum, { avgMs }) => sum + avgMs, 0);
    assert.ok(time === 0 || Math.abs(shares - 1) < 1e-9, `shares add up to ${shares}`);
    for (const code of codes(found)) assert.ok((IMPORT_WARNINGS as readonly string[]).includes(code), code);
    return found;
  } catch (error) {
    if (!(error instanceof HeterodyneError)) throw error;
    assert.ok(['BAD_INPUT', 'LIMIT'].includes(error.code), error.code);
    return undefined;
  }
}

test('every format is told by its content alone', async () => {
  for (const [id, text] of Object.entries(ONE_OF_EACH)) {
    assert.is((await read(text)).format, id);
    assert.is(PROFILE_FORMATS.filter(({ detect }) => detect(text) !== undefined).length, 1, id);
  }
  for (const family of FORMAT_FAMILIES) assert.ok(PROFILE_FORMATS.some((format) => format.family === family));
});

test('a file of another tool than stated is refused with what it looks like', async () => {
  const error = await read(ONE_OF_EACH.tflite ?? '', { format: 'ort' }).catch((thrown) => thrown);
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.received, 'TFLite benchmark_model (a table titled Run Order)');
  assert.match(error.hint, '--format tflite');
  const unknown = await read('hello').catch((thrown) => thrown);
  assert.match(unknown.expected, 'trtexec --exportTimes');
});

test('cut off anywhere, a file gives data or a typed error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(SAMPLES)),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (text, at) => {
        await readOrRefuse(text.slice(0, Math.floor(text.length * at)));
      },
    ),
    { numRuns: 150, seed: 11 },
  );
});

test('with characters put in, taken out or changed anywhere, too', async () => {
  const piece = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ';',
    '\n',
    '\0',
    'NaN',
    '-1',
    '1e999',
    '%',
    '=',
    '\t',
    '\u2028',
  );
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(3), insert: piece });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(SAMPLES)),
      fc.array(edit, { minLength: 1, maxLength: 12 }),
      async (text, edits) => {
        let changed = text;
        for (const { at, remove, insert } of edits) {
          const place = Math.floor(changed.length * at);
          changed = changed.slice(0, place) + insert + changed.slice(place + remove);
        }
        await readOrRefuse(changed);
      },
    ),
    { numRuns: 200, seed: 12 },
  );
});

test('bytes that are no text are refused', async () => {
  assert.is(await readOrRefuse(new Uint8Array([0x7b, 0xff, 0xfe, 0x80])), undefined);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await readOrRefuse(bytes);
    }),
    { numRuns: 100, seed: 13 },
  );
});

test('a byte-order mark, CRLF and UTF-16 change nothing', async () => {
  for (const text of Object.values(SAMPLES)) {
    const { sourceSha256: _, ...plain } = await read(text);
    const { sourceSha256: __, ...marked } = await read(`\uFEFF${text.replaceAll('\n', '\r\n')}`);
    assert.equal(marked, plain);
    const wide = new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (letter) => letter.charCodeAt(0)).buffer);
    const { sourceSha256: ___, ...sixteen } = await importProfile(wide, { source: 'folder/sample', batch: 1 });
    assert.equal(sixteen, plain);
  }
});

async function gzip(text: string): Promise<Uint8Array> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

test('gzip is unpacked, up to the same size as any file; other archives are named', async () => {
  for (const [id, text] of Object.entries(SAMPLES)) {
    const { sourceSha256: _, ...unpacked } = await importProfile(await gzip(text), { source: 'x.gz' });
    const { sourceSha256: __, ...plain } = await importProfile(new TextEncoder().encode(text), { source: 'x.gz' });
    assert.equal(unpacked, plain, id);
  }
  const refusal = async (bytes: Uint8Array) => importProfile(bytes, { source: 'x' }).catch((error) => error);
  const whole = await gzip(SAMPLES.text);
  assert.match((await refusal(whole.subarray(0, whole.length >> 1))).received, 'breaks off');
  assert.match((await refusal(Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0))).received, 'zip archive');
});

test('keys that nobody knows are counted and change nothing else', async () => {
  for (const id of ['ort', 'trtexec-profile', 'trtexec-times']) {
    const text = ONE_OF_EACH[id] ?? '';
    const items = JSON.parse(text) as object[];
    const more = items.map((item) => ({ 'an unknown key': [1, { two: 3 }], ...item }));
    const { sourceSha256: _, unknownKeys, ...rest } = await read(JSON.stringify(more));
    const { sourceSha256: __, unknownKeys: none, ...plain } = await read(text);
    assert.is(none, 0);
    assert.ok(unknownKeys >= items.length - 1, `${id}: ${unknownKeys}`);
    assert.equal(rest, plain);
  }
});

test('texts made to cost time do not', async () => {
  const started = performance.now();
  const event = '{"cat":"Node","dur":1,"name":"';
  for (const text of [
    `[{"cat":"Session","dur":1}${',{"a":"'.repeat(300_000)}`,
    `[${event.repeat(100_000)}`,
    `${'['.repeat(500_000)}{"cat":"Node","dur":1`,
    `[{"cat":"Node","dur":${'['.repeat(500_000)}`,
    `[{"cat":"Node","dur":1}${'\n'.repeat(1_000_000)}`,
    `[{"cat":"Node","dur":1,"name":"${'\\'.repeat(1_000_000)}`,
    `====== Run Order ======\n${'='.repeat(300_000)} x\n${'node type, '.repeat(50_000)}`,
    `Execution results\n${';'.repeat(500_000)}`,
    `inference timings in us: ${'a '.repeat(200_000)}`,
  ]) {
    await readOrRefuse(text);
  }
  assert.ok(performance.now() - started < 15_000, `${performance.now() - started} ms`);
});

test('keys of the prototype are data', async () => {
  const text = (ONE_OF_EACH['trtexec-profile'] ?? '').replace('"fc"', '"fc", "__proto__" : {"averageMs": 99}');
  const found = await read(text);
  assert.is(found.ops.at(-1)?.avgMs, 0.3);
  assert.is(({} as { averageMs?: number }).averageMs, undefined);
});

test.run();
