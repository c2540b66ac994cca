/**
 * Jetson AGX Xavier, 32 GB: eight Carmel cores in four clusters of two, a Volta GPU with 512 CUDA and 64 tensor cores,
 * and two deep-learning accelerators (DLA) that run the convolutional part of a network alone.
 *
 * The cores form two processors of four, so that two sessions can share the CPU without disturbing each other.
 * A Carmel core is taken to issue 16 float32 operations a cycle (two 128-bit pipes with fused multiply-add).
 *
 * Operating points: 29 CPU frequencies x 128 sets of cores (core 0 is always on) x 14 GPU frequencies x 1 memory clock =
 * 51,968, the set of the released NeuOS code. Named modes and settings reach the other memory and DLA clocks, too.
 */
import { DLA_OPERATORS, idleWatts, linearVolts, memoryIdleWatts, memoryShares } from './jetson.ts';
import type { Platform, Processor } from './schema.ts';

const cpu = (id: string, name: string, groups: string[]): Processor => ({
  id,
  name,
  kind: 'cpu',
  uses: [...groups, 'lpddr4x'],
  peakOpsPerS: { float32: 145e9, float16: 290e9 },
  nativePrecision: 'float32',
  efficiency: {
    conv: 0.4,
    depthwise: 0.15,
    gemm: 0.35,
    pool: 0.1,
    elementwise: 0.1,
    normalization: 0.1,
    recurrent: 0.15,
    movement: 0.1,
  },
  bandwidthBytesPerS: 25e9,
  launchOverheadMs: 0.01,
  activeWatts: 5,
});

const dla = (id: string, name: string): Processor => ({
  id,
  name,
  kind: 'dla',
  uses: [id, 'lpddr4x'],
  peakOpsPerS: { float16: 2.5e12, int8: 5e12 },
  nativePrecision: 'float16',
  efficiency: {
    conv: 0.4,
    depthwise: 0.03,
    gemm: 0.2,
    pool: 0.05,
    elementwise: 0.05,
    normalization: 0.05,
    recurrent: 0.05,
    movement: 0.05,
  },
  bandwidthBytesPerS: 25e9,
  launchOverheadMs: 0.02,
  maxModels: 16,
  supportedOperators: DLA_OPERATORS,
  activeWatts: 1.5,
  dispatch: { resource: 'carmel-0', share: 0.5 },
});

/** 115.2 MHz and 28 steps of 76.8 MHz up to 2265.6 MHz. */
const CPU_HZ = Array.from({ length: 29 }, (_, k) => (115200 + 76800 * k) * 1000);

const GPU_HZ = [
  114750000, 216750000, 318750000, 420750000, 522750000, 624750000, 675750000, 828750000, 905250000, 1032750000,
  1198500000, 1236750000, 1338750000, 1377000000,
];

const EMC_HZ = [204e6, 408e6, 665.6e6, 800e6, 1065.6e6, 1331.2e6, 1600e6, 1866e6, 2133e6];

const DLA_HZ = [550e6, 750e6, 1050e6, 1395.2e6];

/**
 * The nvpmodel modes: watts, cores, then clocks of CPU, GPU, memory and DLA in MHz. A mode caps clocks: the CPU takes the
 * highest frequency under the cap; caps of GPU and memory are frequencies of the tables, rounded.
 */
const MODES: [string, number, number, number, number, number, number][] = [
  ['30w-all', 30, 8, 1190.4, 905.25, 1600, 1050],
  ['30w-6core', 30, 6, 1420.8, 905.25, 1600, 1050],
  ['30w-4core', 30, 4, 1728, 905.25, 1600, 1050],
  ['30w-2core', 30, 2, 2035.2, 905.25, 1600, 1050],
  ['15w', 15, 4, 1190.4, 675.75, 1331.2, 750],
  ['10w', 10, 2, 1190.4, 522.75, 1065.6, 550],
];

export const jetsonAgxXavier: Platform = {
  kind: 'platform',
  schemaVersion: 1,
  id: 'jetson-agx-xavier',
  name: 'Jetson AGX Xavier 32 GB',
  resources: [
    { id: 'carmel-0', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'carmel-1', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'carmel-2', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'carmel-3', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'volta', kind: 'gpu', name: 'Volta, 512 CUDA and 64 tensor cores at 1.377 GHz' },
    { id: 'dla-0', kind: 'dla', name: 'deep-learning accelerator 0' },
    { id: 'dla-1', kind: 'dla', name: 'deep-learning accelerator 1' },
    {
      id: 'lpddr4x',
      kind: 'dram',
      name: '32 GB LPDDR4X, 256 bit at 2133 MHz',
      bandwidthBytesPerS: 137e9,
      memoryBytes: 32 * 2 ** 30,
    },
  ],
  processors: [
    cpu('cpu-0', 'CPU cores 0 to 3 (Carmel)', ['carmel-0', 'carmel-1']),
    cpu('cpu-1', 'CPU cores 4 to 7 (Carmel)', ['carmel-2', 'carmel-3']),
    {
      id: 'gpu',
      name: 'Volta GPU',
      kind: 'gpu',
      uses: ['volta', 'lpddr4x'],
      peakOpsPerS: { float32: 1.41e12, float16: 11e12, int8: 22e12 },
      nativePrecision: 'float16',
      efficiency: {
        conv: 0.35,
        depthwise: 0.03,
        gemm: 0.25,
        pool: 0.05,
        elementwise: 0.05,
        normalization: 0.05,
        recurrent: 0.05,
        movement: 0.05,
      },
      bandwidthBytesPerS: 100e9,
      launchOverheadMs: 0.01,
      activeWatts: 15,
      dispatch: { resource: 'carmel-0', share: 0.7 },
    },
    dla('dla-0', 'deep-learning accelerator 0'),
    dla('dla-1', 'deep-learning accelerator 1'),
  ],
  copy: { bandwidthBytesPerS: 20e9, latencyMs: 0.05 },
  clockDomains: [
    {
      id: 'cpu',
      resources: ['carmel-0', 'carmel-1', 'carmel-2', 'carmel-3'],
      frequencyHz: CPU_HZ,
      coreStates: { choice: 'mask', alwaysOn: 1 },
      volts: linearVolts(CPU_HZ),
      idleWatts: idleWatts(CPU_HZ, 0.6),
      actuationDelayMs: 1,
    },
    {
      id: 'gpu',
      resources: ['volta'],
      frequencyHz: GPU_HZ,
      volts: linearVolts(GPU_HZ),
      idleWatts: idleWatts(GPU_HZ, 0.4),
      actuationDelayMs: 5,
    },
    {
      id: 'dla',
      resources: ['dla-0', 'dla-1'],
      frequencyHz: DLA_HZ,
      enumeratedHz: [1395.2e6],
      volts: linearVolts(DLA_HZ),
      actuationDelayMs: 5,
    },
    {
      id: 'emc',
      name: 'memory controller',
      resources: ['lpddr4x'],
      frequencyHz: EMC_HZ,
      enumeratedHz: [2133e6],
      idleWatts: memoryIdleWatts(EMC_HZ, 0.2, 2.4),
      bandwidthShare: memoryShares(EMC_HZ),
      actuationDelayMs: 8,
    },
  ],
  operatingPoints: [
    { id: 'max-n', name: 'nvpmodel MAXN', frequencyHz: {} },
    ...MODES.map(([id, watts, cores, cpuMHz, gpuMHz, emcMHz, dlaMHz]) => ({
      id,
      name: `nvpmodel ${id}, ${watts} W`,
      frequencyHz: { cpu: cpuMHz * 1e6, gpu: gpuMHz * 1e6, dla: dlaMHz * 1e6, emc: emcMHz * 1e6 },
      cores: { cpu: cores },
    })),
  ],
  power: {
    idleWatts: 6,
    rails: [
      { id: 'gpu', name: 'GPU', measures: ['volta'] },
      { id: 'cpu', name: 'CPU', measures: ['carmel-0', 'carmel-1', 'carmel-2', 'carmel-3'] },
      { id: 'soc', name: 'SOC', measures: [] },
      { id: 'cv', name: 'CV', measures: ['dla-0', 'dla-1'] },
      { id: 'vddrq', name: 'VDDRQ', measures: ['lpddr4x'] },
      { id: 'sys5v', name: 'SYS5V', measures: [] },
    ],
  },
  sources: [
    {
      id: 'maker',
      title:
        'NVIDIA, Jetson AGX Xavier Delivers 32 TeraOps (2018) and module data sheet: cores, 11 and 22 GPU tensor TOPS, 2.5 TFLOPS or 5 TOPS and 0.5 to 1.5 W per DLA, 137 GB/s',
      reliability: 'stated',
    },
    { id: 'lanes', title: 'computed here from lanes and clock (head of this file)', reliability: 'estimated' },
    {
      id: 'trt',
      title: 'NVIDIA, TensorRT documentation, DLA supported layers and restrictions: 16 loadables per core',
      reliability: 'stated',
    },
    { id: 'judged', title: 'judged here from similar devices; no measurement of this board', reliability: 'estimated' },
    { id: 'code', title: 'clock tables and core masks in the released NeuOS code', reliability: 'stated' },
    {
      id: 'tables',
      title: 'memory and DLA clocks as remembered from the Jetson community',
      reliability: 'unverified',
    },
    {
      id: 'modes',
      title: 'nvpmodel modes: cores and CPU caps as NVIDIA documents them, the other caps as remembered',
      reliability: 'unverified',
    },
    { id: 'volts', title: 'linear from 0.62 to 1.1 V, a range told of the family', reliability: 'unverified' },
    {
      id: 'memory',
      title: 'one measured pair of memory clocks on another board, Orin Nano (arXiv:2606.16106), as a curve',
      reliability: 'estimated',
    },
    {
      id: 'delays',
      title: 'delays measured on another board, Orin Nano (arXiv:2606.16106), taken as defaults',
      reliability: 'estimated',
    },
  ],
  provenance: [
    { path: '/resources/**', source: 'maker' },
    { path: '/processors/*/peakOpsPerS/**', source: 'maker' },
    { path: '/processors/cpu-0/peakOpsPerS/**', source: 'lanes' },
    { path: '/processors/cpu-1/peakOpsPerS/**', source: 'lanes' },
    { path: '/processors/gpu/peakOpsPerS/float32', source: 'lanes' },
    { path: '/processors/*/efficiency/**', source: 'judged' },
    { path: '/processors/*/bandwidthBytesPerS', source: 'judged' },
    { path: '/processors/*/launchOverheadMs', source: 'judged' },
    { path: '/processors/*/maxModels', source: 'trt' },
    { path: '/processors/*/activeWatts', source: 'judged' },
    { path: '/processors/dla-0/activeWatts', source: 'maker' },
    { path: '/processors/dla-1/activeWatts', source: 'maker' },
    { path: '/processors/*/dispatch/share', source: 'judged' },
    { path: '/copy/**', source: 'judged' },
    { path: '/clockDomains/*/frequencyHz/**', source: 'code' },
    { path: '/clockDomains/emc/frequencyHz/**', source: 'tables' },
    { path: '/clockDomains/dla/frequencyHz/**', source: 'tables' },
    { path: '/clockDomains/*/enumeratedHz/**', source: 'code' },
    { path: '/clockDomains/*/coreStates/**', source: 'code' },
    { path: '/clockDomains/*/volts/**', source: 'volts' },
    { path: '/clockDomains/*/idleWatts/**', source: 'judged' },
    { path: '/clockDomains/*/bandwidthShare/**', source: 'memory' },
    { path: '/clockDomains/*/actuationDelayMs', source: 'delays' },
    { path: '/operatingPoints/**', source: 'modes' },
    { path: '/power/**', source: 'judged' },
  ],
};
