/**
 * Kernels over lists of networks, through buffers for `capacity` of them.
 *
 *   ioGenomes [capacity][genes] u8    ioNetworks [capacity + 1][slots] u8, the last one for `scoreNear`
 *   ioScores  [capacity] f32          ioCosts    [capacity] f64
 */
import { allocate } from '../arena';
import { costOf } from './cost';
import { rankFronts, reserveFronts } from './fronts';
import { beginPredictor, predict, predictNear } from './predictor';
import { decode, genes, slots } from './space';

export let ioGenomes: usize = 0;
export let ioNetworks: usize = 0;
export let ioScores: usize = 0;
export let ioCosts: usize = 0;

/** Make the buffers; false = no memory. */
export function beginSubnets(capacity: u32, predicts: bool): bool {
  ioGenomes = allocate(capacity * genes);
  ioNetworks = allocate((capacity + 1) * slots);
  ioScores = allocate(capacity << 2);
  ioCosts = allocate(capacity << 3);
  return ioCosts != 0 && (!predicts || beginPredictor());
}

export function decodeGenomes(count: u32): void {
  for (let i: u32 = 0; i < count; i++) decode(ioGenomes + i * genes, ioNetworks + i * slots);
}

export function costNetworks(count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<f64>(ioCosts + (i << 3), costOf(ioNetworks + i * slots));
}

export function scoreNetworks(count: u32): void {
  predict(ioNetworks, count, ioScores);
}

/** Near the network at place `base`. */
export function scoreNetworksNear(base: u32, count: u32): void {
  predictNear(ioNetworks + base * slots, ioNetworks, count, ioScores);
}

/** Ranks (u32) of points; false = no memory. */
export function rankPoints(costs: usize, scores: usize, count: u32, ranks: usize): bool {
  if (!reserveFronts(count)) return false;
  rankFronts(costs, scores, count, ranks);
  return true;
}
