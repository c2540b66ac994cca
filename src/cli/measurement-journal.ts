/**
 * Measurements so far, in a file: one JSON line each, added as they come, so that a run that was cut short, by whatever,
 * goes on where it was. The first line says for which state of the machine they hold.
 */
import { appendLine, exists, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Journal } from '../execution/measure.ts';

const TITLE = 'heterodyne measurements';

/** In memory: measures equal models once. */
export function memoryJournal(): Journal {
  const known = new Map<string, unknown>();
  return { get: (key) => known.get(key), put: async (key, value) => void known.set(key, value) };
}

/**
 * @param platformHash of the machine: measurements of another one are refused
 * @throws HeterodyneError `BAD_INPUT` for a file of another kind or machine; `NOT_READABLE`
 */
export async function fileJournal(path: string, platformHash: string): Promise<Journal & { found: number }> {
  const known = new Map<string, unknown>();
  if (await exists(path)) {
    const [first, ...lines] = (await readText(path)).split('\n');
    const head = parsed(first ?? '') as { title?: string; platformHash?: string } | undefined;
    if (head?.title !== TITLE) throw refusal(path, 'holds no measurements of heterodyne', 'another file name');
    if (head.platformHash !== platformHash) {
      throw refusal(path, 'holds measurements of another machine, or of this one before it changed', 'remove the file');
    }
    for (const line of lines) {
      const record = parsed(line) as { key?: string; value?: unknown } | undefined;
      // A line that was cut short is measured again.
      if (typeof record?.key === 'string') known.set(record.key, record.value);
    }
  } else await appendLine(path, JSON.stringify({ title: TITLE, platformHash }));
  return {
    found: known.size,
    get: (key) => known.get(key),
    async put(key, value) {
      known.set(key, value);
      await appendLine(path, JSON.stringify({ key, value }));
    },
  };
}

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(path: string, what: string, hint: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${path} ${what}`, {
    source: path,
    expected: `a file that begins with "${TITLE}", of this machine, or none`,
    received: 'another file',
    hint,
  });
}
