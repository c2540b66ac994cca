import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ratesThrough } from '../../src/estimators/assessment.ts';
import { rowsOf, TEST } from '../../src/estimators/dataset/data.ts';
import { generateDataset } from '../../src/estimators/dataset/generate.ts';
import { analyticLabels } from '../../src/estimators/dataset/labels.ts';
import { profile, SMALL } from './small-data.ts';

const test = suite('assessment of estimators');

test('estimators see as many resources as the data have, also where processors overlap', async () => {
  // Two processors on the same cores: fewer resources than processors.
  const { platform } = SMALL;
  const shared = {
    ...platform,
    processors: platform.processors.map((processor) => ({ ...processor, uses: [platform.processors[0].uses[0]] })),
  };
  const data = await generateDataset({ ...SMALL, platform: shared, profile, mixes: 12, label: analyticLabels });
  assert.ok(data.resources < data.processors, `${data.resources} resources, ${data.processors} processors`);
  const rows = rowsOf(data, TEST);
  let seen = 0;
  await ratesThrough(data, (problem) => ({
    id: 'watching',
    score: ({ count }) => new Float64Array(count),
    rates: async ({ count, demands }) => {
      assert.is(problem.resources, data.resources);
      assert.is(demands.length, count * problem.models.length * problem.resources);
      seen += count;
      return new Float64Array(count * problem.models.length);
    },
    close: async () => {},
  }))(rows);
  assert.is(seen, rows.length);
});

test.run();
