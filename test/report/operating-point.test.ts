import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clockText } from '../../src/report/clock-text.ts';
import { run } from '../cli/captured.ts';

const test = suite('operating points in reports');

test('clocks are told in MHz, as they are given', () => {
  assert.is(clockText('little=509000000,gpu=854250000'), 'little=509MHz,gpu=854.25MHz');
  assert.is(clockText('gpu=415000000,big=off'), 'gpu=415MHz,big=off');
  assert.is(clockText('max-q'), 'max-q');
});

test('a plan at lower clocks says so in its heading', async () => {
  const heading = async (...words: string[]) => {
    const { out } = await run(['plan', '--models', 'alexnet', '--evaluations', '20', ...words]);
    return out.split('\n')[0];
  };
  assert.match(await heading('--platform', 'jetson-tx2', '--operating-point', 'max-q'), 'jetson-tx2 at max-q: 1 model');
  const given = await heading('--platform', 'hikey970', '--operating-point', 'gpu=415MHz');
  assert.match(given, 'hikey970 at gpu=415MHz: 1 model');
  assert.match(await heading('--platform', 'hikey970'), 'Plan for hikey970: 1 model');
});

test.run();
