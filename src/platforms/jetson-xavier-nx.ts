/**
 * Jetson Xavier NX, 8 GB: six Carmel cores in three clusters of two, a Volta GPU with 384 CUDA and 48 tensor cores, and
 * two deep-learning accelerators. The smaller sister of the AGX Xavier: what nobody measured is taken from there.
 *
 * The first two clusters form one processor, the third another; modes with two or four cores leave the second off. A
 * Carmel core is taken to issue 16 float32 operations a cycle, a tensor core 128 in float16; a DLA does per cycle what
 * that of the AGX does. The highest point is above every official mode: no mode runs six cores at 1.9 GHz.
 */
import { DLA_OPERATORS, idleWatts, linearVolts, memoryIdleWatts, memoryShares } from './jetson.ts';
import type { Platform, Processor } from './schema.ts';

const cpu = (id: string, name: string, groups: string[], cores: number): Processor => ({
  id,
  name,
  kind: 'cpu',
  uses: [...groups, 'lpddr4x'],
  peakOpsPerS: { float32: cores * 30.5e9, float16: cores * 61e9 },
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
  bandwidthBytesPerS: cores * 5e9,
  launchOverheadMs: 0.01,
  activeWatts: cores * 0.9,
});

const dla = (id: string, name: string): Processor => ({
  id,
  name,
  kind: 'dla',
  uses: [id, 'lpddr4x'],
  peakOpsPerS: { float16: 1.97e12, int8: 3.95e12 },
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
  bandwidthBytesPerS: 15e9,
  launchOverheadMs: 0.02,
  maxModels: 16,
  supportedOperators: DLA_OPERATORS,
  activeWatts: 1,
  dispatch: { resource: 'carmel-0', share: 0.5 },
});

/** 115.2 MHz and 23 steps of 76.8 MHz up to 1881.6 MHz, then 1907.2 MHz. */
const CPU_HZ = [...Array.from({ length: 24 }, (_, k) => (115200 + 76800 * k) * 1000), 1907.2e6];

const GPU_HZ = [
  114.75e6, 204e6, 306e6, 408e6, 510e6, 599.25e6, 701.25e6, 752.25e6, 803.25e6, 854.25e6, 905.25e6, 956.25e6, 1007.25e6,
  1058.25e6, 1109.25e6,
];

const EMC_HZ = [204e6, 408e6, 665.6e6, 800e6, 1065.6e6, 1331.2e6, 1600e6, 1866e6];

const DLA_HZ = [896e6, 1100.8e6];

/** The official modes: watts, cores, then clocks of CPU, GPU, memory and DLA in MHz. */
const MODES: [string, number, number, number, number, number, number][] = [
  ['20w-6core', 20, 6, 1420.8, 1109.25, 1866, 1100.8],
  ['20w-4core', 20, 4, 1420.8, 1109.25, 1866, 1100.8],
  ['20w-2core', 20, 2, 1907.2, 1109.25, 1866, 1100.8],
  ['15w-6core', 15, 6, 1420.8, 1109.25, 1600, 1100.8],
  ['15w-4core', 15, 4, 1420.8, 1109.25, 1600, 1100.8],
  ['15w-2core', 15, 2, 1907.2, 1109.25, 1600, 1100.8],
  ['10w-4core', 10, 4, 1190.4, 803.25, 1600, 896],
  ['10w-2core', 10, 2, 1497.6, 803.25, 1600, 896],
  ['10w-desktop', 10, 4, 1907.2, 510, 1600, 896],
];

export const jetsonXavierNx: Platform = {
  kind: 'platform',
  schemaVersion: 1,
  id: 'jetson-xavier-nx',
  name: 'Jetson Xavier NX 8 GB',
  resources: [
    { id: 'carmel-0', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'carmel-1', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'carmel-2', kind: 'core-group', name: '2 x Carmel', cores: 2 },
    { id: 'volta', kind: 'gpu', name: 'Volta, 384 CUDA and 48 tensor cores at 1.109 GHz' },
    { id: 'dla-0', kind: 'dla', name: 'deep-learning accelerator 0' },
    { id: 'dla-1', kind: 'dla', name: 'deep-learning accelerator 1' },
    {
      id: 'lpddr4x',
      kind: 'dram',
      name: '8 GB LPDDR4X, 128 bit at 1866 MHz',
      bandwidthBytesPerS: 59.7e9,
      memoryBytes: 8 * 2 ** 30,
    },
  ],
  processors: [
    cpu('cpu-0', 'CPU cores 0 to 3 (Carmel)', ['carmel-0', 'carmel-1'], 4),
    cpu('cpu-1', 'CPU cores 4 and 5 (Carmel)', ['carmel-2'], 2),
    {
      id: 'gpu',
      name: 'Volta GPU',
      kind: 'gpu',
      uses: ['volta', 'lpddr4x'],
      peakOpsPerS: { float32: 852e9, float16: 6.8e12, int8: 13.6e12 },
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
      bandwidthBytesPerS: 45e9,
      launchOverheadMs: 0.01,
      activeWatts: 7,
      dispatch: { resource: 'carmel-0', share: 0.7 },
    },
    dla('dla-0', 'deep-learning accelerator 0'),
    dla('dla-1', 'deep-learning accelerator 1'),
  ],
  copy: { bandwidthBytesPerS: 12e9, latencyMs: 0.05 },
  clockDomains: [
    {
      id: 'cpu',
      resources: ['carmel-0', 'carmel-1', 'carmel-2'],
      frequencyHz: CPU_HZ,
      coreStates: { choice: 'mask', alwaysOn: 1 },
      volts: linearVolts(CPU_HZ),
      idleWatts: idleWatts(CPU_HZ, 0.4),
      actuationDelayMs: 1,
    },
    {
      id: 'gpu',
      resources: ['volta'],
      frequencyHz: GPU_HZ,
      volts: linearVolts(GPU_HZ),
      idleWatts: idleWatts(GPU_HZ, 0.3),
      actuationDelayMs: 5,
    },
    {
      id: 'dla',
      resources: ['dla-0', 'dla-1'],
      frequencyHz: DLA_HZ,
      enumeratedHz: [1100.8e6],
      volts: linearVolts([550e6, ...DLA_HZ]).slice(1),
      actuationDelayMs: 5,
    },
    {
      id: 'emc',
      name: 'memory controller',
      resources: ['lpddr4x'],
      frequencyHz: EMC_HZ,
      idleWatts: memoryIdleWatts(EMC_HZ, 0.15, 1.4),
      bandwidthShare: memoryShares(EMC_HZ),
      actuationDelayMs: 8,
    },
  ],
  operatingPoints: MODES.map(([id, watts, cores, cpuMHz, gpuMHz, emcMHz, dlaMHz]) => ({
    id,
    name: `nvpmodel ${id}, ${watts} W`,
    frequencyHz: { cpu: cpuMHz * 1e6, gpu: gpuMHz * 1e6, dla: dlaMHz * 1e6, emc: emcMHz * 1e6 },
    cores: { cpu: cores },
  })),
  power: {
    idleWatts: 4.2,
    rails: [
      { id: 'vdd-in', name: 'VDD_IN (total)', measures: ['carmel-0', 'carmel-1', 'carmel-2', 'volta', 'lpddr4x'] },
      {
        id: 'cpu-gpu-cv',
        name: 'CPU_GPU_CV',
        measures: ['carmel-0', 'carmel-1', 'carmel-2', 'volta', 'dla-0', 'dla-1'],
      },
      { id: 'soc', name: 'SOC', measures: [] },
    ],
  },
  sources: [
    {
      id: 'maker',
      title:
        'NVIDIA, Jetson Xavier NX module data sheet: 6 Carmel cores, 384 CUDA and 48 tensor cores, 2 DLA, 8 GB of 128-bit LPDDR4X',
      reliability: 'stated',
    },
    { id: 'lanes', title: 'computed here from lanes and clock (head of this file)', reliability: 'estimated' },
    {
      id: 'trt',
      title: 'NVIDIA, TensorRT documentation, DLA supported layers and restrictions: 16 loadables per core',
      reliability: 'stated',
    },
    {
      id: 'judged',
      title: 'judged here from the AGX Xavier and the TX2; no measurement of this board',
      reliability: 'estimated',
    },
    {
      id: 'modes',
      title: 'nvpmodel configuration of JetPack 4.6 for the module, cores and clocks',
      reliability: 'stated',
    },
    {
      id: 'gpu-clocks',
      title: "available_frequencies as users print them from the board's sysfs",
      reliability: 'measured',
    },
    {
      id: 'tables',
      title: 'CPU and memory clock tables as remembered from the Jetson community',
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
    { path: '/processors/*/peakOpsPerS/**', source: 'lanes' },
    { path: '/processors/*/efficiency/**', source: 'judged' },
    { path: '/processors/*/bandwidthBytesPerS', source: 'judged' },
    { path: '/processors/*/launchOverheadMs', source: 'judged' },
    { path: '/processors/*/maxModels', source: 'trt' },
    { path: '/processors/*/activeWatts', source: 'judged' },
    { path: '/processors/*/dispatch/share', source: 'judged' },
    { path: '/copy/**', source: 'judged' },
    { path: '/clockDomains/*/frequencyHz/**', source: 'tables' },
    { path: '/clockDomains/gpu/frequencyHz/**', source: 'gpu-clocks' },
    { path: '/clockDomains/dla/frequencyHz/**', source: 'modes' },
    { path: '/clockDomains/*/enumeratedHz/**', source: 'judged' },
    { path: '/clockDomains/*/coreStates/**', source: 'judged' },
    { path: '/clockDomains/*/volts/**', source: 'volts' },
    { path: '/clockDomains/*/idleWatts/**', source: 'judged' },
    { path: '/clockDomains/*/bandwidthShare/**', source: 'memory' },
    { path: '/clockDomains/*/actuationDelayMs', source: 'delays' },
    { path: '/operatingPoints/**', source: 'modes' },
    { path: '/power/**', source: 'judged' },
  ],
};
