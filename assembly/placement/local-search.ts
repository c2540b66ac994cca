/**
 * Iterated local search over joint placements: twin of src/reference/placement/local-search.ts, where the method is
 * explained.
 */
import { allocate } from '../arena';
import { below } from '../random';
import { copyRecord, demandOf, ROW } from './demand';
import { endPath } from './flight';
import { beginLayerDescent, layerCurrent, layerTurn } from './layers';
import { addLeaf, demandStride, draftsOf, keepDemands, leafCount, leafResult, rates, sourcesOf } from './leaves';
import { neighbour, relief } from './neighbour';
import { openingDemand, openingsLength } from './openings';
import { f64At, models, order, processorUses, resources, u32At } from './problem';
import { maxMinRates } from './rates';
import { samplePlacement } from './sampler';

/** Local steps without success, per model, after which the local search starts anew. */
const PATIENCE: u32 = 24;
/** Of ten local steps, those that relieve a stage on a full resource, where there is one. */
const RELIEF_IN_TEN: u32 = 8;
/** Share of its time from which a resource counts as full. */
const BUSY: f64 = 0.98;
/** First entries of an opening list that a restart draws from. */
const PROMISING: u32 = 64;
/** Ways to restart: a step of every model, all models anew, or one model anew. */
const SHIFT_ALL: u32 = 0;
const KEEP_OTHERS: u32 = 2;

/** Where the local search stands: [M] demands, their value, steps without success, a restart in flight. */
let baseDemands: usize = 0;
let baseValue: f64 = 0;
let failures: u32 = 0;
/** Resources that the throughput model fills there, as bits, once looked at. */
let busy: u32 = 0;
let busyKnown: bool = false;
let restarting: bool = false;

/** Room for where it stands; false = no memory. Leaves are begun before. */
export function beginLocalSearch(): bool {
  baseDemands = allocate(<usize>models * demandStride);
  baseValue = -Infinity;
  failures = 0;
  restarting = busyKnown = false;
  return baseDemands != 0;
}

export function standAt(demands: usize, value: f64): void {
  memory.copy(baseDemands, demands, models * demandStride);
  baseValue = value;
  busyKnown = false;
  failures = 0;
}

/**
 * One step; false = nothing to change, or a restart waits for its value.
 *
 * @param best [M] demands of the best plan; 0 = there is none
 */
export function step(best: usize, fixedDecisions: u32, layered: bool): bool {
  let turn = fixedDecisions;
  if (layered) {
    beginLayerDescent(fixedDecisions);
    turn = layerCurrent >= 0 ? layerTurn + 1 : layerTurn;
  }
  if (turn >= models || restarting) return false;
  const open = models - turn;
  const changed = <u32>load<u8>(order + turn + below(open));
  const demands = sourcesOf(leafCount);
  const area = draftsOf(leafCount);
  if (best != 0) {
    restarting = failures >= PATIENCE * open;
    if (!restarting && below(10) < RELIEF_IN_TEN && relieve(turn, demands, area)) return true;
    const from = restarting ? best : baseDemands;
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

/** Move to the best of the proposals, or count a failure. @param best as for `step` */
export function moveOn(best: usize, bestValue: f64): void {
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
  } else if (restarting && best != 0) standAt(best, bestValue);
  else failures += leafCount;
  restarting = false;
}

/** Whether model m is decided at that turn or later. */
function isOpen(m: u32, turn: u32): bool {
  for (let i = turn; i < models; i++) if (<u32>load<u8>(order + i) == m) return true;
  return false;
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
