/**
 * The networks that were scored: an open-addressed table of places in one list. Twin of the Set in
 * src/reference/subnets/front.ts.
 */
import { allocate } from '../arena';
import { slots } from './space';

let mask: u32 = 0;
/** [mask + 1] u32 place + 1, 0 = free; [..][slots] networks. */
let table: usize = 0;
let list: usize = 0;
let most: u32 = 0;
let count: u32 = 0;

/** Room for `networks`; false = no memory. */
export function beginSeen(networks: u32): bool {
  let size: u32 = 16;
  while (size < networks * 2) size <<= 1;
  mask = size - 1;
  most = networks;
  table = allocate((<usize>size) << 2);
  list = allocate(<usize>networks * slots);
  return list != 0;
}

/** Whether the network is new; it then counts as seen (while there is room). */
export function unseen(network: usize): bool {
  let hash: u32 = 0x811c9dc5;
  for (let s: u32 = 0; s < slots; s++) hash = (hash ^ load<u8>(network + s)) * 0x01000193;
  hash ^= hash >> 15;
  let at = hash & mask;
  for (;;) {
    const place = load<u32>(table + (at << 2));
    if (place == 0) break;
    if (memory.compare(list + (place - 1) * slots, network, slots) == 0) return false;
    at = (at + 1) & mask;
  }
  if (count < most) {
    memory.copy(list + count * slots, network, slots);
    store<u32>(table + (at << 2), ++count);
  }
  return true;
}
