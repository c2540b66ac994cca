/** What `models list` and `models export` print. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';

const count = z.int().min(0);

const listShape = {
  models: z.array(
    z.strictObject({
      name: z.string(),
      title: z.string(),
      year: z.int(),
      paper: z.string(),
      resolution: z.int().min(1).describe('Height and width of the input image.'),
      macs: count.describe('Multiply-accumulates of one image.'),
      parameters: count,
      blocks: z.int().min(1),
      top1Accuracy: z
        .strictObject({ value: z.number().min(0).max(1), source: z.string() })
        .optional()
        .describe('Published top-1 accuracy on ImageNet-1k, as a fraction: of trained weights, not of random ones.'),
    }),
  ),
};

export type ModelList = DocumentFrom<'model-list', typeof listShape>;

export const modelListDocument = defineDocument({
  kind: 'model-list',
  schemaVersion: 1,
  title: 'Heterodyne model list: the networks of the zoo',
  shape: listShape,
});

const exportShape = {
  seed: count,
  files: z.array(z.strictObject({ name: z.string(), file: z.string(), bytes: count })),
};

export type ModelExport = DocumentFrom<'model-export', typeof exportShape>;

export const modelExportDocument = defineDocument({
  kind: 'model-export',
  schemaVersion: 1,
  title: 'Heterodyne model export: the ONNX files that were written',
  shape: exportShape,
});
