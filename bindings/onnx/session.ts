/**
 * ONNX models at work, on `onnxruntime-web`: the same WebAssembly runtime in Node, Deno and browsers, hence the same
 * numbers. The package is an optional peer and is loaded on first use.
 */
import { HeterodyneError } from '../../src/core/errors.ts';
import { cannotLoad, loadRuntime, reason } from './runtime.ts';
import { wrapSession } from './wrap.ts';

/** Element types of tensors that go in and out, with the array that holds them. `bool` and `float16` as raw codes. */
export interface TensorArrays {
  float32: Float32Array;
  float16: Uint16Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
}

export type TensorType = keyof TensorArrays;

/** A tensor: its elements in row-major order. */
export type OnnxTensor = {
  [T in TensorType]: { readonly type: T; readonly data: TensorArrays[T]; readonly dims: readonly number[] };
}[TensorType];

/** What a model expects or gives; a string among the dimensions is a symbol, '?' an unknown size. */
export interface OnnxValueInfo {
  readonly name: string;
  /** undefined = not a tensor (a sequence or a map), or of an element type that has no array. */
  readonly type?: TensorType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxSessionOptions {
  /** Sizes for symbolic dimensions, by symbol. */
  dimensions?: Readonly<Record<string, number>>;
  /** Rewrite the graph for speed before running; default true. */
  optimize?: boolean;
}

/** A loaded model. Holds memory outside the reach of garbage collection until `close`. */
export interface OnnxSession {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /**
   * One inference. Runs of one session follow each other, whoever asks.
   *
   * @throws HeterodyneError `BAD_INPUT` (a missing, unknown or wrongly shaped input, or a failure inside the model),
   * `USAGE` after `close`.
   */
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Record<string, OnnxTensor>>;
  /** Free the model. Further calls do nothing. */
  close(): Promise<void>;
}

/** Warnings and notices of the runtime are of no use to callers: 3 = errors only. */
const ERRORS_ONLY = 3;

let loading: Promise<typeof import('onnxruntime-web')> | undefined;

/** Version of the installed runtime; undefined where it is not installed. */
export async function webVersion(): Promise<string | undefined> {
  return import('onnxruntime-web').then(
    (runtime) => runtime.env.versions.web ?? runtime.env.versions.common,
    () => undefined,
  );
}

/**
 * Load a model from the bytes of its file.
 *
 * @throws HeterodyneError `NOT_READABLE` (onnxruntime-web is not installed or cannot start), `BAD_INPUT` (not a model
 * that it can run).
 */
export async function openSession(model: Uint8Array, options: OnnxSessionOptions = {}): Promise<OnnxSession> {
  loading ??= loadRuntime(() => import('onnxruntime-web'));
  const runtime = await loading.catch((error) => {
    loading = undefined; // may be installed or permitted by the next call
    throw error;
  });
  try {
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: options.optimize === false ? 'disabled' : 'all',
      freeDimensionOverrides: options.dimensions,
      logSeverityLevel: ERRORS_ONLY,
    });
    return wrapSession(runtime, session);
  } catch (error) {
    if (reason(error).startsWith('no available backend')) throw cannotLoad(error);
    throw new HeterodyneError('BAD_INPUT', `ONNX Runtime refuses the model: ${reason(error)}`, {
      expected: 'an ONNX model with supported operators',
      received: `${model.length} bytes`,
      cause: error,
    });
  }
}
