/** Against Once-for-All itself: its predictor, its tables, and what its own code computed from them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/core.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { ofaLatencyModel } from '../../src/subnets/costs/ofa-tables.ts';
import { extremesOf } from '../../src/subnets/extremes.ts';
import { genomeFrom } from '../../src/subnets/genotype.ts';
import { evolutionMethod } from '../../src/subnets/methods/evolution.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { loadPredictor } from '../../src/subnets/predictor.ts';
import { searchSpace } from '../../src/subnets/space.ts';
import { hasOfa, note10Tables, readOfa } from './fixtures.ts';

const test = suite('published data');
const space = searchSpace(ofaMbv3());

interface Vector {
  r: number;
  acc_f32: number;
  acc_f64: number;
  mflops: number;
  lat_note10_ms: number;
}

if (!hasOfa) console.log('skipped: the published predictor and tables are not here');
else {
  const vectors: Vector[] = JSON.parse(readOfa('vectors.json').toString()).vectors;
  const file = readOfa('acc_predictor.onnx');
  const latency = ofaLatencyModel(space, note10Tables());
  const genomes = Uint8Array.from(
    vectors.flatMap(({ acc_f32, acc_f64, mflops, lat_note10_ms, ...record }) => [...genomeFrom(space, record)]),
  );

  test('all vectors: accuracy within 1e-6, work and latency within 1e-9 relative', async () => {
    const predictor = await loadPredictor(file, space, { source: 'acc_predictor.onnx' });
    assert.ok(predictor.chain, 'the file is a plain chain');
    const kernels = [latency, flopsModel(space)].map(({ factors }) =>
      wasmCore().subnets({ space: space.numbers, cost: factors, predictor: predictor.chain }),
    );
    const networks = kernels[0].networks(genomes);
    const scores = kernels[0].scores(networks);
    const [times, work] = kernels.map((kernel) => kernel.costs(networks));
    vectors.forEach((vector, i) => {
      assert.ok(Math.abs(scores[i] - vector.acc_f64) <= 1e-6, `vector ${i}: ${scores[i]}`);
      assert.ok(Math.abs(work[i] / vector.mflops - 1) <= 1e-9, `vector ${i}: ${work[i]} MFLOPs`);
      assert.ok(Math.abs(times[i] / vector.lat_note10_ms - 1) <= 1e-9, `vector ${i}: ${times[i]} ms`);
    });
  });

  test('cheapest and dearest networks of the Note10 tables', () => {
    const { least, most, byResolution } = extremesOf(space, latency.factors);
    assert.is(byResolution[0].least.cost.toFixed(2), '9.89');
    assert.is(byResolution[4].most.cost.toFixed(2), '92.40');
    assert.is(least.cost, byResolution[0].least.cost);
    assert.is(most.cost, byResolution[4].most.cost);
    const [cost] = wasmCore().subnets({ space: space.numbers, cost: latency.factors }).costs(least.network);
    assert.ok(Math.abs(cost - least.cost) < 1e-12, 'the network attains it');
  });

  test('a short evolution in the core keeps its limit and gets better', async () => {
    const predictor = await loadPredictor(file, space, { source: 'acc_predictor.onnx' });
    const kernel = wasmCore().subnets({ space: space.numbers, cost: latency.factors, predictor: predictor.chain });
    const method = evolutionMethod({ generations: 20 });
    const { archive, evaluations, traces } = await method.run({
      space,
      kernel,
      predictor,
      extremes: extremesOf(space, latency.factors),
      cost: latency.factors,
      resolutions: [0, 1, 2, 3, 4],
      limits: [25],
      seed: 1,
      evaluations: 1e6,
    });
    assert.is(evaluations, 100 + 20 * 100);
    const [{ scores }] = traces!;
    assert.ok(scores[19] > scores[0]);
    assert.ok(scores.every((score, g) => g === 0 || score >= scores[g - 1]));
    const best = archive.best(25)!;
    assert.ok(best.cost <= 25 && best.score > 0.8, `${best.score} at ${best.cost} ms`);
  });
}

test.run();
