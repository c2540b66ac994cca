/** Results on their way out: a document for programs, text for people, warnings beside both. */
import { checkWritable, createFolder, refuseOverwrite, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { paint, type TextStyle } from '../report/style.ts';
import { wrap } from '../report/table.ts';
import type { Call } from './command.ts';
import type { OutputSettings } from './options.ts';

export interface Result {
  /** The document's canonical text. */
  json: string;
  text(style: TextStyle): string;
  warnings?: readonly Warning[];
}

function writesToFile(settings: OutputSettings): settings is OutputSettings & { out: string } {
  return settings.out !== undefined && settings.out !== '-';
}

/** Refuses an output file that is an input file or cannot be written, before any work is done. */
export async function checkOutput(settings: OutputSettings, inputs: readonly string[]): Promise<void> {
  if (!writesToFile(settings)) return;
  await refuseOverwrite(settings.out, inputs);
  await checkWritable(settings.out);
}

/** As {@link checkOutput}, for a file that is written beside the document, and never to a standard stream. */
export async function checkCompanion(
  option: string,
  file: string | undefined,
  settings: OutputSettings,
  inputs: readonly string[],
): Promise<void> {
  if (file === undefined) return;
  if (file === '-') {
    throw new HeterodyneError('USAGE', `${option} writes a file, not a standard stream`, {
      path: option,
      expected: 'a file name',
      received: '"-"',
    });
  }
  await refuseOverwrite(file, inputs, option);
  if (writesToFile(settings)) await refuseOverwrite(file, [settings.out], option, 'the file of --out');
  await checkWritable(file);
}

/** Makes a folder that files go into. @throws HeterodyneError `USAGE` a standard stream; what cannot be made */
export async function openFolder(option: string, folder: string): Promise<void> {
  if (folder === '-') {
    throw new HeterodyneError('USAGE', `${option} writes files, not a standard stream`, {
      path: option,
      expected: 'a folder',
      received: '"-"',
    });
  }
  await createFolder(folder);
}

/**
 * The files first, so that a reader that closes standard output does not lose them. Where one cannot be written, what was
 * computed is shown all the same: it may have taken hours.
 *
 * @param beside writes what belongs to the document, such as a report
 */
export async function deliver(
  result: Result,
  settings: OutputSettings,
  call: Call,
  beside?: () => Promise<void>,
): Promise<void> {
  let failed: unknown;
  try {
    if (writesToFile(settings)) await writeFileWhole(settings.out, result.json);
    await beside?.();
  } catch (error) {
    failed = error;
  }
  call.out.write(settings.json || settings.out === '-' ? result.json : result.text(call.out.style));
  if (!settings.quiet) warn(result.warnings ?? [], call);
  if (failed !== undefined) throw failed;
}

export function warn(warnings: readonly Warning[], call: Call): void {
  const { style } = call.err;
  const { yellow } = paint(style);
  for (const { message, path } of warnings) {
    const place = path === undefined ? '' : ` (${path})`;
    call.err.write(`${wrap(`${yellow('warning')}: ${message}${place}`, style.width, '  ')}\n`);
  }
}

/** A line for `--verbose`. */
export function tell(message: string, settings: OutputSettings, call: Call): void {
  if (settings.verbose && !settings.quiet) call.err.write(`${message}\n`);
}
