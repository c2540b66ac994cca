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

/**
 * Puts frames together again from pieces of any size. Bytes are copied once, from the piece to where they stay: a payload
 * has a buffer of its own, so that its first tensor begins where typed arrays may begin.
 */
export class FrameReader {
  private part: 'lengths' | 'header' | 'payload' = 'lengths';
  private readonly lengths = new Uint8Array(LENGTHS);
  private payloadBytes = 0;
  private header: Frame['header'] = {};
  private target = this.lengths;
  private filled = 0;

  /** Frames that are complete with this piece. @throws HeterodyneError `INTERNAL` for bytes that are no frame */
  push(piece: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; ; ) {
      const count = Math.min(piece.length - at, this.target.length - this.filled);
      this.target.set(piece.subarray(at, at + count), this.filled);
      at += count;
      this.filled += count;
      if (this.filled < this.target.length) return frames;
      const frame = this.next();
      if (frame !== undefined) frames.push(frame);
    }
  }

  /** A part is whole. */
  private next(): Frame | undefined {
    const whole = this.target;
    this.filled = 0;
    switch (this.part) {
      case 'lengths': {
        const view = new DataView(whole.buffer);
        const headerBytes = view.getUint32(0, true);
        this.payloadBytes = view.getUint32(4, true);
        if (headerBytes > MOST_HEADER_BYTES || this.payloadBytes > MOST_PAYLOAD_BYTES) throw noFrame();
        this.part = 'header';
        this.target = new Uint8Array(headerBytes);
        return undefined;
      }
      case 'header':
        this.header = parseHeader(whole);
        this.part = 'payload';
        this.target = new Uint8Array(this.payloadBytes);
        return undefined;
      case 'payload':
        this.part = 'lengths';
        this.target = this.lengths;
        return { header: this.header, payload: whole };
    }
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
