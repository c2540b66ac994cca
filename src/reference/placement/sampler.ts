/**
 * Random placements of one model, legal by construction. `uniform` draws every placement with the same probability;
 * `stratified` first draws the number of stages, so that whole-model placements, few among thousands and yet often
 * right, are tried as often as split ones.
 */
import { PLACEMENT_STRIDE, type SampleKind } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { PreparedModel } from '../../core/prepared-model.ts';
import type { Random } from '../random.ts';

/** One placement record of model m. */
export function samplePlacement(prepared: PreparedProblem, m: number, kind: SampleKind, random: Random): Uint8Array {
  const model = prepared.models[m];
  const stages = kind === 'uniform' ? uniformStages(model, random) : stratifiedStages(model, random);
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record[0] = stages;
  if (model.usable.length > 0) drawFree(model, stages, random, record);
  else drawPartial(model, stages, random, record);
  return record;
}

function uniformStages(model: PreparedModel, random: Random): number {
  let rest = random.unit() * model.options;
  let last = 0;
  for (let k = 1; k <= model.maxStages; k++) {
    if (model.ways[k] === 0) continue;
    last = k;
    if (rest < model.ways[k]) return k;
    rest -= model.ways[k];
  }
  return last;
}

function stratifiedStages(model: PreparedModel, random: Random): number {
  let possible = 0;
  for (let k = 1; k <= model.maxStages; k++) if (model.ways[k] > 0) possible++;
  let rest = random.below(possible);
  for (let k = 1; ; k++) if (model.ways[k] > 0 && rest-- === 0) return k;
}

/** Every usable processor runs every block: a partial shuffle picks processors, Floyd's method picks cuts. */
function drawFree(model: PreparedModel, stages: number, random: Random, record: Uint8Array): void {
  const processors = model.usable.slice();
  for (let s = 0; s < stages; s++) {
    const other = s + random.below(processors.length - s);
    const chosen = processors[other];
    processors[other] = processors[s];
    processors[s] = chosen;
    record[1 + 2 * s] = chosen;
  }
  const n = model.blocks;
  const cuts: number[] = [];
  for (let j = n - stages + 1; j < n; j++) {
    const cut = 1 + random.below(j);
    cuts.push(cuts.includes(cut) ? j : cut);
  }
  cuts.sort((a, b) => a - b);
  for (let s = 0; s < stages - 1; s++) record[2 + 2 * s] = cuts[s];
  record[2 * stages] = n;
}

/** Some processor runs only some blocks: a tuple in proportion to its number of cut lists, then the cuts one by one. */
function drawPartial(model: PreparedModel, stages: number, random: Random, record: Uint8Array): void {
  const { processors, cumulative } = model.tuples[stages];
  const n = model.blocks;
  const target = random.unit() * cumulative[cumulative.length - 1];
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] > target) high = middle;
    else low = middle + 1;
  }
  // after[s][b] = ways in which stages s .. k-1 of this tuple cover blocks b .. n-1
  const after = new Float64Array((stages + 1) * (n + 1));
  after[stages * (n + 1) + n] = 1;
  for (let s = stages - 1; s >= 0; s--) {
    const p = processors[low * stages + s];
    for (let b = 0; b < n; b++) {
      let ways = 0;
      for (let e = b + 1; e <= model.reach[p * n + b]; e++) ways += after[(s + 1) * (n + 1) + e];
      after[s * (n + 1) + b] = ways;
    }
  }
  let first = 0;
  for (let s = 0; s < stages; s++) {
    const p = processors[low * stages + s];
    let rest = random.unit() * after[s * (n + 1) + first];
    let end = first;
    for (let e = first + 1; e <= model.reach[p * n + first]; e++) {
      const ways = after[(s + 1) * (n + 1) + e];
      if (ways === 0) continue;
      end = e;
      if (rest < ways) break;
      rest -= ways;
    }
    record[1 + 2 * s] = p;
    record[2 + 2 * s] = end;
    first = end;
  }
}
