/**
 * The strict reading of a command's arguments, before the lenient one of the command library: unknown options, missing
 * values, values where none belong, illegal choices and stray words are usage errors that say what is legal.
 */
import { parseArgs } from 'node:util';
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean, nearest } from '../documents/nearest.ts';
import type { Option, Options } from './command.ts';

function aliasesOf(option: Option): string[] {
  const alias = 'alias' in option ? option.alias : undefined;
  return alias === undefined ? [] : [alias].flat();
}

function usage(
  message: string,
  details: { path?: string; expected?: string; received?: string; hint?: string },
): never {
  throw new HeterodyneError('USAGE', message, details);
}

/** `--plan` or `-o`, as people type it. */
function spelled(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function legalOptions(options: Options): string[] {
  return Object.entries(options)
    .filter(([, option]) => option.type !== 'positional')
    .map(([name, option]) => (option.type === 'boolean' && option.default === true ? `no-${name}` : name));
}

function unknownOption(rawName: string, options: Options, command: string): never {
  const name = rawName.replace(/^-+/, '');
  const legal = [...legalOptions(options), 'help'];
  const lower = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  // `--out` of a command that writes a folder means `--out-dir`, not whatever else has three letters.
  const meant = legal.find((each) => each.startsWith(`${lower}-`)) ?? nearest(lower, legal);
  usage(`unknown option ${rawName}`, {
    path: rawName,
    expected: `one of ${legal.map(spelled).join(', ')}`,
    received: rawName,
    hint: meant === undefined ? `see heterodyne ${command} --help` : `did you mean ${spelled(meant)}?`,
  });
}

/** What a value of this option looks like: the legal words, or its description. */
function expectedValue(option: Option): string {
  if ('options' in option && option.options !== undefined) return `one of ${option.options.join(', ')}`;
  const known = option.known === undefined ? '' : `: ${option.known().join(', ')}`;
  return (option.description ?? 'a value') + known;
}

function checkValue(rawName: string, name: string, option: Option, value: string | undefined, inline: boolean): string {
  if (value === undefined || value === '' || (!inline && value.startsWith('--'))) {
    usage(`${rawName} needs a value`, {
      path: spelled(name),
      expected: expectedValue(option),
      received: value === '' ? 'empty text' : 'nothing',
    });
  }
  if ('options' in option && option.options !== undefined && !option.options.includes(value)) {
    usage(`${spelled(name)} cannot be "${value}"`, {
      path: spelled(name),
      expected: expectedValue(option),
      received: `"${value}"`,
      hint: didYouMean(value, option.options),
    });
  }
  return value;
}

/**
 * Checks the arguments of a command.
 *
 * @returns all values of its repeatable options
 * @throws HeterodyneError `USAGE`
 */
export function checkArguments(args: readonly string[], options: Options, command: string): Record<string, string[]> {
  const named = new Map<string, string>();
  for (const [name, option] of Object.entries(options)) {
    if (option.type === 'positional') continue;
    for (const spelling of [name, ...aliasesOf(option)]) named.set(spelling, name);
  }
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options)
        .filter(([, option]) => option.type !== 'positional')
        .map(([name, option]) => {
          const short = aliasesOf(option).find((alias) => alias.length === 1);
          const type = option.type === 'boolean' ? ('boolean' as const) : ('string' as const);
          return [name, short === undefined ? { type } : { type, short }];
        }),
    ),
  });

  const repeated: Record<string, string[]> = {};
  const seen = new Map<string, string | undefined>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const negated = token.name.startsWith('no-') && !named.has(token.name) ? token.name.slice(3) : undefined;
    const name = named.get(negated ?? token.name);
    const option = name === undefined ? undefined : options[name];
    if (name === undefined || option === undefined) unknownOption(token.rawName, options, command);
    if (option.type === 'boolean') {
      if (token.value !== undefined) {
        usage(`${token.rawName} takes no value`, {
          path: token.rawName,
          expected: `${token.rawName} alone`,
          received: `"${token.value}"`,
        });
      }
    } else if (negated !== undefined) unknownOption(token.rawName, options, command);
    else checkValue(token.rawName, name, option, token.value, token.inlineValue === true);

    if (option.repeatable) (repeated[name] ??= []).push(token.value ?? '');
    else if (seen.has(name) && option.type !== 'boolean') {
      usage(`${spelled(name)} is given twice`, {
        path: spelled(name),
        expected: 'one value',
        received: `"${seen.get(name)}" and "${token.value}"`,
      });
    }
    seen.set(name, token.value);
  }
  checkRequired(seen, options, command);
  checkWords(words, options, command);
  return repeated;
}

function checkRequired(seen: ReadonlyMap<string, unknown>, options: Options, command: string): void {
  const missing = Object.entries(options).find(
    ([name, option]) => option.type !== 'positional' && option.required === true && !seen.has(name),
  );
  if (missing === undefined) return;
  const [name, option] = missing;
  usage(`heterodyne ${command} needs ${spelled(name)}`, {
    path: spelled(name),
    expected: expectedValue(option),
    received: 'nothing',
    hint: `see heterodyne ${command} --help`,
  });
}

function checkWords(words: readonly string[], options: Options, command: string): void {
  const positionals = Object.entries(options).filter(([, option]) => option.type === 'positional');
  const missing = positionals.slice(words.length).find(([, option]) => option.required !== false);
  if (missing !== undefined) {
    const [name, option] = missing;
    usage(`heterodyne ${command} needs ${name.toUpperCase()}`, {
      path: name.toUpperCase(),
      expected: expectedValue(option),
      received: 'nothing',
      hint: `see heterodyne ${command} --help`,
    });
  }
  const extra = words[positionals.length];
  if (extra !== undefined) {
    usage(`"${extra}" has no place here`, {
      path: `"${extra}"`,
      expected: positionals.length === 0 ? 'options alone' : `${positionals.length} argument`,
      received: `"${extra}"`,
      hint: `see heterodyne ${command} --help; lists take commas without blanks`,
    });
  }
}
