import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkArguments } from '../../src/cli/arguments.ts';
import type { Options } from '../../src/cli/command.ts';
import { wholeNumber } from '../../src/cli/option-values.ts';
import { HeterodyneError } from '../../src/core/errors.ts';

const OPTIONS: Options = {
  file: { type: 'positional', required: true, description: 'a file' },
  out: { type: 'string', alias: 'o', description: 'where to' },
  shape: { type: 'string', repeatable: true },
  'time-limit': { type: 'string' },
  planner: { type: 'enum', options: ['mcts', 'random'] },
  json: { type: 'boolean' },
  progress: { type: 'boolean', default: true },
};

function refusal(...args: string[]): HeterodyneError {
  try {
    checkArguments(args, OPTIONS, 'plan');
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error(`accepted: ${args.join(' ')}`);
}

const test = suite('command-line arguments');

test('legal arguments pass, and all values of a repeatable option are kept', () => {
  const args = ['a.onnx', '-o', '-', '--shape', 'x=1', '--shape=y=2', '--json', '--no-progress', '--planner', 'random'];
  assert.equal(checkArguments(args, OPTIONS, 'plan'), { shape: ['x=1', 'y=2'] });
});

test('an unknown option is refused with the nearest one', () => {
  const error = refusal('a.onnx', '--timelimit', '5');
  assert.is(error.code, 'USAGE');
  assert.match(error.hint ?? '', '--time-limit');
  assert.match(error.expected ?? '', '--no-progress');
  assert.match(refusal('a.onnx', '--timeLimit', '5').hint ?? '', '--time-limit');
  assert.match(refusal('a.onnx', '-x').message, '-x');
});

test('only switches can be negated', () => {
  assert.match(refusal('a.onnx', '--no-out').message, '--no-out');
});

test('a missing value is refused, and the legal ones are named', () => {
  assert.match(refusal('a.onnx', '--planner').expected ?? '', 'mcts, random');
  assert.match(refusal('a.onnx', '--out', '--json').message, '--out needs a value');
  assert.match(refusal('a.onnx', '--out', '').message, '--out needs a value');
});

test('a value outside a choice is refused with the nearest one', () => {
  assert.match(refusal('a.onnx', '--planner', 'randon').hint ?? '', 'random');
});

test('a switch takes no value, an option is given once', () => {
  assert.match(refusal('a.onnx', '--json=yes').message, 'takes no value');
  assert.match(refusal('a.onnx', '--out', 'x', '-o', 'y').received ?? '', '"x" and "y"');
});

test('a missing and a surplus word are refused', () => {
  assert.match(refusal().message, 'FILE');
  assert.match(refusal('a.onnx', 'b.onnx').message, '"b.onnx"');
});

test('whole numbers are digits within limits', () => {
  assert.is(wholeNumber('33', '--seed', 0, 100), 33);
  for (const text of ['-1', '1.5', '101', '', 'x', '1e1', '0x10']) {
    assert.throws(
      () => wholeNumber(text, '--seed', 0, 100),
      (error: unknown) => error instanceof HeterodyneError,
    );
  }
});

test('an option that must be given is missed by name', () => {
  const options: Options = { ...OPTIONS, predictor: { type: 'string', required: true } };
  assert.throws(() => checkArguments(['a.onnx'], options, 'search'), /search needs --predictor/);
  checkArguments(['a.onnx', '--predictor', 'p.onnx'], options, 'search');
});

test('the beginning of an option means that option', () => {
  assert.is(refusal('a.onnx', '--time', '5').hint, 'did you mean --time-limit?');
});

test.run();
