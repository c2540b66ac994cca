/**
 * HiKey970: Kirin 970 with four Cortex-A73, four Cortex-A53 and a Mali-G72 MP12, the board of the OmniBoost paper.
 * Its NPU is not described, because that work does not use it.
 *
 * Peaks follow from lanes and clock: an A73 issues 8 float32 operations a cycle (two 64-bit NEON pipes with fused
 * multiply-add), an A53 likewise 8 (one 128-bit pipe), a G72 core 24 (3 engines x 4 lanes x 2).
 *
 * Efficiencies, bandwidths and launch overheads of the three processors were fitted so that the roofline comes near
 * published images/s of four networks (test/platforms/calibration.test.ts). They stand for one library on one board:
 * the overhead in particular carries what that library spends between operators, far more than a kernel launch costs.
 */
import type { Platform } from './schema.ts';

export const hikey970: Platform = {
  kind: 'platform',
  schemaVersion: 1,
  id: 'hikey970',
  name: 'HiKey970 (Kirin 970)',
  resources: [
    { id: 'a53', kind: 'core-group', name: '4 x Cortex-A53 at 1.844 GHz', cores: 4 },
    { id: 'g72', kind: 'gpu', name: 'Mali-G72 MP12 at 767 MHz' },
    { id: 'a73', kind: 'core-group', name: '4 x Cortex-A73 at 2.362 GHz', cores: 4 },
    {
      id: 'lpddr4x',
      kind: 'dram',
      name: '6 GB LPDDR4X-3733, 4 x 16 bit',
      bandwidthBytesPerS: 29.8e9,
      memoryBytes: 6 * 2 ** 30,
    },
  ],
  processors: [
    {
      id: 'little',
      name: 'LITTLE cluster (4 x Cortex-A53)',
      kind: 'cpu',
      uses: ['a53', 'lpddr4x'],
      peakOpsPerS: { float32: 59.0e9 },
      nativePrecision: 'float32',
      efficiency: {
        conv: 0.2,
        depthwise: 0.1,
        gemm: 0.0065,
        pool: 0.1,
        elementwise: 0.1,
        normalization: 0.1,
        recurrent: 0.05,
        movement: 0.1,
      },
      bandwidthBytesPerS: 1.5e9,
      launchOverheadMs: 1.2,
      activeWatts: 1.2,
    },
    {
      id: 'gpu',
      name: 'Mali-G72 MP12',
      kind: 'gpu',
      uses: ['g72', 'lpddr4x'],
      peakOpsPerS: { float32: 220.9e9, float16: 441.8e9 },
      nativePrecision: 'float32',
      efficiency: {
        conv: 0.4,
        depthwise: 0.015,
        gemm: 0.15,
        pool: 0.1,
        elementwise: 0.1,
        normalization: 0.1,
        recurrent: 0.05,
        movement: 0.1,
      },
      bandwidthBytesPerS: 16e9,
      launchOverheadMs: 0.37,
      activeWatts: 4.5,
      dispatch: { resource: 'a73', share: 0.7 },
    },
    {
      id: 'big',
      name: 'big cluster (4 x Cortex-A73)',
      kind: 'cpu',
      uses: ['a73', 'lpddr4x'],
      peakOpsPerS: { float32: 75.6e9 },
      nativePrecision: 'float32',
      efficiency: {
        conv: 0.36,
        depthwise: 0.12,
        gemm: 0.2,
        pool: 0.1,
        elementwise: 0.1,
        normalization: 0.1,
        recurrent: 0.05,
        movement: 0.1,
      },
      bandwidthBytesPerS: 3.2e9,
      launchOverheadMs: 0.65,
      activeWatts: 4.2,
    },
  ],
  copy: { bandwidthBytesPerS: 2e9, latencyMs: 0.1 },
  clockDomains: [
    {
      id: 'little',
      resources: ['a53'],
      frequencyHz: [509e6, 1018e6, 1210e6, 1402e6, 1556e6, 1690e6, 1844e6],
      actuationDelayMs: 1,
    },
    { id: 'gpu', resources: ['g72'], frequencyHz: [178e6, 267e6, 332e6, 415e6, 554e6, 767e6], actuationDelayMs: 5 },
    {
      id: 'big',
      resources: ['a73'],
      frequencyHz: [682e6, 1018e6, 1210e6, 1364e6, 1498e6, 1652e6, 1863e6, 2093e6, 2362e6],
      actuationDelayMs: 1,
    },
  ],
  power: { idleWatts: 3 },
  sources: [
    {
      id: 'chip',
      title: 'Kirin 970 as described by WikiChip and device databases: 4 x A73, 4 x A53, G72 MP12, LPDDR4X-3733',
      reliability: 'unverified',
    },
    { id: 'lanes', title: 'computed here from lanes and clock (head of this file)', reliability: 'estimated' },
    {
      id: 'fit',
      title:
        'fitted here to the images/s of Wang, Pathania, Mitra, Neural Network Inference on Mobile SoCs, arXiv:1908.11450, as quoted second-hand',
      reliability: 'unverified',
    },
    { id: 'judged', title: 'judged here from similar devices; no measurement of this board', reliability: 'estimated' },
    {
      id: 'a73-power',
      title:
        'AnandTech, HiSilicon Kirin 960: Performance and Power (2017): 5.3 W for four A73 at 2.36 GHz in 16 nm, less the 20 % that the maker states for 10 nm',
      reliability: 'estimated',
    },
    {
      id: 'point',
      title: 'one AlexNet run in the released OmniBoost code: 0.3 to 2.6 ms per transfer',
      reliability: 'measured',
    },
    {
      id: 'tables',
      title: 'frequency tables as remembered from kernel sources of the board',
      reliability: 'unverified',
    },
    {
      id: 'delays',
      title: 'delays measured on another board, Orin Nano (arXiv:2606.16106), taken as defaults',
      reliability: 'estimated',
    },
  ],
  provenance: [
    { path: '/resources/**', source: 'chip' },
    { path: '/processors/*/peakOpsPerS/**', source: 'lanes' },
    { path: '/processors/*/efficiency/**', source: 'judged' },
    { path: '/processors/*/efficiency/conv', source: 'fit' },
    { path: '/processors/*/efficiency/depthwise', source: 'fit' },
    { path: '/processors/*/efficiency/gemm', source: 'fit' },
    { path: '/processors/*/bandwidthBytesPerS', source: 'fit' },
    { path: '/processors/*/launchOverheadMs', source: 'fit' },
    { path: '/processors/*/activeWatts', source: 'judged' },
    { path: '/processors/big/activeWatts', source: 'a73-power' },
    { path: '/processors/*/dispatch/share', source: 'judged' },
    { path: '/copy/**', source: 'point', note: 'order of magnitude alone' },
    { path: '/clockDomains/*/frequencyHz/**', source: 'tables' },
    { path: '/clockDomains/*/actuationDelayMs', source: 'delays' },
    { path: '/power/**', source: 'judged' },
  ],
};
