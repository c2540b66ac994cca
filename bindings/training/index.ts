/** Training on the processor: kernels on WebAssembly with SIMD where the host has it, else in plain TypeScript. */
import type { TrainingKernels } from '../../src/core/training.ts';
import { ReferenceTraining } from '../../src/reference/training/index.ts';
import { isSupported, WasmTraining } from './wasm.ts';

export * from '../../src/core/training.ts';
export { huber, type Loss, softmaxCrossEntropy } from './losses.ts';
export {
  Adam,
  type AdamOptions,
  type BatchNorm,
  cosineRate,
  type Parameter,
  Parameters,
  type SavedParameters,
} from './parameters.ts';
export type { Tensor, TensorShape } from './pieces.ts';
export { type ConvolutionOptions, type DepthwiseOptions, Tape } from './tape.ts';
export { ReferenceTraining, WasmTraining };

/** Fresh kernels with a memory of their own, the fastest that this host runs. */
export function trainingKernels(): TrainingKernels {
  return isSupported() ? new WasmTraining() : new ReferenceTraining();
}
