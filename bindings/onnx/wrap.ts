/** What sessions of both runtimes share: names checked, tensors in and out as plain arrays, one run after another. */
import { HeterodyneError } from '../../src/core/errors.ts';
import { reason } from './runtime.ts';
import type { OnnxSession, OnnxTensor, OnnxValueInfo, TensorType } from './session.ts';

/** The part of a runtime that sessions stand on: `onnxruntime-web` and `onnxruntime-node` have it in common. */
export interface RuntimeCore {
  Tensor: typeof import('onnxruntime-web')['Tensor'];
}

export type RuntimeSession = Awaited<ReturnType<typeof import('onnxruntime-web')['InferenceSession']['create']>>;
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

/** A session of a runtime as ours. */
export function wrapSession(runtime: RuntimeCore, session: RuntimeSession): OnnxSession {
  const inputs = session.inputMetadata.map(describe);
  const outputs = session.outputMetadata.map(describe);
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const runNow = async (feeds: Readonly<Record<string, OnnxTensor>>): Promise<Record<string, OnnxTensor>> => {
    const tensors: Record<string, InstanceType<RuntimeCore['Tensor']>> = {};
    for (const name of Object.keys(feeds)) {
      const { type, data, dims } = feeds[name];
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
    for (const name of Object.keys(results)) {
      const tensor = results[name];
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
function arrayOf(tensor: InstanceType<RuntimeCore['Tensor']>): unknown {
  const data = tensor.data;
  if (tensor.type !== 'float16' || data instanceof Uint16Array) return data;
  const { buffer, byteOffset, length } = data as unknown as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

/** Names are compared before any text is made: sessions run every few microseconds. */
function checkNames(feeds: Readonly<Record<string, OnnxTensor>>, inputs: readonly OnnxValueInfo[]): void {
  const given = Object.keys(feeds);
  const missing = inputs.find((input) => !Object.hasOwn(feeds, input.name));
  if (missing === undefined && given.length === inputs.length) return;
  const expected = inputs.map((input) => input.name).join(', ');
  const received = given.join(', ') || 'nothing';
  if (missing) {
    throw new HeterodyneError('BAD_INPUT', `Input "${missing.name}" is missing`, {
      path: missing.name,
      expected,
      received,
    });
  }
  const unknown = given.find((name) => !inputs.some((input) => input.name === name)) as string;
  throw new HeterodyneError('BAD_INPUT', `The model has no input "${unknown}"`, { path: unknown, expected, received });
}

function describe(metadata: RuntimeMetadata): OnnxValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, shape: [] };
  const type = TENSOR_TYPES.has(metadata.type) ? (metadata.type as TensorType) : undefined;
  // The runtime gives an unstated size as -1 in 32 bits without sign.
  const shape = metadata.shape.map((size) => (size === 0xffffffff || size === '' ? '?' : size));
  return { name: metadata.name, type, shape };
}
