import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkArguments } from '../../src/cli/arguments.ts';
import { COMMANDS, type CommandEntry, type GroupEntry } from '../../src/cli/tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(root + name, 'utf8') }));

/** Lines of code that call the program, without remarks, continued lines joined. */
function commandLines(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, '');
  const lines = [...joined.matchAll(/^ *(?:npx )?heterodyne ((?:[a-z]+ ?)+ .*)$/gm)].map(([, line]) => line!);
  return lines.map((line) => line.replace(/\s{2,}#.*$/, '').trim()).filter((line) => !/\.\.\.|…|\[/.test(line));
}

/** As a shell splits them, up to a pipe or a redirection. */
function words(line: string): string[] {
  const split = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)];
  const end = split.findIndex(([, , , bare]) => bare === '>' || bare === '|');
  return split.slice(0, end < 0 ? undefined : end).map(([, single, double, bare]) => single ?? double ?? bare!);
}

async function check(line: string): Promise<void> {
  let entry: CommandEntry | GroupEntry = COMMANDS;
  const rest = words(line);
  const path: string[] = [];
  for (;;) {
    const members: Readonly<Record<string, CommandEntry | GroupEntry>> | undefined = entry.members;
    const word = rest[0];
    if (word === undefined || members === undefined || !Object.hasOwn(members, word)) break;
    entry = members[word]!;
    path.push(word);
    rest.shift();
  }
  if (entry.kind === 'group') throw new Error(`no command: ${line}`);
  checkArguments(rest, (await entry.load()).options, path.join(' '));
}

const test = suite('documents');

test('the program understands every command line that they show', async () => {
  let found = 0;
  for (const { name, text } of documents) {
    for (const line of commandLines(text)) {
      found++;
      try {
        await check(line);
      } catch (error) {
        assert.unreachable(`${name}: heterodyne ${line}: ${(error as Error).message}`);
      }
    }
  }
  assert.ok(found > 60, `${found} command lines`);
});

test('programs import what they use from the package, and the package has it', async () => {
  const modules: Record<string, Record<string, unknown>> = {
    heterodyne: await import('../../src/index.ts'),
    'heterodyne/core': await import('../../bindings/core.ts'),
    'heterodyne/onnx': await import('../../bindings/onnx/index.ts'),
    'heterodyne/runtime': await import('../../src/runtime/index.ts'),
  };
  const every = new Set(Object.values(modules).flatMap((module) => Object.keys(module)));
  let programs = 0;
  for (const { name, text } of documents) {
    for (const [, code] of text.matchAll(/```ts\n(.*?)```/gs)) {
      programs++;
      const imported = new Set<string>();
      for (const [, names, from] of code!.matchAll(/import (?:type )?\{([^}]*)\} from '([^']+)'/g)) {
        for (const each of names!.split(',').map((part) => part.trim())) {
          const word = each.replace(/^type /, '');
          imported.add(word);
          const module = modules[from!];
          if (module && word === each && /^[a-z]/.test(word)) assert.ok(word in module, `${name}: ${from} has ${word}`);
        }
      }
      const used = [...code!.matchAll(/(?<![.\w])([A-Za-z]\w+)\(/g)].map(([, word]) => word!);
      for (const word of used) assert.ok(!every.has(word) || imported.has(word), `${name} uses ${word} unimported`);
    }
  }
  assert.ok(programs >= 10, `${programs} programs`);
});

test.run();
