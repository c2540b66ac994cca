/**
 * Jetson TX2, 8 GB: four Cortex-A57, two Denver 2 and a Pascal GPU with 256 CUDA cores behind one LPDDR4.
 *
 * Operating points: 7 A57 frequencies x 4 core counts x 15 Denver states (off, or 7 frequencies x 1 or 2 cores) x 7 GPU
 * x 4 memory clocks = 11,760, the set of the released NeuOS code. The tables hold all clocks that are told of the board;
 * `enumeratedHz` holds that set.
 *
 * An A57 issues 8 float32 operations a cycle (one 128-bit pipe with fused multiply-add), a Denver 2 core 16 (two pipes), a
 * Pascal core 2, in float16 4. The GPU's efficiencies, bandwidth and overhead are fitted to published latencies of seven
 * networks (docs/platforms.md has the table).
 *
 * Power at rest restates a log that came with the NeuOS code (Bateni and Liu, USENIX ATC 2020): 1.55 W, plus 0.10 to
 * 1.63 W for the memory clock, plus up to 0.34 W for a fast Denver cluster, whether one or two cores are on; idle A57 and
 * GPU clocks cost nothing that can be seen. Power at work is fitted to the budgets of the modes Max-Q and Max-P.
 */
import { idleWatts, linearVolts, memoryIdleWatts, memoryShares } from './jetson.ts';
import type { Platform } from './schema.ts';

const CPU_HZ = [
  345.6e6, 499.2e6, 652.8e6, 806.4e6, 960e6, 1113.6e6, 1267.2e6, 1420.8e6, 1574.4e6, 1728e6, 1881.6e6, 2035.2e6,
];
const GPU_HZ = [
  140.25e6, 229.5e6, 318.75e6, 408e6, 497.25e6, 586.5e6, 675.75e6, 765e6, 854.25e6, 943.5e6, 1032.75e6, 1122e6,
  1211.25e6, 1300.5e6,
];
const EMC_HZ = [40.8e6, 68e6, 102e6, 204e6, 408e6, 665.6e6, 800e6, 1062.4e6, 1331.2e6, 1600e6, 1866e6];

const CPU_SET = [345.6e6, 652.8e6, 960e6, 1267.2e6, 1574.4e6, 1881.6e6, 2035.2e6];
const GPU_SET = [140.25e6, 497.25e6, 675.75e6, 854.25e6, 1032.75e6, 1211.25e6, 1300.5e6];
const EMC_SET = [204e6, 800e6, 1331.2e6, 1866e6];

const CPU_EFFICIENCY = {
  conv: 0.35,
  depthwise: 0.12,
  gemm: 0.25,
  pool: 0.1,
  elementwise: 0.1,
  normalization: 0.1,
  recurrent: 0.1,
  movement: 0.1,
};

export const jetsonTx2: Platform = {
  kind: 'platform',
  schemaVersion: 1,
  id: 'jetson-tx2',
  name: 'Jetson TX2 8 GB',
  resources: [
    { id: 'a57', kind: 'core-group', name: '4 x Cortex-A57 at 2.035 GHz', cores: 4 },
    { id: 'denver', kind: 'core-group', name: '2 x Denver 2 at 2.035 GHz', cores: 2 },
    { id: 'pascal', kind: 'gpu', name: 'Pascal, 256 CUDA cores at 1.3 GHz' },
    {
      id: 'lpddr4',
      kind: 'dram',
      name: '8 GB LPDDR4, 128 bit at 1866 MHz',
      bandwidthBytesPerS: 59.7e9,
      memoryBytes: 8 * 2 ** 30,
    },
  ],
  processors: [
    {
      id: 'a57',
      name: 'CPU cores 0 and 3 to 5 (Cortex-A57)',
      kind: 'cpu',
      uses: ['a57', 'lpddr4'],
      peakOpsPerS: { float32: 65.1e9 },
      nativePrecision: 'float32',
      efficiency: CPU_EFFICIENCY,
      bandwidthBytesPerS: 10e9,
      launchOverheadMs: 0.03,
      activeWatts: 4,
    },
    {
      id: 'denver',
      name: 'CPU cores 1 and 2 (Denver 2)',
      kind: 'cpu',
      uses: ['denver', 'lpddr4'],
      peakOpsPerS: { float32: 65.1e9 },
      nativePrecision: 'float32',
      efficiency: CPU_EFFICIENCY,
      bandwidthBytesPerS: 10e9,
      launchOverheadMs: 0.02,
      activeWatts: 5,
    },
    {
      id: 'gpu',
      name: 'Pascal GPU',
      kind: 'gpu',
      uses: ['pascal', 'lpddr4'],
      peakOpsPerS: { float32: 665.9e9, float16: 1331.7e9 },
      nativePrecision: 'float16',
      efficiency: {
        conv: 0.62,
        depthwise: 0.003,
        gemm: 0.3,
        pool: 0.05,
        elementwise: 0.05,
        normalization: 0.05,
        recurrent: 0.05,
        movement: 0.05,
      },
      bandwidthBytesPerS: 50e9,
      launchOverheadMs: 0.07,
      activeWatts: 9.2,
      dispatch: { resource: 'a57', share: 0.7 },
    },
  ],
  copy: { bandwidthBytesPerS: 10e9, latencyMs: 0.05 },
  clockDomains: [
    {
      id: 'a57',
      resources: ['a57'],
      frequencyHz: CPU_HZ,
      enumeratedHz: CPU_SET,
      coreStates: { choice: 'count', alwaysOn: 1 },
      volts: linearVolts(CPU_HZ),
      actuationDelayMs: 1,
    },
    {
      id: 'denver',
      resources: ['denver'],
      frequencyHz: CPU_HZ,
      enumeratedHz: CPU_SET,
      coreStates: { choice: 'count', alwaysOn: 0 },
      volts: linearVolts(CPU_HZ),
      idleWatts: idleWatts(CPU_HZ, 0.34),
      actuationDelayMs: 1,
    },
    {
      id: 'gpu',
      resources: ['pascal'],
      frequencyHz: GPU_HZ,
      enumeratedHz: GPU_SET,
      volts: linearVolts(GPU_HZ),
      actuationDelayMs: 5,
    },
    {
      id: 'emc',
      name: 'memory controller',
      resources: ['lpddr4'],
      frequencyHz: EMC_HZ,
      enumeratedHz: EMC_SET,
      idleWatts: memoryIdleWatts(EMC_HZ, 0.1, 1.63),
      bandwidthShare: memoryShares(EMC_HZ),
      actuationDelayMs: 8,
    },
  ],
  // A mode caps clocks: the CPU takes the highest frequency under the cap, the GPU's caps are its frequencies, rounded.
  operatingPoints: [
    { id: 'max-n', name: 'nvpmodel 0, Max-N', frequencyHz: {} },
    {
      id: 'max-q',
      name: 'nvpmodel 1, Max-Q, 7.5 W',
      frequencyHz: { a57: 1113.6e6, gpu: 854.25e6, emc: 1331.2e6 },
      cores: { denver: 0 },
    },
    {
      id: 'max-p-all',
      name: 'nvpmodel 2, Max-P on all cores, 15 W',
      frequencyHz: { a57: 1267.2e6, denver: 1267.2e6, gpu: 1122e6, emc: 1600e6 },
    },
    {
      id: 'max-p-a57',
      name: 'nvpmodel 3, Max-P on the A57, 15 W',
      frequencyHz: { a57: 1881.6e6, gpu: 1122e6, emc: 1600e6 },
      cores: { denver: 0 },
    },
    {
      id: 'max-p-denver',
      name: 'nvpmodel 4, Max-P on a Denver, 15 W',
      frequencyHz: { a57: 345.6e6, gpu: 1122e6, emc: 1600e6 },
      cores: { a57: 1, denver: 1 },
    },
  ],
  power: {
    idleWatts: 3.52,
    rails: [
      { id: 'vdd-in', name: 'VDD_IN (total)', measures: ['a57', 'denver', 'pascal', 'lpddr4'] },
      { id: 'vdd-sys-cpu', name: 'VDD_SYS_CPU', measures: ['a57', 'denver'] },
      { id: 'vdd-sys-gpu', name: 'VDD_SYS_GPU', measures: ['pascal'] },
      { id: 'vdd-sys-soc', name: 'VDD_SYS_SOC', measures: [] },
      { id: 'vdd-sys-ddr', name: 'VDD_SYS_DDR', measures: ['lpddr4'] },
    ],
  },
  sources: [
    {
      id: 'maker',
      title:
        'NVIDIA, Jetson TX2 module data sheet: 4 A57 and 2 Denver 2 at 2 GHz, 256 CUDA cores at 1.3 GHz, 8 GB of 128-bit LPDDR4, 59.7 GB/s',
      reliability: 'stated',
    },
    { id: 'lanes', title: 'computed here from lanes and clock (head of this file)', reliability: 'estimated' },
    {
      id: 'fit',
      title:
        'fitted here to latencies in float16 that NVIDIA published with tf_to_trt_image_classification (TensorRT on the TX2, batch 1)',
      reliability: 'estimated',
    },
    { id: 'judged', title: 'judged here from similar devices; no measurement of this board', reliability: 'estimated' },
    { id: 'code', title: 'clock tables and core states in the released NeuOS code', reliability: 'stated' },
    { id: 'gpu-clocks', title: 'GPU clocks of NVIDIA L4T releases of 2017', reliability: 'stated' },
    {
      id: 'tables',
      title: 'full CPU and memory clock tables as remembered from the Jetson community',
      reliability: 'unverified',
    },
    {
      id: 'modes',
      title: 'caps in the nvpmodel configuration of L4T 28, as frequencies of the tables',
      reliability: 'stated',
    },
    { id: 'volts', title: 'linear from 0.62 to 1.1 V, a range told of the family', reliability: 'unverified' },
    {
      id: 'idle-log',
      title:
        'model fitted here to idle power in a log shipped with the NeuOS code (Bateni and Liu, USENIX ATC 2020); memory clocks between 204 and 1866 MHz interpolated',
      reliability: 'measured',
    },
    {
      id: 'budgets',
      title:
        "fitted here to the budgets of Max-Q (7.5 W) and Max-P (15 W), within 10 %; the processors' parts are judged",
      reliability: 'estimated',
    },
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
    { path: '/processors/gpu/efficiency/conv', source: 'fit' },
    { path: '/processors/gpu/efficiency/depthwise', source: 'fit' },
    { path: '/processors/*/bandwidthBytesPerS', source: 'judged' },
    { path: '/processors/gpu/bandwidthBytesPerS', source: 'fit' },
    { path: '/processors/*/launchOverheadMs', source: 'judged' },
    { path: '/processors/gpu/launchOverheadMs', source: 'fit' },
    { path: '/processors/*/activeWatts', source: 'budgets' },
    { path: '/processors/*/dispatch/share', source: 'judged' },
    { path: '/copy/**', source: 'judged' },
    { path: '/clockDomains/*/frequencyHz/**', source: 'tables' },
    { path: '/clockDomains/gpu/frequencyHz/**', source: 'gpu-clocks' },
    { path: '/clockDomains/*/enumeratedHz/**', source: 'code' },
    { path: '/clockDomains/*/coreStates/**', source: 'code' },
    { path: '/clockDomains/*/volts/**', source: 'volts' },
    { path: '/clockDomains/*/idleWatts/**', source: 'idle-log' },
    { path: '/clockDomains/*/bandwidthShare/**', source: 'memory' },
    { path: '/clockDomains/*/actuationDelayMs', source: 'delays' },
    { path: '/operatingPoints/**', source: 'modes' },
    { path: '/power/**', source: 'idle-log' },
  ],
};
