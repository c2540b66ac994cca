/**
 * Monte-Carlo tree search over joint placements: twin of src/reference/placement/search.ts, where the method is
 * explained. Simulate, expand, back up; leaves in batches.
 *
 *   per leaf i of a batch (L = batch); its path is in flight.ts
 *     SOURCES   [L][M] u32 addresses of demands: opening lists, best plan, fixed decisions, or the leaf's own drafts
 *     DRAFTS    [L][M] demands
 *     LEAF_PENDING [L] i32 index among placements to score, -1 = value known     LEAF_VALUE [L] f64
 *   per pending placement
 *     PENDING_LEAF, PENDING_LOW, PENDING_HIGH [L] u32          VALUES, MEANS [L] f64
 */
import { allocate } from '../arena';
import { below, seedRandom } from '../random';
import { beginBestList, isBetter, offerBest } from './best-list';
import { copyRecord, demandBytes, demandOf, RECORD_BYTES, ROW } from './demand';
import {
  assembleLayers, beginLayerDescent, beginLayers, commitLayer, completeLayers, descendLayer, evenPriors, layerCurrent,
  layerTurn, legalCount,
} from './layers';
import { backUp, beginFlight, endPath, enter, enterRoot, turnBack } from './flight';
import { excessOf } from './limits';
import { neighbour, relief } from './neighbour';
import { hashPlacement, placementHigh, placementLow } from './placement-hash';
import { scoredExcess, scoredMean, scoreRates } from './objective';
import {
  appendOpening, beginOpenings, extendOpenings, findOpening, openingDemand, openingPriors, openingPriorSum, openingsLength,
} from './openings';
import { blocksOf, constrained, f64At, models, order, processorUses, resources, u32At } from './problem';
import { maxMinRates, maxMinRatesOfAll } from './rates';
import { samplePlacement } from './sampler';
import { beginRange, widenRange, worthOfRefused } from './range';
import { beginSelection, selectChild, selectedPlace, selectedSlot } from './selection';
import {
  beginTree, childAt, chunks, close, closedIn, family, freshRoot, full, isClosed, mayOpen, openChild, openIn,
} from './tree';
import { beginCache, cachedValue, lookUp, remember } from './value-cache';

export let hasBest: bool = false;
let evaluations: u32 = 0;
let simulations: u32 = 0;
let cacheHits: u32 = 0;
let refused: u32 = 0;
let bestValue: f64 = 0;
let bestMeanRate: f64 = 0;
let bestAt: u32 = 0;
let leastExcess: f64 = 0;
let pendingCount: u32 = 0;
/** Decisions fixed by `commit`, and decisions of a complete placement. */
let fixedDecisions: u32 = 0;
let decisionDepth: u32 = 0;
/** [M] demands of the best plan: records at a stride of demandStride. */
export let bestDemands: usize = 0;
export let demandStride: u32 = 0;

let layered: bool = false;
let uct: bool = false;
let uniformRollout: bool = false;
let keepBest: bool = false;
let exploration: f64 = 0;
let batch: u32 = 0;
let root: u32 = 0;
let leafCount: u32 = 0;
/** Local steps without success, per model, after which the local search starts anew. */
const PATIENCE: u32 = 24;
/** Of ten local steps, those that relieve a stage on a full resource, where there is one. */
const RELIEF_IN_TEN: u32 = 8;
/** Share of its time from which a resource counts as full. */
const BUSY: f64 = 0.98;
/** First entries of an opening list that a restart draws from. */
const PROMISING: u32 = 64;
/** Where the local search stands: [M] demands, their value, steps without success, a restart in flight. */
let baseDemands: usize = 0;
let baseValue: f64 = 0;
let failures: u32 = 0;
/** Resources that the throughput model fills there, as bits, once looked at. */
let busy: u32 = 0;
let busyKnown: bool = false;
let restarting: bool = false;
let polishing: bool = false;
/** Decisions taken by the last `descend`. */
let reachedDepth: u32 = 0;

let decided: usize = 0;
let fixedArea: usize = 0;
let sources: usize = 0;
let drafts: usize = 0;
let leafPending: usize = 0;
let leafValue: usize = 0;
let pendingLeaf: usize = 0;
let pendingLow: usize = 0;
let pendingHigh: usize = 0;
let values: usize = 0;
let means: usize = 0;
let rates: usize = 0;
let scored: usize = 0;
let openModels: usize = 0;

/** Prepare a search; false = no memory. The opening lists' inputs and `countsOf` are set before. */
export function beginSearch(
  seed: u32,
  useLayers: bool,
  useUct: bool,
  explorationConstant: f64,
  useUniformRollout: bool,
  backUpBest: bool,
  batchSize: u32,
  slots: u32,
  cacheEntries: u32,
): bool {
  layered = useLayers;
  uct = useUct;
  uniformRollout = useUniformRollout;
  keepBest = backUpBest;
  exploration = explorationConstant;
  batch = batchSize;
  seedRandom(seed);
  const M: usize = models;
  demandStride = demandBytes();
  decisionDepth = models;
  if (layered) {
    decisionDepth = 0;
    for (let m: u32 = 0; m < models; m++) decisionDepth += u32At(blocksOf, m);
  }
  const L: usize = batch;
  evaluations = simulations = cacheHits = refused = bestAt = pendingCount = leafCount = fixedDecisions = root = 0;
  bestValue = bestMeanRate = -Infinity;
  leastExcess = Infinity;
  hasBest = false;
  decided = allocate(M << 2);
  fixedArea = allocate(M * demandStride);
  bestDemands = allocate(M * demandStride);
  baseDemands = allocate(M * demandStride);
  baseValue = -Infinity;
  failures = 0;
  restarting = polishing = busyKnown = false;
  sources = allocate((L * M) << 2);
  drafts = allocate(L * M * demandStride);
  leafPending = allocate(L << 2);
  leafValue = allocate(L << 3);
  pendingLeaf = allocate(L << 2);
  pendingLow = allocate((L + 3) << 2);
  pendingHigh = allocate((L + 3) << 2);
  values = allocate(L << 3);
  means = allocate(L << 3);
  rates = allocate((L * M) << 3);
  scored = allocate(L << 2);
  openModels = allocate(M);
  if (openModels == 0) return false;
  const ready = layered ? beginLayers(decisionDepth) : beginOpenings();
  beginRange();
  beginSelection();
  return ready && beginFlight(batch, decisionDepth) && beginTree(slots) && beginCache(cacheEntries) && beginBestList();
}

/** Go on until that many more evaluations or simulations. */
export function runSearch(polish: bool, moreEvaluations: u32, moreSimulations: u32): void {
  const lastEvaluation = evaluations + moreEvaluations;
  const lastSimulation = simulations + moreSimulations;
  while (evaluations < lastEvaluation && simulations < lastSimulation) {
    collect(polish, polish ? 1 : batch, lastEvaluation - evaluations);
    if (leafCount == 0) break;
    scorePending();
    settle();
  }
}

/** Collect up to n placements for an outside estimator; their number. */
export function selectLeaves(polish: bool, n: u32): u32 {
  for (let i: u32 = 0; i < 4; i++) {
    collect(polish, batch, n);
    if (pendingCount > 0) break;
    settle();
  }
  return pendingCount;
}

/** Records [pending][M] and demands [pending][M][R] of the collected placements. */
export function copyPending(records: usize, demands: usize): void {
  for (let i: u32 = 0; i < pendingCount; i++) {
    for (let m: u32 = 0; m < models; m++) {
      const source = load<usize>(sourcesOf(u32At(pendingLeaf, i)) + (m << 2));
      copyRecord(records, source);
      memory.copy(demands, source + ROW, resources << 3);
      records += RECORD_BYTES;
      demands += resources << 3;
    }
  }
}

/** Rates [pending][M] of the collected placements, by the throughput model. */
export function ratePending(out: usize): void {
  for (let i: u32 = 0; i < pendingCount; i++) store<usize>(scored + (i << 2), sourcesOf(u32At(pendingLeaf, i)));
  maxMinRatesOfAll(scored, pendingCount, out);
}

/** Values of the collected placements, from outside. */
export function backupValues(given: usize): void {
  memory.copy(values, given, pendingCount << 3);
  memory.fill(means, 0, pendingCount << 3);
  settle();
}

/** Score one given placement, [M] records: by the analytic model, or with a value from outside. */
export function offerPlacement(records: usize, scored: bool, value: f64): void {
  leafCount = 0;
  polishing = false;
  pendingCount = 0;
  const demands = sourcesOf(0);
  for (let m: u32 = 0; m < models; m++) {
    const draft = drafts + m * demandStride;
    demandOf(m, records + m * RECORD_BYTES, draft);
    store<usize>(demands + (m << 2), draft);
  }
  endPath();
  addLeaf();
  if (scored && pendingCount > 0) {
    store<f64>(values, value);
    store<f64>(means, 0);
  } else scorePending();
  settle();
}

/** Where the search stands, eleven f64: in one call, for reading a global from outside costs as much as one. */
export function reportSearch(out: usize): void {
  store<f64>(out, <f64>evaluations);
  store<f64>(out, <f64>simulations, 8);
  store<f64>(out, <f64>cacheHits, 16);
  store<f64>(out, <f64>refused, 24);
  store<f64>(out, <f64>chunks, 32);
  store<f64>(out, <f64>full, 40);
  // Every placement that the opening lists hold was tried.
  store<f64>(out, <f64>isClosed(root), 48);
  store<f64>(out, bestValue, 56);
  store<f64>(out, bestMeanRate, 64);
  store<f64>(out, <f64>bestAt, 72);
  store<f64>(out, leastExcess, 80);
}

/** Fix the best plan's next decision; the decisions fixed so far. */
export function commitDecision(): u32 {
  if (!hasBest || fixedDecisions >= decisionDepth) return fixedDecisions;
  const opened = openIn(family(root));
  let place: i32;
  if (layered) place = commitLayer(fixedDecisions, bestDemands);
  else {
    const m = <u32>load<u8>(order + fixedDecisions);
    const kept = fixedArea + m * demandStride;
    memory.copy(kept, bestDemands + m * demandStride, demandStride);
    store<usize>(decided + (fixedDecisions << 2), kept);
    place = findOpening(m, kept);
  }
  fixedDecisions++;
  root = place >= 0 && <u32>place < opened ? childAt(root, place) : freshRoot();
  standAtBest();
  return fixedDecisions;
}

// @ts-ignore: decorator
@inline
function sourcesOf(leaf: u32): usize {
  return sources + ((<usize>leaf * models) << 2);
}

function collect(polish: bool, most: u32, unscored: u32): void {
  leafCount = 0;
  polishing = polish;
  pendingCount = 0;
  while (leafCount < most && pendingCount < unscored) {
    if (!(polish ? step() : simulate())) return;
  }
}

/** Reach a leaf: its path is in flight. False = the root is closed. */
function descend(): bool {
  while (!isClosed(root)) {
    if (layered) beginLayerDescent(fixedDecisions);
    let slot = root;
    let parent: u32 = 0;
    let depth = fixedDecisions;
    let dead = false;
    let tries = enterRoot(slot);
    while (depth < decisionDepth) {
      const m = layered ? 0 : <u32>load<u8>(order + depth);
      const priors = layered ? evenPriors() : openingPriors(m);
      const children = family(slot);
      const opened = openIn(children);
      const exhausted = closedIn(children) == opened;
      let available = false;
      let child: u32 = 0;
      // A node whose children are all closed opens another one whatever its visits: nothing is tried twice.
      if (exhausted || mayOpen(opened, tries)) {
        available = layered ? opened < legalCount : opened < openingsLength(m) || extendOpenings(m);
        if (available) child = openChild(slot);
      }
      const opening = child != 0;
      let place = opened;
      if (!opening) {
        if (exhausted) {
          dead = opened > 0 && !available;
          break;
        }
        selectChild(children, tries, priors, layered ? <f64>opened : openingPriorSum(m, opened), exploration, uct);
        child = selectedSlot;
        place = selectedPlace;
      }
      if (layered) descendLayer(place);
      else store<usize>(decided + (depth << 2), openingDemand(m, place));
      parent = slot;
      slot = child;
      depth++;
      if (opening && depth == decisionDepth) close(slot, parent, true);
      tries = enter(slot, load<f32>(priors + (<usize>place << 2)));
      if (opening) break;
    }
    if (!dead) {
      endPath();
      reachedDepth = depth;
      return true;
    }
    turnBack();
    close(slot, parent, depth > fixedDecisions);
  }
  return false;
}

/** Select, expand, roll out: one leaf. False = every placement that the tree can hold was tried. */
function simulate(): bool {
  const leaf = leafCount;
  if (!descend()) return false;
  const depth = reachedDepth;

  const demands = sourcesOf(leaf);
  const area = drafts + <usize>leaf * models * demandStride;
  let turn = depth;
  if (layered) {
    completeLayers();
    assembleLayers(demands, area);
    turn = layerTurn;
  } else {
    for (let i: u32 = 0; i < depth; i++) {
      store<usize>(demands + (<usize>load<u8>(order + i) << 2), load<usize>(decided + (i << 2)));
    }
  }
  for (; turn < models; turn++) {
    const m = <u32>load<u8>(order + turn);
    store<usize>(demands + (m << 2), rollOut(m, area + m * demandStride));
  }
  addLeaf();
  return true;
}

/** Address of a demand for an undecided model: the best plan's, or a fresh one at `draft`. */
function rollOut(m: u32, draft: usize): usize {
  if (uniformRollout) samplePlacement(m, true, draft);
  else {
    if (hasBest && below(2) == 0) return bestDemands + m * demandStride;
    samplePlacement(m, false, draft);
  }
  demandOf(m, draft, draft);
  return draft;
}

/** Ways to restart: a step of every model, all models anew, or one model anew. */
const SHIFT_ALL: u32 = 0;
const KEEP_OTHERS: u32 = 2;

/** Whether model m is decided at that turn or later. */
function isOpen(m: u32, turn: u32): bool {
  for (let i = turn; i < models; i++) if (<u32>load<u8>(order + i) == m) return true;
  return false;
}

/** One step of iterated local search; false = nothing to change, or a restart waits for its value. */
function step(): bool {
  let turn = fixedDecisions;
  if (layered) {
    beginLayerDescent(fixedDecisions);
    turn = layerCurrent >= 0 ? layerTurn + 1 : layerTurn;
  }
  if (turn >= models || restarting) return false;
  const open = models - turn;
  const changed = <u32>load<u8>(order + turn + below(open));
  const demands = sourcesOf(leafCount);
  const area = drafts + <usize>leafCount * models * demandStride;
  if (hasBest) {
    restarting = failures >= PATIENCE * open;
    if (!restarting && below(10) < RELIEF_IN_TEN && relieve(turn, demands, area)) return true;
    const from = restarting ? bestDemands : baseDemands;
    const draft = area + changed * demandStride;
    const restart: u32 = restarting ? below(3) : KEEP_OTHERS;
    const promising = restarting && restart != SHIFT_ALL && !layered ? min(openingsLength(changed), PROMISING) : 0;
    if (promising > 0) copyRecord(draft, openingDemand(changed, below(promising)));
    else neighbour(changed, from + changed * demandStride, draft);
    demandOf(changed, draft, draft);
    for (let m: u32 = 0; m < models; m++) {
      let source = from + m * demandStride;
      if (m == changed) source = draft;
      else if (restart != KEEP_OTHERS && isOpen(m, turn)) {
        const other = area + m * demandStride;
        if (restart == SHIFT_ALL) neighbour(m, source, other);
        else samplePlacement(m, false, other);
        demandOf(m, other, other);
        source = other;
      }
      store<usize>(demands + (m << 2), source);
    }
  } else {
    for (let m: u32 = 0; m < models; m++) {
      const draft = area + m * demandStride;
      samplePlacement(m, false, draft);
      demandOf(m, draft, draft);
      store<usize>(demands + (m << 2), draft);
    }
  }
  endPath();
  addLeaf();
  return true;
}

/** Propose less work on a full resource; false where there is none, or no change was found. */
function relieve(turn: u32, demands: usize, area: usize): bool {
  for (let m: u32 = 0; m < models; m++) store<usize>(demands + (m << 2), baseDemands + m * demandStride);
  if (!busyKnown) {
    busy = busyResources(demands);
    busyKnown = true;
  }
  let found: u32 = 0;
  for (let i = turn; i < models; i++) found += busyStages(<u32>load<u8>(order + i));
  if (found == 0) return false;
  let chosen = below(found);
  let m: u32 = 0;
  for (let i = turn; i < models; i++) {
    m = <u32>load<u8>(order + i);
    const stages = busyStages(m);
    if (chosen < stages) break;
    chosen -= stages;
  }
  const record = baseDemands + m * demandStride;
  let s: u32 = 0;
  for (; ; s++) if (isBusy(record, s) && chosen-- == 0) break;
  const draft = area + m * demandStride;
  if (!relief(m, record, s, draft)) return false;
  demandOf(m, draft, draft);
  store<usize>(demands + (m << 2), draft);
  endPath();
  addLeaf();
  return true;
}

// @ts-ignore: decorator
@inline
function isBusy(record: usize, s: u32): bool {
  return (u32At(processorUses, load<u8>(record + 1 + 2 * s)) & busy) != 0;
}

function busyStages(m: u32): u32 {
  const record = baseDemands + m * demandStride;
  let count: u32 = 0;
  for (let s: u32 = 0; s < <u32>load<u8>(record); s++) count += <u32>isBusy(record, s);
  return count;
}

function busyResources(demands: usize): u32 {
  maxMinRates(demands, rates);
  let bits: u32 = 0;
  for (let r: u32 = 0; r < resources; r++) {
    let share: f64 = 0;
    for (let m: u32 = 0; m < models; m++) {
      share += f64At(rates, m) * f64At(load<usize>(demands + (m << 2)) + ROW, r);
    }
    if (share > BUSY) bits |= <u32>1 << r;
  }
  return bits;
}

function standAtBest(): void {
  memory.copy(baseDemands, bestDemands, models * demandStride);
  baseValue = bestValue;
  busyKnown = false;
  failures = 0;
}

/** Move the local search to the best of its proposals, or count a failure. */
function moveOn(): void {
  let chosen: i32 = -1;
  let chosenValue = restarting ? -Infinity : baseValue;
  for (let i: u32 = 0; i < leafCount; i++) {
    const value = leafResult(i);
    if (value > chosenValue) {
      chosen = i;
      chosenValue = value;
    }
  }
  if (chosen >= 0) {
    keepDemands(sourcesOf(chosen), baseDemands);
    baseValue = chosenValue;
    busyKnown = false;
    failures = 0;
  } else if (restarting && hasBest) standAtBest();
  else failures += leafCount;
  restarting = false;
}

/** Copy [M] demands given by address to an area; those that are there already stay. */
function keepDemands(demands: usize, area: usize): void {
  for (let m: u32 = 0; m < models; m++) {
    const source = load<usize>(demands + (m << 2));
    const kept = area + m * demandStride;
    if (source != kept) memory.copy(kept, source, demandStride);
  }
}

// @ts-ignore: decorator
@inline
function leafResult(leaf: u32): f64 {
  const pending = load<i32>(leafPending + (leaf << 2));
  return pending >= 0 ? load<f64>(values + (<usize>pending << 3)) : load<f64>(leafValue + (leaf << 3));
}

/** File the leaf whose sources are set: known, refused, or pending. */
function addLeaf(): void {
  const leaf = leafCount++;
  simulations++;
  const demands = sourcesOf(leaf);
  hashPlacement(demands);
  const low = placementLow;
  const high = placementHigh;
  if (lookUp(low, high)) {
    cacheHits++;
    store<i32>(leafPending + (leaf << 2), -1);
    store<f64>(leafValue + (leaf << 3), cachedValue);
    return;
  }
  const same = findPending(low, high);
  if (same >= 0) {
    cacheHits++;
    store<i32>(leafPending + (leaf << 2), same);
    return;
  }
  if (constrained) {
    const excess = excessOf(demands);
    if (excess > 0) {
      refused++;
      if (excess < leastExcess) leastExcess = excess;
      store<i32>(leafPending + (leaf << 2), -1);
      store<f64>(leafValue + (leaf << 3), NaN);
      return;
    }
  }
  store<i32>(leafPending + (leaf << 2), pendingCount);
  store<u32>(pendingLeaf + (pendingCount << 2), leaf);
  store<u32>(pendingLow + (pendingCount << 2), low);
  store<u32>(pendingHigh + (pendingCount << 2), high);
  pendingCount++;
}

/** Index of the pending placement of that hash, or -1; four at a time. */
// @ts-ignore: decorator
@inline
function findPending(low: u32, high: u32): i32 {
  const lows = i32x4.splat(low);
  const highs = i32x4.splat(high);
  for (let i: u32 = 0; i < pendingCount; i += 4) {
    const same = v128.and(
      i32x4.eq(v128.load(pendingLow + (i << 2)), lows),
      i32x4.eq(v128.load(pendingHigh + (i << 2)), highs),
    );
    if (!v128.any_true(same)) continue;
    const found = i + ctz(i32x4.bitmask(same));
    // Behind the last one is what an earlier batch left.
    if (found < pendingCount) return found;
  }
  return -1;
}

function scorePending(): void {
  ratePending(rates);
  for (let i: u32 = 0; i < pendingCount; i++) {
    store<f64>(values + (i << 3), scoreRates(load<usize>(scored + (i << 2)), rates + ((<usize>i * models) << 3)));
    store<f64>(means + (i << 3), scoredMean);
    if (scoredExcess > 0 && scoredExcess < leastExcess) leastExcess = scoredExcess;
  }
}

/** Take in values, then back every leaf up in the order of collection. */
function settle(): void {
  let winner: i32 = -1;
  for (let i: u32 = 0; i < pendingCount; i++) {
    const low = u32At(pendingLow, i);
    const high = u32At(pendingHigh, i);
    let value = load<f64>(values + (i << 3));
    const mean = load<f64>(means + (i << 3));
    if (!(value > -Infinity)) value = NaN;
    evaluations++;
    remember(low, high, value);
    if (isNaN(value)) continue;
    widenRange(value);
    offerBest(low, high, value, mean, sourcesOf(u32At(pendingLeaf, i)));
    if (isBetter(value, mean, bestValue, bestMeanRate)) {
      winner = i;
      bestValue = value;
      bestMeanRate = mean;
      bestAt = evaluations;
    }
  }
  // The local search's proposals may point into the best plan: they are taken over before it changes.
  if (polishing) moveOn();
  if (winner >= 0) {
    hasBest = true;
    keepDemands(sourcesOf(u32At(pendingLeaf, winner)), bestDemands);
    if (!layered) for (let m: u32 = 0; m < models; m++) appendOpening(m, bestDemands + m * demandStride);
    if (!polishing) standAtBest();
  }
  for (let i: u32 = 0; i < leafCount; i++) {
    let result = leafResult(i);
    if (!(result > -Infinity)) result = worthOfRefused();
    store<f64>(leafValue + (i << 3), result);
  }
  backUp(leafValue, keepBest);
  leafCount = 0;
  pendingCount = 0;
}
