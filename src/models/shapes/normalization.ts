/** Normalisations and softmax: the shape stays; some give statistics as further outputs. */
import type { Known, NodeView, ShapeRule } from './node.ts';
import { showShape } from './node.ts';

const same: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.input(0).shape }];

/** Parameter input i holds one number per channel. */
function checkChannels(node: NodeView, data: Known, index: number): void {
  const parameter = node.optional(index);
  if (parameter !== undefined && (parameter.shape.length !== 1 || parameter.shape[0] !== data.shape[1])) {
    node.fail(`input ${index} "${node.operator.inputs[index]}" does not fit the channels`, {
      expected: `[${data.shape[1]}]`,
      received: showShape(parameter.shape),
    });
  }
}

/** Up to four statistics (training, opset below 14) or two follow; each has one number per channel. */
const batchNormalization: ShapeRule = (node) => {
  const data = node.ranked(0, 2);
  for (const index of [1, 2, 3, 4]) checkChannels(node, data, index);
  const statistic: Known = { type: node.input(3).type, shape: [data.shape[1]!] };
  return [{ type: data.type, shape: data.shape }, statistic, statistic, statistic, statistic];
};

const instanceNormalization: ShapeRule = (node) => {
  const data = node.ranked(0, 3);
  for (const index of [1, 2]) checkChannels(node, data, index);
  return [{ type: data.type, shape: data.shape }];
};

/** Mean and inverse deviation keep the rank, with 1 from `axis` on. */
const layerNormalization: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 1);
  const axis = node.axis(node.int('axis', -1), shape.length);
  const statistic: Known = { type: 'float32', shape: shape.map((size, i) => (i < axis ? size : 1)) };
  return [{ type, shape }, statistic, statistic];
};

const softmax: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 1);
  node.axis(node.int('axis', node.opset < 13 ? 1 : -1), shape.length + (node.opset < 13 ? 1 : 0));
  return [{ type, shape }];
};

/** input, skip, gamma...: result, mean, inverse deviation, sum of input and skip. */
const skipLayerNormalization: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 2, 3);
  const statistic: Known = { type: 'float32', shape: [...shape.slice(0, -1), 1] };
  return [{ type, shape }, statistic, statistic, { type, shape }];
};

export const NORMALIZATION_RULES: Record<string, ShapeRule> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: same,
  LayerNormalization: layerNormalization,
  RMSNormalization: same,
  LRN: same,
  LpNormalization: same,
  MeanVarianceNormalization: same,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  /** Also exported in the standard domain by ONNX Runtime's optimiser. */
  SimplifiedLayerNormalization: layerNormalization,
  SkipLayerNormalization: skipLayerNormalization,
  'com.microsoft:LayerNormalization': layerNormalization,
  'com.microsoft:SimplifiedLayerNormalization': layerNormalization,
  'com.microsoft:SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft:SkipSimplifiedLayerNormalization': skipLayerNormalization,
  'com.microsoft:GroupNorm': same,
  'com.microsoft:QLinearSoftmax': same,
};
