/**
 * NSGA-II (Deb et al., 2002) over scores and costs, in one run for all limits; twin of src/reference/subnets/front.ts.
 *
 *   pool   0 ── parents ── population ── children ── 2 x population
 *          genomes, networks, scores and costs f64, ranks u32, crowding f64
 */
import { allocate } from '../arena';
import { below, seedRandom } from '../random';
import { batch, batchCosts, batchScores, beginBatch, DRAWING, SCORING } from './batch';
import { costOf } from './cost';
import { byCost, rankFronts, reserveFronts } from './fronts';
import { beginRepair, repair } from './repair';
import { beginSeen, unseen } from './seen';
import { sortPlaces } from './sort';
import { cross, decode, genes, mutate, slots } from './space';

/** Attempts at a child that was not met before. */
const ATTEMPTS: u32 = 20;

let population: u32 = 0;
let probability: f64 = 0;
let resolutionProbability: f64 = 0;
let limit: f64 = 0;

let genomes: usize = 0;
export let frontNetworks: usize = 0;
export let frontScores: usize = 0;
export let frontCosts: usize = 0;
let ranks: usize = 0;
let crowding: usize = 0;
/** [2 x population] places in order of selection; places of a front's last member; room to move survivors. */
let order: usize = 0;
let lastOf: usize = 0;
let survivors: usize = 0;

/** Members with a score; children drawn behind them; attempts at the next child. */
export let members: u32 = 0;
export let drawn: u32 = 0;
let slotsTried: u32 = 0;

export let frontGeneration: u32 = 0;
export let frontEvaluations: u32 = 0;
export let frontDraws: f64 = 0;
export let duplicates: u32 = 0;
export let repairs: u32 = 0;

/** The first population stands at `initial`, [count] genomes of distinct networks within the limit. */
export function beginFront(
  seed: u32, initial: usize, count: u32, mutateProbability: f64, probabilityOfResolution: f64, costLimit: f64,
  remembered: u32,
): bool {
  seedRandom(seed);
  population = count;
  probability = mutateProbability;
  resolutionProbability = probabilityOfResolution;
  limit = costLimit;
  const places = count << 1;
  genomes = allocate(places * genes);
  frontNetworks = allocate(places * slots);
  frontScores = allocate(places << 3);
  frontCosts = allocate(places << 3);
  ranks = allocate(places << 2);
  crowding = allocate(places << 3);
  order = allocate(places << 2);
  lastOf = allocate(places << 2);
  survivors = allocate(places * max(max(genes, slots), 8));
  if (survivors == 0 || !beginBatch(count) || !beginSeen(remembered) || !beginRepair() || !reserveFronts(places)) return false;
  memory.copy(genomes, initial, count * genes);
  for (let i: u32 = 0; i < count; i++) enter(i);
  return true;
}

/** The genome at the next free place is complete: decode, cost, batch. */
function enter(i: u32): void {
  const network = frontNetworks + i * slots;
  decode(genomes + i * genes, network);
  unseen(network);
  queue(i);
}

function queue(i: u32): void {
  const network = frontNetworks + i * slots;
  const cost = costOf(network);
  store<f64>(frontCosts + (i << 3), cost);
  store<f64>(batchCosts + (drawn << 3), cost);
  memory.copy(batch + drawn * slots, network, slots);
  drawn++;
}

/** Of two random members the better: lower rank, then more room around it, then the first drawn. */
function tournament(): u32 {
  const a = below(members);
  const b = below(members);
  const ra = load<u32>(ranks + (a << 2));
  const rb = load<u32>(ranks + (b << 2));
  if (ra != rb) return ra < rb ? a : b;
  return load<f64>(crowding + (b << 3)) > load<f64>(crowding + (a << 3)) ? b : a;
}

export function advanceFront(most: u32): u32 {
  // The first population is complete from the start.
  if (members == 0) return SCORING;
  while (slotsTried < population * ATTEMPTS && drawn < population) {
    if (most == 0) return DRAWING;
    most--;
    slotsTried++;
    frontDraws += 1;
    const place = members + drawn;
    const genome = genomes + place * genes;
    const network = frontNetworks + place * slots;
    const a = tournament();
    cross(genomes + a * genes, genomes + tournament() * genes, genome);
    mutate(genome, probability, resolutionProbability);
    decode(genome, network);
    if (costOf(network) > limit) {
      repair(genome, network, limit);
      repairs++;
    }
    if (unseen(network)) queue(place);
    else duplicates++;
  }
  return SCORING;
}

/** Take the batch's scores in, rank parents and children together, keep the better half. */
export function absorbFront(): void {
  for (let i: u32 = 0; i < drawn; i++) {
    store<f64>(frontScores + ((members + i) << 3), <f64>load<f32>(batchScores + (i << 2)));
  }
  frontEvaluations += drawn;
  const count = members + drawn;
  if (members != 0) frontGeneration++;
  rankFronts(frontCosts, frontScores, count, ranks);
  crowd(count);
  for (let i: u32 = 0; i < count; i++) store<u32>(order + (i << 2), i);
  // By rank, then by room: the second key first, for the sort is stable.
  sortPlaces(order, count, crowding, true);
  sortByRank(count);
  const kept = min(population, count);
  gather(genomes, genes, kept);
  gather(frontNetworks, slots, kept);
  gather(frontScores, 8, kept);
  gather(frontCosts, 8, kept);
  gather(ranks, 4, kept);
  gather(crowding, 8, kept);
  members = kept;
  drawn = 0;
  slotsTried = 0;
}

/** Stable, by counting. */
function sortByRank(count: u32): void {
  memory.fill(lastOf, 0, (population << 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const cell = lastOf + (load<u32>(ranks + (i << 2)) << 2);
    store<u32>(cell, load<u32>(cell) + 1);
  }
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const own = load<u32>(lastOf + (i << 2));
    store<u32>(lastOf + (i << 2), sum);
    sum += own;
  }
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(order + (i << 2));
    const cell = lastOf + (load<u32>(ranks + (place << 2)) << 2);
    const at = load<u32>(cell);
    store<u32>(cell, at + 1);
    store<u32>(survivors + (at << 2), place);
  }
  memory.copy(order, survivors, count << 2);
}

/**
 * Crowding distance: within a front, in order of cost, the gap between both neighbours in either objective, relative to
 * the range of all; Infinity at the ends.
 */
function crowd(count: u32): void {
  const cheap = load<f64>(frontCosts + (load<u32>(byCost) << 3));
  const dear = load<f64>(frontCosts + (load<u32>(byCost + ((count - 1) << 2)) << 3));
  let low: f64 = Infinity;
  let high: f64 = -Infinity;
  for (let i: u32 = 0; i < count; i++) {
    const score = load<f64>(frontScores + (i << 3));
    if (score < low) low = score;
    if (score > high) high = score;
    store<f64>(crowding + (i << 3), Infinity);
  }
  const costRange = dear > cheap ? dear - cheap : 1.0;
  const scoreRange = high > low ? high - low : 1.0;
  // lastOf: two members back in `survivors`, one back in `lastOf`.
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(lastOf + (i << 2), 0);
    store<u32>(survivors + (i << 2), 0);
  }
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(byCost + (i << 2));
    const front = load<u32>(ranks + (place << 2)) << 2;
    const one = load<u32>(lastOf + front);
    const two = load<u32>(survivors + front);
    if (two != 0) {
      const costGap = (load<f64>(frontCosts + (place << 3)) - load<f64>(frontCosts + ((two - 1) << 3))) / costRange;
      const scoreGap = (load<f64>(frontScores + (place << 3)) - load<f64>(frontScores + ((two - 1) << 3))) / scoreRange;
      store<f64>(crowding + ((one - 1) << 3), costGap + scoreGap);
    }
    store<u32>(survivors + front, one);
    store<u32>(lastOf + front, place + 1);
  }
}

/** Move the first `count` places of `order` to the front of one array of the pool. */
function gather(array: usize, size: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    memory.copy(survivors + i * size, array + load<u32>(order + (i << 2)) * size, size);
  }
  memory.copy(array, survivors, count * size);
}
