/**
 * Numbers to 8 bits: q = round(x / scale) + zero, within the range of the type.
 *
 * Weights are symmetric (zero = 0), with a scale for every output channel; activations are asymmetric over the range
 * that calibration saw, widened to hold 0, so that padding stays exact.
 */

/** Signed 8-bit integers; `bits` 7 halves the range for processors whose 16-bit sums of products would overflow. */
export interface QuantisedWeights {
  values: Int8Array;
  scales: Float32Array;
}

/**
 * @param stride elements between neighbours along the channel axis
 * @param channels length of the channel axis; 1 = one scale for all
 */
export function quantiseSymmetric(
  weights: Float32Array,
  channels: number,
  stride: number,
  bits: 7 | 8,
): QuantisedWeights {
  const largest = bits === 8 ? 127 : 63;
  const scales = new Float32Array(channels);
  const channelOf = (i: number): number => Math.floor(i / stride) % channels;
  for (let i = 0; i < weights.length; i++) {
    const channel = channelOf(i);
    scales[channel] = Math.max(scales[channel]!, Math.abs(weights[i]!));
  }
  for (let c = 0; c < channels; c++) scales[c] = scales[c]! > 0 ? scales[c]! / largest : 1;
  const values = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const value = Math.round(weights[i]! / scales[channelOf(i)]!);
    values[i] = Math.max(-largest, Math.min(largest, value));
  }
  return { values, scales };
}

export interface Range {
  least: number;
  most: number;
}

export interface ActivationScale {
  scale: number;
  zero: number;
}

/** Of unsigned 8-bit integers over a range. */
export function activationScale({ least, most }: Range): ActivationScale {
  const low = Math.min(0, least);
  const high = Math.max(0, most);
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zero: Math.max(0, Math.min(255, Math.round(-low / scale))) };
}
