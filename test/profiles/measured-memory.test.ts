import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placementProblem } from '../../src/estimators/problem.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { sourceOf } from '../../src/platforms/provenance.ts';
import { platformDocument } from '../../src/platforms/schema.ts';
import { knownFrom, stillAssumed, withMeasuredMemory } from '../../src/profiles/measured-memory.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import type { Profile } from '../../src/profiles/schema.ts';

const test = suite('measured memory');

const { platform, warnings } = hostPlatform({ cores: 2, memoryBytes: 8e9, runtimes: { native: true, wasm: true } });
const memory = {
  tensorBytes: 2 ** 26,
  aloneBytesPerS: { 'cpu-0': 30e9, 'cpu-1': 29e9 },
  together: ['cpu-0', 'cpu-1'],
  togetherBytesPerS: 45e9,
};
const workload = {
  kind: 'workload' as const,
  schemaVersion: 1 as const,
  models: [{ model: 'squeezenet', name: 'squeezenet' }],
};

test('measured figures stand in place of the assumed ones, with their source; all else stays', () => {
  const known = withMeasuredMemory(platform, memory);
  assert.equal(platformDocument.problems(known), []);
  assert.is(known.resources.find(({ id }) => id === 'memory')!.bandwidthBytesPerS, 45e9);
  const bandwidth = (id: string) => known.processors.find((each) => each.id === id)!.bandwidthBytesPerS;
  assert.equal(['cpu-0', 'cpu-1'].map(bandwidth), [30e9, 29e9]);
  const [cpu, before] = [known, platform].map(({ processors }) => processors.find(({ id }) => id === 'cpu'));
  assert.equal(cpu, before, 'what was not measured stays');
  assert.is(sourceOf(known, '/resources/memory/bandwidthBytesPerS')?.reliability, 'measured');
  assert.is(sourceOf(known, '/processors/cpu-1/bandwidthBytesPerS')?.reliability, 'measured');
  assert.is(sourceOf(known, '/processors/cpu/bandwidthBytesPerS')?.reliability, 'estimated');
  const again = withMeasuredMemory(known, memory);
  assert.equal(again.sources, known.sources);
});

test('a plan from a profile that holds them shares out what was measured, and is made for the same platform', () => {
  const profile: Profile = { ...rooflineProfile([loadZooModel('squeezenet')], platform), memory };
  const { problem, warnings: found } = placementProblem({ profile, platform, workload });
  assert.equal(
    [...problem.dramSecondsPerByte],
    platform.processors.map(() => 1 / 45e9),
  );
  assert.not(found.some(({ code }) => code === 'PLATFORM_CHANGED'));
});

test('what a profile has measured is warned about no more as assumed', () => {
  const modelled = rooflineProfile([loadZooModel('squeezenet')], platform);
  const measured: Profile = {
    ...modelled,
    models: modelled.models.map((model) => ({
      ...model,
      origin: Object.fromEntries(platform.processors.map(({ id }) => [id, 'measured' as const])),
    })),
  };
  const paths = (profile: Profile) => stillAssumed(warnings, knownFrom(profile)).map(({ path }) => path);
  assert.equal(
    paths(modelled),
    warnings.map(({ path }) => path),
  );
  assert.equal(
    paths({ ...modelled, memory }),
    warnings.map(({ path }) => path).filter((path) => path === '/processors'),
  );
  assert.equal(paths(measured), [], 'an assumed bandwidth is not held against measured costs');
  assert.equal(paths({ ...measured, memory }), []);
});

test.run();
