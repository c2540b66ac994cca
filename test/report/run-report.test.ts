import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runText } from '../../src/report/run.ts';
import { runPage } from '../../src/report/run-page.ts';
import { PLAIN } from '../../src/report/style.ts';
import { type RunDocument, runDocument } from '../../src/runtime/schema.ts';
import { parseMarkup, textOf } from './markup.ts';
import { assertApart, assertInside } from './text-boxes.ts';

const LONG = 'mobilenet-v3-large-minimalistic-with-a-long-name-and-more';

function modelOf(name: string): RunDocument['models'][number] {
  return {
    name,
    variant: 'original',
    released: 222,
    finished: 222,
    skipped: 0,
    failed: 0,
    throughputPerS: 73.978,
    plannedThroughputPerS: 41.97,
    plannedLatencyMs: 24.4,
    stages: [
      {
        processor: 'cpu-0',
        firstBlock: 0,
        lastBlock: 17,
        calls: 0,
        plannedLatencyMs: 24.4,
        plannedTransferMs: 0,
        outputBytes: 0,
      },
    ],
  };
}

const document: RunDocument = {
  kind: 'run',
  schemaVersion: 1,
  platform: 'host',
  planHash: '0'.repeat(64),
  source: 'synthetic',
  policy: 'every',
  seconds: 3,
  models: [modelOf('m'), modelOf(LONG)],
  processors: [{ id: 'cpu-0', utilization: 0.55, plannedUtilization: 1, pinned: true }],
  score: {
    objective: 'throughput',
    measured: 73.978,
    planned: 41.97,
    meanThroughputPerS: 73.978,
    minThroughputPerS: 73.978,
    geometricMeanPerS: 73.978,
  },
  otherLoad: 0.62,
  events: [],
  warnings: [],
};

const test = suite('report of a run');

test('the headline and the text name the unit of what was measured', () => {
  runDocument.write(document);
  const [, headline = ''] = /<h1>(.*?)<\/h1>/.exec(runPage(document)) ?? [];
  assert.is(headline, '2 models on host: throughput 74.0 frames/s measured, 42.0 frames/s predicted');
  assert.match(runText(document, PLAIN), 'throughput: 74.0 frames/s measured, 42.0 frames/s predicted (+76 %)');
});

test('a number and its unit stay on one line', () => {
  assert.match(runPage(document), 'Other programs took 62\u00a0% of the cores');
});

test('the chart says which bar is which, and no text leaves it or lies over another', () => {
  const drawings = runPage(document).match(/<svg .*?<\/svg>/gs) ?? [];
  assert.is(drawings.length, 2, 'one for a page and one for a phone');
  for (const drawing of drawings) {
    const svg = parseMarkup(drawing);
    assertInside(svg, 'rates');
    assertApart(svg, 'rates');
    const words = textOf(svg);
    assert.match(words, /predicted.*measured.*m/s);
  }
});

test.run();
