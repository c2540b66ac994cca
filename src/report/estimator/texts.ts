/** Data sets, trainings and tests of estimators for people. */
import type { EstimatorTest } from '../../estimators/assessment-schema.ts';
import type { EstimatorDataDocument, LabelSource } from '../../estimators/dataset/schema.ts';
import type { EstimatorDocument } from '../../estimators/training/schema.ts';
import { figure, percent } from '../numbers.ts';
import { paint, type TextStyle } from '../style.ts';
import { table, wrap } from '../table.ts';
import { lossLines } from './loss-lines.ts';

/** How labels are to be read. */
const LABELS: Record<LabelSource, string> = {
  engine: 'simulated by the engine',
  analytic: 'computed by the throughput model',
  executed: 'measured by execution',
  fake: 'FAKE: random numbers, nothing can be learned from them',
  given: 'given by the user',
};

export function datasetText(document: EstimatorDataDocument, style: TextStyle): string {
  const { bold } = paint(style);
  const { samples, label, models, resources, arrays } = document;
  return `${[
    `${bold(`Estimator data for ${document.platform}`)}: ${samples.rows} placements of ${samples.mixes} mixes, rates ${LABELS[label.source]}`,
    wrap(`models: ${models.map(({ name }) => name).join(', ')}`, style.width, '  '),
    wrap(`resources: ${resources.join(', ')}`, style.width, '  '),
    `rows: ${samples.training} training, ${samples.validation} validation, ${samples.test} test, divided by mix`,
    `arrays in ${arrays.file}`,
  ].join('\n')}\n`;
}

export function estimatorText(document: EstimatorDocument, style: TextStyle): string {
  const { bold } = paint(style);
  const { training, data, scaling, file, signature } = document;
  const best = training.log[training.bestEpoch - 1];
  const shapes = [...signature.inputs, signature.output].map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
  return `${[
    `${bold(`Estimator for ${document.platform}`)}: ${document.architecture}, ${document.weights} weights, learned from rates ${LABELS[data.label]}`,
    lossLines(training.log, style),
    `kept: epoch ${training.bestEpoch} of ${training.log.length}, validation error ${percent(best?.validationMape ?? 0)}${training.partial ? ' (stopped early)' : ''}`,
    `scaling: ${scaling.kind}${document.residual ? ', relative to the rates of the throughput model' : ''}`,
    wrap(`tensors: ${shapes.join(', ')}`, style.width, '  '),
    ...(file ? [`network in ${file.name}, ${file.bytes} bytes`] : []),
  ].join('\n')}\n`;
}

export function testText(document: EstimatorTest, style: TextStyle): string {
  const { bold } = paint(style);
  const { estimator, analytic, constant, regretGain, decades } = document;
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = Object.entries({ estimator, 'throughput model': analytic, constant }).map(([name, found]) => [
    name,
    percent(found.mape),
    percent(found.medianError),
    found.spearman.toFixed(4),
    found.kendall.toFixed(4),
    percent(found.regret),
    percent(found.regretTop8),
  ]);
  const half = regretGain.halfInterval === undefined ? '' : ` ± ${(100 * regretGain.halfInterval).toFixed(2)}`;
  return `${[
    `${bold(`Estimator on ${document.platform}`)}: ${document.rates} rates of ${document.mixes} mixes it never saw, ${LABELS[document.label]}`,
    table(
      [
        { title: 'predictor' },
        right('MAPE'),
        right('median error'),
        right('Spearman'),
        right('Kendall'),
        right('regret'),
        right('best of 8'),
      ],
      rows,
      style,
    ),
    '',
    table(
      [right('rates, 1/s'), right('number'), right('estimator'), right('throughput model'), right('constant')],
      decades.map((each) => [
        `${figure(each.fromPerS)} to ${figure(each.toPerS)}`,
        String(each.rates),
        ...[each.estimator, each.analytic, each.constant].map(percent),
      ]),
      style,
    ),
    '',
    wrap(
      `Regret: how far the placement liked best among ${figure(document.choices)} stays below the best one, by mean rate. Regret of the throughput model less that of the estimator: ${(100 * regretGain.mean).toFixed(2)}${half} percentage points (mean over mixes, 95 % interval). The second table is MAPE by size of the rate.`,
      style.width,
    ),
  ].join('\n')}\n`;
}
