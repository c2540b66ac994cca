/** Examples are there to be pasted. */
import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkArguments } from '../../src/cli/arguments.ts';
import { COMMANDS, type CommandEntry, type GroupEntry } from '../../src/cli/tree.ts';
import { inFolder, run, workingIn } from './captured.ts';

const test = suite('examples of the help');

interface Example {
  /** `models list`; empty for the whole program. */
  of: string;
  words: string[];
}

/** As a shell takes a line apart, as far as examples go. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

async function examplesOf(entry: CommandEntry | GroupEntry, of: string): Promise<Example[]> {
  const { examples } = entry.kind === 'group' ? entry : await entry.load();
  const own = examples.map((line) => ({ of, words: wordsOf(line) }));
  const below = Object.entries(entry.members ?? {}).map(([name, member]) => examplesOf(member, `${of} ${name}`.trim()));
  return [...own, ...(await Promise.all(below)).flat()];
}

const EXAMPLES = await examplesOf(COMMANDS, '');

/** The command that an example calls, and what it gives it. */
function called(words: readonly string[]): { name: string[]; entry: CommandEntry | GroupEntry; rest: string[] } {
  assert.is(words[0], 'heterodyne');
  let entry: CommandEntry | GroupEntry = COMMANDS;
  let at = 1;
  for (; ; at++) {
    const next: CommandEntry | GroupEntry | undefined = entry.members?.[words[at] ?? ''];
    if (next === undefined) break;
    entry = next;
  }
  return { name: words.slice(1, at), entry, rest: words.slice(at) };
}

test('every command has an example of itself, with options that it has', async () => {
  assert.ok(EXAMPLES.length > 30, `${EXAMPLES.length}`);
  for (const { of, words } of EXAMPLES) {
    const { name, entry, rest } = called(words);
    assert.ok(entry.kind === 'command', words.join(' '));
    assert.ok(`${name.join(' ')} `.startsWith(of), `${words.join(' ')} is no example of ${of}`);
    const piped = rest.indexOf('>');
    checkArguments(piped < 0 ? rest : rest.slice(0, piped), (await entry.load()).options, name.join(' '));
  }
});

/** Commands whose input only another command, or another tool, can make. */
const NEEDS_A_FILE = ['report', 'run', 'simulate', 'search', 'profile import', 'trace', 'trace check'].concat([
  'estimator test',
  'estimator train',
]);

test('the first example of every command needs no file that is not there', async () => {
  for (const [i, { of, words }] of EXAMPLES.entries()) {
    if (EXAMPLES.findIndex((other) => other.of === of) !== i || NEEDS_A_FILE.includes(of)) continue;
    const out = words.findIndex((word) => word.startsWith('--out'));
    const inputs = words.filter((word, w) => /\.(onnx|json|csv|npz)/.test(word) && w !== out + 1);
    assert.equal(
      inputs.filter((file) => !existsSync(file)),
      [],
      words.join(' '),
    );
  }
});

test('pasted, the examples that take moments work', async () => {
  await inFolder((folder) =>
    workingIn(folder, async () => {
      for (const of of [
        '',
        'plan',
        'profile',
        'models list',
        'models info',
        'platforms list',
        'platforms show',
        'platforms detect',
      ]) {
        const { words } = EXAMPLES.find((example) => example.of === of)!;
        const { code, err } = await run(words.slice(1));
        assert.is(code, 0, `${words.join(' ')}\n${err}`);
      }
    }),
  );
});

test.run();
