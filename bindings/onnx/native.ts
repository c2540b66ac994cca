/**
 * ONNX models on `onnxruntime-node`: native code, threads, and the runtime's own profile of every node. It runs in Node
 * and Deno; the package is an optional peer and is loaded on first use.
 */
import { HeterodyneError } from '../../src/core/errors.ts';
import { reason } from './runtime.ts';
import type { OnnxSession, OnnxSessionOptions } from './session.ts';
import { type RuntimeSession, wrapSession } from './wrap.ts';

type Runtime = typeof import('onnxruntime-node');

export interface NativeSessionOptions extends OnnxSessionOptions {
  /** Threads of one operator; default 1. */
  threads?: number;
  /** As the runtime names it; default `cpu`. Nodes that it cannot run fall back to the CPU. */
  provider?: string;
  /** Record a profile of every run in `<prefix>_<time>.json`, written by {@link NativeSession.endProfiling}. */
  profilePrefix?: string;
  /** How far the graph is rewritten: `extended` stays portable, `all` (default) suits this very processor. */
  level?: 'extended' | 'all';
  /** Write the rewritten graph into this file. */
  optimizedFile?: string;
}

/** A session whose profile can be written. */
export interface NativeSession extends OnnxSession {
  /** Writes the profile, if one was asked for; the file's name holds the time, so its folder should be fresh. */
  endProfiling(): void;
}

const ERRORS_ONLY = 3;

let loading: Promise<Runtime> | undefined;

/** Version of the installed runtime; undefined where it is not installed. */
export async function nativeVersion(): Promise<string | undefined> {
  return loadRuntime().then(
    (runtime) => runtime.env.versions.node ?? runtime.env.versions.common,
    () => undefined,
  );
}

/** @throws HeterodyneError `NOT_READABLE`: not installed, or without the binary of this machine */
async function loadRuntime(): Promise<Runtime> {
  loading ??= import('onnxruntime-node');
  return loading.catch((error) => {
    loading = undefined; // may be installed by the next call
    throw new HeterodyneError('NOT_READABLE', `onnxruntime-node cannot be loaded: ${reason(error)}`, {
      path: 'onnxruntime-node',
      expected: 'the package onnxruntime-node, an optional peer of heterodyne',
      hint: 'Install it: npm install onnxruntime-node (Deno: deno add npm:onnxruntime-node, and run with --allow-ffi).',
      cause: error,
    });
  });
}

/**
 * Loads a model from its bytes, or from a file, which also finds weights that lie beside it.
 *
 * @throws HeterodyneError `NOT_READABLE` (onnxruntime-node is not installed), `BAD_INPUT` (not a model that it can run)
 */
export async function openNativeSession(
  model: Uint8Array | string,
  options: NativeSessionOptions = {},
): Promise<NativeSession> {
  const runtime = await loadRuntime();
  const { threads = 1, provider = 'cpu', profilePrefix, dimensions, optimize, level = 'all', optimizedFile } = options;
  const settings = {
    executionProviders: [provider],
    graphOptimizationLevel: optimize === false ? ('disabled' as const) : level,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads of an idle session would go on spinning, on cores that the next session needs.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: ERRORS_ONLY as 3,
    ...(dimensions !== undefined && { freeDimensionOverrides: dimensions }),
    ...(optimizedFile !== undefined && { optimizedModelFilePath: optimizedFile }),
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
  let session: RuntimeSession;
  try {
    session =
      typeof model === 'string'
        ? await runtime.InferenceSession.create(model, settings)
        : await runtime.InferenceSession.create(model, settings);
  } catch (error) {
    throw new HeterodyneError('BAD_INPUT', `ONNX Runtime refuses the model: ${reason(error)}`, {
      ...(typeof model === 'string' && { source: model }),
      expected: 'an ONNX model with supported operators',
      received: typeof model === 'string' ? model : `${model.length} bytes`,
      cause: error,
    });
  }
  return { ...wrapSession(runtime, session), endProfiling: () => session.endProfiling() };
}
