/**
 * ONNX models at work, on `onnxruntime-web`: the same WebAssembly runtime in Node, Deno and browsers, hence the same
 * numbers. The package is an optional peer and is loaded on first use.
 */
import { HeterodyneError } from '../../src/core/errors.ts';
import { cannotLoad, loadRuntime, type Runtime, reason } from './runtime.ts';

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

let loading: Promise<Runtime> | undefined;

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
    return wrap(runtime, session);
  } catch (error) {
    if (reason(error).startsWith('no available backend')) throw cannotLoad(error);
    throw new HeterodyneError('BAD_INPUT', `ONNX Runtime refuses the model: ${reason(error)}`, {
      expected: 'an ONNX model with supported operators',
      received: `${model.length} bytes`,
      cause: error,
    });
  }
}

type RuntimeSession = Awaited<ReturnType<Runtime['InferenceSession']['create']>>;
type RuntimeMetadata = RuntimeSession['inputMetadata'][number];

const TENSOR_TYPES: ReadonlySet<string> = new Set<TensorType>([
  'float32',
  'float16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
]);

function wrap(runtime: Runtime, session: RuntimeSession): OnnxSession {
  const inputs = session.inputMetadata.map(describe);
  const outputs = session.outputMetadata.map(describe);
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const runNow = async (feeds: Readonly<Record<string, OnnxTensor>>): Promise<Record<string, OnnxTensor>> => {
    const tensors: Record<string, InstanceType<Runtime['Tensor']>> = {};
    for (const [name, { type, data, dims }] of Object.entries(feeds)) {
      try {
        tensors[name] = new runtime.Tensor(type as 'float32', data as Float32Array, dims);
      } catch (error) {
        throw new HeterodyneError('BAD_INPUT', `Input "${name}" is no tensor: ${reason(error)}`, {
          path: name,
          expected: `${dims.reduce((product, size) => product * size, 1)} elements for ${type}[${dims.join(',')}]`,
          received: `${data.length} elements`,
          cause: error,
        });
      }
    }
    let results: Awaited<ReturnType<RuntimeSession['run']>>;
    try {
      results = await session.run(tensors);
    } catch (error) {
      throw new HeterodyneError('BAD_INPUT', `The model does not run: ${reason(error)}`, { cause: error });
    }
    const answer: Record<string, OnnxTensor> = {};
    for (const [name, tensor] of Object.entries(results)) {
      answer[name] = { type: tensor.type, data: arrayOf(tensor), dims: [...tensor.dims] } as OnnxTensor;
    }
    return answer;
  };

  return {
    inputs,
    outputs,
    async run(feeds) {
      if (closed) throw new HeterodyneError('USAGE', 'The session is closed');
      checkNames(feeds, inputs);
      const turn = last.then(() => runNow(feeds));
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      if (closed) return;
      closed = true;
      await last;
      await session.release();
    },
  };
}

/** Half-precision numbers come as Float16Array where the engine has it; their codes are the same everywhere. */
function arrayOf(tensor: InstanceType<Runtime['Tensor']>): unknown {
  const data = tensor.data;
  if (tensor.type !== 'float16' || data instanceof Uint16Array) return data;
  const { buffer, byteOffset, length } = data as unknown as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

function checkNames(feeds: Readonly<Record<string, OnnxTensor>>, inputs: readonly OnnxValueInfo[]): void {
  const expected = inputs.map((input) => input.name).join(', ');
  const received = Object.keys(feeds).join(', ') || 'nothing';
  const missing = inputs.find((input) => !Object.hasOwn(feeds, input.name));
  if (missing) {
    throw new HeterodyneError('BAD_INPUT', `Input "${missing.name}" is missing`, {
      path: missing.name,
      expected,
      received,
    });
  }
  const unknown = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw new HeterodyneError('BAD_INPUT', `The model has no input "${unknown}"`, {
      path: unknown,
      expected,
      received,
    });
  }
}

function describe(metadata: RuntimeMetadata): OnnxValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, shape: [] };
  const type = TENSOR_TYPES.has(metadata.type) ? (metadata.type as TensorType) : undefined;
  // The runtime gives an unstated size as -1 in 32 bits without sign.
  const shape = metadata.shape.map((size) => (size === 0xffffffff || size === '' ? '?' : size));
  return { name: metadata.name, type, shape };
}
