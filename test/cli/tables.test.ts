import { stripAnsiCode } from 'deno-std/fmt/colors.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { showsUnicode, wantsColor } from '../../src/cli/terminal.ts';
import { figure, percent, relative, scaled } from '../../src/report/numbers.ts';
import { PLAIN } from '../../src/report/style.ts';
import { bar, shorten, table, textWidth, wrap } from '../../src/report/table.ts';

const RICH = { color: true, unicode: true, width: 60 };

const test = suite('tables');

test('figures have three significant digits and no exponent', () => {
  assert.equal([0.01234, 0.5, 9.1, 57.25, 99.96, 1234.4, 0].map(figure), [
    '0.0123',
    '0.500',
    '9.10',
    '57.3',
    '100',
    '1234',
    '0',
  ]);
  assert.equal(
    [12, 61.1e6, 999.6e3, 4.09e9].map((value) => scaled(value)),
    ['12', '61.1 M', '1.00 M', '4.09 G'],
  );
  assert.equal([0.97, 0.004, 0, 1].map(percent), ['97 %', '0.4 %', '0 %', '100 %']);
  assert.equal([relative(3, 2), relative(1, 2), relative(2, 2), relative(-1, -2)], ['+50 %', '-50 %', '±0 %', '+50 %']);
});

test('a flexible column takes what is left and wraps', () => {
  const text = table(
    [{ title: 'n', align: 'right' }, { title: 'words', flexible: true }, { title: 'end' }],
    [['1', 'several words that need more room than there is in such a narrow table', 'x']],
    { ...PLAIN, width: 40 },
  );
  const lines = text.split('\n');
  assert.ok(
    lines.every((line) => line.length <= 40 && line === line.trimEnd()),
    text,
  );
  assert.ok(lines.length > 3);
  assert.not(/[^\x20-\x7e\n]/.test(text));
});

test('colours change no width, and wide signs count twice', () => {
  const plain = table([{ title: 'a' }, { title: 'b' }], [['x', 'y']], { ...RICH, color: false });
  const rich = table([{ title: 'a' }, { title: 'b' }], [['x', 'y']], RICH);
  assert.is(stripAnsiCode(rich), plain);
  assert.equal(['abc', '\x1b[31mabc\x1b[39m', '模型', 'e\u0301'].map(textWidth), [3, 3, 4, 1]);
});

test('bars are as long as asked for, in Unicode and ASCII', () => {
  for (const share of [0, 0.001, 0.5, 0.999, 1, 1.2]) {
    assert.is([...bar(share, 20, RICH)].length, 20);
    assert.is(bar(share, 20, PLAIN).length, 20);
  }
  assert.is(bar(0.5, 4, PLAIN), '##..');
});

test('long names keep both ends, long words stay whole', () => {
  assert.is(shorten('/features/features.1/conv', 12, PLAIN), '/fea.../conv');
  assert.is(wrap('one verylongword two', 6), 'one\nverylongword\ntwo');
});

test('colours and signs follow the stream and the environment', () => {
  const environment = (values: Record<string, string>) => (name: string) => values[name];
  assert.ok(wantsColor(true, environment({})));
  assert.not(wantsColor(false, environment({})));
  assert.not(wantsColor(true, environment({ NO_COLOR: '1' })));
  assert.not(wantsColor(true, environment({ TERM: 'dumb' })));
  assert.ok(wantsColor(false, environment({ FORCE_COLOR: '1', NO_COLOR: '1' })));
  assert.not(wantsColor(true, environment({ FORCE_COLOR: '0' })));
  assert.ok(showsUnicode(true, environment({ LANG: 'de_DE.UTF-8' })));
  assert.not(showsUnicode(true, environment({ LANG: 'C' })));
  assert.not(showsUnicode(false, environment({ TERM: 'dumb' })));
  assert.ok(showsUnicode(false, environment({ LANG: 'C' })));
});

test('a figure and its percent sign stay on one line', () => {
  assert.is(wrap('gives up 0.1 % at most', 12), 'gives up\n0.1 % at\nmost');
});

test.run();
