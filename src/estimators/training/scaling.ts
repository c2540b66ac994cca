/**
 * What networks learn instead of rates: numbers of size 1. Fitted on the training rows alone, stored with the network,
 * undone inside the exported graph. `ratio` is a rate over the network's base rate (1 where it has none).
 *
 *   log      z = (ln ratio - shift) / scale, shift and scale = mean and deviation: relative errors count alike
 *   min-max  z = (ratio - shift) / scale, shift and scale = least and range: the original's (standardising first changes
 *            nothing), which loses the small rates where a few are large
 */
import { exp, log } from '../../../bindings/core.ts';

export const SCALINGS = ['log', 'min-max'] as const;

export interface Scaling {
  kind: (typeof SCALINGS)[number];
  shift: number;
  scale: number;
}

export function fitScaling(kind: Scaling['kind'], ratios: readonly number[]): Scaling {
  if (kind === 'min-max') {
    const shift = ratios.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY);
    const most = ratios.reduce((largest, x) => Math.max(largest, x), Number.NEGATIVE_INFINITY);
    return { kind, shift, scale: most > shift ? most - shift : 1 };
  }
  const logs = ratios.map(log);
  const shift = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  const variance = logs.reduce((sum, x) => sum + (x - shift) ** 2, 0) / logs.length;
  return { kind, shift, scale: variance > 0 ? Math.sqrt(variance) : 1 };
}

export function scaled({ kind, shift, scale }: Scaling, ratio: number): number {
  return ((kind === 'log' ? log(ratio) : ratio) - shift) / scale;
}

/** The ratio behind an output; never below 0. */
export function unscaled({ kind, shift, scale }: Scaling, output: number): number {
  const value = output * scale + shift;
  return kind === 'log' ? exp(value) : Math.max(0, value);
}
