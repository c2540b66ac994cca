/** Help texts, from the same declarations that arguments are checked against. */
import { paint, type TextStyle } from '../report/style.ts';
import { wrap } from '../report/table.ts';
import type { Command, Option, Options } from './command.ts';

/** Descriptions begin here; a longer option stands on a line of its own. */
const DESCRIPTION_COLUMN = 30;

function optionLabel(name: string, option: Option): string {
  if (option.type === 'positional') return name.toUpperCase();
  const alias = 'alias' in option && option.alias !== undefined ? [option.alias].flat() : [];
  const short = alias.find((other) => other.length === 1);
  if (option.type === 'boolean') return `${option.default === true ? '--no-' : '--'}${name}`;
  const legal = 'options' in option ? option.options?.join('|') : undefined;
  return `${short === undefined ? '' : `-${short}, `}--${name} ${option.valueHint ?? legal ?? 'VALUE'}`;
}

function optionText(option: Option): string {
  const negative = option.type === 'boolean' && option.default === true ? option.negativeDescription : undefined;
  const legal = 'options' in option && option.valueHint !== undefined ? option.options : undefined;
  const words = legal === undefined ? '' : `: ${legal.join(', ')}`;
  return `${negative ?? option.description ?? ''}${words}`;
}

function definitionList(entries: readonly (readonly [label: string, text: string])[], style: TextStyle): string[] {
  const { cyan } = paint(style);
  const indent = ' '.repeat(DESCRIPTION_COLUMN);
  return entries.map(([label, text]) => {
    const body = wrap(text, style.width - DESCRIPTION_COLUMN).replaceAll('\n', `\n${indent}`);
    const head = `  ${cyan(label)}`;
    if (label.length + 4 > DESCRIPTION_COLUMN) return `${head}\n${indent}${body}`;
    return head + ' '.repeat(DESCRIPTION_COLUMN - 2 - label.length) + body;
  });
}

function usageLine(name: string, options: Options): string {
  const positionals = Object.entries(options)
    .filter(([, option]) => option.type === 'positional')
    .map(([word, option]) => (option.required === false ? `[${word.toUpperCase()}]` : word.toUpperCase()));
  return ['heterodyne', name, ...positionals, '[OPTIONS]'].join(' ');
}

/** The help of one command. `name`: `plan`, `models list`; `members`: commands under it. */
export function commandHelp(
  name: string,
  summary: string,
  command: Command,
  members: readonly (readonly [name: string, summary: string])[],
  style: TextStyle,
): string {
  const { bold } = paint(style);
  const lines = [wrap(summary, style.width), '', `${bold('Usage')}  ${usageLine(name, command.options)}`, ''];
  const entries = Object.entries(command.options).map(
    ([option, definition]) => [optionLabel(option, definition), optionText(definition)] as const,
  );
  lines.push(bold('Options'), ...definitionList([...entries, ['-h, --help', 'this text']], style), '');
  if (members.length > 0) lines.push(bold('Commands'), ...definitionList(members, style), '');
  for (const paragraph of command.details ?? []) lines.push(wrap(paragraph, style.width), '');
  lines.push(bold(command.examples.length === 1 ? 'Example' : 'Examples'));
  for (const example of command.examples) lines.push(`  ${example}`);
  return `${lines.join('\n')}\n`;
}

/** The help of a group of commands, or of the whole program (`name` empty). */
export function groupHelp(
  name: string,
  summary: string,
  members: readonly (readonly [name: string, summary: string])[],
  examples: readonly string[],
  style: TextStyle,
): string {
  const { bold } = paint(style);
  const start = name === '' ? 'heterodyne' : `heterodyne ${name}`;
  const lines = [
    wrap(summary, style.width),
    '',
    `${bold('Usage')}  ${start} COMMAND [OPTIONS]`,
    '',
    bold('Commands'),
    ...definitionList(members, style),
    '',
    bold(examples.length === 1 ? 'Example' : 'Examples'),
    ...examples.map((example) => `  ${example}`),
    '',
    `${start} COMMAND --help tells more about a command.`,
  ];
  return `${lines.join('\n')}\n`;
}
