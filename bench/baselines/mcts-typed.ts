/**
 * The opponent: the same tree search as the core's (segment decisions, PUCT, progressive widening, shared opening
 * lists, closed subtrees, best-value backup, incumbent or stratified rollouts, value cache, list of the 8 best,
 * max-min fair mean throughput), in JavaScript on typed arrays and as fast as V8 takes it. It owes nobody equal bits,
 * so it is free where the core is not:
 *
 *   - a leaf is backed up before the next one is selected: no visits in flight;
 *   - siblings lie side by side, and a family that outgrows its room moves to one twice as large, so that selection
 *     runs over two plain arrays;
 *   - what a child's score needs is kept ready (`bonus` = prior / (1 + visits)): a child costs one multiplication and
 *     one addition, no division, in double precision;
 *   - the fullest resource is found by cross-multiplication, one division a round of filling;
 *   - a generator of three operations, and hashes of two multiplications.
 *
 * Nothing is allocated after construction. Left out because the benchmark's problems do not need it, and the core
 * skips it there too: memory limits, arrival rates, processors that run a model only partly.
 *
 *   node i      value[i], bonus[i]                              read for every sibling by the selection
 *               facts[4i ..] = visits, first child, children | closed << 16, log2 of the room for children
 *   demand d    rows[d R ..] seconds per resource, codes[4d ..] = hash, second hash, packed processors, packed ends
 */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { bestOptions } from '../../src/core/ranked-options.ts';
import { cacheEntries, openingCapacity } from '../../src/core/search-options.ts';

const EXPLORATION = 1.25;
const RANDOM_TRIES = 8;
const BEST_KEPT = 8;
const FULL = 1e-12;
/** Room of the smallest family, as a power of two. */
const SMALLEST = 1;

export interface TypedOptions {
  seed: number;
  /** Nodes of the tree. */
  slots: number;
}

export class TypedSearch {
  simulations = 0;
  evaluations = 0;
  cacheHits = 0;
  nodes = 1;
  full = false;
  bestValue = -Infinity;

  readonly #M: number;
  readonly #P: number;
  readonly #R: number;
  readonly #slots: number;
  /** Models by turn. */
  readonly #order: Int32Array;

  // Problem, per model at fixed strides.
  readonly #blocks: Int32Array;
  readonly #stages: Int32Array;
  readonly #usable: Int32Array;
  readonly #usableCount: Int32Array;
  readonly #prefix: Float64Array;
  readonly #prefixAt: Int32Array;
  readonly #output: Float64Array;
  readonly #dramBytes: Float64Array;
  readonly #blockAt: Int32Array;
  readonly #calls: Float64Array;
  readonly #weight: Float64Array;
  readonly #resourceOf: Int32Array;
  readonly #resourceStart: Int32Array;
  readonly #fixedCost: Float64Array;
  readonly #byteCost: Float64Array;
  readonly #link: Int32Array;
  readonly #dram: Int32Array;
  readonly #dramCost: Float64Array;

  // Demands: opening lists, then the best plan, then drafts.
  readonly #rows: Float64Array;
  readonly #codes: Int32Array;
  readonly #slowest: Float64Array;
  readonly #listAt: Int32Array;
  readonly #listLength: Int32Array;
  readonly #capacity: Int32Array;
  readonly #priors: Float64Array;
  readonly #priorSums: Float64Array;
  readonly #ranked: Uint8Array[];
  readonly #nextRanked: Int32Array;
  readonly #bestAt: number;
  readonly #draftAt: number;
  readonly #spareAt: number;

  // Tree.
  readonly #value: Float64Array;
  readonly #bonus: Float64Array;
  readonly #facts: Int32Array;
  readonly #free: Int32Array;
  #bump = 1;
  #low = Infinity;
  #high = -Infinity;

  // Cache and best list.
  readonly #cacheKeys: Int32Array;
  readonly #cacheValues: Float64Array;
  readonly #cacheMask: number;
  readonly #topValues: Float64Array;
  readonly #topCodes: Int32Array;
  #topCount = 0;

  // Scratch.
  readonly #random = new Int32Array(1);
  readonly #leaf: Int32Array;
  readonly #path: Int32Array;
  readonly #shuffle = new Int32Array(16);
  readonly #cuts = new Int32Array(16);
  readonly #load: Float64Array;
  readonly #left: Float64Array;
  readonly #active: Int32Array;

  constructor(problem: PlacementProblem, { seed, slots }: TypedOptions) {
    const prepared = prepareProblem(problem);
    const { models, processors: P, resources: R } = problem;
    const M = models.length;
    if (prepared.constrained || problem.depthOne || problem.objective !== 'throughput')
      throw new Error('only the plain throughput objective without limits');
    if (prepared.models.some((model) => model.usable.length === 0) || models.some((m) => m.rateLimit < Infinity))
      throw new Error('only processors that run a whole model, and no arrival rates');
    this.#M = M;
    this.#P = P;
    this.#R = R;
    this.#slots = slots;
    this.#order = Int32Array.from(prepared.order);
    this.#blocks = Int32Array.from(models, (model) => model.blocks);
    this.#stages = Int32Array.from(prepared.models, (model) => Math.min(model.maxStages, model.usable.length));
    this.#usable = new Int32Array(M * P);
    this.#usableCount = Int32Array.from(prepared.models, (model) => model.usable.length);
    for (const [m, model] of prepared.models.entries()) this.#usable.set(model.usable, m * P);
    this.#prefixAt = starts(prepared.models.map((model) => model.secondsPrefix.length));
    this.#prefix = joined(prepared.models.map((model) => model.secondsPrefix));
    this.#blockAt = starts(prepared.models.map((model) => model.blocks + 1));
    this.#output = joined(models.map((model) => Float64Array.of(...model.outputBytes, 0)));
    this.#dramBytes = joined(prepared.models.map((model) => model.dramPrefix));
    this.#calls = Float64Array.from(models, (model) => model.callsPerFrame);
    this.#weight = Float64Array.from(models, (model) => model.shareWeight);
    const used = Array.from(problem.processorUses, (bits) =>
      Array.from({ length: R }, (_, r) => r).filter((r) => bits & (1 << r)),
    );
    this.#resourceStart = starts(used.map((list) => list.length));
    this.#resourceOf = Int32Array.from(used.flat());
    this.#fixedCost = problem.transferSeconds;
    this.#byteCost = problem.transferSecondsPerByte;
    this.#link = problem.transferResource;
    this.#dram = problem.dramResource;
    this.#dramCost = problem.dramSecondsPerByte;

    this.#capacity = Int32Array.from(prepared.models, (model) => openingCapacity(model.options, slots));
    this.#listAt = starts([...this.#capacity]);
    const listed = this.#listAt[M];
    this.#bestAt = listed;
    this.#draftAt = listed + M;
    this.#spareAt = listed + 2 * M;
    const demands = listed + 2 * M + 1;
    this.#rows = new Float64Array(demands * R);
    this.#codes = new Int32Array(demands * 4);
    this.#slowest = new Float64Array(demands);
    this.#listLength = new Int32Array(M);
    this.#priors = new Float64Array(listed);
    this.#priorSums = new Float64Array(listed + M);
    this.#ranked = prepared.models.map((_, m) => bestOptions(prepared, m, this.#capacity[m]));
    this.#nextRanked = new Int32Array(M);

    // A family has at most twice the room that it needs, and what it left behind is taken by others.
    const room = 4 * slots + 64;
    this.#value = new Float64Array(room);
    this.#bonus = new Float64Array(room);
    this.#facts = new Int32Array(4 * room);
    this.#free = new Int32Array(32);
    const entries = cacheEntries(slots);
    this.#cacheKeys = new Int32Array(2 * entries);
    this.#cacheValues = new Float64Array(entries);
    this.#cacheMask = entries - 1;
    this.#topValues = new Float64Array(BEST_KEPT + 1).fill(-Infinity);
    this.#topCodes = new Int32Array((BEST_KEPT + 1) * M * 4);

    this.#random[0] = Math.imul(seed + 1, 0x9e3779b1) | 1;
    this.#leaf = new Int32Array(M);
    this.#path = new Int32Array(M + 1);
    this.#load = new Float64Array(R);
    this.#left = new Float64Array(R);
    this.#active = new Int32Array(M);
  }

  /** Children of every node, for comparing shapes of trees. */
  childCounts(): number[] {
    const counts: number[] = [];
    const visit = (node: number) => {
      const children = this.#facts[4 * node + 2] & 0xffff;
      counts.push(children);
      for (let i = 0; i < children; i++) visit(this.#facts[4 * node + 1] + i);
    };
    visit(0);
    return counts;
  }

  /** Go on for that many simulations, or until everything was tried. */
  run(simulations: number): void {
    for (let i = 0; i < simulations; i++) if (!this.#simulate()) return;
  }

  #simulate(): boolean {
    const M = this.#M;
    const order = this.#order;
    const facts = this.#facts;
    const path = this.#path;
    const leaf = this.#leaf;
    const listLength = this.#listLength;
    const listAt = this.#listAt;
    const value = this.#value;
    let depth = 0;
    for (;;) {
      if (value[0] === -Infinity) return false;
      let node = 0;
      let parent = -1;
      let dead = false;
      depth = 0;
      path[0] = 0;
      while (depth < M) {
        const m = order[depth];
        const at = 4 * node;
        const packed = facts[at + 2];
        const children = packed & 0xffff;
        const exhausted = packed >>> 16 === children;
        let child = -1;
        let available = false;
        // ceil(2 sqrt(visits)) children are allowed.
        if (exhausted || children * children < 4 * facts[at]) {
          available = children < listLength[m] || this.#extend(m);
          if (available) child = this.#open(node, m);
        }
        const opening = child >= 0;
        if (!opening) {
          if (exhausted) {
            dead = children > 0 && !available;
            break;
          }
          child = this.#select(node, m, children);
        }
        leaf[m] = listAt[m] + child - facts[at + 1];
        parent = node;
        node = child;
        path[++depth] = node;
        if (opening) {
          if (depth === M) this.#close(node, parent);
          break;
        }
      }
      if (!dead) break;
      this.#close(node, parent);
    }
    for (let turn = depth; turn < M; turn++) {
      const m = order[turn];
      if (this.bestValue > -Infinity && this.#below(2) === 0) leaf[m] = this.#bestAt + m;
      else {
        leaf[m] = this.#draftAt + m;
        this.#draw(m, this.#draftAt + m);
      }
    }
    const result = this.#score();
    this.#backUp(depth, result);
    this.simulations++;
    return true;
  }

  /** The open child with the highest score. */
  #select(node: number, m: number, children: number): number {
    const value = this.#value;
    const bonus = this.#bonus;
    const at = 4 * node;
    const first = this.#facts[at + 1];
    const end = first + children;
    const spread = this.#high - this.#low;
    const weight =
      spread > 0
        ? (EXPLORATION * Math.sqrt(this.#facts[at]) * spread) / this.#priorSums[this.#listAt[m] + m + children]
        : 1e300;
    return highest(value, bonus, first, end, weight);
  }

  /** Room for one more child; -1 = the tree is full. */
  #open(node: number, m: number): number {
    if (this.nodes >= this.#slots) {
      this.full = true;
      return -1;
    }
    const facts = this.#facts;
    const at = 4 * node;
    const children = facts[at + 2] & 0xffff;
    const log = facts[at + 3];
    if (children === 0) {
      facts[at + 1] = this.#reserve(SMALLEST);
      facts[at + 3] = SMALLEST;
    } else if (children === 1 << log) {
      const from = facts[at + 1];
      const to = this.#reserve(log + 1);
      for (let i = 0; i < children; i++) {
        this.#value[to + i] = this.#value[from + i];
        this.#bonus[to + i] = this.#bonus[from + i];
      }
      for (let i = 0; i < 4 * children; i++) facts[4 * to + i] = facts[4 * from + i];
      facts[4 * from] = this.#free[log];
      this.#free[log] = from;
      facts[at + 1] = to;
      facts[at + 3] = log + 1;
    }
    const child = facts[at + 1] + children;
    const fresh = 4 * child;
    facts[fresh] = 0;
    facts[fresh + 1] = 0;
    facts[fresh + 2] = 0;
    facts[fresh + 3] = 0;
    this.#value[child] = 0;
    this.#bonus[child] = this.#priors[this.#listAt[m] + children];
    facts[at + 2]++;
    this.nodes++;
    return child;
  }

  #reserve(log: number): number {
    const found = this.#free[log];
    if (found !== 0) {
      this.#free[log] = this.#facts[4 * found];
      return found;
    }
    const start = this.#bump;
    this.#bump += 1 << log;
    return start;
  }

  #close(node: number, parent: number): void {
    this.#value[node] = -Infinity;
    if (parent >= 0) this.#facts[4 * parent + 2] += 0x10000;
  }

  #backUp(depth: number, result: number): void {
    const { value, bonus } = { value: this.#value, bonus: this.#bonus };
    const facts = this.#facts;
    const path = this.#path;
    for (let i = 0; i <= depth; i++) {
      const node = path[i];
      const visits = ++facts[4 * node];
      if (i > 0) {
        const m = this.#order[i - 1];
        const prior = this.#priors[this.#listAt[m] + node - facts[4 * path[i - 1] + 1]];
        bonus[node] = prior / (1 + visits);
      }
      const known = value[node];
      if (known !== -Infinity && (visits === 1 || result > known)) value[node] = result;
    }
  }

  /** Value of the leaf: mean of the max-min fair rates. */
  #score(): number {
    const M = this.#M;
    const leaf = this.#leaf;
    const codes = this.#codes;
    let low = 0;
    let high = 0;
    for (let m = 0; m < M; m++) {
      const at = 4 * leaf[m];
      low = (low + codes[at]) | 0;
      high = (high + codes[at + 1]) | 0;
    }
    const entry = (low ^ (low >>> 15)) & this.#cacheMask;
    const keys = this.#cacheKeys;
    if (keys[2 * entry] === low && keys[2 * entry + 1] === high) {
      this.cacheHits++;
      return this.#cacheValues[entry];
    }
    const result = this.#fill() / M;
    this.evaluations++;
    keys[2 * entry] = low;
    keys[2 * entry + 1] = high;
    this.#cacheValues[entry] = result;
    if (result < this.#low) this.#low = result;
    if (result > this.#high) this.#high = result;
    if (result > this.#topValues[BEST_KEPT - 1]) this.#keep(result);
    return result;
  }

  /** Sum of the max-min fair rates of the leaf. */
  #fill(): number {
    const M = this.#M;
    const R = this.#R;
    const leaf = this.#leaf;
    const rows = this.#rows;
    const weight = this.#weight;
    const load = this.#load;
    const left = this.#left;
    const active = this.#active;
    for (let r = 0; r < R; r++) left[r] = 1;
    for (let m = 0; m < M; m++) active[m] = m;
    let count = M;
    let level = 0;
    let sum = 0;
    while (count > 0) {
      for (let r = 0; r < R; r++) load[r] = 0;
      for (let i = 0; i < count; i++) {
        const m = active[i];
        const w = weight[m];
        const row = leaf[m] * R;
        for (let r = 0; r < R; r++) load[r] += w * rows[row + r];
      }
      // The least left / load, compared without dividing.
      let tight = 0;
      let leastLeft = 1;
      let mostLoad = 0;
      for (let r = 0; r < R; r++) {
        if (left[r] * mostLoad < leastLeft * load[r]) {
          tight = r;
          leastLeft = left[r];
          mostLoad = load[r];
        }
      }
      const step = leastLeft / mostLoad;
      level += step;
      let full = 1 << tight;
      for (let r = 0; r < R; r++) {
        const rest = left[r] - step * load[r];
        left[r] = rest;
        if (rest <= FULL) {
          left[r] = 0;
          full |= 1 << r;
        }
      }
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const m = active[i];
        if ((this.#codes[4 * leaf[m] + 3] & full) === 0) active[kept++] = m;
        else sum += weight[m] * level;
      }
      count = kept;
    }
    return sum;
  }

  /** A new entry of the best list, and of the plan. */
  #keep(result: number): void {
    const M = this.#M;
    const size = 4 * M;
    const values = this.#topValues;
    const codes = this.#topCodes;
    let place = this.#topCount;
    while (place > 0 && result > values[place - 1]) place--;
    values.copyWithin(place + 1, place, this.#topCount);
    codes.copyWithin((place + 1) * size, place * size, this.#topCount * size);
    values[place] = result;
    for (let m = 0; m < M; m++) {
      const from = 4 * this.#leaf[m];
      for (let i = 0; i < 4; i++) codes[place * size + 4 * m + i] = this.#codes[from + i];
    }
    if (this.#topCount < BEST_KEPT) this.#topCount++;
    if (result > this.bestValue) {
      this.bestValue = result;
      for (let m = 0; m < M; m++) {
        if (this.#leaf[m] !== this.#bestAt + m) this.#copyDemand(this.#leaf[m], this.#bestAt + m);
        this.#append(m, this.#bestAt + m);
      }
    }
  }

  #copyDemand(from: number, to: number): void {
    const R = this.#R;
    for (let r = 0; r < R; r++) this.#rows[to * R + r] = this.#rows[from * R + r];
    for (let i = 0; i < 4; i++) this.#codes[4 * to + i] = this.#codes[4 * from + i];
    this.#slowest[to] = this.#slowest[from];
  }

  /** Grow an opening list by one: even places by prior, odd ones at random. */
  #extend(m: number): boolean {
    const length = this.#listLength[m];
    if (length >= this.#capacity[m]) return false;
    const spare = this.#spareAt;
    if (length & 1) {
      for (let i = 0; i < RANDOM_TRIES; i++) {
        this.#draw(m, spare);
        if (this.#append(m, spare)) return true;
      }
    }
    const ranked = this.#ranked[m];
    while (this.#nextRanked[m] * PLACEMENT_STRIDE < ranked.length) {
      const at = this.#nextRanked[m]++ * PLACEMENT_STRIDE;
      const stages = ranked[at];
      for (let s = 0; s < stages; s++) {
        this.#shuffle[s] = ranked[at + 1 + 2 * s];
        this.#cuts[s] = ranked[at + 2 + 2 * s];
      }
      this.#demand(m, stages, spare);
      if (this.#append(m, spare)) return true;
    }
    return false;
  }

  #append(m: number, demand: number): boolean {
    const length = this.#listLength[m];
    if (length >= this.#capacity[m]) return false;
    const codes = this.#codes;
    const start = this.#listAt[m];
    const low = codes[4 * demand];
    const high = codes[4 * demand + 1];
    for (let i = start; i < start + length; i++) if (codes[4 * i] === low && codes[4 * i + 1] === high) return false;
    this.#copyDemand(demand, start + length);
    const prior = 1 / this.#slowest[demand];
    this.#priors[start + length] = prior;
    this.#priorSums[start + m + length + 1] = this.#priorSums[start + m + length] + prior;
    this.#listLength[m]++;
    return true;
  }

  /** A stratified random placement of model m, as demand `out`. */
  #draw(m: number, out: number): void {
    const shuffle = this.#shuffle;
    const cuts = this.#cuts;
    const count = this.#usableCount[m];
    const n = this.#blocks[m];
    const stages = 1 + this.#below(this.#stages[m]);
    const usable = m * this.#P;
    for (let i = 0; i < count; i++) shuffle[i] = this.#usable[usable + i];
    for (let s = 0; s < stages; s++) {
      const other = s + this.#below(count - s);
      const chosen = shuffle[other];
      shuffle[other] = shuffle[s];
      shuffle[s] = chosen;
    }
    // Floyd's method; the sorted list grows by insertion.
    let length = 0;
    for (let j = n - stages + 1; j < n; j++) {
      let cut = 1 + this.#below(j);
      for (let i = 0; i < length; i++) {
        if (cuts[i] === cut) {
          cut = j;
          break;
        }
      }
      let place = length++;
      while (place > 0 && cuts[place - 1] > cut) {
        cuts[place] = cuts[place - 1];
        place--;
      }
      cuts[place] = cut;
    }
    cuts[stages - 1] = n;
    this.#demand(m, stages, out);
  }

  /** Seconds per resource of the stages in `shuffle` and `cuts`. */
  #demand(m: number, stages: number, out: number): void {
    const R = this.#R;
    const P = this.#P;
    const rows = this.#rows;
    const prefix = this.#prefix;
    const shuffle = this.#shuffle;
    const cuts = this.#cuts;
    const resourceStart = this.#resourceStart;
    const resourceOf = this.#resourceOf;
    const row = out * R;
    const width = this.#blocks[m] + 1;
    const prefixAt = this.#prefixAt[m];
    const blockAt = this.#blockAt[m];
    const calls = this.#calls[m];
    for (let r = 0; r < R; r++) rows[row + r] = 0;
    let first = 0;
    let previous = 0;
    let slowest = 0;
    let processors = 0;
    let ends = 0;
    let uses = 0;
    for (let s = 0; s < stages; s++) {
      const p = shuffle[s];
      const end = cuts[s];
      const line = prefixAt + p * width;
      const seconds = prefix[line + end] - prefix[line + first];
      let own = seconds;
      let stage = seconds;
      if (s > 0) {
        const hop = previous * P + p;
        const transfer = this.#fixedCost[hop] + this.#output[blockAt + first - 1] * this.#byteCost[hop];
        const link = this.#link[hop];
        stage += transfer;
        if (link >= 0) {
          rows[row + link] += transfer * calls;
          if (transfer > 0) uses |= 1 << link;
        } else own = stage;
      }
      own *= calls;
      for (let i = resourceStart[p]; i < resourceStart[p + 1]; i++) {
        const r = resourceOf[i];
        rows[row + r] += own;
        if (own > 0) uses |= 1 << r;
      }
      const bus = this.#dram[p];
      if (bus >= 0) {
        const bytes = this.#dramBytes[blockAt + end] - this.#dramBytes[blockAt + first];
        const moving = bytes * this.#dramCost[p] * calls;
        rows[row + bus] += moving;
        if (moving > 0) uses |= 1 << bus;
      }
      if (stage > slowest) slowest = stage;
      processors = (processors << 5) | (p + 1);
      ends = Math.imul(ends, 0x10001) + end;
      first = end;
      previous = p;
    }
    this.#slowest[out] = slowest;
    const codes = this.#codes;
    const at = 4 * out;
    let h = Math.imul(processors ^ Math.imul(m + 1, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(ends, 0xcc9e2d51);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    codes[at] = h ^ (h >>> 13);
    codes[at + 1] = Math.imul(ends ^ (h >>> 7), 0x297a2d39) + Math.imul(processors, 0x7feb352d);
    codes[at + 2] = processors;
    codes[at + 3] = uses;
  }

  /** Uniform in 0 .. n - 1: xorshift32. */
  #below(n: number): number {
    let x = this.#random[0];
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random[0] = x;
    return ((x >>> 0) * n * 2.3283064365386963e-10) | 0;
  }
}

function starts(lengths: number[]): Int32Array {
  const at = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) at[i + 1] = at[i] + length;
  return at;
}

function joined(arrays: Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

function highest(value: Float64Array, bonus: Float64Array, first: number, end: number, weight: number): number {
  let best = -Infinity;
  let place = first;
  let i = first;
  for (; i + 7 < end; i += 8) {
    const s0 = value[i] + weight * bonus[i];
    const s1 = value[i + 1] + weight * bonus[i + 1];
    const s2 = value[i + 2] + weight * bonus[i + 2];
    const s3 = value[i + 3] + weight * bonus[i + 3];
    const s4 = value[i + 4] + weight * bonus[i + 4];
    const s5 = value[i + 5] + weight * bonus[i + 5];
    const s6 = value[i + 6] + weight * bonus[i + 6];
    const s7 = value[i + 7] + weight * bonus[i + 7];
    if (s0 > best) {
      best = s0;
      place = i;
    }
    if (s1 > best) {
      best = s1;
      place = i + 1;
    }
    if (s2 > best) {
      best = s2;
      place = i + 2;
    }
    if (s3 > best) {
      best = s3;
      place = i + 3;
    }
    if (s4 > best) {
      best = s4;
      place = i + 4;
    }
    if (s5 > best) {
      best = s5;
      place = i + 5;
    }
    if (s6 > best) {
      best = s6;
      place = i + 6;
    }
    if (s7 > best) {
      best = s7;
      place = i + 7;
    }
  }
  for (; i < end; i++) {
    const s = value[i] + weight * bonus[i];
    if (s > best) {
      best = s;
      place = i;
    }
  }
  return place;
}
