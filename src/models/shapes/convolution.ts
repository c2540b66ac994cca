/** Convolutions: ONNX Conv, ConvTranspose, ConvInteger, QLinearConv, DeformConv and fused forms of them. */
import type { ElementType } from '../graph.ts';
import { type Known, type NodeView, type ShapeRule, showShape } from './node.ts';
import { readAutoPad, readKernel, readWindows, slidePositions, span } from './window.ts';

/** Check weights [M, C/group, k...] against data [N, C, d...]; returns the kernel. */
function checkChannels(node: NodeView, data: Known, weights: Known, group: number): readonly number[] {
  const rank = data.shape.length;
  if (weights.shape.length !== rank) {
    node.fail('weights and data differ in rank', {
      expected: `rank ${rank}`,
      received: showShape(weights.shape),
    });
  }
  if (group < 1 || weights.shape[0]! % group !== 0 || data.shape[1] !== weights.shape[1]! * group) {
    node.fail('the number of input channels does not fit the weights', {
      expected: `${weights.shape[1]! * group} channels (weights ${showShape(weights.shape)}, ${group} groups)`,
      received: `${data.shape[1]} (input ${showShape(data.shape)})`,
    });
  }
  const stated = node.ints('kernel_shape');
  const kernel = weights.shape.slice(2);
  if (stated !== undefined && stated.length > 0 && stated.join() !== kernel.join()) {
    node.fail('attribute "kernel_shape" contradicts the weights', {
      expected: `[${kernel.join(', ')}]`,
      received: `[${stated.join(', ')}]`,
    });
  }
  return kernel;
}

/** [N, C, d...] x [M, C/group, k...] -> [N, M, o...]. */
function convolve(node: NodeView, data: Known, weights: Known, type: ElementType): Known[] {
  const kernel = checkChannels(node, data, weights, node.int('group', 1));
  const autoPad = readAutoPad(node);
  const spatial = readWindows(node, kernel).map((window, i) =>
    slidePositions(node, data.shape[2 + i]!, window, autoPad),
  );
  return [{ type, shape: [data.shape[0]!, weights.shape[0]!, ...spatial] }];
}

const conv: ShapeRule = (node) => convolve(node, node.ranked(0, 3), node.ranked(1, 3), node.input(0).type);

const convInteger: ShapeRule = (node) => convolve(node, node.ranked(0, 3), node.ranked(1, 3), 'int32');

/** x, x scale, x zero point, w, w scale, w zero point, y scale, y zero point, bias. */
const qLinearConv: ShapeRule = (node) => convolve(node, node.ranked(0, 3), node.ranked(3, 3), node.input(7).type);

/**
 * [N, C, d...] x [C, M/group, k...] -> [N, M, o...] with o = stride (d - 1) + output_padding + span - pads, or the
 * attribute `output_shape`; SAME pads so that o = d x stride.
 */
const convTranspose: ShapeRule = (node) => {
  const data = node.ranked(0, 3);
  const weights = node.ranked(1, 3);
  const group = node.int('group', 1);
  const rank = data.shape.length - 2;
  if (
    weights.shape.length !== rank + 2 ||
    weights.shape[0] !== data.shape[1] ||
    group < 1 ||
    data.shape[1]! % group !== 0
  ) {
    node.fail('the number of input channels does not fit the weights', {
      expected: `${weights.shape[0]} channels (weights ${showShape(weights.shape)}, ${group} groups)`,
      received: `${data.shape[1]} (input ${showShape(data.shape)})`,
    });
  }
  const windows = readWindows(node, node.has('kernel_shape') ? readKernel(node, rank) : weights.shape.slice(2));
  const autoPad = readAutoPad(node);
  const wanted = node.ints('output_shape');
  const extra = node.ints('output_padding');
  const spatial = windows.map((window, i) => {
    const size = data.shape[2 + i]!;
    if (wanted !== undefined && wanted.length > 0) return wanted[wanted.length - rank + i] ?? 0;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') return size * window.stride;
    const pads = autoPad === 'VALID' ? 0 : window.padBefore + window.padAfter;
    return window.stride * (size - 1) + (extra?.[i] ?? 0) + span(window) - pads;
  });
  if (spatial.some((size) => size < 1)) {
    node.fail('the output would be empty', { received: showShape(spatial) });
  }
  return [{ type: data.type, shape: [data.shape[0]!, weights.shape[1]! * group, ...spatial] }];
};

/** x, w, offsets, bias, mask: the offsets move the sampling points, not the size. */
const deformConv: ShapeRule = (node) => convolve(node, node.ranked(0, 3), node.ranked(1, 3), node.input(0).type);

export const CONVOLUTION_RULES: Record<string, ShapeRule> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
  DeformConv: deformConv,
  'com.microsoft:FusedConv': conv,
};
