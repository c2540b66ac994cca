/**
 * Accuracy of many sub-networks: a chain of dense layers with ReLU between them, in float32.
 *
 *   first layer    bias + one embedding row per active slot: its one-hot input is never made
 *   hidden layers  only inputs above zero are followed: each sample lists them as (byte offset of the weight row, value)
 *   last layer     one number
 *
 * Weights of a hidden layer, packed so that the rows a block of outputs reads lie side by side. Lanes run over
 * outputs, inputs follow in order: a score has the same bits in any batch. Twin of src/reference/subnets/predictor.ts.
 *
 *            input 0                     input 1
 *   block 0  ├ o0 .. o3 │ .. │ o16 .. o19 ┼ o0 .. o3 │ ...
 *   block 1  ├ o20 .. o23 │ ...
 */
import { allocate } from '../arena';
import { aliasFrom, aliasSlot, aliasTo, slots } from './space';

/** Outputs of one block: five vectors stay in registers, and the block's weights (32 KB of a 400 x 400 layer) in L1. */
export const OUTPUT_BLOCK: u32 = 20;
/** Widths are padded to multiples of this: whole blocks, and whole steps of the first layer. */
export const WIDTH_STEP: u32 = 80;
// @ts-ignore: decorator
@inline
const BLOCK_BYTES: u32 = OUTPUT_BLOCK << 2;
/** Networks that pass through the layers together, so that a block of weights is read once for all of them. */
// @ts-ignore: decorator
@inline
const TOGETHER: u32 = 32;

/** [slots] address of the rows of a slot's values 1, 2, ...: each `firstOutputs` f32. */
export let embeddingsOf: usize = 0;
export let firstBias: usize = 0;
/** Padded; padded weights and biases are zero, so padded outputs are, too. */
export let firstOutputs: u32 = 0;
export let hiddenLayers: u32 = 0;
/** [hiddenLayers + 1] padded inputs of a hidden layer, and last of the last layer. */
export let inputsOf: usize = 0;
/** [hiddenLayers] addresses. */
export let weightsOf: usize = 0;
export let biasOf: usize = 0;
/** [inputs of the last layer] f32, its bias, and what is added to the result. */
export let lastWeights: usize = 0;
export let lastBias: f32 = 0;
export let baseValue: f32 = 0;
export let widest: u32 = 0;

/** [TOGETHER][widest] outputs of a layer, [TOGETHER][widest] pairs of its followed ones, [TOGETHER] bytes of pairs. */
let outputs: usize = 0;
let followed: usize = 0;
let followedBytes: usize = 0;
/** [slots] addresses of embedding rows. */
let rows: usize = 0;
/** [widest] first layer of the network that others are near to. */
let near: usize = 0;

/** Make the buffers; false = no memory. */
export function beginPredictor(): bool {
  outputs = allocate((<usize>TOGETHER * widest) << 2);
  followed = allocate((<usize>TOGETHER * widest) << 3);
  followedBytes = allocate((<usize>TOGETHER) << 2);
  rows = allocate((<usize>slots) << 2);
  near = allocate((<usize>widest) << 2);
  return near != 0;
}

/** Scores of `count` networks [count][slots] u8. */
export function predict(networks: usize, count: u32, scores: usize): void {
  for (let start: u32 = 0; start < count; start += TOGETHER) {
    const some = min(TOGETHER, count - start);
    for (let i: u32 = 0; i < some; i++) firstLayer(networks + (start + i) * slots, outputs + ((i * widest) << 2));
    runLayers(some, scores + (start << 2));
  }
  if (aliasSlot != 255) averageAliases(networks, count, scores);
}

/** The second spelling of an aliased network is scored, too; the mean of both counts. */
function averageAliases(networks: usize, count: u32, scores: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const network = networks + i * slots;
    if (load<u8>(network + aliasSlot) != aliasTo) continue;
    store<u8>(network + aliasSlot, aliasFrom);
    firstLayer(network, outputs);
    store<u8>(network + aliasSlot, aliasTo);
    const first = load<f32>(scores + (i << 2));
    runLayers(1, scores + (i << 2));
    store<f32>(scores + (i << 2), (first + load<f32>(scores + (i << 2))) * 0.5);
  }
}

/** The same for networks that differ from `base` in few slots: its first layer, plus and minus the differing rows. */
export function predictNear(base: usize, networks: usize, count: u32, scores: usize): void {
  firstLayer(base, near);
  for (let start: u32 = 0; start < count; start += TOGETHER) {
    const some = min(TOGETHER, count - start);
    for (let i: u32 = 0; i < some; i++) {
      firstLayerNear(base, networks + (start + i) * slots, outputs + ((i * widest) << 2));
    }
    runLayers(some, scores + (start << 2));
  }
}

/** Address of the embedding row of a slot's value, which is not 0. */
// @ts-ignore: decorator
@inline
function rowOf(slot: u32, value: u32): usize {
  return load<usize>(embeddingsOf + (slot << 2)) + (((value - 1) * firstOutputs) << 2);
}

function firstLayerNear(base: usize, network: usize, out: usize): void {
  memory.copy(out, near, firstOutputs << 2);
  for (let s: u32 = 0; s < slots; s++) {
    const was: u32 = load<u8>(base + s);
    const is: u32 = load<u8>(network + s);
    if (was == is) continue;
    if (was != 0) {
      const row = rowOf(s, was);
      for (let at: usize = 0, end: usize = firstOutputs << 2; at < end; at += 16) {
        v128.store(out + at, f32x4.sub(v128.load(out + at), v128.load(row + at)));
      }
    }
    if (is != 0) {
      const row = rowOf(s, is);
      for (let at: usize = 0, end: usize = firstOutputs << 2; at < end; at += 16) {
        v128.store(out + at, f32x4.add(v128.load(out + at), v128.load(row + at)));
      }
    }
  }
}

/** Outputs of the first layer of one network. */
function firstLayer(network: usize, out: usize): void {
  let used: usize = rows;
  for (let s: u32 = 0; s < slots; s++) {
    const value: u32 = load<u8>(network + s);
    if (value == 0) continue;
    store<usize>(used, rowOf(s, value));
    used += 4;
  }
  for (let at: usize = 0, end: usize = firstOutputs << 2; at < end; at += 64) {
    let a = v128.load(firstBias + at);
    let b = v128.load(firstBias + at, 16);
    let c = v128.load(firstBias + at, 32);
    let d = v128.load(firstBias + at, 48);
    for (let row = rows; row < used; row += 4) {
      const from = load<usize>(row) + at;
      a = f32x4.add(a, v128.load(from));
      b = f32x4.add(b, v128.load(from, 16));
      c = f32x4.add(c, v128.load(from, 32));
      d = f32x4.add(d, v128.load(from, 48));
    }
    v128.store(out + at, a);
    v128.store(out + at, b, 16);
    v128.store(out + at, c, 32);
    v128.store(out + at, d, 48);
  }
}

/** Hidden layers and the last one, from the first layer's outputs of `some` networks. */
function runLayers(some: u32, scores: usize): void {
  for (let layer: u32 = 0; layer < hiddenLayers; layer++) {
    const inputs = load<u32>(inputsOf + (layer << 2));
    const width = load<u32>(inputsOf + ((layer + 1) << 2));
    for (let i: u32 = 0; i < some; i++) follow(i, inputs);
    let weights = load<usize>(weightsOf + (layer << 2));
    const bias = load<usize>(biasOf + (layer << 2));
    for (let o: u32 = 0; o < width; o += OUTPUT_BLOCK) {
      for (let i: u32 = 0; i < some; i++) blockOf(i, weights, bias + (o << 2), outputs + ((i * widest + o) << 2));
      weights += inputs * BLOCK_BYTES;
    }
  }
  const inputs = load<u32>(inputsOf + (hiddenLayers << 2));
  for (let i: u32 = 0; i < some; i++) store<f32>(scores + (i << 2), lastLayer(outputs + ((i * widest) << 2), inputs));
}

/** ReLU of row `i`, as the list of what is left. */
function follow(i: u32, inputs: u32): void {
  const from = outputs + ((i * widest) << 2);
  const list = followed + ((i * widest) << 3);
  let end = list;
  for (let k: u32 = 0; k < inputs; k++) {
    const value = load<f32>(from + (k << 2));
    store<u32>(end, k * BLOCK_BYTES);
    store<f32>(end, value, 4);
    end += <usize>(value > 0) << 3;
  }
  store<u32>(followedBytes + (i << 2), end - list);
}

/**
 *   lane     0    1    2    3         one vector per four outputs, five of them
 *   a        o0   o1   o2   o3        a += value * weights of this input
 */
function blockOf(i: u32, weights: usize, bias: usize, out: usize): void {
  const list = followed + ((i * widest) << 3);
  const end = list + load<u32>(followedBytes + (i << 2));
  let a = v128.load(bias);
  let b = v128.load(bias, 16);
  let c = v128.load(bias, 32);
  let d = v128.load(bias, 48);
  let e = v128.load(bias, 64);
  for (let at = list; at < end; at += 8) {
    const row = weights + load<u32>(at);
    const value = v128.load_splat<f32>(at, 4);
    a = f32x4.add(a, f32x4.mul(value, v128.load(row)));
    b = f32x4.add(b, f32x4.mul(value, v128.load(row, 16)));
    c = f32x4.add(c, f32x4.mul(value, v128.load(row, 32)));
    d = f32x4.add(d, f32x4.mul(value, v128.load(row, 48)));
    e = f32x4.add(e, f32x4.mul(value, v128.load(row, 64)));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
  v128.store(out, e, 64);
}

/** Sum over inputs, one partial sum a lane, then (lane 0 + lane 2) + (lane 1 + lane 3). */
function lastLayer(from: usize, inputs: u32): f32 {
  const zero = f32x4.splat(0);
  let sum = zero;
  for (let at: usize = 0, end: usize = inputs << 2; at < end; at += 16) {
    sum = f32x4.add(sum, f32x4.mul(f32x4.max(v128.load(from + at), zero), v128.load(lastWeights + at)));
  }
  const even = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2);
  const odd = f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3);
  return even + odd + lastBias + baseValue;
}
