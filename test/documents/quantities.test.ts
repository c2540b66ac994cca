import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { bytesText, legalUnits, parseQuantity, type Unit } from '../../src/documents/quantities.ts';

const test = suite('quantities');

test('units convert to the one that the option names', () => {
  const cases: [string | number, Unit, number][] = [
    ['20ms', 'ms', 20],
    ['2s', 'ms', 2000],
    ['250us', 'ms', 0.25],
    ['250µs', 'ms', 0.25],
    ['1.5 min', 's', 90],
    ['20ms', 's', 0.02],
    ['7', 'ms', 7],
    [7.5, 'ms', 7.5],
    ['.5s', 'ms', 500],
    ['1e3us', 'ms', 1],
    ['1.5GiB', 'B', 1610612736],
    ['2MB', 'B', 2e6],
    ['64KiB', 'B', 65536],
    ['100k', '1', 100_000],
    ['3', '1', 3],
    ['400Mmac', 'mac', 4e8],
    ['400M', 'mac', 4e8],
    ['2Gmac', 'Mmac', 2000],
    ['767MHz', 'Hz', 767e6],
    ['30fps', '/s', 30],
    ['30/s', '/s', 30],
    ['2.5W', 'W', 2.5],
    ['500mW', 'W', 0.5],
    ['3mJ', 'mJ', 3],
    ['-0', 'ms', 0],
  ];
  for (const [text, unit, value] of cases) assert.is(parseQuantity(text, unit), value, `${text} in ${unit}`);
});

test('anything else is a usage error that lists the legal units', () => {
  for (const text of [
    '',
    'fast',
    '20 parsecs',
    '20MB',
    '1,5ms',
    'NaN',
    'Infinity',
    '-3ms',
    '1e400ms',
    '0x10',
    '5 ms s',
    'ms',
  ]) {
    try {
      parseQuantity(text, 'ms', '--time-limit');
      assert.unreachable(text);
    } catch (error) {
      assert.instance(error, HeterodyneError, text);
      const { code, path, hint } = error as HeterodyneError;
      assert.is(code, 'USAGE');
      assert.is(path, '--time-limit');
      assert.match(hint ?? '', /a bare number means ms; legal units: ns, us, ms, s, min/);
    }
  }
});

test('an advertised unit is an accepted unit, and a bare number means the default', () => {
  for (const unit of ['ms', 'B', '1', 'mac', 'Hz', '/s', 'W', 'mJ'] as const) {
    for (const name of legalUnits(unit)) assert.ok(parseQuantity(`3${name}`, unit) > 0, name);
    assert.is(parseQuantity('3', unit), 3);
  }
});

test('no text crashes the parser', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        return parseQuantity(text, 'ms') >= 0;
      } catch (error) {
        return error instanceof HeterodyneError;
      }
    }),
    { numRuns: 500, seed: 3 },
  );
});

test('bytes are printed in three digits', () => {
  assert.is(bytesText(0), '0 B');
  assert.is(bytesText(999), '999 B');
  assert.is(bytesText(65536), '65.5 KB');
  assert.is(bytesText(999_600), '1 MB');
  assert.is(bytesText(6 * 2 ** 30), '6.44 GB');
});

test.run();
