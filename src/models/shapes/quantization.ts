/** Between real numbers and small integers. */
import { concatenate } from './movement.ts';
import type { ShapeRule } from './node.ts';

/** x, scale, zero point: the zero point's type, attribute `output_dtype` (opset 21), or uint8. */
const quantize: ShapeRule = (node) => [
  { type: node.optional(2)?.type ?? node.elementType('output_dtype', 'uint8'), shape: node.input(0).shape },
];

/** The scale's type; float32 before opset 19. */
const dequantize: ShapeRule = (node) => [{ type: node.optional(1)?.type ?? 'float32', shape: node.input(0).shape }];

/** y, scale, zero point. */
const dynamicQuantize: ShapeRule = (node) => [
  { type: 'uint8', shape: node.input(0).shape },
  { type: 'float32', shape: [] },
  { type: 'uint8', shape: [] },
];

/** y scale, y zero point, then data, scale, zero point of each part. */
const qLinearConcat: ShapeRule = (node) => {
  const parts = node.inputs.filter((input, i) => i >= 2 && i % 3 === 2 && input !== undefined).map((input) => input!);
  const axis = node.axis(node.requiredInt('axis'), node.ranked(2, 1).shape.length);
  const { shape } = concatenate(node, parts, axis);
  return [{ type: node.input(2).type, shape }];
};

export const QUANTIZATION_RULES: Record<string, ShapeRule> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  'com.microsoft:QuantizeLinear': quantize,
  'com.microsoft:DequantizeLinear': dequantize,
  'com.microsoft:QLinearConcat': qLinearConcat,
};
