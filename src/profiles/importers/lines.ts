/** Text files of tables, line by line. */

/** Lines without their ends and without what loggers put in front. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => line.replace(/^(?:INFO|WARNING): ?/, '').trimEnd());
}

/** `[avg ms]`, `avg_ms`, ` Avg MS ` alike: `avg ms`. */
export function heading(text: string): string {
  return text
    .replace(/[[\]_]/g, ' ')
    .trim()
    .replace(/ +/g, ' ')
    .toLowerCase();
}

/** `count=50 first=123 avg=12.5` as pairs. */
export function assignments(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([a-z][a-z ()]{0,40})[=:] {0,4}([^\s,=]{1,40})/gi)].map((match) => [
      match[1]!.trim().toLowerCase(),
      match[2]!,
    ]),
  );
}
