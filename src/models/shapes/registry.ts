/** All shape rules by operator type. A further family is a further file and one line here. */
import { ATTENTION_RULES } from './attention.ts';
import { CONSTANT_RULES } from './constants.ts';
import { CONTROL_RULES } from './control.ts';
import { CONVOLUTION_RULES } from './convolution.ts';
import { ELEMENTWISE_RULES } from './elementwise.ts';
import { GATHER_RULES } from './gather.ts';
import { MATRIX_RULES } from './matrix.ts';
import { MOVEMENT_RULES } from './movement.ts';
import type { ShapeRule } from './node.ts';
import { NORMALIZATION_RULES } from './normalization.ts';
import { POOLING_RULES } from './pooling.ts';
import { QUANTIZATION_RULES } from './quantization.ts';
import { RECURRENT_RULES } from './recurrent.ts';
import { REDUCTION_RULES } from './reduction.ts';
import { RESIZE_RULES } from './resize.ts';
import { SELECTION_RULES } from './selection.ts';
import { SEQUENCE_RULES } from './sequence.ts';

const RULES: ReadonlyMap<string, ShapeRule> = new Map(
  [
    CONVOLUTION_RULES,
    POOLING_RULES,
    MATRIX_RULES,
    ELEMENTWISE_RULES,
    NORMALIZATION_RULES,
    RECURRENT_RULES,
    MOVEMENT_RULES,
    GATHER_RULES,
    RESIZE_RULES,
    REDUCTION_RULES,
    CONSTANT_RULES,
    QUANTIZATION_RULES,
    ATTENTION_RULES,
    SELECTION_RULES,
    SEQUENCE_RULES,
    CONTROL_RULES,
  ].flatMap((family) => Object.entries(family)),
);

/** The rule of an operator; outside the standard domain types are written `domain:type`. */
export function ruleOf(domain: string, type: string): ShapeRule | undefined {
  return RULES.get(domain === '' ? type : `${domain}:${type}`);
}

/** Operator types with a rule, sorted. */
export function knownOperators(): string[] {
  return [...RULES.keys()].sort();
}
