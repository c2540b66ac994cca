/**
 * A desktop computer for OpenVINO up to 2022.3: Core i7-6700K with its HD Graphics 530, and two Neural Compute Stick 2 (one
 * Myriad X each) on USB ports of their own. The kind of machine that the HAMS slides schedule for: a CPU, a GPU, some VPUs.
 *
 * One model per stick. CPU and GPU share the memory; that they also share a power budget is not modelled, so both
 * together can be slower in truth. Sending a whole model's input to a stick is not charged either: transfers are
 * those between stages. Later OpenVINO releases know no Myriad X.
 *
 * A Skylake core issues 32 float32 operations a cycle, an execution unit of the GPU 16, in float16 32. Efficiencies,
 * bandwidth and overhead of CPU and GPU are fitted to published times of four networks (docs/platforms.md has the table).
 */
import type { Platform, Processor } from './schema.ts';

/** Quantised and irregular operators: the stick's plugin computes in float16 alone. */
const STICK_LACKS = [
  'ConvInteger',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'Einsum',
  'GRU',
  'If',
  'MatMulInteger',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
  'RNN',
];

const stick = (index: number): Processor => ({
  id: `vpu-${index}`,
  name: `Neural Compute Stick 2, number ${index} (Myriad X)`,
  kind: 'vpu',
  uses: [`vpu-${index}`],
  peakOpsPerS: { float16: 1e12 },
  nativePrecision: 'float16',
  efficiency: {
    conv: 0.16,
    depthwise: 0.02,
    gemm: 0.1,
    pool: 0.05,
    elementwise: 0.05,
    normalization: 0.05,
    recurrent: 0.02,
    movement: 0.05,
  },
  bandwidthBytesPerS: 6e9,
  launchOverheadMs: 0.15,
  memoryBytes: 512 * 2 ** 20,
  maxModels: 1,
  unsupportedOperators: STICK_LACKS,
  activeWatts: 1.5,
});

/** Either way over USB, which is busy meanwhile. */
const overUsb = (from: string, index: number) => ({
  from,
  to: `vpu-${index}`,
  resource: `usb-${index}`,
  bandwidthBytesPerS: 400e6,
  latencyMs: 0.3,
  bidirectional: true,
});

/** By way of the host: out over one link, in over the other; the receiver's is charged. */
const betweenSticks = (from: number, to: number) => ({
  from: `vpu-${from}`,
  to: `vpu-${to}`,
  resource: `usb-${to}`,
  bandwidthBytesPerS: 200e6,
  latencyMs: 0.6,
});

export const openvinoCpuGpuVpu: Platform = {
  kind: 'platform',
  schemaVersion: 1,
  id: 'openvino-cpu-gpu-vpu',
  name: 'Core i7-6700K, HD Graphics 530, 2 x Neural Compute Stick 2',
  resources: [
    { id: 'skylake', kind: 'core-group', name: '4 x Skylake at 4 GHz', cores: 4 },
    { id: 'hd-530', kind: 'gpu', name: 'HD Graphics 530, 24 execution units at 1.15 GHz' },
    { id: 'vpu-0', kind: 'vpu', name: 'Myriad X' },
    { id: 'vpu-1', kind: 'vpu', name: 'Myriad X' },
    { id: 'usb-0', kind: 'link', name: 'USB 3.0', bandwidthBytesPerS: 400e6 },
    { id: 'usb-1', kind: 'link', name: 'USB 3.0', bandwidthBytesPerS: 400e6 },
    {
      id: 'ddr4',
      kind: 'dram',
      name: '16 GB DDR4-2133, two channels',
      bandwidthBytesPerS: 34.1e9,
      memoryBytes: 16 * 2 ** 30,
    },
  ],
  processors: [
    {
      id: 'cpu',
      name: 'Core i7-6700K, all cores',
      kind: 'cpu',
      uses: ['skylake', 'ddr4'],
      peakOpsPerS: { float32: 512e9, int8: 1024e9 },
      nativePrecision: 'float32',
      efficiency: {
        conv: 0.78,
        depthwise: 0.2,
        gemm: 0.3,
        pool: 0.1,
        elementwise: 0.1,
        normalization: 0.1,
        recurrent: 0.2,
        movement: 0.1,
      },
      bandwidthBytesPerS: 28e9,
      launchOverheadMs: 0.015,
      activeWatts: 65,
    },
    {
      id: 'gpu',
      name: 'HD Graphics 530',
      kind: 'gpu',
      uses: ['hd-530', 'ddr4'],
      peakOpsPerS: { float32: 441.6e9, float16: 883.2e9 },
      nativePrecision: 'float16',
      efficiency: {
        conv: 0.6,
        depthwise: 0.05,
        gemm: 0.3,
        pool: 0.05,
        elementwise: 0.05,
        normalization: 0.05,
        recurrent: 0.02,
        movement: 0.05,
      },
      bandwidthBytesPerS: 25e9,
      launchOverheadMs: 0.09,
      activeWatts: 20,
    },
    stick(0),
    stick(1),
  ],
  links: [
    overUsb('cpu', 0),
    overUsb('gpu', 0),
    overUsb('cpu', 1),
    overUsb('gpu', 1),
    betweenSticks(0, 1),
    betweenSticks(1, 0),
  ],
  copy: { bandwidthBytesPerS: 8e9, latencyMs: 0.1 },
  power: { idleWatts: 25 },
  sources: [
    {
      id: 'maker',
      title:
        'Intel, data of the Core i7-6700K and its HD Graphics 530: 4 cores at 4 GHz, 24 execution units up to 1.15 GHz, 34.1 GB/s; of the Myriad X: 1 TOPS for networks in its two neural engines, 4 Gbit of memory on the chip',
      reliability: 'stated',
    },
    { id: 'lanes', title: 'computed here from lanes and clock (head of this file)', reliability: 'estimated' },
    {
      id: 'fit',
      title:
        'fitted here to float32 times in the wiki of OpenCV, DNN Efficiency (2017), on an i7-6700K (Caffe with MKL-DNN) and its HD Graphics 530 (OpenCL); the GPU in float16 is taken to be as efficient',
      reliability: 'estimated',
    },
    { id: 'judged', title: 'judged here from similar devices; nobody measured this machine', reliability: 'estimated' },
    {
      id: 'usb',
      title: 'USB 3.0: 5 Gbit/s, 500 MB/s after line coding, of which 400 MB/s are taken to arrive',
      reliability: 'estimated',
    },
    {
      id: 'hams',
      title: 'Kou et al., HAMS: Hardware-Aware Model Scheduling on Heterogeneous Platforms, slides: one model per VPU',
      reliability: 'stated',
    },
  ],
  provenance: [
    { path: '/resources/**', source: 'maker' },
    { path: '/resources/usb-0/bandwidthBytesPerS', source: 'usb' },
    { path: '/resources/usb-1/bandwidthBytesPerS', source: 'usb' },
    { path: '/resources/ddr4/memoryBytes', source: 'judged' },
    { path: '/processors/*/peakOpsPerS/**', source: 'lanes' },
    { path: '/processors/vpu-0/peakOpsPerS/**', source: 'maker' },
    { path: '/processors/vpu-1/peakOpsPerS/**', source: 'maker' },
    { path: '/processors/*/efficiency/**', source: 'judged' },
    { path: '/processors/cpu/efficiency/conv', source: 'fit' },
    { path: '/processors/gpu/efficiency/conv', source: 'fit' },
    { path: '/processors/*/bandwidthBytesPerS', source: 'judged' },
    { path: '/processors/cpu/bandwidthBytesPerS', source: 'fit' },
    { path: '/processors/gpu/bandwidthBytesPerS', source: 'fit' },
    { path: '/processors/*/launchOverheadMs', source: 'judged' },
    { path: '/processors/cpu/launchOverheadMs', source: 'fit' },
    { path: '/processors/gpu/launchOverheadMs', source: 'fit' },
    { path: '/processors/*/memoryBytes', source: 'maker' },
    { path: '/processors/*/maxModels', source: 'hams' },
    { path: '/processors/*/activeWatts', source: 'judged' },
    { path: '/links/**', source: 'judged' },
    { path: '/links/*/bandwidthBytesPerS', source: 'usb' },
    { path: '/copy/**', source: 'judged' },
    { path: '/power/**', source: 'judged' },
  ],
};
