/**
 * Messages over a pipe: a JSON header, then raw bytes, so that tensors cross without being written as text.
 *
 *   ┌──────────────┬───────────────┬────────────┬─────────────┐
 *   │ header bytes │ payload bytes │ header     │ payload     │   both lengths as 32-bit little-endian numbers
 *   │ u32          │ u32           │ UTF-8 JSON │ as it is    │
 *   └──────────────┴───────────────┴────────────┴─────────────┘
 */
import { HeterodyneError } from '../../src/core/errors.ts';

export interface Frame {
  header: Record<string, unknown>;
  payload: Uint8Array;
}

const LENGTHS = 8;
const MOST_HEADER_BYTES = 64 * 2 ** 20;
const MOST_PAYLOAD_BYTES = 2 ** 31;

/** The pieces of a frame, in order; the payload is not copied. */
export function frameParts(header: Record<string, unknown>, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = payload.reduce((sum, part) => sum + part.length, 0);
  if (text.length > MOST_HEADER_BYTES || bytes > MOST_PAYLOAD_BYTES) {
    throw new HeterodyneError('LIMIT', 'the message to a process is too large', {
      expected: `at most ${MOST_PAYLOAD_BYTES} bytes`,
      received: `${text.length + bytes} bytes`,
    });
  }
  const lengths = new Uint8Array(LENGTHS);
  const view = new DataView(lengths.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, bytes, true);
  return [lengths, text, ...payload.filter((part) => part.length > 0)];
}

/** Puts frames together again from pieces of any size. */
export class FrameReader {
  private pieces: Uint8Array[] = [];
  private held = 0;
  private needed = LENGTHS;

  /** Frames that are complete with this piece. @throws HeterodyneError `INTERNAL` for bytes that are no frame */
  push(piece: Uint8Array): Frame[] {
    this.pieces.push(piece);
    this.held += piece.length;
    const frames: Frame[] = [];
    while (this.held >= this.needed) {
      const all = this.joined();
      const view = new DataView(all.buffer, all.byteOffset, LENGTHS);
      const headerEnd = LENGTHS + view.getUint32(0, true);
      const end = headerEnd + view.getUint32(4, true);
      if (headerEnd > MOST_HEADER_BYTES || end - headerEnd > MOST_PAYLOAD_BYTES) throw noFrame();
      this.needed = end;
      if (this.held < end) break;
      const header = parseHeader(all.subarray(LENGTHS, headerEnd));
      frames.push({ header, payload: all.slice(headerEnd, end) });
      this.pieces = [all.subarray(end)];
      this.held -= end;
      this.needed = LENGTHS;
    }
    return frames;
  }

  private joined(): Uint8Array {
    if (this.pieces.length === 1) return this.pieces[0]!;
    const all = new Uint8Array(this.held);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.pieces = [all];
    return all;
  }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw noFrame();
}

function noFrame(): HeterodyneError {
  return new HeterodyneError('INTERNAL', 'a process sent something that is no message');
}
