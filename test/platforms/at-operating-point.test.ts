import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentHash } from '../../src/documents/canonical.ts';
import type { BlockWork } from '../../src/models/graph.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { ZOO } from '../../src/models/zoo/zoo.ts';
import { plan } from '../../src/planners/plan.ts';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import {
  type OperatingPointSettings,
  operatingPoint,
  operatingPointCount,
  operatingPointNames,
  operatingPointOf,
} from '../../src/platforms/operating-point.ts';
import { numbersWithoutSource, sourceOf } from '../../src/platforms/provenance.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import { type OperatingPoint, type Platform, platformDocument } from '../../src/platforms/schema.ts';
import { rooflineLatencyMs, rooflineProfile } from '../../src/profiles/roofline.ts';

const test = suite('a platform at an operating point');

const byId = (id: string): Platform => platformById(id, { cores: 4, memoryBytes: 8e9 }).platform;
const tx2 = byId('jetson-tx2');

const near = (a: number | undefined, b: number, what: string, tolerance = 1e-9): void =>
  assert.ok(a !== undefined && Math.abs(a - b) <= tolerance * Math.abs(b), `${what}: ${a}, not ${b}`);
const processor = (platform: Platform, id: string) => {
  const found = platform.processors.find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

test('at the highest point a platform is itself, whatever that is called', () => {
  for (const platform of platformIds().map(byId)) {
    assert.equal(atOperatingPoint(platform, 'max'), platform);
    assert.equal(atOperatingPoint(platform, operatingPointCount(platform) - 1), platform);
  }
  assert.equal(atOperatingPoint(tx2, 'max-n'), tx2);
  const copy = atOperatingPoint(tx2, 'max');
  copy.processors[0].launchOverheadMs = 99;
  assert.ok(tx2.processors[0].launchOverheadMs < 1, 'a copy, that the caller owns');
});

test('computing follows the core clock, the launch its dispatcher, memory its own clock', () => {
  const slow = atOperatingPoint(tx2, 'gpu=497.25MHz');
  const gpu = processor(tx2, 'gpu');
  near(processor(slow, 'gpu').peakOpsPerS.float16, ((gpu.peakOpsPerS.float16 ?? 0) * 497.25) / 1300.5, 'peak');
  assert.is(processor(slow, 'gpu').bandwidthBytesPerS, gpu.bandwidthBytesPerS);
  assert.is(processor(slow, 'gpu').launchOverheadMs, gpu.launchOverheadMs);
  assert.equal(processor(slow, 'a57'), processor(tx2, 'a57'));

  const host = atOperatingPoint(tx2, 'a57=1113.6MHz');
  const pace = 2035.2 / 1113.6;
  near(processor(host, 'gpu').launchOverheadMs, gpu.launchOverheadMs * (0.3 + 0.7 * pace), 'dispatched by a slow core');
  near(processor(host, 'a57').launchOverheadMs, processor(tx2, 'a57').launchOverheadMs * pace, 'own launch');
  near(processor(host, 'a57').peakOpsPerS.float32, 65.1e9 / pace, 'own peak');
  assert.equal(processor(host, 'denver'), processor(tx2, 'denver'));

  const starved = atOperatingPoint(tx2, 'emc=800MHz');
  const share = 1 / ((0.96 * 1866) / 800 + 0.04);
  near(processor(starved, 'gpu').bandwidthBytesPerS, gpu.bandwidthBytesPerS * share, 'bandwidth', 1e-3);
  near(starved.resources[3].bandwidthBytesPerS, 59.7e9 * share, 'DRAM', 1e-3);
  near(starved.copy?.bandwidthBytesPerS, 10e9 * share, 'copies go through memory', 1e-3);
  assert.equal(processor(starved, 'gpu').peakOpsPerS, gpu.peakOpsPerS);
});

test('power is C V^2 f, per core that is on, and what idles less', () => {
  const slow = atOperatingPoint(tx2, 'gpu=497.25MHz');
  const volts = 0.62 + (0.48 * (497.25 - 140.25)) / (1300.5 - 140.25);
  near(processor(slow, 'gpu').activeWatts, (9.2 * (volts / 1.1) ** 2 * 497.25) / 1300.5, 'GPU', 1e-3);
  assert.is(slow.power?.idleWatts, 3.52, 'an idle GPU clock costs nothing');
  const half = atOperatingPoint(tx2, 'a57.cores=2');
  near(processor(half, 'a57').activeWatts, 2, 'two of four cores');
  near(processor(half, 'a57').peakOpsPerS.float32, 65.1e9 / 2, 'two of four cores');
  assert.is(half.resources[0].cores, 2);
  near(atOperatingPoint(tx2, 'emc=204MHz').power?.idleWatts, 3.52 - 1.53, 'memory clock');
  near(atOperatingPoint(tx2, 'denver=off').power?.idleWatts, 3.52 - 0.34, 'Denver');
  const watts = structuredClone(byId('hikey970'));
  watts.clockDomains![1].watts = [0.5, 0.7, 1, 1.5, 2.2, 4.5];
  near(processor(atOperatingPoint(watts, 'gpu=178MHz'), 'gpu').activeWatts, 0.5, 'stated watts');
});

/** Watts at VDD_IN as the log that came with the NeuOS code (Bateni and Liu, USENIX ATC 2020) has them, repeats averaged. */
test('idle power of the TX2 is within 3 % of every state that was logged', () => {
  const least = 'a57=345.6MHz,a57.cores=1,gpu=140.25MHz,emc=204MHz';
  const logged: [string, number][] = [
    [`${least},denver=off`, 1.66],
    ['a57=345.6MHz,a57.cores=1,gpu=140.25MHz,denver=off', 3.18],
    ['a57=345.6MHz,a57.cores=1,emc=204MHz,denver=off', 1.62],
    ['gpu=140.25MHz,emc=204MHz,denver=off', 1.63],
    [`${least},denver=345.6MHz,denver.cores=1`, 1.69],
    [`${least},denver.cores=1`, 1.99],
    [`${least},denver=345.6MHz`, 1.71],
    [least, 2.0],
    ['max', 3.56],
  ];
  for (const [settings, watts] of logged) near(atOperatingPoint(tx2, settings).power?.idleWatts, watts, settings, 0.03);
});

test('the TX2 at full load is within 10 % of the budgets of Max-Q and Max-P', () => {
  const load = (choice: string): number => {
    const { processors, power } = atOperatingPoint(tx2, choice);
    return processors.reduce(
      (sum, { off, activeWatts }) => sum + (off ? 0 : (activeWatts ?? 0)),
      power?.idleWatts ?? 0,
    );
  };
  near(load('max-q'), 7.5, 'Max-Q', 0.1);
  near(load('max-p-all'), 15, 'Max-P', 0.1);
});

test('a processor without cores runs nothing, and the others carry on', () => {
  const model = loadZooModel('alexnet');
  const held = atOperatingPoint(tx2, 'denver=off');
  assert.is(processor(held, 'denver').off, true);
  assert.not.ok(held.clockDomains?.some(({ id }) => id === 'denver'));
  for (const block of rooflineProfile([model], held).models[0].blocks) {
    assert.is(block.costs.denver, 'unsupported');
    assert.is(block.reasons?.denver, 'is switched off at this operating point');
    assert.is.not(block.costs.a57, 'unsupported');
  }
  const agx = atOperatingPoint(byId('jetson-agx-xavier'), 'cpu.cores=4');
  assert.is(processor(agx, 'cpu-0').off, undefined);
  assert.is(processor(agx, 'cpu-1').off, true);
  assert.equal(agx.clockDomains?.[0].resources, ['carmel-0', 'carmel-1']);
  const scattered = atOperatingPoint(byId('jetson-agx-xavier'), 'cpu.cores=0x55');
  for (const id of ['cpu-0', 'cpu-1']) near(processor(scattered, id).peakOpsPerS.float32, 145e9 / 2, id);
});

test('a held platform keeps its schema, knows its point, has no other, and says where its numbers come from', () => {
  for (const platform of platformIds().map(byId)) {
    const count = operatingPointCount(platform);
    const choices = [...operatingPointNames(platform), 0, Math.floor(count / 3), Math.floor((2 * count) / 3)];
    for (const choice of choices) {
      const held = atOperatingPoint(platform, choice);
      assert.equal(platformDocument.problems(held), [], `${platform.id} at ${choice}`);
      assert.equal(numbersWithoutSource(held), [], `${platform.id} at ${choice}`);
      const point = operatingPoint(platform, choice);
      if (held.operatingPoint === undefined) continue;
      assert.equal(operatingPointOf(held), point);
      assert.is(operatingPointCount(held), 1);
      for (const again of ['max', point.id, 0, point]) assert.equal(atOperatingPoint(held, again), held);
      assert.equal(platformDocument.parse(platformDocument.write(held), 'held').document, held);
    }
  }
  const held = atOperatingPoint(tx2, 'gpu=497.25MHz');
  assert.is(sourceOf(held, '/processors/gpu/peakOpsPerS/float16')?.id, 'operating-point');
  assert.is(sourceOf(held, '/processors/a57/peakOpsPerS/float32')?.id, 'lanes');
});

/** The point itself, and every point that differs from it by one lower clock or one core less. */
function lowered(platform: Platform, { frequencyHz, cores }: OperatingPoint): OperatingPointSettings[] {
  return (platform.clockDomains ?? []).flatMap((domain): OperatingPointSettings[] => {
    const { id, coreStates } = domain;
    const on = cores?.[id] ?? [];
    const lower = domain.frequencyHz.findLast((hz) => hz < (frequencyHz[id] ?? 0));
    const settings: OperatingPointSettings[] = [];
    if (lower !== undefined) settings.push({ frequencyHz: { ...frequencyHz, [id]: lower }, cores });
    if (coreStates !== undefined && on.length > coreStates.alwaysOn) {
      const rest = { ...frequencyHz };
      if (on.length === 1) delete rest[id];
      settings.push({ frequencyHz: rest, cores: { ...cores, [id]: on.slice(0, -1) } });
    }
    return settings;
  });
}

const WORKS: BlockWork[] = [
  { macs: { conv: 1e9 }, bytes: { conv: 1e6 }, launches: { conv: 1 }, operators: ['Conv'] },
  { macs: { gemm: 1e7 }, bytes: { gemm: 4e7 }, launches: { gemm: 1 }, operators: ['Gemm'] },
  { macs: { depthwise: 1e6 }, bytes: { depthwise: 1e5, pool: 1e5 }, launches: { depthwise: 40 }, operators: ['Conv'] },
];

test('no latency falls and no power rises when a clock falls or a core goes', () => {
  let compared = 0;
  const check = (platform: Platform, point: OperatingPoint): void => {
    const before = atOperatingPoint(platform, point);
    for (const settings of lowered(platform, point)) {
      const after = atOperatingPoint(platform, settings);
      const what = `${platform.id}: ${operatingPoint(platform, settings).id}`;
      assert.ok((after.power?.idleWatts ?? 0) <= (before.power?.idleWatts ?? 0), what);
      assert.ok((after.copy?.bandwidthBytesPerS ?? 0) <= (before.copy?.bandwidthBytesPerS ?? 0), what);
      after.processors.forEach((slower, p) => {
        const faster = before.processors[p];
        if (slower.off) return;
        assert.not.ok(faster.off, what);
        assert.ok((slower.activeWatts ?? 0) <= (faster.activeWatts ?? 0) * (1 + 1e-12), what);
        for (const work of WORKS) {
          const precision = slower.nativePrecision;
          const latency = rooflineLatencyMs(work, slower, precision, 1);
          assert.ok(Number.isFinite(latency), what);
          assert.ok(latency >= rooflineLatencyMs(work, faster, precision, 1) * (1 - 1e-12), `${what} on ${slower.id}`);
          compared++;
        }
      });
    }
  };
  for (const platform of platformIds().map(byId)) {
    check(platform, operatingPoint(platform, 'max'));
    fc.assert(
      fc.property(fc.nat(operatingPointCount(platform) - 1), (index) =>
        check(platform, operatingPoint(platform, index)),
      ),
      { numRuns: 40, seed: 3 },
    );
  }
  assert.ok(compared > 5000, `${compared} comparisons`);
});

test('every network of the zoo has a finite profile at the slowest point of every platform', () => {
  const models = ZOO.map(({ name }) => loadZooModel(name));
  assert.is(models.length, 15);
  for (const platform of platformIds().map(byId)) {
    for (const choice of ['max', 0]) {
      const held = atOperatingPoint(platform, choice);
      for (const { name, blocks } of rooflineProfile(models, held).models) {
        const whole = held.processors.filter(({ id }) => blocks.every((block) => block.costs[id] !== 'unsupported'));
        assert.ok(whole.length > 0, `${name} on ${platform.id} at ${choice}`);
        for (const { costs } of blocks) {
          for (const cost of Object.values(costs)) {
            if (cost !== 'unsupported') assert.ok(Number.isFinite(cost.latencyMs.mean) && cost.latencyMs.mean >= 0);
          }
        }
      }
    }
  }
});

test('a plan for a held platform names its point, and leaves what is off unused even where a profile knows its cost', async () => {
  const held = atOperatingPoint(tx2, 'max-q');
  const models = [loadZooModel('alexnet'), loadZooModel('resnet-50')];
  const profile = { ...rooflineProfile(models, tx2), platformHash: contentHash(held) };
  const document = await plan({ platform: held, profile, models: ['alexnet', 'resnet-50'], evaluations: 60 });
  assert.equal(document.operatingPoint, operatingPoint(tx2, 'max-q'));
  for (const { stages } of document.models) assert.ok(stages.every((stage) => stage.processor !== 'denver'));
  const own = await plan({ platform: held, models: ['alexnet', 'resnet-50'], evaluations: 60 });
  assert.ok(own.score.meanThroughputPerS < document.score.meanThroughputPerS, 'slower clocks, slower plan');
});

test.run();
