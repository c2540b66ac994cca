/** Files of other profilers, and the import of one as a cell of an FPS matrix. */
import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import process from 'node:process';
import { readBytes, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { type FpsMatrix, fpsMatrixDocument, fpsMatrixFindings } from '../profiles/fps-matrix.ts';
import { readFpsMatrix } from '../profiles/fps-matrix-read.ts';
import type { FormatFamily } from '../profiles/importers/format.ts';
import { importedCell, withCell } from '../profiles/importers/matrix-cell.ts';
import type { ImportedProfile } from '../profiles/importers/record.ts';
import { importProfile } from '../profiles/importers/registry.ts';
import { fpsMatrixText } from '../report/fps-matrix.ts';
import type { Call } from './command.ts';
import { wholeNumber } from './option-values.ts';
import type { OutputSettings } from './options.ts';
import { checkOutput, deliver } from './output.ts';

/** The name of standard input among files. */
export const STANDARD_INPUT = '-';
const LARGEST_INPUT = 512 * 2 ** 20;

export interface ReadingOptions {
  batch?: string;
  strict?: boolean;
  provider?: string;
  'warm-up'?: string;
}

/** @throws HeterodyneError as `importProfile`, `USAGE` for an option, `NOT_READABLE` */
export async function readRecord(file: string, options: ReadingOptions, format?: string): Promise<ImportedProfile> {
  const { strict, provider, batch, 'warm-up': warmUp } = options;
  return importProfile(await bytesOf(file), {
    source: file === STANDARD_INPUT ? 'standard input' : file,
    format: format as FormatFamily | undefined,
    strict,
    provider,
    warmUpMs: warmUp === undefined ? undefined : parseQuantity(warmUp, 'ms', '--warm-up'),
    batch: batch === undefined ? undefined : wholeNumber(batch, '--batch', 1, 65_536),
  });
}

export interface CellOptions extends ReadingOptions, OutputSettings {
  file: string;
  format?: string;
  model?: string;
  name?: string;
  processor?: string;
  precision?: string;
  into?: string;
}

/** Options that concern blocks, of which a matrix has none. */
const OF_BLOCKS = ['platform', 'cut', 'times', 'divide', 'force'] as const;

/** `profile import --matrix`. */
export async function importCell(
  values: CellOptions & Partial<Record<(typeof OF_BLOCKS)[number], unknown>>,
  call: Call,
): Promise<number> {
  const useless = call.repeated.shape !== undefined ? 'shape' : OF_BLOCKS.find((name) => values[name] !== undefined);
  if (useless !== undefined) {
    throw new HeterodyneError('USAGE', `--${useless} means nothing with --matrix`, {
      path: `--${useless}`,
      expected: 'a profile, or --matrix without it',
      received: 'both',
    });
  }
  const { into, processor } = values;
  const name = values.name ?? (values.model === undefined ? undefined : basename(values.model).replace(/\.onnx$/i, ''));
  if (name === undefined || processor === undefined) {
    const option = name === undefined ? '--model' : '--processor';
    throw new HeterodyneError('USAGE', `${option} is missing`, {
      path: option,
      expected: name === undefined ? 'the name of the row' : 'the name of the device, the column',
      received: 'nothing',
    });
  }
  const inputs = [values.file, into].filter((file) => file !== undefined && file !== STANDARD_INPUT);
  await checkOutput(values, inputs as string[]);
  const base = into === undefined ? undefined : readFpsMatrix(await readText(into), into);
  const record = await readRecord(values.file, values, values.format);
  const filled = withCell(base?.matrix, name, processor, importedCell(record, values.precision));
  const own = [...(base?.warnings ?? []), ...record.warnings];
  const warnings = [...own, ...fpsMatrixFindings(filled)];
  const kept = [...(filled.warnings ?? []), ...own];
  const matrix: FpsMatrix = kept.length > 0 ? { ...filled, warnings: kept } : filled;
  await deliver(
    { json: fpsMatrixDocument.write(matrix), text: (style) => fpsMatrixText(matrix, style), warnings },
    values,
    call,
  );
  return 0;
}

async function bytesOf(file: string): Promise<Uint8Array> {
  if (file !== STANDARD_INPUT) return readBytes(file);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > LARGEST_INPUT) {
      throw new HeterodyneError('LIMIT', 'standard input is too large', {
        source: 'standard input',
        expected: `at most ${LARGEST_INPUT} bytes`,
        received: 'more',
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
