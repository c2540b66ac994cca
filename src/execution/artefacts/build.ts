/**
 * Artefacts: a model made ready for one runtime, once, and used again as long as nothing that it depends on changes.
 *
 *   original ─► precision (float32, float16, int8) ─► offline rewriting by the runtime ─► file, with its fingerprint
 *
 * Rewriting to `extended` is portable between machines; `all` lays weights out for this very processor, so that the
 * fingerprint then holds its CPU features. WebAssembly rewrites nothing offline.
 */
import {
  cpuFeatures,
  exists,
  readBytes,
  readText,
  withScratchFolder,
  writeFileWhole,
} from '../../../bindings/host/index.ts';
import { openNativeSession } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { CuttableModel } from '../../models/cut.ts';
import { hashBytes } from '../../models/load.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { toFloat16 } from '../../models/quantise/float16.ts';
import { quantiseModel, tensorsToCalibrate } from '../../models/quantise/int8.ts';
import type { Variant } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';
import { calibrate } from './ranges.ts';
import type { ArtefactRuntime } from './runtime.ts';

export const ARTEFACT_PRECISIONS = ['float32', 'float16', 'int8-weights', 'int8'] as const;
export type ArtefactPrecision = (typeof ARTEFACT_PRECISIONS)[number];
export const ARTEFACT_LEVELS = ['none', 'extended', 'all'] as const;
export type ArtefactLevel = (typeof ARTEFACT_LEVELS)[number];

export interface ArtefactRequest {
  precision: ArtefactPrecision;
  level: ArtefactLevel;
  runtime: ArtefactRuntime;
  /** Of the weights in random zoo networks; two seeds are two models. */
  seed?: number;
  /** Inputs that ranges of 8-bit activations are taken from. */
  samples: readonly Feeds[];
}

export interface Artefact {
  /** Inside the folder that it was asked for. */
  file: string;
  bytes: Uint8Array;
  sha256: string;
  facts: NonNullable<Variant['artefact']>;
  /** The file was there already, with this fingerprint. */
  reused: boolean;
  /** Weights beyond the range of float16, cut to its largest number. */
  clamped: number;
}

/**
 * Builds an artefact in `folder`, or finds it there. The file's name begins with `name` and holds the fingerprint.
 *
 * @throws HeterodyneError `USAGE` (rewriting asked of WebAssembly), `BAD_INPUT` (the runtime refuses the model)
 */
export async function buildArtefact(
  model: CuttableModel,
  name: string,
  folder: string,
  request: ArtefactRequest,
  signal?: AbortSignal,
): Promise<Artefact> {
  const facts = await factsOf(model, request);
  const file = `${name}.${request.precision}.${facts.fingerprint.slice(0, 12)}.onnx`;
  const path = `${folder}/${file}`;
  const known = await stored(path, facts.fingerprint);
  if (known !== undefined) return { file, facts, ...known, reused: true };
  const { bytes: plain, clamped } = await inPrecision(model, request, facts.weightBits, signal);
  signal?.throwIfAborted();
  const bytes = request.level === 'none' ? plain : await rewritten(plain, request.level);
  const sha256 = await hashBytes(bytes);
  await writeFileWhole(path, bytes, { signal });
  await writeFileWhole(`${path}.json`, `${JSON.stringify({ ...facts, sha256, clamped }, null, 2)}\n`);
  return { file, bytes, sha256, facts, reused: false, clamped };
}

async function factsOf(model: CuttableModel, request: ArtefactRequest): Promise<Artefact['facts']> {
  const { precision, level, runtime, samples, seed } = request;
  if (level !== 'none' && runtime.provider !== 'cpu') {
    throw new HeterodyneError('USAGE', `${runtime.label} rewrites nothing offline`, {
      path: 'level',
      expected: 'none, or the provider cpu',
      received: level,
    });
  }
  const features = cpuFeatures();
  const weightBits = weightBitsFor(request, features);
  const portable = level !== 'all' && !(precision === 'int8' && weightBits === 8 && runtime.provider === 'cpu');
  const dependsOn = {
    modelHash: model.blocked.hash,
    provider: runtime.provider,
    level,
    portable,
    // Rewriting is the runtime's; everything else is written here.
    runtime: level === 'none' ? 'any' : runtime.label,
    cpuFeatures: portable ? [] : features,
    ...(weightBits !== undefined && { weightBits }),
  };
  const inputs = model.blocked.inputs.map(({ shape }) => shape);
  const fingerprint = contentHash({
    ...dependsOn,
    precision,
    inputs,
    ...(seed !== undefined && { seed }),
    ...(precision === 'int8' && { calibration: await Promise.all(samples.map(describeFeeds)) }),
  });
  return { fingerprint, ...dependsOn };
}

/**
 * Native sums of unsigned times signed bytes run over 16 bits on x86 without VNNI, unless weights keep to 7 bits. The
 * kernels of Arm, of VNNI and of WebAssembly sum in 32 bits. Weights alone are never multiplied as bytes.
 */
function weightBitsFor({ precision, runtime }: ArtefactRequest, features: readonly string[]): 7 | 8 | undefined {
  if (precision !== 'int8') return precision === 'int8-weights' ? 8 : undefined;
  const isX86 = features.some((name) => name.startsWith('avx') || name === 'sse4_2');
  const overflows = runtime.provider === 'cpu' && isX86 && !features.some((name) => name.includes('vnni'));
  return overflows ? 7 : 8;
}

async function describeFeeds(feeds: Feeds): Promise<unknown> {
  const described = Object.entries(feeds).map(async ([name, { type, data, dims }]) => {
    const bytes =
      typeof data[0] === 'string' ? new TextEncoder().encode(data.join('\0')) : bytesIn(data as Float32Array);
    return { name, type, dims, content: await hashBytes(bytes) };
  });
  return Promise.all(described);
}

function bytesIn({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

async function stored(
  path: string,
  fingerprint: string,
): Promise<Pick<Artefact, 'bytes' | 'sha256' | 'clamped'> | undefined> {
  if (!(await exists(path)) || !(await exists(`${path}.json`))) return undefined;
  const bytes = await readBytes(path);
  try {
    const noted = JSON.parse(await readText(`${path}.json`)) as {
      fingerprint: string;
      sha256: string;
      clamped: number;
    };
    const whole = noted.fingerprint === fingerprint && noted.sha256 === (await hashBytes(bytes));
    return whole ? { bytes, sha256: noted.sha256, clamped: noted.clamped } : undefined;
  } catch {
    return undefined; // a damaged note: build again
  }
}

async function inPrecision(
  model: CuttableModel,
  request: ArtefactRequest,
  weightBits: number | undefined,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array; clamped: number }> {
  const { precision, runtime, samples } = request;
  if (precision === 'float32') return { bytes: writeOnnx(model.graph, model.weightsOf), clamped: 0 };
  if (precision === 'float16') {
    const { graph, weightsOf, clamped } = toFloat16(model);
    return { bytes: writeOnnx(graph, weightsOf), clamped };
  }
  const ranges =
    precision === 'int8' ? await calibrate(model, tensorsToCalibrate(model), samples, runtime, signal) : undefined;
  const { graph, weightsOf } = quantiseModel(model, { ranges, weightBits: weightBits === 7 ? 7 : 8 });
  return { bytes: writeOnnx(graph, weightsOf), clamped: 0 };
}

/** What the runtime makes of a model before it would run it. */
async function rewritten(model: Uint8Array, level: 'extended' | 'all'): Promise<Uint8Array> {
  return withScratchFolder(async (folder) => {
    const optimizedFile = `${folder}/model.onnx`;
    const session = await openNativeSession(model, { level, optimizedFile });
    await session.close();
    return readBytes(optimizedFile);
  });
}
