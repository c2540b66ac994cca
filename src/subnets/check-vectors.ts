/** Known answers of a predictor: they tell a right input layout from one that gives plausible nonsense. */
import type { Core } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import { genomeFrom } from './genotype.ts';
import type { AccuracyPredictor } from './predictor.ts';
import type { SearchSpace } from './space.ts';

export interface CheckVector {
  genotype: unknown;
  accuracy: number;
}

/** Largest difference between a known answer and the predictor's. */
const TOLERANCE = 1e-5;

/** `[{"genotype": {...}, "accuracy": 0.79}]`, also under `vectors`. @throws HeterodyneError `BAD_INPUT` */
export function readCheckVectors(raw: unknown, source: string): CheckVector[] {
  const list = Array.isArray(raw) ? raw : (raw as { vectors?: unknown } | null)?.vectors;
  if (
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((each) => each && typeof each.accuracy === 'number' && each.genotype)
  ) {
    return list as CheckVector[];
  }
  throw new HeterodyneError('BAD_INPUT', `${source} holds no check vectors`, {
    source,
    expected: '[{"genotype": {...}, "accuracy": 0.79}]',
    received: Array.isArray(list) ? `${list.length} entries, some without genotype or accuracy` : typeof raw,
  });
}

/** The predictor, confirmed. @throws HeterodyneError `BAD_INPUT` when an answer is off */
export async function confirmed(
  predictor: AccuracyPredictor,
  vectors: readonly CheckVector[],
  space: SearchSpace,
  source: string,
  core: Core,
): Promise<AccuracyPredictor> {
  const kernel = core.subnets({ space: space.numbers, cost: [], predictor: predictor.chain });
  for (const [i, { genotype, accuracy }] of vectors.entries()) {
    const network = kernel.networks(genomeFrom(space, genotype, source));
    const [score] = predictor.score ? await predictor.score(network) : kernel.scores(network);
    if (Math.abs(score - accuracy) <= TOLERANCE) continue;
    throw new HeterodyneError('BAD_INPUT', `${predictor.source} does not give the answer of check vector ${i}`, {
      source,
      path: `/${i}/accuracy`,
      expected: String(accuracy),
      received: String(score),
      hint: 'another input layout may be meant: --predictor-layout',
    });
  }
  return { ...predictor, checked: true };
}
