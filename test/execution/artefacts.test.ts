/** Artefacts are built once, found again, and built anew when anything that they depend on changes. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nativeVersion } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type ArtefactRequest, buildArtefact } from '../../src/execution/artefacts/build.ts';
import { syntheticFeeds } from '../../src/execution/artefacts/calibration.ts';
import { FormBench } from '../../src/execution/artefacts/measure.ts';
import { artefactRuntime } from '../../src/execution/artefacts/runtime.ts';
import { cuttableZoo } from '../../src/models/cuttable.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';

const test = suite('artefacts');
const model = cuttableZoo('squeezenet', { resolution: 64, classes: 10 });
const samples = syntheticFeeds(model.blocked.inputs, 2, 1);

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-artefacts-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a second request finds the file; another input, seed or precision does not; damage is repaired', () =>
  inFolder(async (folder) => {
    const runtime = await artefactRuntime('web');
    const request: ArtefactRequest = { precision: 'int8', level: 'none', runtime, samples, seed: 1 };
    const build = (change: Partial<ArtefactRequest> = {}) =>
      buildArtefact(model, 'm', folder, { ...request, ...change });
    const first = await build();
    assert.is(first.reused, false);
    assert.equal(readdirSync(folder).sort(), [first.file, `${first.file}.json`]);
    const again = await build();
    assert.equal([again.reused, again.sha256, again.facts], [true, first.sha256, first.facts]);
    const changes = [
      { seed: 2 },
      { precision: 'float16' as const },
      { samples: syntheticFeeds(model.blocked.inputs, 2, 9) },
    ];
    const files = [first.file];
    for (const change of changes) {
      const other = await build(change);
      assert.is(other.reused, false, JSON.stringify(Object.keys(change)));
      files.push(other.file);
    }
    assert.is(new Set(files).size, 4);
    writeFileSync(join(folder, first.file), 'damaged');
    const repaired = await build();
    assert.equal([repaired.reused, repaired.sha256], [false, first.sha256]);
    writeFileSync(join(folder, `${first.file}.json`), '{');
    assert.is((await build()).reused, false);
  }));

test('WebAssembly rewrites nothing offline, and says so', async () => {
  const runtime = await artefactRuntime('web');
  await buildArtefact(model, 'm', tmpdir(), { precision: 'float32', level: 'all', runtime, samples }).then(
    () => assert.unreachable(),
    (error) => assert.ok(error instanceof HeterodyneError && error.code === 'USAGE'),
  );
});

if ((await nativeVersion()) !== undefined) {
  test('rewritten files compute the same; those for this machine know its features', () =>
    inFolder(async (folder) => {
      const runtime = await artefactRuntime('native');
      const bench = await FormBench.open(writeOnnx(model.graph, model.weightsOf), samples, runtime);
      for (const level of ['extended', 'all'] as const) {
        const request = { precision: 'float32', level, runtime, samples } as const;
        const { bytes, facts } = await buildArtefact(model, 'm', folder, request);
        const { outputError, speedUp } = await bench.measure(bytes);
        assert.ok(outputError.largestRelative < 1e-5, `${level}: ${outputError.largestRelative}`);
        assert.ok(speedUp > 0);
        assert.equal([facts.portable, facts.runtime], [level === 'extended', runtime.label]);
        assert.equal(facts.cpuFeatures.length > 0, !facts.portable);
        assert.ok((await buildArtefact(model, 'm', folder, request)).reused);
      }
      await bench.close();
    }));
} else console.log('artefacts: onnxruntime-node is not installed, offline rewriting is not tested');

test.run();
