/** Which ONNX Runtime builds and measures artefacts: native where it is installed, else WebAssembly. */
import {
  type NativeSessionOptions,
  nativeVersion,
  type OnnxSession,
  openNativeSession,
  openSession,
  webVersion,
} from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';

export const RUNTIMES = ['web', 'native'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export interface ArtefactRuntime {
  /** The execution provider that it computes with. */
  provider: 'cpu' | 'wasm';
  /** `onnxruntime-node 1.30.0`. */
  label: string;
  open(model: Uint8Array, options?: Pick<NativeSessionOptions, 'optimize'>): Promise<OnnxSession>;
}

/**
 * The runtime of that name; without one, the fastest that is installed. One thread: figures do not depend on how
 * many cores happen to be free.
 *
 * @throws HeterodyneError `NOT_READABLE`: not installed
 */
export async function artefactRuntime(name?: RuntimeName): Promise<ArtefactRuntime> {
  const native = name === 'web' ? undefined : await nativeVersion();
  if (native !== undefined) {
    const open = (model: Uint8Array, options = {}) => openNativeSession(model, { ...options, threads: 1 });
    return { provider: 'cpu', label: `onnxruntime-node ${native}`, open };
  }
  const web = name === 'native' ? undefined : await webVersion();
  if (web !== undefined) return { provider: 'wasm', label: `onnxruntime-web ${web}`, open: openSession };
  const wanted = name === 'native' ? 'onnxruntime-node' : 'onnxruntime-web or onnxruntime-node';
  throw new HeterodyneError('NOT_READABLE', `${wanted} is not installed`, {
    path: 'runtime',
    expected: `the package ${wanted}, an optional peer of heterodyne`,
    received: 'nothing',
    hint: `npm install ${wanted.split(' ')[0]}`,
  });
}
