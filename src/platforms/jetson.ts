/** What the boards of NVIDIA's Jetson family have in common: operators of the DLA, and how voltage and memory scale. */

/**
 * What a DLA of the Xavier generation runs (TensorRT documentation, DLA layers and restrictions): convolution and its
 * transpose, fully connected, simple activations, pooling, element-wise arithmetic, concatenation, LRN, scaling.
 * `Constant`, `Identity` and `Dropout` vanish when the network is built. Softmax, reshapes and transposes are missing.
 */
export const DLA_OPERATORS = [
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Clip',
  'Concat',
  'Constant',
  'Conv',
  'ConvTranspose',
  'Div',
  'Dropout',
  'Gemm',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Identity',
  'LRN',
  'LeakyRelu',
  'Max',
  'MaxPool',
  'Min',
  'Mul',
  'PRelu',
  'Pow',
  'Relu',
  'Sigmoid',
  'Sub',
  'Sum',
  'Tanh',
];

/**
 * Supply voltage, linear over a frequency table from 0.62 to 1.1 V: the range that is told of the family, without the
 * curve between. Only its square relative to the highest is used.
 */
export function linearVolts(frequencyHz: readonly number[]): number[] {
  const lowest = frequencyHz[0] ?? 0;
  const range = (frequencyHz.at(-1) ?? lowest) - lowest;
  return frequencyHz.map((hz) => rounded(range === 0 ? 1.1 : 0.62 + (0.48 * (hz - lowest)) / range));
}

/** Part of a memory-bound network's time that follows the period of the memory clock. */
const MEMORY_PERIOD_SHARE = 0.96;

/**
 * Bandwidth at each memory clock relative to the highest: `1 / (x f_max / f + 1 - x)`. On an Orin Nano the network that
 * suffered most took 48 % longer at two thirds of the clock (arXiv:2606.16106), hence x = 0.48 / 0.5.
 */
export function memoryShares(frequencyHz: readonly number[]): number[] {
  const highest = frequencyHz.at(-1) ?? 0;
  return frequencyHz.map((hz) => rounded(1 / ((MEMORY_PERIOD_SHARE * highest) / hz + 1 - MEMORY_PERIOD_SHARE)));
}

/** Idle watts of a clock tree, which follow V^2 f up to `most` at the highest frequency. */
export function idleWatts(frequencyHz: readonly number[], most: number): number[] {
  const volts = linearVolts(frequencyHz);
  const highest = frequencyHz.length - 1;
  return frequencyHz.map((hz, i) => rounded(most * (volts[i] / volts[highest]) ** 2 * (hz / frequencyHz[highest])));
}

/** Idle watts of memory and its controller: `least` at 204 MHz, linear from there to `most`; below in proportion. */
export function memoryIdleWatts(frequencyHz: readonly number[], least: number, most: number): number[] {
  const highest = frequencyHz.at(-1) ?? 204e6;
  return frequencyHz.map((hz) =>
    rounded(hz < 204e6 ? (least * hz) / 204e6 : least + ((most - least) * (hz - 204e6)) / (highest - 204e6)),
  );
}

/** Four decimals: more would pretend. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
