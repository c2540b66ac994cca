/** `heterodyne/onnx`: run ONNX models. */
export {
  type OnnxSession,
  type OnnxSessionOptions,
  type OnnxTensor,
  type OnnxValueInfo,
  openSession,
  type TensorArrays,
  type TensorType,
} from './session.ts';
