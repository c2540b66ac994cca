/** Losses on small outputs: value, and gradient by every output. Plain numbers, the same for both kernels. */
import { exp, log } from '../../src/reference/numeric.ts';

export interface Loss {
  /** Mean over everything that counts. */
  value: number;
  gradient: Float32Array;
}

/**
 * Huber's loss: e^2 / 2 up to |e| = delta, delta (|e| - delta / 2) beyond; delta 0 = the absolute error. Only outputs
 * whose mask is above 0 count, with the mask as weight.
 */
export function huber(outputs: Float32Array, targets: Float32Array, mask: Float32Array, delta: number): Loss {
  const gradient = new Float32Array(outputs.length);
  let value = 0;
  let weight = 0;
  for (let i = 0; i < outputs.length; i++) if (mask[i] > 0) weight += mask[i];
  if (weight === 0) return { value: 0, gradient };
  for (let i = 0; i < outputs.length; i++) {
    if (!(mask[i] > 0)) continue;
    const error = outputs[i] - targets[i];
    const size = Math.abs(error);
    const inside = size <= delta;
    value += mask[i] * (delta === 0 ? size : inside ? 0.5 * error * error : delta * (size - 0.5 * delta));
    const steep = delta === 0 ? Math.sign(error) : inside ? error : delta * Math.sign(error);
    gradient[i] = (mask[i] * steep) / weight;
  }
  return { value: value / weight, gradient };
}

/**
 * Softmax and cross-entropy. `outputs` are [classes][images]; `labels` one class an image; `smoothing` of the target is
 * spread over all classes.
 */
export function softmaxCrossEntropy(
  outputs: Float32Array,
  labels: ArrayLike<number>,
  smoothing = 0,
): Loss & { correct: number } {
  const images = labels.length;
  const classes = outputs.length / images;
  const gradient = new Float32Array(outputs.length);
  let value = 0;
  let correct = 0;
  for (let n = 0; n < images; n++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (outputs[c * images + n] > outputs[best * images + n]) best = c;
    if (best === labels[n]) correct++;
    const largest = outputs[best * images + n];
    let total = 0;
    for (let c = 0; c < classes; c++) total += exp(outputs[c * images + n] - largest);
    const logTotal = log(total);
    for (let c = 0; c < classes; c++) {
      const logShare = outputs[c * images + n] - largest - logTotal;
      const target = (c === labels[n] ? 1 - smoothing : 0) + smoothing / classes;
      value -= target * logShare;
      gradient[c * images + n] = (exp(logShare) - target) / images;
    }
  }
  return { value: value / images, gradient, correct };
}
