/** From words on the command line to an exit code. Everything but the process itself: streams and signals come in. */
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean } from '../documents/nearest.ts';
import { checkArguments } from './arguments.ts';
import { runCommand } from './citty.ts';
import { type Call, type Session, type Sink, toCitty } from './command.ts';
import { failureJson, failureOf, failureText, INTERRUPTED_EXIT } from './failure.ts';
import { commandHelp, groupHelp } from './help.ts';
import { COMMANDS, type CommandEntry, type GroupEntry } from './tree.ts';
import { VERSION } from './version.ts';

const HELP_WORDS = ['--help', '-h'];
const VERSION_WORDS = ['--version', '-V'];

/** The command that the first words name, and the words after it. */
interface Found {
  path: string[];
  entry: CommandEntry | GroupEntry;
  rest: string[];
}

function find(words: readonly string[]): Found {
  const path: string[] = [];
  let entry: CommandEntry | GroupEntry = COMMANDS;
  let rest = [...words];
  while (entry.kind === 'group') {
    const word = rest[0];
    if (word === undefined || word.startsWith('-')) break;
    const members: GroupEntry['members'] = entry.members;
    if (!Object.hasOwn(members, word)) {
      const name = [...path, word].join(' ');
      throw new HeterodyneError('USAGE', `no command "${name}"`, {
        path: `"${word}"`,
        expected: `one of ${Object.keys(members).join(', ')}`,
        received: `"${word}"`,
        hint: didYouMean(word, Object.keys(members)),
      });
    }
    entry = members[word] as CommandEntry | GroupEntry;
    path.push(word);
    rest = rest.slice(1);
  }
  const word = rest[0];
  const under = entry.kind === 'command' ? entry.members : undefined;
  if (word !== undefined && under !== undefined && Object.hasOwn(under, word)) {
    return { path: [...path, word], entry: under[word]!, rest: rest.slice(1) };
  }
  return { path, entry, rest };
}

function refuseGroup({ path, entry, rest }: Found): never {
  const name = ['heterodyne', ...path].join(' ');
  const members = Object.keys((entry as GroupEntry).members);
  throw new HeterodyneError(
    'USAGE',
    rest.length === 0 ? `${name} needs a command` : `${rest[0]} comes after a command`,
    {
      expected: `one of ${members.join(', ')}`,
      received: rest[0] ?? 'nothing',
      hint: `see ${name} --help`,
    },
  );
}

/** Words before `--`: what follows is never an option. */
function optionWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}

function summaries(members: GroupEntry['members']): (readonly [name: string, summary: string])[] {
  return Object.entries(members).map(([member, { summary }]) => [member, summary] as const);
}

async function printHelp({ path, entry }: Found, session: Session): Promise<void> {
  const name = path.join(' ');
  const { style } = session.out;
  if (entry.kind === 'command') {
    session.out.write(commandHelp(name, entry.summary, await entry.load(), summaries(entry.members ?? {}), style));
    return;
  }
  const members = summaries(entry.members);
  session.out.write(groupHelp(name, entry.summary, members, entry.examples, style));
}

async function call(found: Found, session: Session): Promise<number> {
  const { path, entry, rest } = found;
  if (entry.kind === 'group') refuseGroup(found);
  const command = await entry.load();
  const name = path.join(' ');
  const repeated = checkArguments(rest, command.options, name);
  const data: Call = { ...session, command: name, words: rest, repeated };
  const { result } = await runCommand(toCitty(command), { rawArgs: [...rest], data });
  return result as number;
}

/**
 * Runs one command.
 *
 * @param words the command line without the program's name
 * @returns the exit code: 0 done, 1 defect, 2 infeasible, 64 wrong usage, 65 bad input, 130 interrupted
 */
export async function runProgram(words: readonly string[], outside: Session): Promise<number> {
  let path: string[] = [];
  let written = false;
  const out: Sink = {
    ...outside.out,
    write: (text) => {
      written = true;
      outside.out.write(text);
    },
  };
  const session = { ...outside, out };
  try {
    if (words[0] !== undefined && VERSION_WORDS.includes(words[0])) {
      session.out.write(`${VERSION}\n`);
      return 0;
    }
    const found = find(words[0] === 'help' ? words.slice(1) : words);
    path = found.path;
    if (words[0] === 'help' || optionWords(found.rest).some((word) => HELP_WORDS.includes(word))) {
      await printHelp(found, session);
      return 0;
    }
    return await call(found, session);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.exitCode === INTERRUPTED_EXIT) session.err.write('\n');
    session.err.write(failureText(failure, path.join(' '), session.err.style));
    // Standard output holds one document: where that is out already, the error stands in the text and the exit code.
    if (optionWords(words).includes('--json') && !written) session.out.write(await failureJson(failure));
    return failure.exitCode;
  }
}
