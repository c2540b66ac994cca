/** One model placed a little differently: twin of src/reference/placement/neighbour.ts. */
import { below } from '../random';
import { copyRecord } from './demand';
import { executable } from './limits';
import { blocksOf, maxStagesOf, processors, u32At } from './problem';
import { samplePlacement } from './sampler';

const TRIES: u32 = 4;

/** A record near `record`, or a fresh one, written to `out`. */
export function neighbour(m: u32, record: usize, out: usize): void {
  if (below(10) > 0) {
    for (let i: u32 = 0; i < TRIES; i++) {
      copyRecord(out, record);
      if (change(below(4), m, out) && executable(m, out)) return;
    }
  }
  samplePlacement(m, false, out);
}

/** A record whose stage s has less to do, written to `out`; false where no such change was found. */
export function relief(m: u32, record: usize, s: u32, out: usize): bool {
  for (let i: u32 = 0; i < TRIES; i++) {
    copyRecord(out, record);
    const stages = <u32>load<u8>(out);
    const front = below(2) == 0;
    const blocks: u32 = 1 << below(3);
    const moves = below(4) == 0;
    const possible = moves
      ? moveAway(stages, s, out)
      : (front ? s > 0 : s + 1 < stages)
        ? handOver(stages, s, front, blocks, out)
        : shareOut(m, stages, s, front, out);
    if (possible && executable(m, out)) return true;
  }
  return false;
}

function moveAway(stages: u32, s: u32, out: usize): bool {
  const target = below(processors);
  if (stageOn(target, stages, out) >= 0) return false;
  store<u8>(out + 1 + 2 * s, <u8>target);
  return true;
}

function handOver(stages: u32, s: u32, front: bool, blocks: u32, out: usize): bool {
  const end = <u32>load<u8>(out + 2 + 2 * s);
  const length = end - startOf(s, out);
  if (blocks > length) return false;
  if (front) store<u8>(out + 2 * s, <u8>(end - length + blocks));
  else if (blocks < length) store<u8>(out + 2 + 2 * s, <u8>(end - blocks));
  if (blocks == length) closeGap(s, stages, out);
  return true;
}

function shareOut(m: u32, stages: u32, s: u32, front: bool, out: usize): bool {
  const start = startOf(s, out);
  const end = <u32>load<u8>(out + 2 + 2 * s);
  if (stages >= u32At(maxStagesOf, m) || end - start < 2) return false;
  const added = below(processors);
  if (stageOn(added, stages, out) >= 0) return false;
  const given = 1 + below(end - start - 1);
  const processor = load<u8>(out + 1 + 2 * s);
  insertStage(s, stages, out, front ? <u8>added : processor, front ? start + given : end - given);
  if (!front) store<u8>(out + 3 + 2 * s, <u8>added);
  return true;
}

/** A stage in front of stage s, up to block `end`. */
function insertStage(s: u32, stages: u32, out: usize, processor: u8, end: u32): void {
  for (let i = stages; i > s; i--) store<u16>(out + 1 + 2 * i, load<u16>(out + 2 * i - 1));
  store<u8>(out + 1 + 2 * s, processor);
  store<u8>(out + 2 + 2 * s, <u8>end);
  store<u8>(out, <u8>(stages + 1));
}

function startOf(s: u32, out: usize): u32 {
  return s > 0 ? <u32>load<u8>(out + 2 * s) : 0;
}

function change(kind: u32, m: u32, out: usize): bool {
  const stages = <u32>load<u8>(out);
  switch (kind) {
    case 0: return shiftCut(m, stages, out);
    case 1: return moveStage(stages, out);
    case 2: return mergeStages(stages, out);
    default: return splitStage(m, stages, out);
  }
}

function shiftCut(m: u32, stages: u32, out: usize): bool {
  if (stages < 2) return false;
  const cut = out + 2 + 2 * below(stages - 1);
  const distance = <i32>1 << <i32>below(3);
  const end = <i32>load<u8>(cut) + (below(2) == 0 ? distance : -distance);
  if (end < 1 || end >= <i32>u32At(blocksOf, m)) return false;
  store<u8>(cut, <u8>end);
  return true;
}

function moveStage(stages: u32, out: usize): bool {
  const stage = out + 1 + 2 * below(stages);
  const target = below(processors);
  const source = load<u8>(stage);
  if (target == <u32>source) return false;
  const other = stageOn(target, stages, out);
  if (other >= 0) store<u8>(out + 1 + 2 * other, source);
  store<u8>(stage, <u8>target);
  return true;
}

function mergeStages(stages: u32, out: usize): bool {
  if (stages < 2) return false;
  const s = below(stages - 1);
  // The stage that stays takes over the blocks of the other.
  if (below(2) != 0) store<u8>(out + 3 + 2 * s, load<u8>(out + 1 + 2 * s));
  closeGap(s, stages, out);
  return true;
}

/** Drop stage s: everything behind it moves up by one. */
function closeGap(s: u32, stages: u32, out: usize): void {
  for (let i = s; i + 1 < stages; i++) store<u16>(out + 1 + 2 * i, load<u16>(out + 3 + 2 * i));
  store<u16>(out + 2 * stages - 1, 0);
  store<u8>(out, <u8>(stages - 1));
}

function splitStage(m: u32, stages: u32, out: usize): bool {
  if (stages >= u32At(maxStagesOf, m)) return false;
  const s = below(stages);
  const first = startOf(s, out);
  const processor = load<u8>(out + 1 + 2 * s);
  const end = <u32>load<u8>(out + 2 + 2 * s);
  if (end - first < 2) return false;
  const cut = first + 1 + below(end - first - 1);
  const added = below(processors);
  if (stageOn(added, stages, out) >= 0) return false;
  const addedFirst = below(2) == 0;
  insertStage(s, stages, out, addedFirst ? <u8>added : processor, cut);
  if (!addedFirst) store<u8>(out + 3 + 2 * s, <u8>added);
  return true;
}

/** Stage that runs on processor p, or -1. */
function stageOn(p: u32, stages: u32, out: usize): i32 {
  for (let s: u32 = 0; s < stages; s++) if (<u32>load<u8>(out + 1 + 2 * s) == p) return s;
  return -1;
}
