/**
 * Activations and slopes in float32, every operation rounded; twin of assembly/training/activation.ts. GELU is
 * x P(x) with the normal distribution P after Abramowitz and Stegun 7.1.26 (error below 1.5e-7).
 */
import type { Activation } from '../../core/training.ts';
import { f } from './lanes.ts';

const bits = new Int32Array(1);
const power = new Float32Array(bits.buffer);

/** Horner's rule; the highest coefficient first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, next) => f(f(sum * x) + next));
}

const EXPONENTIAL = [1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1, 1].map(f);
const ERROR_FUNCTION = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].map(f);

/** e to the power x for -87 <= x <= 0. */
function exp(x: number): number {
  const k = Math.floor(f(f(x * f(Math.LOG2E)) + 0.5));
  const r = f(f(x - f(k * f(0.693145751953125))) - f(k * f(1.4286067653e-6)));
  bits[0] = (k + 127) << 23;
  return f(polynomial(r, EXPONENTIAL) * power[0]);
}

/** exp(-x^2 / 2). */
function bell(x: number): number {
  return exp(Math.max(f(f(x * x) * -0.5), -87));
}

/** The normal distribution. */
function normal(x: number, bellOfX: number): number {
  const z = f(Math.abs(x) * f(Math.SQRT1_2));
  const t = f(1 / f(1 + f(f(0.3275911) * z)));
  const tail = f(0.5 * f(f(polynomial(t, ERROR_FUNCTION) * t) * bellOfX));
  return x < 0 ? tail : f(1 - tail);
}

/** f(x). */
export function activated(kind: Activation, x: number): number {
  switch (kind) {
    case 'relu':
      return Math.max(x, 0);
    case 'gelu':
      return f(x * normal(x, bell(x)));
    case 'hard-swish':
      return f(f(x * Math.min(Math.max(f(x + 3), 0), 6)) * f(1 / 6));
  }
}

/** f'(x). */
export function slope(kind: Activation, x: number): number {
  switch (kind) {
    case 'relu':
      return x > 0 ? 1 : 0;
    case 'gelu': {
      const b = bell(x);
      return f(normal(x, b) + f(x * f(f(0.3989422804014327) * b)));
    }
    case 'hard-swish':
      return x < -3 ? 0 : x > 3 ? 1 : f(f(f(x + x) + 3) * f(1 / 6));
  }
}
