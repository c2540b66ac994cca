import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import {
  isHighestPoint,
  operatingPoint,
  operatingPointCount,
  operatingPointNames,
  operatingPointOf,
} from '../../src/platforms/operating-point.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import { type OperatingPoint, operatingPointSchema, type Platform } from '../../src/platforms/schema.ts';

const test = suite('operating points');

const byId = (id: string): Platform => platformById(id, { cores: 4, memoryBytes: 8e9 }).platform;
const tx2 = byId('jetson-tx2');
const agx = byId('jetson-agx-xavier');

const key = (point: OperatingPoint): string => JSON.stringify([point.frequencyHz, point.cores]);

const refused = (platform: Platform, choice: string | number | object): HeterodyneError => {
  try {
    operatingPoint(platform, choice as string);
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'USAGE');
    return error as HeterodyneError;
  }
  throw new Error(`${JSON.stringify(choice)} was accepted`);
};

test('the counts of the published sets are exact', () => {
  assert.is(operatingPointCount(tx2), 7 * 4 * 15 * 7 * 4);
  assert.is(operatingPointCount(tx2), 11_760);
  assert.is(operatingPointCount(agx), 29 * 128 * 14);
  assert.is(operatingPointCount(agx), 51_968);
  assert.is(operatingPointCount(byId('jetson-xavier-nx')), 25 * 32 * 15 * 8);
  assert.is(operatingPointCount(byId('hikey970')), 7 * 6 * 9);
  assert.is(operatingPointCount(byId('orange-pi-5')), 8 * 14 * 8 * 8);
});

test('a platform without clocks has one point, max', () => {
  for (const id of ['openvino-cpu-gpu-vpu', 'host']) {
    const platform = byId(id);
    assert.is(operatingPointCount(platform), 1);
    assert.equal(operatingPointNames(platform), ['max']);
    for (const choice of ['max', 0, '0', {}]) {
      assert.equal(operatingPoint(platform, choice), { id: 'max', frequencyHz: {} });
    }
    assert.match(refused(platform, 'gpu=1GHz').message, /no clock domain "gpu"/);
    assert.match(refused(platform, 1).expected ?? '', /0 to 0/);
  }
});

test('every number is another point of the set, and the last is max', () => {
  for (const platform of [tx2, byId('hikey970')]) {
    const count = operatingPointCount(platform);
    const seen = new Set<string>();
    for (let index = 0; index < count; index++) seen.add(key(operatingPoint(platform, index)));
    assert.is(seen.size, count);
    assert.is(operatingPoint(platform, count - 1).id, 'max');
  }
  assert.is(operatingPoint(agx, 51_967).id, 'max');
  assert.equal(operatingPoint(agx, 0).cores, { cpu: [0] });
});

test('the numbered points of the TX2 keep the released set: core 0 on, Denver off or 1 or 2 cores', () => {
  fc.assert(
    fc.property(fc.nat(11_759), (index) => {
      const { frequencyHz, cores } = operatingPoint(tx2, index);
      const a57 = cores?.a57.length ?? 0;
      assert.ok(a57 >= 1 && a57 <= 4);
      assert.is(frequencyHz.denver === undefined, cores?.denver.length === 0);
      assert.ok([204e6, 800e6, 1331.2e6, 1866e6].includes(frequencyHz.emc));
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('a point has the same id however it is asked for, and is found again by that id', () => {
  for (const platform of platformIds().map(byId)) {
    fc.assert(
      fc.property(fc.nat(operatingPointCount(platform) - 1), (index) => {
        const point = operatingPoint(platform, index);
        assert.ok(operatingPointSchema.safeParse(point).success);
        assert.equal(operatingPoint(platform, String(index)), point);
        assert.equal(operatingPoint(platform, point.id), point);
        assert.equal(operatingPoint(platform, point), point);
        assert.is(isHighestPoint(platform, point), point.id === 'max');
      }),
      { numRuns: 60, seed: 11 },
    );
  }
});

test('named points are the power modes of the boards', () => {
  assert.equal(operatingPointNames(tx2), ['max', 'max-n', 'max-q', 'max-p-all', 'max-p-a57', 'max-p-denver']);
  assert.equal(operatingPoint(tx2, 'max-q'), {
    id: 'max-q',
    frequencyHz: { a57: 1113.6e6, gpu: 854.25e6, emc: 1331.2e6 },
    cores: { a57: [0, 1, 2, 3], denver: [] },
  });
  assert.is(key(operatingPoint(tx2, 'max-n')), key(operatingPoint(tx2, 'max')));
  assert.equal(operatingPoint(agx, '10w').cores, { cpu: [0, 1] });
  assert.is(operatingPoint(agx, '30w-4core').frequencyHz.cpu, 1728e6);
  assert.is(operatingPoint(byId('jetson-xavier-nx'), '15w-6core').frequencyHz.emc, 1600e6);
  for (const platform of platformIds().map(byId)) {
    for (const name of operatingPointNames(platform)) assert.is(operatingPoint(platform, name).id, name);
  }
});

test('settings take units, any order, and any frequency of the tables, in the numbered set or not', () => {
  const point = operatingPoint(tx2, ' emc=1600MHz, gpu=854250kHz ,denver=off,a57.cores=2 ');
  assert.equal(point, {
    id: 'a57.cores=2,denver=off,gpu=854250000,emc=1600000000',
    frequencyHz: { a57: 2035.2e6, gpu: 854.25e6, emc: 1600e6 },
    cores: { a57: [0, 1], denver: [] },
  });
  const maxQ = operatingPoint(tx2, 'gpu=854250000,emc=1331200000,a57=1113600000,denver=off');
  assert.is(maxQ.id, 'max-q', 'a point that has a name goes by it');
  assert.is(operatingPoint(tx2, 'gpu=1300.5MHz,denver.cores=2').id, 'max');
  assert.equal(operatingPoint(agx, 'cpu.cores=0x8d').cores, { cpu: [0, 2, 3, 7] });
  assert.is(operatingPoint(agx, { cores: { cpu: [7, 0, 2, 3] } }).id, 'cpu.cores=0x8d');
  assert.is(operatingPoint(agx, { cores: { cpu: 3 } }).id, 'cpu.cores=3');
});

test('what is no operating point is refused, with what would be', () => {
  const cases: [Platform, string | number | object, RegExp][] = [
    [tx2, 11_760, /no operating point 11760/],
    [tx2, -1, /no operating point -1/],
    [tx2, 0.5, /no operating point 0.5/],
    [tx2, Number.NaN, /no operating point NaN/],
    [tx2, '', /no operating point ""/],
    [tx2, 'max-Q', /no operating point "max-Q"/],
    [tx2, 'gpu=800MHz', /gpu does not run at 800000000 Hz/],
    [tx2, 'gpu=fast', /"fast" is not a number/],
    [tx2, 'gpu=1W', /"W" is not a unit of frequency/],
    [tx2, 'gpu=', /"gpu=" is no setting/],
    [tx2, 'gpu=1300.5MHz,', /"" is no setting/],
    [tx2, 'npu=1GHz', /no clock domain "npu"/],
    [tx2, 'gpu=854.25MHz,gpu=854.25MHz', /gpu is set twice/],
    [tx2, 'denver=off,denver.cores=1', /set twice/],
    [tx2, 'denver=off,denver=2035.2MHz', /denver is off and has a frequency/],
    [tx2, 'a57=off', /a57 cannot have cores \(none\)/],
    [tx2, 'a57.cores=5', /a57 cannot have cores/],
    [tx2, 'a57.cores=0x5', /a57 cannot have cores 0, 2/],
    [tx2, 'a57.cores=two', /"two" names no cores/],
    [tx2, 'gpu=off', /cores of gpu cannot be switched/],
    [agx, 'cpu.cores=0x2', /cpu cannot have cores 1 on alone/],
    [agx, { cores: { cpu: [0, 8] } }, /cpu cannot have cores 0, 8/],
    [agx, { cores: { cpu: [0, 0] } }, /cpu cannot have cores 0, 0/],
    [agx, { frequencyHz: { tpu: 1e9 } }, /no clock domain "tpu"/],
  ];
  for (const [platform, choice, message] of cases) assert.match(refused(platform, choice).message, message);
  assert.match(refused(tx2, 'max-Q').hint ?? '', /did you mean "max-q"/);
  assert.match(refused(tx2, 'gpu=800MHz').hint ?? '', /nearest is 765000000/);
});

test('a platform as it is described is at max', () => {
  for (const platform of platformIds().map(byId)) assert.is(operatingPointOf(platform).id, 'max');
});

test.run();
