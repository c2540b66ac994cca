import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentHash } from '../../src/documents/canonical.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { atOperatingPoint } from '../../src/platforms/at-operating-point.ts';
import { jetsonAgxXavier } from '../../src/platforms/jetson-agx-xavier.ts';
import { jetsonTx2 } from '../../src/platforms/jetson-tx2.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { rowsOfAllPoints, type SpeedTables, speedTables } from '../../src/profiles/tables.ts';
import { tablesDocument, tablesToDocument } from '../../src/profiles/tables-schema.ts';
import { thinTables } from '../../src/profiles/tables-thinning.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('tables of operating points');
const models = [loadZooModel('alexnet'), loadZooModel('squeezenet')];
const tx2 = speedTables(models, jetsonTx2, 'gpu');
const xavier = speedTables(models, jetsonAgxXavier, 'gpu');

test('the Jetson TX2 has 11,760 points, the AGX Xavier 51,968 of which 3,248 differ', () => {
  assert.equal([tx2.points, tx2.point.length], [11_760, 11_760]);
  assert.equal([xavier.points, xavier.point.length], [51_968, 3248]);
  assert.is(
    xavier.standsFor.reduce((sum, count) => sum + count, 0),
    51_968,
  );
});

test('the reference row is that of the highest clocks, with SpeedUp and PowerUp of 1', () => {
  for (const tables of [tx2, xavier]) {
    assert.is(tables.powerUp[tables.reference], 1);
    for (const { referenceMs, speedUp } of tables.models) {
      const B = referenceMs.length;
      assert.ok(speedUp.subarray(tables.reference * B).every((speed) => speed === 1));
    }
  }
});

test('a row agrees with a profile of the platform at that point', () => {
  const random = new Random(3);
  for (const [tables, platform] of [
    [tx2, jetsonTx2],
    [xavier, jetsonAgxXavier],
  ] as const) {
    const rows = rowsOfAllPoints(tables, platform);
    for (let i = 0; i < 20; i++) {
      const point = random.below(tables.points);
      const held = atOperatingPoint(platform, point);
      const row = rows[point];
      const gpu = held.processors.find(({ id }) => id === 'gpu');
      const busy = (held.power?.idleWatts ?? 0) + (gpu?.activeWatts ?? 0);
      assert.ok(Math.abs(tables.busyWatts[row] - busy) < 1e-9, `${platform.id} ${point}`);
      rooflineProfile(models, held).models.forEach((model, m) => {
        const { referenceMs, speedUp } = tables.models[m];
        model.blocks.forEach((block, b) => {
          const cost = block.costs.gpu;
          if (cost === 'unsupported') throw new Error('the GPU runs everything');
          const ms = referenceMs[b] / speedUp[row * referenceMs.length + b];
          assert.ok(Math.abs(ms - cost.latencyMs.mean) <= 1e-6 * ms, `${platform.id} ${point}, block ${b}`);
        });
      });
    }
  }
});

/** Most by which the best stand-in is slower or hungrier than a row, over all rows of the full tables. */
function worstStretch(full: SpeedTables, thin: SpeedTables): number {
  let worst = 1;
  for (let row = 0; row < full.point.length; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < thin.point.length; k++) {
      let most = thin.powerUp[k] / full.powerUp[row];
      for (const [m, { referenceMs, speedUp }] of full.models.entries())
        for (let b = 0; b < referenceMs.length; b++)
          most = Math.max(
            most,
            speedUp[row * referenceMs.length + b] / thin.models[m].speedUp[k * referenceMs.length + b],
          );
      least = Math.min(least, most);
    }
    worst = Math.max(worst, least);
  }
  return worst;
}

test('thinned tables hold at most 32 rows, among them slowest and fastest', () => {
  for (const tables of [tx2, xavier]) {
    const thin = thinTables(tables);
    assert.ok(thin.point.length <= 32);
    assert.is(thin.powerUp[thin.reference], 1);
    assert.ok(thin.thinning.worstPowerExcess <= thin.thinning.epsilon + 1e-9);
    assert.ok(thin.thinning.worstSpeedUpLoss <= thin.thinning.epsilon + 1e-9);
  }
  assert.is(thinTables(xavier, 8).point.length <= 8, true);
  assert.ok(thinTables(xavier, 8).thinning.epsilon > thinTables(xavier).thinning.epsilon);
});

test('no point on a front is lost by more than is reported', () => {
  // On the TX2 everything on a front is kept: no row of the full tables beats all kept ones in any single block.
  const thin = thinTables(tx2);
  assert.is(thin.thinning.epsilon, 0);
  for (const [m, { referenceMs, speedUp }] of tx2.models.entries()) {
    const B = referenceMs.length;
    for (let row = 0; row < tx2.point.length; row++)
      for (let b = 0; b < B; b++) {
        let beaten = false;
        for (let k = 0; k < thin.point.length && !beaten; k++)
          beaten = thin.powerUp[k] <= tx2.powerUp[row] && thin.models[m].speedUp[k * B + b] >= speedUp[row * B + b];
        assert.ok(beaten, `row ${row}, block ${b}`);
      }
  }
  assert.ok(worstStretch(tx2, thin) < 1.5);
});

test('the document is strict, small, and names its points', () => {
  const document = tablesToDocument(thinTables(tx2), jetsonTx2, contentHash(jetsonTx2));
  assert.equal(tablesDocument.problems(document), []);
  assert.is(document.rows[document.reference].operatingPoint.id, 'max');
  assert.is(document.models[0].blocks[0].speedUp.length, document.rows.length);
});

test('a processor that is unknown, or whose power nobody states, is refused', () => {
  assert.throws(() => speedTables(models, jetsonTx2, 'npu'), /no processor/);
  const { power: _, ...dark } = jetsonTx2;
  assert.throws(() => speedTables(models, { ...dark, clockDomains: undefined }, 'gpu'), /does not state the power/);
});

test.run();
