/**
 * What the shipped platforms predict, against what others published. docs/platforms.md prints the same tables; a figure
 * that moves must move there, too.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BlockedModel } from '../../src/models/graph.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { ZOO } from '../../src/models/zoo/zoo.ts';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import { operatingPointCount, operatingPointNames } from '../../src/platforms/operating-point.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import type { WorkloadPrecision } from '../../src/profiles/workload.ts';

const test = suite('calibration');

const doc = readFileSync(new URL('../../docs/platforms.md', import.meta.url), 'utf8');
const byId = (id: string): Platform => platformById(id, { cores: 4, memoryBytes: 8e9 }).platform;

const models = new Map<string, BlockedModel>();
const zoo = (name: string): BlockedModel => {
  const model = models.get(name) ?? loadZooModel(name);
  models.set(name, model);
  return model;
};

/** Milliseconds of a whole network on each processor that runs all of it. */
function latenciesMs(name: string, platform: Platform, precision?: WorkloadPrecision): Record<string, number> {
  const [{ blocks }] = rooflineProfile([zoo(name)], platform, { precision }).models;
  const latencies: Record<string, number> = {};
  for (const { id } of platform.processors) {
    const costs = blocks.map((block) => block.costs[id]);
    if (costs.includes('unsupported')) continue;
    latencies[id] = costs.reduce((sum, cost) => sum + (cost === 'unsupported' ? 0 : cost.latencyMs.mean), 0);
  }
  return latencies;
}

/** `modelled / published (error)`. */
function cell(modelled: number, published: number, digits: number): string {
  const error = Math.round((modelled / published - 1) * 100);
  return `${modelled.toFixed(digits)} / ${published.toFixed(digits)} (${error > 0 ? '+' : ''}${error} %)`;
}

function inDocument(rows: readonly (readonly string[])[]): void {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  const missing = lines.filter((line) => !doc.includes(`\n${line}\n`));
  assert.equal(missing, [], `docs/platforms.md should say\n${lines.join('\n')}\n`);
}

/** Largest factor between prediction and publication, either way. */
const factor = (a: number, b: number): number => Math.max(a / b, b / a);

/** Images/s that arXiv:1908.11450 is quoted with for the Kirin 970: second-hand, and the SqueezeNet version is unknown. */
const KIRIN_970: Record<string, Record<string, number>> = {
  alexnet: { little: 2.2, big: 7.6, gpu: 32.5 },
  'mobilenet-v1': { little: 6.5, big: 17.7, gpu: 29.1 },
  'resnet-50': { little: 1.5, big: 2.8, gpu: 8.4 },
  squeezenet: { little: 6.8, big: 15.7, gpu: 43.0 },
};

test('on the HiKey970 the roofline is within 30 % of every quoted rate, 12 % on average, as documented', () => {
  const platform = byId('hikey970');
  let logError = 0;
  const rows = Object.entries(KIRIN_970).map(([name, published]) => {
    const latencies = latenciesMs(name, platform);
    const cells = ['little', 'big', 'gpu'].map((id) => {
      const rate = 1000 / latencies[id];
      assert.ok(Math.abs(rate / published[id] - 1) < 0.3, `${name} on ${id}: ${rate} images/s, not ${published[id]}`);
      logError += Math.log(factor(rate, published[id])) / 12;
      return cell(rate, published[id], 1);
    });
    return [name, ...cells];
  });
  assert.ok(logError < Math.log(1.12), `mean factor ${Math.exp(logError)}`);
  inDocument(rows);
  assert.match(doc, /second-hand, unverified prior/);
});

/** Milliseconds in float16 that NVIDIA gives for the TX2 (tf_to_trt_image_classification, TensorRT, batch 1). */
const TX2_MS: Record<string, number> = {
  googlenet: 7.98,
  'inception-v3': 26.3,
  'inception-v4': 52.1,
  'resnet-50': 15.7,
  'resnet-101': 29.9,
  'mobilenet-v1': 12.9,
  'vgg-16': 38.2,
};

test('on the TX2 the GPU is within 25 % of the latencies that NVIDIA published, as documented', () => {
  const platform = byId('jetson-tx2');
  const rows = Object.entries(TX2_MS).map(([name, published]) => {
    const modelled = latenciesMs(name, platform).gpu;
    assert.ok(factor(modelled, published) < 1.25, `${name}: ${modelled} ms, not ${published}`);
    return [name, cell(modelled, published, 1)];
  });
  inDocument(rows);
});

/** Milliseconds in float32 on an i7-6700K and its HD Graphics 530 (OpenCV wiki, DNN Efficiency). */
const SKYLAKE_MS: Record<string, { cpu: number; gpu: number }> = {
  alexnet: { cpu: 11.95, gpu: 15.81 },
  googlenet: { cpu: 9.43, gpu: 20.59 },
  'resnet-50': { cpu: 22.75, gpu: 37.19 },
  squeezenet: { cpu: 3.05, gpu: 6.5 },
};

test('on the OpenVINO machine CPU and GPU are within 10 % of published times, as documented', () => {
  const platform = byId('openvino-cpu-gpu-vpu');
  const rows = Object.entries(SKYLAKE_MS).map(([name, published]) => {
    const { cpu, gpu } = latenciesMs(name, platform, 'float32');
    assert.ok(factor(cpu, published.cpu) < 1.1 && factor(gpu, published.gpu) < 1.1, `${name}: ${cpu} and ${gpu} ms`);
    return [name, cell(cpu, published.cpu, 1), cell(gpu, published.gpu, 1)];
  });
  inDocument(rows);
});

test('idle and full-load power at every named point is what the documentation says', () => {
  for (const id of ['jetson-tx2', 'jetson-agx-xavier', 'jetson-xavier-nx']) {
    const platform = byId(id);
    const rows = operatingPointNames(platform).map((name) => {
      const { processors, power } = atOperatingPoint(platform, name);
      const idle = power?.idleWatts ?? 0;
      const busy = processors.reduce((sum, { off, activeWatts }) => sum + (off ? 0 : (activeWatts ?? 0)), idle);
      const off = processors.flatMap((processor) => (processor.off ? [processor.id] : []));
      return [id, `\`${name}\``, idle.toFixed(1), busy.toFixed(1), off.join(', ') || 'none'];
    });
    inDocument(rows);
  }
});

test('the list of platforms in the documentation is complete', () => {
  inDocument(
    platformIds()
      .filter((id) => id !== 'host')
      .map((id) => {
        const platform = byId(id);
        const count = operatingPointCount(platform);
        return [
          `\`${id}\``,
          platform.name,
          platform.processors.map((processor) => processor.id).join(', '),
          count === 1 ? '1' : count.toLocaleString('en-US'),
        ];
      }),
  );
});

test('every network of the zoo can run whole on some processor of every platform, at 0.1 to 10,000 images/s', () => {
  assert.is(ZOO.length, 15);
  for (const platform of platformIds().map(byId)) {
    for (const { name } of ZOO) {
      const latencies = Object.values(latenciesMs(name, platform));
      assert.ok(latencies.length > 0, `${name} on ${platform.id}`);
      for (const ms of latencies) assert.ok(ms > 0.1 && ms < 10_000, `${name} on ${platform.id}: ${ms} ms`);
    }
  }
});

test.run();
