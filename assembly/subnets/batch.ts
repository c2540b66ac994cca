/** The networks that a search wants scored next, and the states of a search. */
import { allocate } from '../arena';
import { predict } from './predictor';
import { slots } from './space';

// @ts-ignore: decorator
@inline
export const DRAWING: u32 = 0;
// @ts-ignore: decorator
@inline
export const SCORING: u32 = 1;
// @ts-ignore: decorator
@inline
export const CAPPED: u32 = 2;

/** [most][slots] u8, [most] f32, [most] f64 */
export let batch: usize = 0;
export let batchScores: usize = 0;
export let batchCosts: usize = 0;

export function beginBatch(most: u32): bool {
  batch = allocate(most * slots);
  batchScores = allocate(most << 2);
  batchCosts = allocate(most << 3);
  return batchCosts != 0;
}

/** Score the first `count` networks of the batch with the predictor. */
export function scoreBatch(count: u32): void {
  predict(batch, count, batchScores);
}
