/** Resize and its forerunner Upsample. */
import { type NodeView, type ShapeRule, showShape } from './node.ts';

/**
 * Size x scale as runtimes compute it, in float32: 10 times 1.3 are 13, though the float32 nearest to 1.3 lies below it.
 */
const times = (size: number, scale: number): number => Math.fround(size * Math.fround(scale));

/** floor(size x scale) per axis. */
function scaled(node: NodeView, shape: readonly number[], scales: readonly number[]): number[] {
  if (scales.length !== shape.length || scales.some((scale) => !(scale > 0))) {
    node.fail('the scales do not fit', {
      expected: `${shape.length} positive numbers`,
      received: `[${scales.join(', ')}]`,
    });
  }
  return shape.map((size, i) => Math.floor(times(size, scales[i]!)));
}

/** Scales: attribute in opset 7, input from 9 on. */
const upsample: ShapeRule = (node) => {
  const { type, shape } = node.input(0);
  const scales =
    node.opset < 9
      ? (node.floats('scales') ?? node.fail('attribute "scales" is missing'))
      : node.values(1, 'the scales');
  return [{ type, shape: scaled(node, shape, scales) }];
};

/**
 * x, scales (opset 10); x, roi, scales, sizes (opset 11 on). From opset 18 on `axes` chooses dimensions, and
 * `keep_aspect_ratio_policy` lets the smallest or largest scale rule all of them.
 */
const resize: ShapeRule = (node) => {
  const { type, shape } = node.input(0);
  if (node.opset < 11) return [{ type, shape: scaled(node, shape, node.values(1, 'the scales')) }];
  const axes =
    (node.opset >= 18 ? node.ints('axes') : undefined)?.map((axis) => node.axis(axis, shape.length)) ??
    shape.map((_, i) => i);
  const result = [...shape];
  const sizes = node.optional(3);
  if (sizes !== undefined && sizes.shape[0] !== 0) {
    const wanted = node.values(3, 'the sizes');
    if (wanted.length !== axes.length || wanted.some((size) => size < 0)) {
      node.fail('the sizes do not fit', { expected: `${axes.length} numbers`, received: `[${wanted.join(', ')}]` });
    }
    const policy = node.opset >= 18 ? (node.string('keep_aspect_ratio_policy') ?? 'stretch') : 'stretch';
    const ratios = axes.map((axis, i) => wanted[i]! / shape[axis]!);
    const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    for (const [i, axis] of axes.entries()) {
      result[axis] = policy === 'stretch' ? wanted[i]! : Math.round(times(shape[axis]!, common));
    }
    return [{ type, shape: result }];
  }
  const scales = node.values(2, 'the scales');
  const part = scaled(
    node,
    axes.map((axis) => shape[axis]!),
    scales,
  );
  // tf_crop_and_resize: the region of interest [starts, ends], as fractions, is what the scales apply to.
  const region =
    node.string('coordinate_transformation_mode') === 'tf_crop_and_resize'
      ? node.optionalValues(1, 'the region of interest')
      : undefined;
  if (region !== undefined && region.length === 2 * axes.length) {
    for (const [i, axis] of axes.entries()) {
      part[i] = Math.floor(shape[axis]! * (region[axes.length + i]! - region[i]!) * scales[i]!);
    }
  }
  for (const [i, axis] of axes.entries()) result[axis] = part[i]!;
  if (result.some((size) => size < 0)) node.fail('the output has a negative size', { received: showShape(result) });
  return [{ type, shape: result }];
};

export const RESIZE_RULES: Record<string, ShapeRule> = { Resize: resize, Upsample: upsample };
