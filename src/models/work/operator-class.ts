/** Which class an operator belongs to, and whether it is a kernel at all or only renames its input. */
import type { Operator, OperatorClass, SizedTensor } from '../graph.ts';

/** Shapes by name, of a graph and those around it. */
export interface Sizes {
  find(name: string): SizedTensor | undefined;
  isConstant(name: string): boolean;
}

const CLASS_MEMBERS: Record<Exclude<OperatorClass, 'depthwise' | 'elementwise'>, string> = {
  conv: 'Conv ConvTranspose ConvInteger QLinearConv DeformConv FusedConv',
  gemm: 'MatMul MatMulInteger QLinearMatMul Gemm Einsum FusedMatMul TransposeMatMul FusedGemm FusedMatMulActivation MatMulNBits MatMulIntegerToFloat DynamicQuantizeMatMul QGemm Attention MultiHeadAttention',
  pool: 'AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool MaxUnpool MaxRoiPool RoiAlign QLinearAveragePool QLinearGlobalAveragePool ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin',
  normalization:
    'BatchNormalization InstanceNormalization GroupNormalization LayerNormalization RMSNormalization LRN LpNormalization MeanVarianceNormalization Softmax LogSoftmax Hardmax SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization GroupNorm QLinearSoftmax EmbedLayerNormalization',
  recurrent: 'RNN GRU LSTM',
  movement:
    'Concat QLinearConcat Split Slice Transpose Gather GatherElements GatherND Scatter ScatterElements ScatterND TensorScatter Pad Resize Upsample DepthToSpace SpaceToDepth Expand Tile Col2Im GridSample AffineGrid ReverseSequence Trilu CenterCropPad TopK OneHot Compress NonZero NonMaxSuppression Unique ConcatFromSequence SequenceConstruct SequenceInsert SequenceErase SequenceAt SplitToSequence',
};
const CLASS_OF = new Map<string, OperatorClass>(
  Object.entries(CLASS_MEMBERS).flatMap(([name, members]) =>
    members.split(' ').map((type): [string, OperatorClass] => [type, name as OperatorClass]),
  ),
);

/** Never a kernel: the result is the first input under another name or shape, or a scale that readers apply. */
const RENAMING = new Set([
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  // Readers of a quantised tensor apply the scale themselves.
  'DequantizeLinear',
]);

export function classOf(operator: Operator, sizes: Sizes): OperatorClass {
  const found = CLASS_OF.get(operator.type) ?? 'elementwise';
  if (found !== 'conv') return found;
  const channels = sizes.find(operator.inputs[0] ?? '')?.shape[1];
  const group = operator.attributes.get('group');
  return group?.kind === 'int' && group.value > 1 && group.value === channels ? 'depthwise' : 'conv';
}

/** A transposition that keeps the order of all dimensions larger than 1 moves nothing. */
function movesNothing(operator: Operator, sizes: Sizes): boolean {
  const shape = sizes.find(operator.inputs[0] ?? '')?.shape;
  if (shape === undefined) return false;
  const attribute = operator.attributes.get('perm');
  const order = attribute?.kind === 'ints' ? attribute.value : shape.map((_, i) => shape.length - 1 - i);
  const large = order.filter((axis) => shape[axis] !== 1);
  return large.every((axis, i) => i === 0 || axis > large[i - 1]!);
}

export function isRenaming(operator: Operator, sizes: Sizes): boolean {
  if (RENAMING.has(operator.type)) return true;
  const [from, to] = [sizes.find(operator.inputs[0] ?? ''), sizes.find(operator.outputs[0] ?? '')];
  switch (operator.type) {
    case 'Transpose':
      return movesNothing(operator, sizes);
    case 'Cast':
    case 'CastLike':
      return from?.type === to?.type;
    case 'Expand':
    case 'Tile':
    case 'Concat':
      return operator.inputs.length <= 2 && from !== undefined && to !== undefined && from.bytes === to.bytes;
    default:
      return false;
  }
}
