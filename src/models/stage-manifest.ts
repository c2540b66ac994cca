/**
 * The stages document: which ONNX file holds which blocks of a model, and which tensors go from file to file. It lies
 * beside the files; whoever runs them in order, each with the inputs that it names, computes the whole model.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';

const count = z.int().min(0);

const tensorSchema = z.strictObject({
  name: z.string().min(1),
  type: z.string().describe('ONNX element type, as float32.'),
  shape: z.array(count),
  bytes: z.number().min(0),
});

const inputSchema = tensorSchema.extend({
  from: z.union([z.literal('caller'), count]).describe('The caller, or the index of the stage that makes it.'),
});

const stageSchema = z.strictObject({
  file: z.string().min(1).describe("Relative to this document's folder."),
  bytes: count,
  sha256: z.string(),
  firstBlock: count,
  lastBlock: count,
  processor: z.string().optional().describe('Where the plan that the cuts were taken from puts it.'),
  inputs: z.array(inputSchema),
  outputs: z.array(tensorSchema).describe('What later stages or the caller need of it.'),
});

const shape = {
  name: z.string().min(1),
  source: z.string().describe('Path of the ONNX file, or zoo:NAME.'),
  hash: z.string().describe('sha256 of the file, or of the structure of a zoo network.'),
  seed: count.optional().describe('Of the random weights of a zoo network.'),
  planHash: z.string().optional().describe('Content hash of the plan that the cuts were taken from.'),
  blocks: z.int().min(1).describe('Blocks of the whole model.'),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
  stages: z.array(stageSchema).min(1),
  verified: z
    .strictObject({
      bitEqual: z.boolean(),
      largestRelativeError: z.number().min(0).describe('Largest difference, over the largest number of that output.'),
      runtime: z.string(),
    })
    .optional()
    .describe('Measured on made-up inputs: the stages one after another against the whole, neither rewritten.'),
  warnings: z.array(warningSchema).optional(),
};

export type StageManifest = DocumentFrom<'stages', typeof shape>;

export const stageManifestDocument = defineDocument({
  kind: 'stages',
  schemaVersion: 1,
  title: 'Heterodyne stages: the ONNX files that one model was split into',
  shape,
  check: checkStages,
});

/** Stages follow each other without gaps, and nothing is read before it is made. */
function checkStages({ stages, blocks, inputs, outputs }: StageManifest): Problem[] {
  const problems: Problem[] = [];
  const maker = new Map<string, number | 'caller'>(inputs.map(({ name }) => [name, 'caller']));
  let next = 0;
  const report = (path: string, message: string, expected: unknown, received: unknown): void => {
    problems.push({ path, message, expected: `${expected}`, received: `${received}` });
  };
  for (const [s, stage] of stages.entries()) {
    const at = `/stages/${s}`;
    if (stage.firstBlock !== next) report(`${at}/firstBlock`, 'stages do not join', next, stage.firstBlock);
    if (stage.lastBlock < stage.firstBlock) {
      report(`${at}/lastBlock`, 'a stage ends before it begins', `at least ${stage.firstBlock}`, stage.lastBlock);
    }
    for (const [i, { name, from }] of stage.inputs.entries()) {
      const made = maker.get(name);
      if (made !== from) report(`${at}/inputs/${i}/from`, `"${name}" does not come from there`, made, from);
    }
    for (const { name } of stage.outputs) maker.set(name, s);
    next = stage.lastBlock + 1;
  }
  if (next !== blocks) report(`/stages/${stages.length - 1}/lastBlock`, 'blocks are left over', blocks - 1, next - 1);
  for (const [o, { name }] of outputs.entries()) {
    if (!maker.has(name)) report(`/outputs/${o}/name`, `no stage makes "${name}"`, [...maker.keys()].join(', '), name);
  }
  return problems;
}
