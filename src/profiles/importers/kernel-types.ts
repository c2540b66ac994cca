/** What the tools call the operators of ONNX, and which of their kernels no model asks for. */

const CONV = ['Conv', 'DepthwiseConv', 'QLinearConv', 'ConvInteger'];

/** Patterns over a kernel's type, first match first; types that match none are taken for ONNX types. */
const KINDS: readonly (readonly [pattern: RegExp, types: readonly string[]])[] = [
  [/^(?:depthwise|dwconv|group_?convolution$)/i, ['DepthwiseConv', 'QLinearConv']],
  [/^(?:transpose_?conv|deconvolution|convolution_?backprop|conv_?transpose)/i, ['ConvTranspose']],
  [/^(?:fused|nhwc)?conv$/i, CONV],
  [/^conv(?:_?2d|_?3d|olution)?(?=$|[ (_])/i, CONV],
  [/^(?:fused)?(?:fully.?connected|gemm|mat_?mul|batch_?mat_?mul|inner_?product)/i, ['Gemm', 'MatMul']],
  [/^global.?average.?pool/i, ['GlobalAveragePool', 'ReduceMean']],
  [/^(?:average.?pool|avg.?pool)/i, ['AveragePool', 'GlobalAveragePool']],
  [/^max.?pool/i, ['MaxPool', 'GlobalMaxPool']],
  [/^pooling$/i, ['AveragePool', 'MaxPool', 'GlobalAveragePool', 'GlobalMaxPool']],
  [/^(?:mean|reduce_?mean)$/i, ['ReduceMean', 'GlobalAveragePool']],
  [/^concat(?:enation)?/i, ['Concat']],
  [/^logistic$/i, ['Sigmoid']],
  [/^log_?softmax/i, ['LogSoftmax']],
  [/^soft_?max/i, ['Softmax']],
  [/^hard_?swish/i, ['HardSwish']],
  [/^(?:relu6|clamp|clip)$/i, ['Clip']],
  [/^(?:leaky_?relu)$/i, ['LeakyRelu']],
  [/^(?:sub|subtract)$/i, ['Sub']],
  [/^(?:add|eltwise.?add)/i, ['Add', 'Sum']],
  [/^(?:mul|multiply|eltwise.?mul)/i, ['Mul']],
  [/^(?:resize|interpolate|upsample)/i, ['Resize', 'Upsample']],
  [/^(?:pad|mirror_?pad|constant.?pad)/i, ['Pad']],
  [/^(?:strided_?slice|slice)/i, ['Slice']],
];

/** Layer types that a kernel of `type` can stand for. */
export function layerTypesOf(type: string): readonly string[] {
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? [type];
}

/** A type that a name begins with: `Conv` of `Conv_12`, for tools that give no types. */
export function typeInName(name: string): string | undefined {
  return /^(?:.*\/)?([A-Z][A-Za-z]+)(?:_\d+)?$/.exec(name)?.[1];
}

const OVERHEAD_TYPE =
  /^(?:reorder|reorder(?:input|output)|memcpy\w*|copy|reformat|convert|cast|nop|transpose|quantize(?:linear)?|dequantize(?:linear)?|parameter|input|output|result|const|constant|shuffle)(?=$|[ (_])/i;
const OVERHEAD_NAME =
  /reformat|\bcopy(?:node)?\b|^reorder(?:input|output)|memcpy|insertedcast|insertedprecisionfreecast|\bquantize|dequantize|hosttodevice|devicetohost|\[shuffle\]|\bscale\b/i;

/** Copies, changes of layout and of format: inserted by the tool, without a counterpart in the model. */
export function isOverhead(name: string, type: string | undefined): boolean {
  return (type !== undefined && OVERHEAD_TYPE.test(type)) || OVERHEAD_NAME.test(name);
}
