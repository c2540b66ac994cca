/** `heterodyne/onnx`: run ONNX models. */
export { type NativeSession, type NativeSessionOptions, nativeVersion, openNativeSession } from './native.ts';
export { installedRuntimes } from './runtime.ts';
export {
  type OnnxSession,
  type OnnxSessionOptions,
  type OnnxTensor,
  type OnnxValueInfo,
  openSession,
  type TensorArrays,
  type TensorType,
  webVersion,
} from './session.ts';
