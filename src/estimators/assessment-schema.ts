/** The document of `estimator test`. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { LABEL_SOURCES } from './dataset/schema.ts';

const fraction = z.number();

const figuresSchema = z.strictObject({
  mape: fraction.describe('Mean relative error of the rates.'),
  medianError: fraction,
  spearman: z.number().describe('Of all rates; 0 for a constant.'),
  kendall: z.number(),
  regret: fraction.describe('Mean of 1 - chosen / best over mixes, by mean rate.'),
  regretTop8: fraction.describe('The same for the best of the 8 placements liked best.'),
});

const shape = {
  platform: z.string(),
  label: z.enum(LABEL_SOURCES).describe('Where the rates come from that count as true.'),
  dataHash: z.string(),
  rates: z.int().min(1),
  mixes: z.int().min(1),
  choices: z.number().min(1).describe('Placements of a mix to choose from, on average.'),
  estimator: figuresSchema,
  analytic: figuresSchema,
  constant: figuresSchema,
  decades: z.array(
    z.strictObject({
      fromPerS: z.number(),
      toPerS: z.number(),
      rates: z.int(),
      estimator: fraction,
      analytic: fraction,
      constant: fraction,
    }),
  ),
  regretGain: z
    .strictObject({ mean: z.number(), halfInterval: z.number().optional() })
    .describe('regret(analytic) - regret(estimator) over mixes, and half its 95 % interval.'),
  warnings: z.array(warningSchema).optional(),
};

export type EstimatorTest = DocumentFrom<'estimator-test', typeof shape>;

export const estimatorTestDocument = defineDocument({
  kind: 'estimator-test',
  schemaVersion: 1,
  title: 'Heterodyne estimator test: errors, order and regret on mixes that the estimator never saw',
  shape,
});
