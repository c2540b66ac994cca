/** Names of files for things that people named. */

/**
 * [names] the letters, digits, dots and dashes of each; where two would be alike, on file systems that take `A` for `a`, too,
 * the later one is numbered.
 */
export function fileStems(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replace(/[^\w.-]/g, '_');
    let stem = plain;
    for (let n = 2; taken.has(stem.toLowerCase()); n++) stem = `${plain}-${n}`;
    taken.add(stem.toLowerCase());
    return stem;
  });
}
