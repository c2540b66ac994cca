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

export const PROVIDERS = ['cpu', 'wasm'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface ArtefactRuntime {
  provider: Provider;
  /** `onnxruntime-node 1.30.0`. */
  label: string;
  open(model: Uint8Array, options?: Pick<NativeSessionOptions, 'optimize'>): Promise<OnnxSession>;
}

/**
 * The runtime of a provider; without one, the fastest that is installed. One thread: figures do not depend on how
 * many cores happen to be free.
 *
 * @throws HeterodyneError `NOT_READABLE`: not installed
 */
export async function artefactRuntime(provider?: Provider): Promise<ArtefactRuntime> {
  const native = provider === 'wasm' ? undefined : await nativeVersion();
  if (native !== undefined) {
    const open = (model: Uint8Array, options = {}) => openNativeSession(model, { ...options, threads: 1 });
    return { provider: 'cpu', label: `onnxruntime-node ${native}`, open };
  }
  const web = provider === 'cpu' ? undefined : await webVersion();
  if (web !== undefined) return { provider: 'wasm', label: `onnxruntime-web ${web}`, open: openSession };
  const wanted = provider === 'cpu' ? 'onnxruntime-node' : 'onnxruntime-web or onnxruntime-node';
  throw new HeterodyneError('NOT_READABLE', `${wanted} is not installed`, {
    path: 'provider',
    expected: `the package ${wanted}, an optional peer of heterodyne`,
    received: 'nothing',
    hint: `npm install ${wanted.split(' ')[0]}`,
  });
}
