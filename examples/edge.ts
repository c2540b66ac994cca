/**
 * `heterodyne/core` alone, as a script on a board would use it: no files, no ONNX, no permission.
 *
 *   deno run examples/edge.ts
 *
 * Two models on a CPU and an NPU, described by hand in seconds and bytes.
 */
import { defaultCore, PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from 'heterodyne/core';

const PROCESSORS = ['cpu', 'npu'];

/** A model from milliseconds per block on each processor; Infinity = the processor cannot run the block. */
function model(name: string, cpuMs: number[], npuMs: number[], outputBytes: number): PlacementModel {
  const blocks = cpuMs.length;
  const total = (times: number[]) => times.reduce((sum, time) => sum + time, 0) / 1000;
  return {
    name,
    blocks,
    seconds: Float64Array.from([...cpuMs, ...npuMs], (milliseconds) => milliseconds / 1000),
    outputBytes: new Float64Array(blocks).fill(outputBytes),
    weightBytes: new Float64Array(blocks).fill(2e6),
    dramBytes: new Float64Array(blocks).fill(4e6),
    activationBytes: 4e6,
    shareWeight: 1,
    value: 1,
    callsPerFrame: 1,
    rateLimit: Number.POSITIVE_INFINITY,
    soloRate: 1 / Math.min(total(cpuMs), total(npuMs)),
    priorityClass: 0,
    demandedRate: 0,
    rateFloor: 0,
  };
}

const models = [
  // The last block of the detector sorts boxes, which this NPU cannot do.
  model('detector', [9, 14, 14, 6], [2, 3, 3, Number.POSITIVE_INFINITY], 300e3),
  model('keywords', [3, 3, 2], [1.5, 1.5, 1], 20e3),
];

// Resources: 0 = CPU cores, 1 = NPU, 2 = memory bus of 8 GB/s.
const problem: PlacementProblem = {
  models,
  processors: PROCESSORS.length,
  resources: 3,
  processorUses: Uint32Array.of(0b01, 0b10),
  transferSeconds: Float64Array.of(0, 2e-4, 2e-4, 0),
  transferSecondsPerByte: Float64Array.of(0, 5e-10, 5e-10, 0),
  transferResource: Int32Array.of(-1, -1, -1, -1),
  dramResource: Int32Array.of(2, 2),
  dramSecondsPerByte: Float64Array.of(1 / 8e9, 1 / 8e9),
  maxModels: Uint32Array.of(64, 64),
  poolProcessors: Uint32Array.of(0b11),
  poolBytes: Float64Array.of(256e6),
  idleWatts: Number.NaN,
  activeWatts: Float64Array.of(Number.NaN, Number.NaN),
  objective: 'geometric-mean',
  maxStages: 2,
  depthOne: false,
};

const core = defaultCore();
const kernel = core.placement(problem);
const search = kernel.search({ seed: 1, slots: 4096 });
search.run('tree', 150, 600);
search.run('polish', 50, 200);
const best = search.best();
if (best === undefined) throw new Error('nothing fits');
const { rates } = kernel.evaluate(best);

const { evaluations, exhausted } = search.status();
console.log(`${core.id} core, ${evaluations} placements scored${exhausted ? ', all there are' : ''}`);
models.forEach(({ name }, m) => {
  const record = best.subarray(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE);
  const stages: string[] = [];
  for (let stage = 0, first = 0; stage < record[0]; stage++) {
    const end = record[2 + 2 * stage];
    stages.push(`${PROCESSORS[record[1 + 2 * stage]]} blocks ${first} to ${end - 1}`);
    first = end;
  }
  console.log(`${name}: ${stages.join(', then ')}: ${rates[m].toFixed(1)} inferences/s`);
});
kernel.free();
