import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { harmless } from '../../src/cli/terminal.ts';

const test = suite('text for a terminal');

const ESC = '\u001b';

test('colours, lines and the redrawing of the live view pass', () => {
  for (const text of [
    `${ESC}[1mplan${ESC}[0m\n\tname ${ESC}[38;5;12m→${ESC}[m ██ µs 名\n`,
    `${ESC}[12A${ESC}[J model  frames\n`,
    `${ESC}[3A${ESC}[J`,
  ])
    assert.is(harmless(text), text);
});

test('names in files give the terminal no commands', () => {
  const names = {
    'moves the cursor': `${ESC}[9A`,
    'clears the screen': `${ESC}[2J`,
    'sets the title': `${ESC}]0;owned\u0007`,
    'fills the clipboard': `${ESC}]52;c;cm0gLXJmIC8=${ESC}\\`,
    'begins in eight bits': '\u009b31m',
    'overwrites its line': 'good\rbad',
    'takes letters back': 'a\b\u007f',
  };
  for (const [what, name] of Object.entries(names)) {
    const shown = harmless(` model  ${name}\n`);
    assert.not.match(shown, /(?![\n\t])\p{Cc}/u, what);
    assert.match(shown, /^ model {2}.*\?.*\n$/, what);
  }
  // Not even at the beginning of the text, but for the one sequence that redraws.
  assert.is(harmless(`${ESC}[2J${ESC}[9A`), '?[2J?[9A');
});

test.run();
