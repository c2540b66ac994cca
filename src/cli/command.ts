/** What a command is: its options, declared once, from which help, checks and values follow. */
import type { ArgDef, CommandDef, ParsedArgs } from 'citty';
import type { TextStyle } from '../report/style.ts';
import type { Keys } from './keys.ts';

/** An option as the command library reads it, and what it does not know. */
export type Option = ArgDef & {
  /** May be given several times; all values are in {@link Call.repeated}. */
  repeatable?: boolean;
  /** Words that a free text may be, among others: shown when the value is missing. */
  known?: () => readonly string[];
};
export type Options = Record<string, Option>;

/** A stream of text and how it shows. */
export interface Sink {
  write(text: string): void;
  style: TextStyle;
  /** A terminal whose lines can be drawn again. */
  redraws: boolean;
}

/** What a run of the program stands on: streams and interruption. */
export interface Session {
  out: Sink;
  err: Sink;
  /** Aborted by Ctrl-C and termination. */
  signal: AbortSignal;
  /** Single keys, where standard input is a terminal. */
  keys?: Keys;
}

/** One call of one command. */
export interface Call extends Session {
  /** `plan`, `models list`. */
  command: string;
  /** What follows the command, as it was typed. */
  words: readonly string[];
  /** All values of the repeatable options that were given. */
  repeated: Readonly<Record<string, readonly string[]>>;
}

export interface CommandDefinition<T extends Options> {
  /** Paragraphs of the help text, after the summary and the options. */
  details?: readonly string[];
  options: T;
  /** Lines that can be typed as they stand. */
  examples: readonly string[];
  /** @returns the exit code */
  run(values: ParsedArgs<T>, call: Call): Promise<number>;
}

/** A command among others: its options are checked by name, no longer by type. */
export type Command = Omit<CommandDefinition<Options>, 'run'> & { run(values: unknown, call: Call): Promise<number> };

/** Types the values of `run` by the options. */
export function defineCommand<const T extends Options>(definition: CommandDefinition<T>): Command {
  return { ...definition, run: (values, call) => definition.run(values as ParsedArgs<T>, call) };
}

/** The form that the command library runs. */
export function toCitty(command: Command): CommandDef<Options> {
  return {
    args: command.options,
    run: ({ args, data }) => command.run(args, data as Call),
  };
}
