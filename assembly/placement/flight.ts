/**
 * Leaves in flight: their paths from the root to the node just opened, and what the nodes were worth before.
 *
 *   paths, one behind the other, root first, entries of 16 bytes
 *     ├─ slot u32 ─┼─ prior f32 ─┼─ worth f32 ─┼─ flight u8, leaf u24 ─┤      worth, visits in flight: before this leaf
 *
 *   REMEMBERED, entry by the low bits of the slot: ├─ slot u32 ─┼─ worth f32 ─┤
 *
 * While a node is in flight its worth in the tree is lowered to what the score makes of it, Q n / (n + v): the
 * selection then treats all siblings alike. The range of values does not change in between, and leaves are backed up
 * in the order in which they took off, so that the first of them finds the worth to start from.
 */
import { allocate } from '../arena';
import { comparable, low, tame } from './range';
import { flightOf, isClosed, recordVisit, setBonus, setFlight, setWorth, visitsOf, worthOf } from './tree';

const ENTRY: usize = 16;
const PRIOR: usize = 4;
const WORTH: usize = 8;
const BEFORE: usize = 12;
const LEAF: u32 = 8;
const REMEMBERED: usize = memory.data(1024, 16);
const REMEMBERED_MASK: u32 = 127;

let paths: usize = 0;
/** [leaves + 1] address of each path, and of the end of the last one. */
let starts: usize = 0;
let leaves: u32 = 0;
/** End of the path in the making. */
let end: usize = 0;

/** Room for that many leaves at most that many decisions deep; false = no memory. */
export function beginFlight(mostLeaves: u32, depth: u32): bool {
  paths = allocate(<usize>mostLeaves * (<usize>depth + 1) * ENTRY);
  starts = allocate((<usize>mostLeaves + 1) << 2);
  leaves = 0;
  end = paths;
  if (starts == 0) return false;
  store<usize>(starts, paths);
  memory.fill(REMEMBERED, 0xff, 1024);
  return true;
}

/** A path begins at the root; its visits, those in flight before included. */
// @ts-ignore: decorator
@inline
export function enterRoot(root: u32): u32 {
  const before = flightOf(root);
  store<u32>(end, root);
  store<f32>(end, worthOf(root), WORTH);
  store<u32>(end, before | (leaves << LEAF), BEFORE);
  end += ENTRY;
  setFlight(root, before + 1);
  return visitsOf(root) + before;
}

/** The path goes on to a child of that prior; its visits, those in flight before included. */
// @ts-ignore: decorator
@inline
export function enter(slot: u32, prior: f32): u32 {
  const before = flightOf(slot);
  const visits = visitsOf(slot);
  const tries = <f32>(visits + before + 1);
  const remembered = REMEMBERED + ((slot & REMEMBERED_MASK) << 3);
  let worth = worthOf(slot);
  if (before == 0) {
    store<u32>(remembered, slot);
    store<f32>(remembered, worth, 4);
  } else worth = worthBefore(slot);
  store<u32>(end, slot);
  store<f32>(end, prior, PRIOR);
  store<f32>(end, worth, WORTH);
  store<u32>(end, before | (leaves << LEAF), BEFORE);
  end += ENTRY;
  setFlight(slot, before + 1);
  setBonus(slot, prior / (1 + tries));
  if (tame && worth != -<f32>Infinity) setWorth(slot, lowered(worth, visits, tries));
  return visits + before;
}

// @ts-ignore: decorator
@inline
function lowered(worth: f32, visits: u32, tries: f32): f32 {
  return low + ((worth - low) * <f32>visits) / tries;
}

/** The path ends here; a leaf outside the tree has an empty one. */
// @ts-ignore: decorator
@inline
export function endPath(): void {
  leaves++;
  store<usize>(starts + (<usize>leaves << 2), end);
}

/** The path leads nowhere: as if it had not begun. */
export function turnBack(): void {
  let entry = load<usize>(starts + (<usize>leaves << 2));
  setFlight(load<u32>(entry), load<u32>(entry, BEFORE) & 0xff);
  for (entry += ENTRY; entry != end; entry += ENTRY) {
    const slot = load<u32>(entry);
    const before = load<u32>(entry, BEFORE) & 0xff;
    const worth = load<f32>(entry, WORTH);
    const visits = visitsOf(slot);
    const tries = <f32>(visits + before);
    setFlight(slot, before);
    setBonus(slot, load<f32>(entry, PRIOR) / (1 + tries));
    if (!isClosed(slot)) setWorth(slot, before == 0 || !tame ? worth : lowered(worth, visits, tries));
  }
  end = load<usize>(starts + (<usize>leaves << 2));
}

/** Worth before the flight of a node in flight. */
export function worthBefore(slot: u32): f32 {
  const remembered = REMEMBERED + ((slot & REMEMBERED_MASK) << 3);
  if (load<u32>(remembered) == slot) return load<f32>(remembered, 4);
  for (let entry = paths; entry != end; entry += ENTRY) if (load<u32>(entry) == slot) return load<f32>(entry, WORTH);
  return worthOf(slot);
}

/** Fold the value of every leaf, [leaves] f64, into the nodes of its path; none is in flight then. */
export function backUp(values: usize, keepBest: bool): void {
  for (let entry = paths; entry != end; entry += ENTRY) {
    const slot = load<u32>(entry);
    const info = load<u32>(entry, BEFORE);
    const known = select<f32>(load<f32>(entry, WORTH), worthOf(slot), (info & 0xff) == 0);
    recordVisit(slot, known, comparable(load<f64>(values + (<usize>(info >> LEAF) << 3))), keepBest);
  }
  leaves = 0;
  end = paths;
}
