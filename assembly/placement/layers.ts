/**
 * `layer` granularity: one decision puts one block on a processor, last block first. Twin of
 * src/reference/placement/layer-decisions.ts.
 *
 *   chosen   [depth] u8 processor of every block decided so far, models in order, blocks last to first
 *   counts   [M] address of [n][P][2^P] f64 ways to complete (from the binding)
 */
import { allocate } from '../arena';
import { unit } from '../random';
import { demandBytes, demandOf, RECORD_BYTES } from './demand';
import { addressAt, blocksOf, f64At, models, order, processors, reachOf, u32At } from './problem';

export let countsOf: usize = 0;

export let layerTurn: u32 = 0;
export let layerCurrent: i32 = -1;
export let legalCount: u32 = 0;

const LEGAL: usize = memory.data(16, 16);
const EVEN_PRIORS: usize = memory.data(64, 16);
let chosen: usize = 0;
let at: u32 = 0;
let block: i32 = 0;
let used: u32 = 0;

export function beginLayers(depth: u32): bool {
  chosen = allocate(depth);
  for (let i: usize = 0; i < 64; i += 4) store<f32>(EVEN_PRIORS + i, 1);
  return chosen != 0;
}

export function evenPriors(): usize {
  return EVEN_PRIORS;
}

export function beginLayerDescent(fixed: u32): void {
  at = 0;
  layerTurn = 0;
  block = <i32>u32At(blocksOf, <u32>load<u8>(order)) - 1;
  layerCurrent = -1;
  used = 0;
  while (at < fixed) advance(<u32>load<u8>(chosen + at));
  listLegal();
}

export function descendLayer(place: u32): void {
  advance(<u32>load<u8>(LEGAL + place));
  listLegal();
}

function advance(p: u32): void {
  store<u8>(chosen + at, <u8>p);
  at++;
  layerCurrent = p;
  used |= 1 << p;
  block--;
  if (block >= 0) return;
  layerTurn++;
  layerCurrent = -1;
  used = 0;
  if (layerTurn < models) block = <i32>u32At(blocksOf, <u32>load<u8>(order + layerTurn)) - 1;
}

function waysOn(p: u32): f64 {
  if (<i32>p != layerCurrent && (used & (1 << p)) != 0) return 0;
  const m = <u32>load<u8>(order + layerTurn);
  const n = u32At(blocksOf, m);
  if (<i32>load<u8>(addressAt(reachOf, m) + p * n + block) <= block) return 0;
  return f64At(addressAt(countsOf, m), (((<u32>block * processors + p) << processors) + (used | (1 << p))));
}

function listLegal(): void {
  legalCount = 0;
  if (layerTurn >= models) return;
  for (let p: u32 = 0; p < processors; p++) {
    if (waysOn(p) > 0) {
      store<u8>(LEGAL + legalCount, <u8>p);
      legalCount++;
    }
  }
}

/** Finish the model that is decided in part, uniformly over what remains. */
export function completeLayers(): void {
  while (layerTurn < models && layerCurrent >= 0) {
    let total: f64 = 0;
    for (let i: u32 = 0; i < legalCount; i++) total += waysOn(<u32>load<u8>(LEGAL + i));
    let rest = unit() * total;
    let pick = <u32>load<u8>(LEGAL + legalCount - 1);
    for (let i: u32 = 0; i < legalCount; i++) {
      const p = <u32>load<u8>(LEGAL + i);
      const ways = waysOn(p);
      if (rest < ways) {
        pick = p;
        break;
      }
      rest -= ways;
    }
    advance(pick);
    listLegal();
  }
}

/** Demands of the models before the current turn: [M] addresses set, demands written to the slots at `area`. */
export function assembleLayers(demands: usize, area: usize): void {
  let start: u32 = 0;
  for (let turn: u32 = 0; turn < layerTurn; turn++) {
    const m = <u32>load<u8>(order + turn);
    const n = u32At(blocksOf, m);
    const out = area + m * demandBytes();
    recordOf(chosen + start, n, out);
    demandOf(m, out, out);
    store<usize>(demands + (m << 2), out);
    start += n;
  }
}

/** Record of n processors given last block first. */
function recordOf(lastToFirst: usize, n: u32, out: usize): void {
  for (let i: u32 = 0; i < RECORD_BYTES; i++) store<u8>(out + i, 0);
  let k: u32 = 0;
  let previous: u32 = 0;
  for (let b: u32 = 0; b < n; b++) {
    const p = <u32>load<u8>(lastToFirst + n - 1 - b);
    if (b == 0 || p != previous) {
      store<u8>(out + 1 + 2 * k, <u8>p);
      k++;
    }
    previous = p;
    store<u8>(out + 2 * k, <u8>(b + 1));
  }
  store<u8>(out, <u8>k);
}

/** Fix the next decision as in the best plan ([M] demands at `best`); place of that child, or -1 if none. */
export function commitLayer(fixed: u32, best: usize): i32 {
  beginLayerDescent(fixed);
  const record = best + <u32>load<u8>(order + layerTurn) * demandBytes();
  let s: u32 = 0;
  while (<i32>load<u8>(record + 2 + 2 * s) <= block) s++;
  const p = load<u8>(record + 1 + 2 * s);
  store<u8>(chosen + fixed, p);
  for (let i: u32 = 0; i < legalCount; i++) if (load<u8>(LEGAL + i) == p) return i;
  return -1;
}
