/**
 * `heterodyne/core`: the kernels, on WebAssembly with SIMD where the host has it, else in plain TypeScript. Reaches
 * neither files nor ONNX, and needs no permission.
 */
import type { Core } from '../src/core/placement.ts';
import { referenceCore } from '../src/reference/index.ts';
import { isSupported, wasmCore } from './wasm/index.ts';

export * from '../src/core/control.ts';
export * from '../src/core/control-modes.ts';
export { type ErrorCode, exitCodeOf, HeterodyneError } from '../src/core/errors.ts';
export * from '../src/core/placement.ts';
export * from '../src/core/subnets.ts';
export { exp, log } from '../src/reference/numeric.ts';
export { Random } from '../src/reference/random.ts';
export { referenceCore, wasmCore };

let chosen: Core | undefined;

/** The fastest core that this host runs. */
export function defaultCore(): Core {
  chosen ??= isSupported() ? wasmCore() : referenceCore();
  return chosen;
}
