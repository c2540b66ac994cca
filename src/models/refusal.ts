/**
 * Errors about model files. Their texts quote names and lists from the file, which may be hostile: control characters
 * would reach a terminal, a name of a megabyte would bury the message.
 */
import { type ErrorCode, HeterodyneError, type HeterodyneErrorDetails } from '../core/errors.ts';

const LONGEST_TEXT = 400;

/** Printable, on one line, of a length that people read. */
export function legible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
  return line.length <= LONGEST_TEXT ? line : `${line.slice(0, LONGEST_TEXT / 2)} ... ${line.slice(-LONGEST_TEXT / 2)}`;
}

/** A HeterodyneError whose texts are legible whatever the file holds. */
export function refusal(code: ErrorCode, message: string, details: HeterodyneErrorDetails = {}): HeterodyneError {
  const texts: HeterodyneErrorDetails = {};
  for (const field of ['path', 'expected', 'received', 'hint'] as const) {
    const text = details[field];
    if (text !== undefined) texts[field] = legible(text);
  }
  return new HeterodyneError(code, legible(message), { ...details, ...texts });
}
