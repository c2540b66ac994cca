import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { LIMITS } from '../../src/core/placement.ts';
import { OPERATOR_CLASSES } from '../../src/models/graph.ts';
import { type HostFacts, hostPlatform } from '../../src/platforms/host.ts';
import { numbersWithoutSource, sourceOf } from '../../src/platforms/provenance.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import { EFFICIENCY_CLASSES, type Platform, platformDocument } from '../../src/platforms/schema.ts';

const test = suite('platforms');

const facts: HostFacts = { cores: 6, memoryBytes: 8e9, model: 'Some CPU', architecture: 'x64', frequencyHz: 3e9 };
const all = (): Platform[] => platformIds().map((id) => platformById(id, facts).platform);

test('all shipped platforms are registered, and a platform is its id', () => {
  assert.equal(platformIds(), [
    'hikey970',
    'jetson-tx2',
    'jetson-agx-xavier',
    'jetson-xavier-nx',
    'orange-pi-5',
    'openvino-cpu-gpu-vpu',
    'host',
  ]);
  for (const id of platformIds()) assert.is(platformById(id, facts).platform.id, id);
});

test('every shipped platform keeps its own schema, and survives writing and reading', () => {
  for (const platform of all()) {
    assert.equal(platformDocument.problems(platform), [], platform.id);
    const text = platformDocument.write(platform);
    const { document, warnings } = platformDocument.parse(text, platform.id);
    assert.equal(document, platform);
    assert.equal(warnings, []);
  }
});

test('every number of every shipped platform has a source', () => {
  for (const platform of all()) assert.equal(numbersWithoutSource(platform), [], platform.id);
});

test('every source of a shipped platform stands behind something, and every pattern matches something', () => {
  for (const platform of all()) {
    const used = new Set(platform.provenance?.map((entry) => entry.source));
    for (const source of platform.sources ?? []) assert.ok(used.has(source.id), `${platform.id}: ${source.id}`);
    for (const entry of platform.provenance ?? []) {
      const alone: Platform = { ...platform, provenance: [entry] };
      const less = numbersWithoutSource({ ...platform, provenance: [] }).length - numbersWithoutSource(alone).length;
      assert.ok(less > 0, `${platform.id}: ${entry.path} matches nothing`);
    }
  }
});

test('the later provenance entry decides, and entries are found by id and by index', () => {
  const { platform } = platformById('hikey970');
  assert.is(sourceOf(platform, '/processors/big/activeWatts')?.id, 'a73-power');
  assert.is(sourceOf(platform, '/processors/2/activeWatts')?.id, 'a73-power');
  assert.is(sourceOf(platform, '/processors/gpu/activeWatts')?.id, 'judged');
  assert.is(sourceOf(platform, '/processors/gpu/efficiency/conv')?.reliability, 'unverified');
  assert.is(sourceOf(platform, '/schemaVersion'), undefined);
  assert.is(sourceOf(platform, '/processors/tpu/activeWatts'), undefined);
});

test('shipped platforms stay within the limits of the core', () => {
  for (const platform of all()) {
    assert.ok(platform.processors.length <= LIMITS.processors);
    assert.ok(platform.resources.length <= LIMITS.resources);
  }
});

test('the operator classes of platforms are those of models', () => {
  assert.equal([...EFFICIENCY_CLASSES], [...OPERATOR_CLASSES]);
});

test('facts of the specifications hold', () => {
  const hikey = platformById('hikey970').platform;
  assert.equal(
    hikey.processors.map((processor) => processor.id),
    ['little', 'gpu', 'big'],
  );
  assert.is(hikey.resources.find((resource) => resource.kind === 'dram')?.memoryBytes, 6 * 2 ** 30);
  const xavier = platformById('jetson-agx-xavier').platform;
  const clocks = (id: string) => xavier.clockDomains?.find((domain) => domain.id === id)?.frequencyHz ?? [];
  assert.is(clocks('cpu').length, 29);
  assert.is(clocks('cpu')[0], 115.2e6);
  assert.is(clocks('cpu')[28], 2265.6e6);
  assert.is(clocks('gpu').length, 14);
  assert.is(clocks('emc').at(-1), 2133e6);
  assert.is(xavier.processors.filter((processor) => processor.kind === 'dla').length, 2);
  assert.is(
    xavier.resources.reduce((sum, resource) => sum + (resource.cores ?? 0), 0),
    8,
  );
  const tx2 = platformById('jetson-tx2').platform;
  assert.equal(
    tx2.resources.map((resource) => resource.cores),
    [4, 2, undefined, undefined],
  );
  assert.is(tx2.resources[3].bandwidthBytesPerS, 59.7e9);
  const nx = platformById('jetson-xavier-nx').platform;
  assert.is(
    nx.resources.reduce((sum, resource) => sum + (resource.cores ?? 0), 0),
    6,
  );
  const sticks = platformById('openvino-cpu-gpu-vpu').platform.processors.filter(({ kind }) => kind === 'vpu');
  assert.equal(
    sticks.map(({ maxModels, peakOpsPerS }) => [maxModels, Object.keys(peakOpsPerS)]),
    [
      [1, ['float16']],
      [1, ['float16']],
    ],
    'one model per stick, in float16 alone',
  );
  const orange = platformById('orange-pi-5').platform;
  const npu = orange.processors.filter((processor) => processor.kind === 'npu');
  assert.is(
    npu.reduce((sum, processor) => sum + (processor.peakOpsPerS.int8 ?? 0), 0),
    6e12,
  );
});

test('an unknown platform is a usage error with the nearest id', () => {
  try {
    platformById('hikey-970');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'USAGE');
    assert.match((error as HeterodyneError).hint ?? '', /did you mean "hikey970"/);
  }
  assert.throws(() => platformById('host'), /needs facts/);
});

test('what a caller does to its copy does not reach the registry', () => {
  platformById('hikey970').platform.processors[0].launchOverheadMs = 1e6;
  assert.ok(platformById('hikey970').platform.processors[0].launchOverheadMs < 10);
});

test('a host of one core has one processor; of more, shares that overlap with the whole', () => {
  const one = hostPlatform({ cores: 1, memoryBytes: 1e9 });
  assert.equal(
    one.platform.processors.map((processor) => processor.id),
    ['cpu'],
  );
  assert.ok(one.warnings.some(({ message }) => /clock is unknown/.test(message)));
  for (const cores of [2, 3, 7, 64]) {
    const { platform } = hostPlatform({ cores, memoryBytes: 1e9, frequencyHz: 3e9 });
    const [whole, ...shares] = platform.processors;
    assert.is(shares.length, Math.min(cores, 4));
    assert.is(
      platform.resources.reduce((sum, resource) => sum + (resource.cores ?? 0), 0),
      cores,
    );
    for (const share of shares) assert.ok(share.uses.every((id) => whole.uses.includes(id)));
    const parts = shares.reduce((sum, share) => sum + (share.peakOpsPerS.float32 ?? 0), 0);
    assert.ok((whole.peakOpsPerS.float32 ?? 0) <= parts, 'the whole is never faster than its shares together');
    assert.equal(platformDocument.problems(platform), []);
    assert.equal(numbersWithoutSource(platform), []);
  }
});

test('a host with runtimes at hand says how each processor runs; processors on the same cores share a resource', () => {
  const runtimes = { native: true, wasm: true };
  const two = hostPlatform({ cores: 2, memoryBytes: 1e9, groups: [{ cores: [0, 1] }], runtimes }).platform;
  assert.equal(
    two.processors.map(({ id, uses, execution }) => [id, uses.slice(0, -1), execution]),
    [
      ['cpu', ['cores-0', 'cores-1'], { runtime: 'native', cores: [0, 1], threads: 2 }],
      ['cpu-0', ['cores-0'], { runtime: 'native', cores: [0], threads: 1 }],
      ['cpu-1', ['cores-1'], { runtime: 'native', cores: [1], threads: 1 }],
      ['wasm-1', ['cores-1'], { runtime: 'wasm', cores: [1], threads: 1 }],
    ],
  );
  const big = { cores: [4, 5], capacity: 1024 };
  const little = { cores: [0, 1, 2, 3], capacity: 512 };
  const facts = { cores: 6, memoryBytes: 1e9, frequencyHz: 2e9 };
  const unlike = hostPlatform({ ...facts, groups: [big, little], runtimes }).platform;
  const [, strong, weak, web] = unlike.processors;
  assert.equal([strong.execution?.cores, weak.execution?.cores], [big.cores, little.cores]);
  assert.equal(web.execution, { runtime: 'wasm', cores: [3], threads: 1 });
  assert.ok((weak.peakOpsPerS.float32 ?? 0) < 1.1 * (strong.peakOpsPerS.float32 ?? 0));
  const webOnly = hostPlatform({ cores: 2, memoryBytes: 1e9, runtimes: { native: false, wasm: true } }).platform;
  assert.equal(
    webOnly.processors.map(({ id }) => id),
    ['wasm-1'],
  );
  for (const platform of [two, unlike, webOnly]) {
    assert.equal(platformDocument.problems(platform), []);
    assert.equal(numbersWithoutSource(platform), []);
  }
});

test('impossible facts about a host are refused', () => {
  for (const bad of [
    { cores: 0, memoryBytes: 1 },
    { cores: 1.5, memoryBytes: 1 },
    { cores: 2, memoryBytes: 0 },
    { cores: 2, memoryBytes: Number.NaN },
  ]) {
    assert.throws(() => hostPlatform(bad), /host: (cores|memoryBytes) must be/);
  }
});

test('references that lead nowhere are found, each with its place', () => {
  const break_ = (change: (platform: Platform) => void): string[] => {
    const { platform } = platformById('hikey970');
    change(platform);
    return platformDocument.problems(platform).map((problem) => `${problem.path}: ${problem.message}`);
  };
  const cases: [(platform: Platform) => void, RegExp][] = [
    [(p) => p.processors[0].uses.push('a99'), /\/processors\/0\/uses\/2: no resource "a99"/],
    [(p) => (p.processors[0].uses = ['lpddr4x']), /uses no compute resource/],
    [(p) => (p.processors[1].id = 'little'), /\/processors\/1\/id: "little" occurs twice/],
    [(p) => (p.resources[1].id = 'a53'), /occurs twice/],
    [(p) => (p.processors[0].nativePrecision = 'int8'), /states no peak for its native precision/],
    [(p) => (p.links = [{ from: 'big', to: 'tpu', latencyMs: 1 }]), /\/links\/0\/to: no processor "tpu"/],
    [(p) => (p.links = [{ from: 'big', to: 'big', latencyMs: 1 }]), /joins two processors/],
    [(p) => (p.links = [{ from: 'big', to: 'gpu', resource: 'a53', latencyMs: 1 }]), /is not a link/],
    [(p) => p.clockDomains?.[0].frequencyHz.reverse(), /must ascend/],
    [(p) => (p.clockDomains![0].volts = [1]), /volts has 1 entries for 7 frequencies/],
    [(p) => (p.clockDomains![0].id = 'big'), /"big" occurs twice/],
    [(p) => p.clockDomains![0].resources.push('a73'), /"a73" has two clocks/],
    [(p) => (p.clockDomains![0].enumeratedHz = [1e9]), /1000000000 Hz is not in frequencyHz/],
    [(p) => (p.clockDomains![0].enumeratedHz = [509e6]), /the highest frequency is left out/],
    [(p) => (p.clockDomains![0].bandwidthShare = [1, 1, 1, 1, 1, 1, 1]), /little clocks no memory/],
    [(p) => (p.clockDomains![1].coreStates = { choice: 'count', alwaysOn: 0 }), /"g72" states no cores to switch/],
    [(p) => (p.clockDomains![0].coreStates = { choice: 'count', alwaysOn: 5 }), /5 of 4 cores cannot always be on/],
    [(p) => (p.clockDomains![0].idleWatts = [1, 1, 1, 1, 1, 1, 9]), /more idle power than the device/],
    [(p) => (p.operatingPoints = [{ id: 'slow', frequencyHz: { gpu: 1 } }]), /gpu does not run at 1 Hz/],
    [(p) => (p.operatingPoints = [{ id: 'max', frequencyHz: {} }]), /"max" has a meaning already/],
    [(p) => (p.processors[1].dispatch = { resource: 'g72', share: 1 }), /"g72" dispatches no work/],
    [(p) => (p.provenance![0].source = 'hearsay'), /no source "hearsay"/],
    [(p) => delete p.resources[3].bandwidthBytesPerS, /states no bandwidth/],
    [
      (p) => p.resources.push({ id: 'bus', kind: 'link', bandwidthBytesPerS: 1 }) && p.processors[0].uses.push('bus'),
      /is a link/,
    ],
    [
      (p) => Object.assign(p.processors[0], { supportedOperators: ['Conv'], unsupportedOperators: ['LRN'] }),
      /both a list/,
    ],
  ];
  for (const [change, expected] of cases) assert.match(break_(change).join('\n'), expected);
});

test.run();
