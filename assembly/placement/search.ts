/**
 * Monte-Carlo tree search over joint placements: twin of src/reference/placement/search.ts, where the method is
 * explained. Simulate, expand, back up; leaves in batches (leaves.ts).
 */
import { allocate } from '../arena';
import { below, seedRandom } from '../random';
import { beginBestList, isBetter, offerBest } from './best-list';
import { demandOf, RECORD_BYTES } from './demand';
import { backUp, beginFlight, endPath, enter, enterRoot, turnBack } from './flight';
import {
  assembleLayers, beginLayerDescent, beginLayers, commitLayer, completeLayers, descendLayer, evenPriors, layerTurn,
  legalCount,
} from './layers';
import {
  addLeaf, beginLeaves, cacheHits, clearLeaves, demandStride, draftsOf, keepDemands, leafCount, leafResult, leafValue,
  leastExcess, means, pendingCount, pendingHigh, pendingLeaf, pendingLow, refused, scorePending, simulations, sourcesOf,
  values,
} from './leaves';
import { beginLocalSearch, moveOn, standAt, step } from './local-search';
import {
  appendOpening, beginOpenings, extendOpenings, findOpening, openingDemand, openingPriors, openingPriorSum, openingsLength,
} from './openings';
import { blocksOf, models, order, u32At } from './problem';
import { beginRange, widenRange, worthOfRefused } from './range';
import { samplePlacement } from './sampler';
import { beginSelection, selectChild, selectedPlace, selectedSlot } from './selection';
import {
  beginTree, childAt, chunks, close, closedIn, family, freshRoot, full, isClosed, mayOpen, openChild, openIn,
} from './tree';
import { beginCache, remember } from './value-cache';

export let hasBest: bool = false;
let evaluations: u32 = 0;
let bestValue: f64 = 0;
let bestMeanRate: f64 = 0;
let bestAt: u32 = 0;
/** Decisions fixed by `commit`, and decisions of a complete placement. */
let fixedDecisions: u32 = 0;
let decisionDepth: u32 = 0;
/** [M] demands of the best plan: records at a stride of demandStride. */
export let bestDemands: usize = 0;

let layered: bool = false;
let uct: bool = false;
let uniformRollout: bool = false;
let keepBest: bool = false;
let exploration: f64 = 0;
let batch: u32 = 0;
let root: u32 = 0;
let polishing: bool = false;
/** Decisions taken by the last `descend`. */
let reachedDepth: u32 = 0;

let decided: usize = 0;
let fixedArea: usize = 0;

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
  decisionDepth = models;
  if (layered) {
    decisionDepth = 0;
    for (let m: u32 = 0; m < models; m++) decisionDepth += u32At(blocksOf, m);
  }
  evaluations = bestAt = fixedDecisions = root = 0;
  bestValue = bestMeanRate = -Infinity;
  hasBest = polishing = false;
  if (!beginLeaves(batch)) return false;
  decided = allocate(M << 2);
  fixedArea = allocate(M * demandStride);
  bestDemands = allocate(M * demandStride);
  if (bestDemands == 0 || !beginLocalSearch()) return false;
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

/** Values of the collected placements, from outside. */
export function backupValues(given: usize): void {
  memory.copy(values, given, pendingCount << 3);
  memory.fill(means, 0, pendingCount << 3);
  settle();
}

/** Score one given placement, [M] records: by the analytic model, or with a value from outside. */
export function offerPlacement(records: usize, scored: bool, value: f64): void {
  clearLeaves();
  polishing = false;
  const demands = sourcesOf(0);
  for (let m: u32 = 0; m < models; m++) {
    const draft = draftsOf(0) + m * demandStride;
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
  standAt(bestDemands, bestValue);
  return fixedDecisions;
}

/** [M] demands; 0 = none yet. */
// @ts-ignore: decorator
@inline
function bestSoFar(): usize {
  return hasBest ? bestDemands : 0;
}

function collect(polish: bool, most: u32, unscored: u32): void {
  clearLeaves();
  polishing = polish;
  while (leafCount < most && pendingCount < unscored) {
    if (!(polish ? step(bestSoFar(), fixedDecisions, layered) : simulate())) return;
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
  const area = draftsOf(leaf);
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
  if (polishing) moveOn(bestSoFar(), bestValue);
  if (winner >= 0) {
    hasBest = true;
    keepDemands(sourcesOf(u32At(pendingLeaf, winner)), bestDemands);
    if (!layered) for (let m: u32 = 0; m < models; m++) appendOpening(m, bestDemands + m * demandStride);
    if (!polishing) standAt(bestDemands, bestValue);
  }
  for (let i: u32 = 0; i < leafCount; i++) {
    let result = leafResult(i);
    if (!(result > -Infinity)) result = worthOfRefused();
    store<f64>(leafValue + (i << 3), result);
  }
  backUp(leafValue, keepBest);
  clearLeaves();
}
