/** The text of a file that a profiler wrote, whatever a shell or an archive has made of it. */
import { HeterodyneError } from '../../core/errors.ts';

const LARGEST_BYTES = 512 * 2 ** 20;

/** First bytes of what is often given in place of text. */
const OTHER_KINDS: readonly (readonly [name: string, start: readonly number[]])[] = [
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['compressed with bzip2', [0x42, 0x5a, 0x68]],
  ['an SQLite database, as Nsight Systems exports', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

/**
 * UTF-8, or UTF-16 where its mark says so (text that a Windows shell redirected); unpacked where it is packed with gzip.
 *
 * @throws HeterodyneError `BAD_INPUT` (other bytes, a broken archive), `LIMIT`
 */
export async function profilerText(bytes: Uint8Array, source: string): Promise<string> {
  if (bytes.length > LARGEST_BYTES) throw tooLarge(source, `${bytes.length} bytes`);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = packed ? await unpacked(bytes, source) : bytes;
  const other = OTHER_KINDS.find(([, start]) => start.every((byte, i) => plain[i] === byte));
  if (other !== undefined) throw noText(source, other[0], 'unpack it first');
  const mark = (plain[0] ?? 0) * 256 + (plain[1] ?? 0);
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(plain);
  } catch (cause) {
    throw noText(source, 'other bytes', undefined, cause);
  }
}

/** A small file may unpack to anything: it is counted while it comes. */
async function unpacked(bytes: Uint8Array, source: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    for await (const part of stream as unknown as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > LARGEST_BYTES) break;
      parts.push(part);
    }
  } catch (cause) {
    throw noText(source, `gzip that breaks off or is damaged after ${length} bytes`, 'pack or copy it again', cause);
  }
  if (length > LARGEST_BYTES) throw tooLarge(source, 'more, unpacked');
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function noText(source: string, received: string, hint?: string, cause?: unknown): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${source} is not text`, {
    source,
    expected: 'UTF-8, plain or packed with gzip',
    received,
    hint,
    cause,
  });
}

function tooLarge(source: string, received: string): HeterodyneError {
  return new HeterodyneError('LIMIT', `${source} is too large`, {
    source,
    expected: `at most ${LARGEST_BYTES} bytes`,
    received,
  });
}
