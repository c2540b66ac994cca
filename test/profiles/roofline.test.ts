import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentHash } from '../../src/documents/canonical.ts';
import { platformById } from '../../src/platforms/registry.ts';
import { rooflineLatencyMs, rooflineProfile } from '../../src/profiles/roofline.ts';
import { type BlockCost, profileDocument } from '../../src/profiles/schema.ts';
import { block, blockedModel, platform, processor } from './fixtures.ts';

const test = suite('roofline');

const near = (a: number, b: number, what: string) =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.abs(b), `${what}: ${a}, not ${b}`);
const mean = (cost: BlockCost): number => (cost === 'unsupported' ? Number.NaN : cost.latencyMs.mean);

test('a block takes the longer of computing and moving, class by class, plus its launches', () => {
  const cpu = processor('cpu');
  const time = (work: Parameters<typeof block>[1]) => rooflineLatencyMs(block(0, work).work, cpu, 'float32', 1);
  near(time({ macs: { conv: 1e9 }, bytes: { conv: 1e8 } }), 40, 'bound by computing');
  near(time({ macs: { conv: 1e8 }, bytes: { conv: 1e8 } }), 10, 'bound by memory');
  near(time({ macs: { conv: 1e9 }, bytes: { conv: 1e8, pool: 1e7 }, launches: { conv: 2, pool: 1 } }), 41.3, 'sum');
  near(time({ macs: { depthwise: 1e8 } }), 20, 'efficiency of the class');
  assert.is(time({}), 0);
});

test('a format of half the size halves the bytes and uses its own peak', () => {
  const cpu = processor('cpu');
  const { work } = block(0, { macs: { conv: 1e9 }, bytes: { conv: 1e9 } });
  near(rooflineLatencyMs(work, cpu, 'float16', 0.5), 50, 'float16');
  assert.is(rooflineLatencyMs(work, cpu, 'int8', 0.25), Number.POSITIVE_INFINITY);
});

test('more work never takes less time, a faster processor never more', () => {
  const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(
      amount,
      amount,
      fc.nat(100),
      fc.double({ min: 1, max: 10, noNaN: true }),
      (macs, bytes, launches, factor) => {
        const slow = processor('cpu');
        const { work } = block(0, { macs: { gemm: macs }, bytes: { gemm: bytes }, launches: { gemm: launches } });
        const { work: more } = block(0, {
          macs: { gemm: macs * factor },
          bytes: { gemm: bytes },
          launches: { gemm: launches + 1 },
        });
        const t = rooflineLatencyMs(work, slow, 'float32', 1);
        assert.ok(t >= 0 && rooflineLatencyMs(more, slow, 'float32', 1) >= t);
        const fast = processor('cpu', { peakOpsPerS: { float32: 100e9 * factor }, bandwidthBytesPerS: 10e9 * factor });
        assert.ok(rooflineLatencyMs(work, fast, 'float32', 1) <= t);
      },
    ),
    { numRuns: 200, seed: 5 },
  );
});

const three = blockedModel('three', [
  block(0, { macs: { conv: 1e9 }, bytes: { conv: 1e8 } }),
  block(1, { macs: { conv: 1e9 }, operators: ['Conv', 'Softmax'] }),
  block(2, { macs: { gemm: 1e8 }, operators: ['Gemm'] }),
]);

test('a profile names the platform, its hash and the origin of every cost, and keeps its schema', () => {
  const device = platform([processor('cpu', { activeWatts: 2 }), processor('gpu')]);
  const profile = rooflineProfile([three], device);
  assert.equal(profileDocument.problems(profile), []);
  assert.is(profile.platformHash, contentHash(device));
  assert.equal(profile.models[0].origin, { cpu: 'roofline', gpu: 'roofline' });
  const cost = profile.models[0].blocks[0].costs;
  near(mean(cost.cpu), 40, 'latency');
  assert.is(cost.cpu === 'unsupported' ? 0 : cost.cpu.energyMj, 80);
  assert.not.ok('energyMj' in (cost.gpu as object));
  assert.is(profile.models[0].blocks[0].dramBytes, 1e8);
  assert.is(profileDocument.write(profile), profileDocument.write(rooflineProfile([three], device)));
});

test('an operator or a format that a processor lacks makes the block unsupported, with the reason', () => {
  const device = platform([
    processor('cpu'),
    processor('dla', { supportedOperators: ['Conv', 'Relu'] }),
    processor('vpu', { unsupportedOperators: ['Gemm'] }),
  ]);
  const [, middle, last] = rooflineProfile([three], device).models[0].blocks;
  assert.is(middle.costs.dla, 'unsupported');
  assert.equal(middle.reasons, { dla: 'does not run Softmax' });
  assert.equal(last.reasons, { dla: 'does not run Gemm', vpu: 'does not run Gemm' });
  const eight = rooflineProfile([three], device, { precision: 'int8' }).models[0].blocks[0];
  assert.equal(eight.costs, { cpu: 'unsupported', dla: 'unsupported', vpu: 'unsupported' });
  assert.is(eight.reasons?.cpu, 'does not compute in int8');
});

test('native lets each processor choose; a stated format rules all, and scales what rests in memory', () => {
  const device = platform([processor('cpu'), processor('npu', { nativePrecision: 'float16' })]);
  const native = rooflineProfile([three], device).models[0];
  assert.equal(native.computePrecision, { cpu: 'float32', npu: 'float16' });
  near(mean(native.blocks[0].costs.npu), 20, 'float16 peak');
  assert.is(native.weightBytes, 3e6);
  const half = rooflineProfile([three], device, { precision: ['float16'] }).models[0];
  assert.equal(half.computePrecision, { cpu: 'float16', npu: 'float16' });
  assert.is(half.weightBytes, 1.5e6);
  assert.is(half.blocks[0].outputBytes, 5e4);
  const stored = blockedModel('half', three.blocks, {
    inputs: [{ name: 'input', type: 'float16', shape: [1], bytes: 2 }],
  });
  assert.is(rooflineProfile([stored], device, { precision: 'float16' }).models[0].weightBytes, 3e6);
});

test('on the shipped platforms the DLA leaves the classifier to others, and the NPU runs it', () => {
  const net = blockedModel('net', [
    block(0, { macs: { conv: 1e9 }, operators: ['Conv', 'MaxPool', 'Relu'] }),
    block(1, { macs: { gemm: 1e6 }, operators: ['Flatten', 'Gemm', 'Softmax'] }),
  ]);
  const xavier = rooflineProfile([net], platformById('jetson-agx-xavier').platform).models[0].blocks;
  assert.is.not(xavier[0].costs['dla-0'], 'unsupported');
  assert.is(xavier[1].reasons?.['dla-1'], 'does not run Flatten, Softmax');
  const orange = rooflineProfile([net], platformById('orange-pi-5').platform).models[0].blocks;
  assert.is.not(orange[1].costs['npu-2'], 'unsupported');
});

test.run();
