/** Pooling over windows, over regions, and over everything. */
import type { NodeView, ShapeRule } from './node.ts';
import { showShape } from './node.ts';
import { readAutoPad, readKernel, readWindows, slidePositions, span } from './window.ts';

/** [N, C, d...] -> [N, C, o...]. */
function pooled(node: NodeView): number[] {
  const { shape } = node.ranked(0, 3);
  const autoPad = readAutoPad(node);
  const ceilMode = node.int('ceil_mode', 0) !== 0;
  const spatial = readWindows(node, readKernel(node, shape.length - 2)).map((window, i) =>
    slidePositions(node, shape[2 + i]!, window, autoPad, ceilMode),
  );
  return [shape[0]!, shape[1]!, ...spatial];
}

const pool: ShapeRule = (node) => [{ type: node.input(0).type, shape: pooled(node) }];

/** The second output holds positions of the maxima. */
const maxPool: ShapeRule = (node) => {
  const shape = pooled(node);
  return [
    { type: node.input(0).type, shape },
    { type: 'int64', shape },
  ];
};

const globalPool: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 2);
  return [{ type, shape: shape.map((size, i) => (i < 2 ? size : 1)) }];
};

/** The inverse of MaxPool: an explicit output shape, or stride (d - 1) + span - pads. */
const maxUnpool: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 3);
  const stated = node.optionalValues(2, 'the output shape');
  if (stated !== undefined) return [{ type, shape: [...stated] }];
  const spatial = readWindows(node, readKernel(node, shape.length - 2)).map(
    (window, i) => window.stride * (shape[2 + i]! - 1) + span(window) - window.padBefore - window.padAfter,
  );
  return [{ type, shape: [shape[0]!, shape[1]!, ...spatial] }];
};

/** [N, C, H, W] and [R, 5] -> [R, C, h, w]. */
const maxRoiPool: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 4, 4);
  const size = node.requiredInts('pooled_shape');
  return [{ type, shape: [node.ranked(1, 2, 2).shape[0]!, shape[1]!, ...size] }];
};

/** [N, C, H, W], [R, 4], [R] -> [R, C, output_height, output_width]. */
const roiAlign: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 4, 4);
  const rois = node.ranked(1, 2, 2).shape[0]!;
  return [{ type, shape: [rois, shape[1]!, node.int('output_height', 1), node.int('output_width', 1)] }];
};

/** ONNX contribution of quantised average pooling; `channels_last` moves C to the end. */
const qLinearGlobalAveragePool: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 3);
  const last = node.int('channels_last', 0) !== 0 ? shape.length - 1 : 1;
  return [{ type, shape: shape.map((size, i) => (i === 0 || i === last ? size : 1)) }];
};

const qLinearAveragePool: ShapeRule = (node) => {
  if (node.int('channels_last', 0) !== 0) {
    node.fail('channels_last is not supported', { received: showShape(node.input(0).shape) });
  }
  return pool(node);
};

export const POOLING_RULES: Record<string, ShapeRule> = {
  AveragePool: pool,
  LpPool: pool,
  MaxPool: maxPool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  MaxUnpool: maxUnpool,
  MaxRoiPool: maxRoiPool,
  RoiAlign: roiAlign,
  'com.microsoft:QLinearAveragePool': qLinearAveragePool,
  'com.microsoft:QLinearGlobalAveragePool': qLinearGlobalAveragePool,
};
