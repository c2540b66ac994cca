/** Between real numbers and small integers. */
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

export const QUANTIZATION_RULES: Record<string, ShapeRule> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  'com.microsoft:QuantizeLinear': quantize,
  'com.microsoft:DequantizeLinear': dequantize,
};
