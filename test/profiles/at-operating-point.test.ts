import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentHash } from '../../src/documents/canonical.ts';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { profileAtOperatingPoint } from '../../src/profiles/at-operating-point.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { type BlockCost, type Profile, profileDocument } from '../../src/profiles/schema.ts';
import { block, blockedModel, platform, processor } from './fixtures.ts';

const test = suite('a profile at an operating point');

const device: Platform = platform(
  [processor('cpu', { activeWatts: 4, launchOverheadMs: 0 }), processor('little', { launchOverheadMs: 0 })],
  {
    clockDomains: [
      { id: 'cpu', resources: ['cpu-cores'], frequencyHz: [1e9, 2e9], actuationDelayMs: 1 },
      {
        id: 'little',
        resources: ['little-cores'],
        frequencyHz: [1e9],
        coreStates: { choice: 'count', alwaysOn: 0 },
        actuationDelayMs: 1,
      },
      { id: 'emc', resources: ['dram'], frequencyHz: [1e9, 2e9], bandwidthShare: [0.25, 1], actuationDelayMs: 8 },
    ],
  },
);
device.resources[1].cores = 2;

const model = blockedModel('net', [
  block(0, { macs: { conv: 1e9 }, bytes: { conv: 1e6 } }),
  block(1, { macs: { conv: 1e6 }, bytes: { conv: 1e9 } }),
]);

/** The same numbers as a roofline's, but from a measurement. */
function measured(): Profile {
  const profile = rooflineProfile([model], device);
  profile.models[0].origin = { cpu: 'measured', little: 'measured' };
  for (const { costs } of profile.models[0].blocks) {
    for (const cost of Object.values(costs)) if (cost !== 'unsupported') cost.latencyMs.p95 = 2 * cost.latencyMs.mean;
  }
  return profile;
}

const ms = (cost: BlockCost): number => (cost === 'unsupported' ? Number.NaN : cost.latencyMs.mean);

test('at the highest point nothing changes', () => {
  const profile = measured();
  const result = profileAtOperatingPoint(profile, device, 'max');
  assert.is(result.profile, profile);
  assert.equal(result.platform, device);
  assert.equal(result.warnings, []);
});

test('blocks that are bound by computing or by memory become what the clock model says', () => {
  for (const choice of ['cpu=1GHz', 'emc=1GHz', 'cpu=1GHz,emc=1GHz']) {
    const { profile, platform: held, warnings } = profileAtOperatingPoint(measured(), device, choice);
    const expected = rooflineProfile([model], atOperatingPoint(device, choice)).models[0].blocks;
    profile.models[0].blocks.forEach(({ costs }, b) => {
      const want = ms(expected[b].costs.cpu);
      const got = ms(costs.cpu);
      assert.ok(got >= want * (1 - 1e-12), `${choice}, block ${b}: ${got} ms, not ${want}`);
    });
    assert.equal(held, atOperatingPoint(device, choice));
    assert.is(profile.platformHash, contentHash(held));
    assert.equal(profileDocument.problems(profile), []);
    assert.is(warnings[0].code, 'SCALED_PROFILE');
  }
  const { profile } = profileAtOperatingPoint(measured(), device, 'cpu=1GHz');
  assert.is(ms(profile.models[0].blocks[0].costs.cpu), 2 * ms(measured().models[0].blocks[0].costs.cpu));
});

test('what was scaled counts as modelled, what was not as measured; energy and quantiles follow', () => {
  const before = measured();
  const { profile } = profileAtOperatingPoint(before, device, 'cpu=1GHz');
  assert.equal(profile.models[0].origin, { cpu: 'roofline', little: 'measured' });
  const [a, b] = [before, profile].map(({ models }) => models[0].blocks[0].costs.cpu);
  if (a === 'unsupported' || b === 'unsupported') throw new Error('unsupported');
  assert.is(b.latencyMs.p95, 2 * b.latencyMs.mean);
  assert.is(b.energyMj, a.energyMj, 'twice the time at half the power');
});

test('a processor that is off runs no block any more', () => {
  const { profile } = profileAtOperatingPoint(measured(), device, 'little=off');
  for (const { costs, reasons } of profile.models[0].blocks) {
    assert.is(costs.little, 'unsupported');
    assert.match(reasons?.little ?? '', /switched off/);
    assert.is.not(costs.cpu, 'unsupported');
  }
});

test('a profile taken at the point is left alone; one of another platform keeps its hash', () => {
  const held = atOperatingPoint(device, 'cpu=1GHz');
  const there = rooflineProfile([model], held);
  assert.is(profileAtOperatingPoint(there, device, 'cpu=1GHz').profile, there);
  const alien = { ...measured(), platformHash: 'of another state' };
  assert.is(profileAtOperatingPoint(alien, device, 'cpu=1GHz').profile.platformHash, 'of another state');
});

test.run();
