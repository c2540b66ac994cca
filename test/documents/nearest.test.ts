import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean, nearest } from '../../src/documents/nearest.ts';

const test = suite('nearest word');

test('a misspelt word finds its candidate', () => {
  assert.is(nearest('prority', ['weight', 'priority', 'precision']), 'priority');
  assert.is(nearest('HIKEY-970', ['hikey970', 'orange-pi-5']), 'hikey970');
  assert.is(nearest('mobilenet', ['alexnet', 'mobilenet-v1']), 'mobilenet-v1');
});

test('a word unlike all candidates finds none', () => {
  assert.is(nearest('raspberry', ['hikey970', 'orange-pi-5']), undefined);
  assert.is(nearest('x', []), undefined);
  assert.is(nearest('', ['a']), undefined);
  assert.is(nearest('a'.repeat(10_000), ['a']), undefined);
});

test('the text lists the legal words', () => {
  assert.is(didYouMean('gup', ['gpu', 'npu']), 'did you mean "gpu"? legal: gpu, npu');
  assert.is(didYouMean('something', ['gpu']), 'legal: gpu');
});

test.run();
