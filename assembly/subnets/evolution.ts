/**
 * The evolutionary loop of Once-for-All under one limit, with and without accuracy floor. Twin of
 * src/reference/subnets/evolution.ts, which explains the order of events.
 *
 *   pool   0 ── survivors ── parents ── children ── parents + most children
 *          genomes [..][genes], networks [..][slots], scores f32, costs f64
 *
 * A child that breaks the limit is drawn again from the same parents, one below the floor too, in rounds: all that
 * are due are drawn, scored together, and those that fail are due again.
 */
import { allocate } from '../arena';
import { below, seedRandom } from '../random';
import { costOf } from './cost';
import { batch, batchCosts, batchScores, beginBatch, DRAWING, CAPPED, SCORING } from './batch';
import { cross, decode, drawGenome, genes, mutate, slots } from './space';

const NONE: u32 = 0xffffffff;

let parents: u32 = 0;
let mutants: u32 = 0;
let children: u32 = 0;
let probability: f64 = 0;
let resolutionProbability: f64 = 0;
let limit: f64 = 0;
let floor: f64 = 0;
let floorNow: f64 = 0;
let half: bool = false;
let maxDraws: u32 = 0;

let genomes: usize = 0;
export let networks: usize = 0;
export let scores: usize = 0;
export let costs: usize = 0;
/** Networks in the pool that have a score. */
let filled: u32 = 0;
/** Survivors of the last selection; children stand behind them. */
export let survivorCount: u32 = 0;
/** [parents] places of the best, and room to move them. */
let chosen: usize = 0;
let survivors: usize = 0;

/** [children] places that are due, their parents (two u32, NONE = not drawn yet) and draws so far. */
let due: usize = 0;
let parentsOf: usize = 0;
let drawsOf: usize = 0;
export let dueCount: u32 = 0;
let cursor: u32 = 0;
/** The last scored generation waits for its selection. */
let unselected: bool = false;
let first: bool = true;

export let generation: u32 = 0;
export let evaluations: u32 = 0;
export let draws: f64 = 0;
export let bestScore: f32 = 0;
export let bestCost: f64 = 0;
export let bestNetwork: usize = 0;
export let hasBest: bool = false;

export function beginEvolution(
  seed: u32, population: u32, parentCount: u32, mutantCount: u32, crossovers: u32, mutateProbability: f64,
  probabilityOfResolution: f64, costLimit: f64, scoreFloor: f64, initialHalf: bool, drawCap: u32,
): bool {
  seedRandom(seed);
  parents = parentCount;
  mutants = mutantCount;
  children = mutantCount + crossovers;
  probability = mutateProbability;
  resolutionProbability = probabilityOfResolution;
  limit = costLimit;
  floor = scoreFloor;
  floorNow = scoreFloor - 0.3;
  half = initialHalf;
  maxDraws = drawCap;
  const most = max(population, children);
  const places = parents + most;
  genomes = allocate(places * genes);
  networks = allocate(places * slots);
  scores = allocate(places << 2);
  costs = allocate(places << 3);
  chosen = allocate(parents << 2);
  survivors = allocate(parents * (genes + slots + 12));
  due = allocate(most << 2);
  parentsOf = allocate(most << 3);
  drawsOf = allocate(most << 2);
  bestNetwork = allocate(slots);
  if (!beginBatch(most)) return false;
  demand(population);
  return bestNetwork != 0;
}

/** Children are due at the places behind the survivors. */
function demand(count: u32): void {
  dueCount = count;
  cursor = 0;
  for (let k: u32 = 0; k < count; k++) {
    store<u32>(due + (k << 2), k);
    store<u32>(parentsOf + (k << 3), NONE);
    store<u32>(drawsOf + (k << 2), 0);
  }
}

export function advanceEvolution(most: u32): u32 {
  if (unselected) select();
  for (; cursor < dueCount; cursor++) {
    const k = load<u32>(due + (cursor << 2));
    const place = survivorCount + k;
    const network = networks + place * slots;
    let cost: f64 = 0;
    do {
      if (most == 0) return DRAWING;
      most--;
      const drawn = load<u32>(drawsOf + (k << 2));
      if (drawn == maxDraws) return CAPPED;
      store<u32>(drawsOf + (k << 2), drawn + 1);
      draws += 1;
      draw(k, genomes + place * genes);
      decode(genomes + place * genes, network);
      cost = costOf(network);
    } while (!(cost <= limit));
    store<f64>(costs + (place << 3), cost);
    memory.copy(batch + cursor * slots, network, slots);
    store<f64>(batchCosts + (cursor << 3), cost);
  }
  if (first && half) dueCount = (dueCount + 1) >> 1;
  first = false;
  return SCORING;
}

/** A draft of child k, from the parents that it was given at its first draw. */
function draw(k: u32, genome: usize): void {
  if (survivorCount == 0) {
    drawGenome(genome);
    return;
  }
  const pair = parentsOf + (k << 3);
  if (load<u32>(pair) == NONE) {
    store<u32>(pair, below(survivorCount));
    if (k >= mutants) store<u32>(pair, below(survivorCount), 4);
  }
  const a = genomes + load<u32>(pair) * genes;
  if (k < mutants) {
    memory.copy(genome, a, genes);
    mutate(genome, probability, resolutionProbability);
  } else cross(a, genomes + load<u32>(pair, 4) * genes, genome);
}

/** Take the batch's scores in; children below the floor are due again. */
export function absorbEvolution(): void {
  evaluations += dueCount;
  let failed: u32 = 0;
  for (let i: u32 = 0; i < dueCount; i++) {
    const k = load<u32>(due + (i << 2));
    const score = load<f32>(batchScores + (i << 2));
    store<f32>(scores + ((survivorCount + k) << 2), score);
    if (!(<f64>score >= floorNow)) store<u32>(due + (failed++ << 2), k);
    else filled = max(filled, survivorCount + k + 1);
  }
  dueCount = failed;
  cursor = 0;
  if (failed != 0) return;
  floorNow = floor;
  unselected = true;
  if (survivorCount != 0) generation++;
}

/** The best of the pool become survivors and parents; among equals the later ones, as a reversed stable sort has them. */
function select(): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < filled; i++) {
    const score = load<f32>(scores + (i << 2));
    let at = kept;
    while (at > 0 && load<f32>(scores + (load<u32>(chosen + ((at - 1) << 2)) << 2)) <= score) at--;
    if (at == parents) continue;
    if (kept < parents) kept++;
    memory.copy(chosen + ((at + 1) << 2), chosen + (at << 2), (kept - 1 - at) << 2);
    store<u32>(chosen + (at << 2), i);
  }
  gather(genomes, genes, kept);
  gather(networks, slots, kept);
  gather(scores, 4, kept);
  gather(costs, 8, kept);
  survivorCount = kept;
  filled = kept;
  if (!hasBest || load<f32>(scores) > bestScore) {
    hasBest = true;
    bestScore = load<f32>(scores);
    bestCost = load<f64>(costs);
    memory.copy(bestNetwork, networks, slots);
  }
  unselected = false;
  demand(children);
}

/** Move the chosen entries of one array of the pool to its front. */
function gather(array: usize, size: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    memory.copy(survivors + i * size, array + load<u32>(chosen + (i << 2)) * size, size);
  }
  memory.copy(array, survivors, count * size);
}
