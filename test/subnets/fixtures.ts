/** Seeded predictors and cost tables with the shapes of the published ones, and the published ones where they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Random } from '../../bindings/core.ts';
import { slotValues } from '../../src/core/subnet-checks.ts';
import type { SubnetPredictor } from '../../src/core/subnets.ts';
import { type CostModel, factor } from '../../src/subnets/costs/cost-model.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { readLayerTable } from '../../src/subnets/costs/layer-table.ts';
import type { SearchSpace } from '../../src/subnets/space.ts';

export const OFA = new URL('../../../shared/data/ofa/', import.meta.url);
export const hasOfa = existsSync(new URL('acc_predictor.onnx', OFA));

export const readOfa = (name: string) => readFileSync(new URL(name, OFA));

export const note10Tables = () =>
  readdirSync(new URL('note10/', OFA)).map((name) =>
    readLayerTable(readFileSync(new URL(`note10/${name}`, OFA), 'utf8'), name),
  );

/** Seeded dense layers in the shape of the published predictor: scores near 0.75, different for all networks. */
export function seededPredictor(space: SearchSpace, seed: number, width = 400): SubnetPredictor {
  const random = new Random(seed);
  const weights = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => (random.unit() - 0.5) * scale);
  return {
    embeddings: slotValues(space.numbers).map((values) => weights(values * width, 0.4)),
    firstBias: weights(width, 0.4),
    layers: [
      { inputs: width, outputs: width, weights: weights(width * width, 0.3), bias: weights(width, 0.2) },
      { inputs: width, outputs: width, weights: weights(width * width, 0.3), bias: weights(width, 0.2) },
      { inputs: width, outputs: 1, weights: weights(width, 0.02), bias: Float32Array.of(0.75) },
    ],
    base: 0,
  };
}

/** Milliseconds that follow the work of every layer, with seeded noise of a few per cent. */
export function seededCosts(space: SearchSpace, seed: number): CostModel {
  const random = new Random(seed);
  const flops = flopsModel(space);
  const noisy = (table: Float64Array) =>
    table.map((mega) => (mega > 0 ? (0.05 + mega / 12) * (1 + 0.06 * random.unit()) : 0));
  return {
    ...flops,
    unit: 'ms',
    factors: flops.factors.map(({ slots, table }) => ({ slots, table: noisy(table) })),
  };
}

export { factor };
