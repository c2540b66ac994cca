/** Where frames come from: numbers made on the spot, a folder of arrays, or a module of the user's. */
import { exists, folderNames, readBytes } from '../../bindings/host/index.ts';
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { readNpy } from '../estimators/dataset/npy.ts';
import { type PackedTensors, packTensors, type Tensors } from '../execution/tensors.ts';

/** Frames of one model, without end: `undefined` = the first stage's process makes the numbers itself. */
export interface FrameSource {
  next(): Promise<PackedTensors | undefined | 'ended'>;
}

/** What a user's module is told of the model that it feeds. */
export interface SourceContext {
  model: string;
  inputs: readonly OnnxValueInfo[];
}

/** The default export or the export `source` of a user's module. */
export type SourceFunction = (context: SourceContext) => Iterable<Readonly<Tensors>> | AsyncIterable<Readonly<Tensors>>;

/** The same numbers for every frame, made by `make` once or by the process of the first stage. */
export function syntheticSource(make?: () => Tensors): FrameSource {
  const packed = make && packTensors(make());
  return { next: async () => packed };
}

/** Frames from an iterable of tensors. */
export function iterableSource(frames: Iterable<Readonly<Tensors>> | AsyncIterable<Readonly<Tensors>>): FrameSource {
  const iterator =
    Symbol.asyncIterator in frames ? frames[Symbol.asyncIterator]() : (frames as Iterable<Tensors>)[Symbol.iterator]();
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done ? 'ended' : packTensors(value as Tensors);
    },
  };
}

/**
 * Frames from a folder of NumPy arrays, over and over: `NAME.npy` where the model has one input, `NAME.INPUT.npy` where it
 * has several, `NAME` being the frame's. A folder of the model's name inside goes before.
 *
 * @throws HeterodyneError `NOT_READABLE`; `BAD_INPUT` when there are none, or not of the model's inputs
 */
export async function folderSource(folder: string, { model, inputs }: SourceContext): Promise<FrameSource> {
  const own = `${folder}/${model}`;
  const inside = (await exists(own)) ? await folderNames(own) : undefined;
  const within = inside ? { folder: own, names: inside } : { folder, names: (await folderNames(folder)) ?? [] };
  const files = within.names.filter((name) => name.endsWith('.npy')).sort();
  const frames = new Map<string, Map<string, string>>();
  for (const file of files) {
    const stem = file.slice(0, -'.npy'.length);
    const input = inputs.length === 1 ? inputs[0]! : inputs.find(({ name }) => stem.endsWith(`.${name}`));
    if (input === undefined) continue;
    const frame = inputs.length === 1 ? stem : stem.slice(0, -input.name.length - 1);
    const parts = frames.get(frame) ?? new Map<string, string>();
    parts.set(input.name, `${within.folder}/${file}`);
    frames.set(frame, parts);
  }
  const whole = [...frames.values()].filter((parts) => parts.size === inputs.length);
  if (whole.length === 0) {
    throw new HeterodyneError('BAD_INPUT', `no frames of ${model} are in ${within.folder}`, {
      source: within.folder,
      expected: inputs.length === 1 ? 'NumPy arrays, *.npy' : inputs.map(({ name }) => `*.${name}.npy`).join(', '),
      received: `${files.length} files of arrays`,
    });
  }
  let at = 0;
  return {
    async next() {
      const parts = whole[at++ % whole.length]!;
      const tensors: Tensors = {};
      for (const input of inputs) {
        const path = parts.get(input.name)!;
        const { values, shape } = readNpy(await readBytes(path), path);
        tensors[input.name] = { type: input.type, data: fitted(values, input, path), dims: shape } as Tensors[string];
      }
      return packTensors(tensors);
    },
  };
}

const TYPES = new Map<string, new (values: never) => ArrayBufferView>([
  ['float32', Float32Array],
  ['float64', Float64Array],
  ['int32', Int32Array],
  ['int16', Int16Array],
  ['uint8', Uint8Array],
]);

function fitted(values: ArrayBufferView, { name, type, shape }: OnnxValueInfo, path: string): ArrayBufferView {
  const expected = TYPES.get(type ?? '');
  if (expected !== undefined && values instanceof expected) return values;
  throw new HeterodyneError('BAD_INPUT', `${path} does not hold what input "${name}" takes`, {
    source: path,
    path: name,
    expected: `${type}, ${shape.join('x')}`,
    received: values.constructor.name,
  });
}

/**
 * Frames from a user's module, whose default export (or export `source`) is a {@link SourceFunction}. Node reads
 * TypeScript from version 22.18 on, Deno always.
 *
 * @throws HeterodyneError `NOT_READABLE`, `BAD_INPUT` when it exports no such function
 */
export async function moduleSource(url: string, context: SourceContext): Promise<FrameSource> {
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    throw new HeterodyneError('NOT_READABLE', `${url} cannot be loaded: ${(cause as Error).message}`, {
      source: url,
      expected: 'a module that exports source({ model, inputs })',
      cause,
    });
  }
  const make = module.default ?? module.source;
  if (typeof make === 'function') return guardedSource(make as SourceFunction, context, url);
  throw new HeterodyneError('BAD_INPUT', `${url} exports no source`, {
    source: url,
    expected: 'export function source({ model, inputs }) that gives an iterable of tensors',
    received: `exports ${Object.keys(module).join(', ') || 'nothing'}`,
  });
}

/** What a user's module does wrong is told as its own doing, with its name. */
async function guardedSource(make: SourceFunction, context: SourceContext, url: string): Promise<FrameSource> {
  const failed = (cause: unknown): HeterodyneError => {
    const { message, code, ...details } = cause as HeterodyneError;
    const known = cause instanceof HeterodyneError && { path: details.path, expected: details.expected };
    return new HeterodyneError('BAD_INPUT', `the source ${url} failed: ${message ?? String(cause)}`, {
      source: url,
      ...known,
      received: cause instanceof HeterodyneError ? details.received : `it threw ${String(cause)}`,
      cause,
    });
  };
  let frames: ReturnType<SourceFunction>;
  try {
    frames = await make(context);
  } catch (cause) {
    throw failed(cause);
  }
  if (!isIterable(frames)) {
    throw new HeterodyneError('BAD_INPUT', `the source of ${url} gives no frames`, {
      source: url,
      expected: 'an iterable of tensors, as function* source({ model, inputs }) makes one',
      received: frames === null ? 'null' : typeof frames,
    });
  }
  const source = iterableSource(frames);
  return {
    next: () =>
      source.next().catch((cause) => {
        throw failed(cause);
      }),
  };
}

function isIterable(given: unknown): boolean {
  return typeof given === 'object' && given !== null && (Symbol.asyncIterator in given || Symbol.iterator in given);
}
