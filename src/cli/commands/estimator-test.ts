/** `estimator test`: an estimator beside the throughput model and a constant, on mixes that it never saw. */
import { join } from 'node:path';
import { writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { assess, ratesThrough } from '../../estimators/assessment.ts';
import { type EstimatorTest, estimatorTestDocument } from '../../estimators/assessment-schema.ts';
import { openEstimatorNetwork } from '../../estimators/onnx.ts';
import { scatterChart } from '../../report/estimator/charts.ts';
import { testText } from '../../report/estimator/texts.ts';
import { defineCommand } from '../command.ts';
import { readDataSet, readEstimator } from '../estimator-files.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver, openFolder } from '../output.ts';

export const estimatorTestCommand = defineCommand({
  options: {
    data: {
      type: 'string',
      valueHint: 'FILE',
      description: 'data set; its test part, of mixes that the estimator never saw, is used',
    },
    estimator: {
      type: 'string',
      valueHint: 'FILE|ID',
      description: 'an ONNX file with output "rates", the document beside one, or the id of a shipped estimator',
    },
    runtime: {
      type: 'enum',
      options: ['web', 'native'],
      valueHint: 'NAME',
      description: 'onnxruntime-web or onnxruntime-node (web)',
    },
    svg: {
      type: 'string',
      valueHint: 'DIR',
      description:
        'also write a scatter plot of predicted against true rates as an SVG file, scatter.svg; DIR is made if missing',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['heterodyne estimator test --data data.json --estimator estimator.onnx --svg ./charts'],
  details: [
    'Beside the estimator stand the throughput model and a constant, given the same. Regret is what is lost when the placement liked best is taken.',
  ],
  async run(values, call) {
    const set = await readDataSet(values.data);
    if (values.estimator === undefined) {
      throw new HeterodyneError('USAGE', '--estimator is missing', {
        path: '--estimator',
        expected: 'an ONNX file, or the id of a shipped estimator',
        received: 'nothing',
      });
    }
    const { bytes, file } = await readEstimator(values.estimator);
    const inputs = [...set.files, ...(file === undefined ? [] : [file])];
    await checkOutput(values, inputs);
    if (values.svg !== undefined) await openFolder('--svg', values.svg);
    const network = await openEstimatorNetwork(bytes, { runtime: values.runtime as 'web' | 'native' | undefined });
    try {
      const { points, regretGain, ...found } = await assess(
        set.data,
        ratesThrough(set.data, (problem) => network.over(problem)),
      );
      const { mean, halfInterval } = regretGain;
      const document: EstimatorTest = {
        kind: 'estimator-test',
        schemaVersion: 1,
        platform: set.facts.platform,
        label: set.facts.label.source,
        dataHash: set.facts.arrays.hash,
        ...found,
        regretGain: { mean, ...(Number.isFinite(halfInterval) && { halfInterval }) },
        ...(set.warnings.length > 0 && { warnings: set.warnings }),
      };
      if (values.svg !== undefined) {
        const truth = TRUTH[set.facts.label.source];
        const facts = { platform: set.facts.platform, mape: found.estimator.mape, truth };
        await writeFileWhole(join(values.svg, 'scatter.svg'), scatterChart(points, facts));
      }
      const json = estimatorTestDocument.write(document);
      await deliver({ json, text: (style) => testText(document, style), warnings: set.warnings }, values, call);
      return 0;
    } finally {
      await network.close();
    }
  },
});

/** What the other axis of the plot shows. */
const TRUTH = {
  engine: 'simulated',
  analytic: 'modelled',
  executed: 'measured',
  fake: 'fake',
  given: 'given',
} as const;
