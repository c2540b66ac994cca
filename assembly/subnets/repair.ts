/**
 * From a network over the limit to one within it: the single change that gives up the least worth per cost saved, and
 * again. Twin of src/reference/subnets/repair.ts.
 */
import { allocate } from '../arena';
import { costOf } from './cost';
import { choices, decode, genes, slotOf, slots } from './space';

/** [slots] addresses of [values + 1] f64: what a value is worth. */
export let worthOf: usize = 0;
/** Genome taken where no change lowers the cost. */
export let cheapest: usize = 0;

let draft: usize = 0;
let draftNetwork: usize = 0;
let bestGenome: usize = 0;
let bestRate: f64 = 0;
let nowCost: f64 = 0;
let nowWorth: f64 = 0;

export function beginRepair(): bool {
  draft = allocate(genes);
  draftNetwork = allocate(slots);
  bestGenome = allocate(genes);
  return bestGenome != 0;
}

function worth(network: usize): f64 {
  let sum: f64 = 0;
  for (let s: u32 = 0; s < slots; s++) {
    sum += load<f64>(load<usize>(worthOf + (s << 2)) + ((<u32>load<u8>(network + s)) << 3));
  }
  return sum;
}

/** Keep the draft when it saves cost and gives up less per cost saved than the best so far. */
function consider(): void {
  decode(draft, draftNetwork);
  const saved = nowCost - costOf(draftNetwork);
  if (!(saved > 0)) return;
  const rate = (nowWorth - worth(draftNetwork)) / saved;
  if (!(rate < bestRate)) return;
  bestRate = rate;
  memory.copy(bestGenome, draft, genes);
}

/** Change `genome` and its `network` until the cost is within `limit`. Ends: every step lowers the cost. */
export function repair(genome: usize, network: usize, limit: f64): void {
  for (;;) {
    nowCost = costOf(network);
    if (nowCost <= limit) return;
    nowWorth = worth(network);
    bestRate = Infinity;
    memory.copy(draft, genome, genes);
    for (let s: u32 = 0; s < slots; s++) {
      if (load<u8>(network + s) == 0) continue;
      const first: u32 = load<u8>(slotOf + (s << 2));
      for (let g = first, end = first + load<u8>(slotOf + (s << 2), 1); g < end; g++) others(g, genome);
      // The gate of the last active slot: its own genes may be read by no other slot.
      const gate: u32 = load<u8>(slotOf + (s << 2), 2);
      if (gate != 255 && load<u8>(genome + gate) > 0 && load<u8>(slotOf + (s << 2), 3) == load<u8>(genome + gate)) {
        store<u8>(draft + gate, load<u8>(genome + gate) - 1);
        consider();
        store<u8>(draft + gate, load<u8>(genome + gate));
      }
    }
    if (bestRate == Infinity) {
      memory.copy(genome, cheapest, genes);
      decode(genome, network);
      return;
    }
    memory.copy(genome, bestGenome, genes);
    decode(genome, network);
  }
}

/** Every other choice of one gene. */
function others(gene: u32, genome: usize): void {
  const own = load<u8>(genome + gene);
  for (let choice: u32 = 0; choice < choices(gene); choice++) {
    if (choice == own) continue;
    store<u8>(draft + gene, choice);
    consider();
  }
  store<u8>(draft + gene, own);
}
