/** The model document: a model as planners see it, for `models info`. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { warningSchema } from '../../documents/warnings.ts';
import { type BlockedModel, OPERATOR_CLASSES, type SizedTensor } from '../../models/graph.ts';

const notNegative = z.number().min(0);
const count = z.int().min(0);

const tensorSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  shape: z.array(count),
  bytes: notNegative,
});

const perClass = z.strictObject(
  Object.fromEntries(OPERATOR_CLASSES.map((name) => [name, notNegative.optional()])) as Record<
    (typeof OPERATOR_CLASSES)[number],
    z.ZodOptional<z.ZodNumber>
  >,
);

const blockSchema = z.strictObject({
  name: z.string(),
  operators: z.array(z.string()).describe('Operator types, sorted.'),
  operatorCount: count,
  macs: perClass.describe('Multiply-accumulates by operator class.'),
  bytes: perClass.describe('Bytes read and written by operator class, when nothing stays in a cache.'),
  launches: perClass.describe('Kernels started by operator class.'),
  weightBytes: notNegative,
  activationBytes: notNegative.describe('Largest sum of live activations while the block runs.'),
  outputs: z.array(z.string()).describe('Tensors that cross the cut after the block.'),
  outputBytes: notNegative,
});

const shape = {
  name: z.string(),
  source: z.string().describe('Path, or zoo:NAME.'),
  hash: z.string().describe('sha256 of the file, or of the structure of a zoo network.'),
  batch: z.int().min(1),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
  macs: notNegative,
  parameters: notNegative,
  weightBytes: notNegative,
  activationBytes: notNegative,
  blocks: z.array(blockSchema).min(1),
  warnings: z.array(warningSchema),
};

export type ModelDocument = DocumentFrom<'model', typeof shape>;

export const modelDocument = defineDocument({
  kind: 'model',
  schemaVersion: 1,
  title: 'Heterodyne model: inputs, outputs and blocks of one neural network',
  shape,
});

const tensor = ({ name, type, shape, bytes }: SizedTensor) => ({ name, type, shape, bytes });

export function modelDocumentOf(model: BlockedModel): ModelDocument {
  return {
    kind: 'model',
    schemaVersion: 1,
    name: model.name,
    source: model.source,
    hash: model.hash,
    batch: model.batch,
    inputs: model.inputs.map(tensor),
    outputs: model.outputs.map(tensor),
    macs: model.macs,
    parameters: model.parameters,
    weightBytes: model.weightBytes,
    activationBytes: model.activationBytes,
    blocks: model.blocks.map((block) => ({
      name: block.name,
      operators: block.work.operators,
      operatorCount: block.operators.length,
      macs: block.work.macs,
      bytes: block.work.bytes,
      launches: block.work.launches,
      weightBytes: block.weightBytes,
      activationBytes: block.activationBytes,
      outputs: block.outputs,
      outputBytes: block.outputBytes,
    })),
    warnings: model.warnings.map((message) => ({ code: 'MODEL', message })),
  };
}
