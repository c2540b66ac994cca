/**
 * Types of the parts of `deno-std` that Heterodyne uses: the package ships JavaScript alone. Declared from its
 * documentation, one module after another; add here what you import, nothing else.
 */

declare module 'deno-std/jsonc/parse.js' {
  /** Reads JSON with comments and trailing commas. Throws SyntaxError with the position in its message. */
  export function parse(text: string): unknown;
}

declare module 'deno-std/text/closest_string.js' {
  export function closestString(
    givenWord: string,
    possibleWords: readonly string[],
    options?: { caseSensitive?: boolean; compareFn?: (a: string, b: string) => number },
  ): string;
}

declare module 'deno-std/fmt/colors.js' {
  /** For all streams at once; begins as false where NO_COLOR is set (in Deno). */
  export function setColorEnabled(value: boolean): void;
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function red(text: string): string;
  export function green(text: string): string;
  export function yellow(text: string): string;
  export function cyan(text: string): string;
  export function stripAnsiCode(text: string): string;
}

declare module 'deno-std/csv/parse.js' {
  /** Rows of fields; blank lines and lines that begin with `comment` are left out. Throws SyntaxError. */
  export function parse(text: string, options?: { separator?: string; comment?: string }): string[][];
}

declare module 'deno-std/csv/stringify.js' {
  /** Fields are quoted where they must be. */
  export function stringify(rows: readonly (readonly unknown[])[]): string;
}

declare module 'deno-std/yaml/parse.js' {
  /** Reads one YAML document; the schema `failsafe` knows texts, lists and mappings alone. Throws SyntaxError. */
  export function parse(
    text: string,
    options?: { schema?: 'core' | 'default' | 'failsafe' | 'json'; allowDuplicateKeys?: boolean },
  ): unknown;
}
