/** All formats, and the one way in: bytes of a file to the record that nothing downstream looks behind. */
import { HeterodyneError } from '../../core/errors.ts';
import { hashBytes } from '../../models/load.ts';
import { DETECTION_WINDOW, type FormatFamily, type ProfileFormat, type ReadSettings } from './format.ts';
import { openvinoCsv } from './openvino-csv.ts';
import { openvinoJson } from './openvino-json.ts';
import { ortProfile } from './ort.ts';
import type { ImportedProfile } from './record.ts';
import { profilerText } from './text.ts';
import { tfliteBenchmark } from './tflite.ts';
import { trtexecProfile } from './trtexec-profile.ts';
import { trtexecTimes } from './trtexec-times.ts';

export const PROFILE_FORMATS: readonly ProfileFormat[] = [
  ortProfile,
  trtexecProfile,
  trtexecTimes,
  tfliteBenchmark,
  openvinoJson,
  openvinoCsv,
];

export interface ImportOptions extends Partial<Omit<ReadSettings, 'source'>> {
  /** Name of the file, for messages and as provenance (its last part). */
  source: string;
  /** Default: told by content. */
  format?: FormatFamily;
  /** Where the file does not state it; absent = 1, with a note. */
  batch?: number;
  /** What ran it, where the file does not say. */
  device?: string;
}

const DEFAULTS = { strict: false, warmUpMs: 200, maxEvents: 5_000_000 };

/**
 * Reads what a profiler wrote.
 *
 * @throws HeterodyneError `BAD_INPUT` (not text, of no known format, nothing usable in it, or in need of repair under
 *   `strict`), `USAGE` (of another format than asked for), `LIMIT`
 */
export async function importProfile(bytes: Uint8Array, options: ImportOptions): Promise<ImportedProfile> {
  const { source, format: family, batch: asked, device, ...given } = options;
  const text = await profilerText(bytes, source);
  const format = detectFormat(text, source, family);
  const { batch: stated, ...read } = format.read(text, { ...DEFAULTS, ...definedOnly(given), source });
  const warnings = [...read.warnings];
  const batch = stated ?? asked ?? 1;
  if (stated !== undefined && asked !== undefined && stated !== asked) {
    throw new HeterodyneError('BAD_INPUT', `${source} was measured with batch ${stated}`, {
      source,
      path: 'batch',
      expected: String(asked),
      received: String(stated),
      hint: `choose --batch ${stated}`,
    });
  }
  if (stated === undefined && asked === undefined) {
    warnings.push({ code: 'ASSUMED', message: 'the file states no batch: 1 is assumed' });
  }
  return {
    ...read,
    ...(read.device === undefined && device !== undefined && { device }),
    ...rateOf(read, batch),
    format: format.id,
    sourceFile: source.replace(/^.*[/\\]/s, ''),
    sourceSha256: await hashBytes(bytes),
    batch,
    warnings,
  };
}

/** Queries become inferences; one request at a time makes the rate from the latency. */
function rateOf(
  { throughputPerS, throughputOrigin, mode, latencyMs }: Omit<ReturnType<ProfileFormat['read']>, 'batch'>,
  batch: number,
): Pick<ImportedProfile, 'throughputPerS' | 'throughputOrigin'> {
  if (throughputPerS !== undefined) {
    return {
      throughputPerS: throughputOrigin === 'counted' ? throughputPerS * batch : throughputPerS,
      throughputOrigin,
    };
  }
  const latency = latencyMs?.median ?? latencyMs?.mean;
  if (mode !== 'latency' || latency === undefined || latency === 0) return {};
  return { throughputPerS: (1000 * batch) / latency, throughputOrigin: 'inverse-latency' };
}

function definedOnly<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/**
 * The format of a text, told by content and never by name.
 *
 * @param family as the user states it; its formats alone are looked at
 * @throws HeterodyneError `BAD_INPUT` with the formats that were looked for, or that all fit
 */
function detectFormat(text: string, source: string, family?: FormatFamily): ProfileFormat {
  if (text.trim() === '') {
    throw new HeterodyneError('BAD_INPUT', `${source} is empty`, {
      source,
      expected: 'the output of a profiler',
      received: 'nothing',
      hint: 'profilers write at their end: a process that was stopped before leaves an empty file',
    });
  }
  const window =
    text.length <= 2 * DETECTION_WINDOW ? text : `${text.slice(0, DETECTION_WINDOW)}\n${text.slice(-DETECTION_WINDOW)}`;
  const fitting = PROFILE_FORMATS.flatMap((format) => {
    const reason = format.detect(window);
    return reason === undefined ? [] : [{ format, reason }];
  });
  const chosen = fitting.filter(({ format }) => family === undefined || format.family === family);
  if (chosen.length === 1) return chosen[0]!.format;
  const listed = fitting.map(({ format, reason }) => `${format.title} (${reason})`).join('; ');
  const legal = PROFILE_FORMATS.filter((format) => family === undefined || format.family === family);
  if (chosen.length === 0 && family !== undefined && fitting.length > 0) {
    throw new HeterodyneError('BAD_INPUT', `${source} is not of the format ${family}`, {
      source,
      expected: `one of ${legal.map(({ title }) => title).join(', ')}`,
      received: listed,
      hint: `leave out --format, or choose --format ${fitting.map(({ format }) => format.family).join(' or ')}`,
    });
  }
  throw new HeterodyneError(
    'BAD_INPUT',
    chosen.length === 0 ? `${source} is of no known format` : `${source} fits several formats`,
    {
      source,
      expected: `one of ${legal.map(({ title }) => title).join(', ')}`,
      received: listed === '' ? JSON.stringify(text.trimStart().slice(0, 60)) : listed,
      hint: chosen.length > 1 ? 'choose with --format' : undefined,
    },
  );
}
