/**
 * Protobuf fields read from a file that nobody trusts: every length is checked against the bytes that are there, and what
 * takes memory of its own is counted against a budget.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** The file breaks the format; `place` says where, as far as is known. */
export class WireError extends Error {
  readonly place: string;
  constructor(message: string, place: string) {
    super(message);
    this.place = place;
  }
}

/**
 * Budget for everything that takes memory of its own, in units of about 25 bytes: what a node, an attribute, a name or
 * a number of a list costs as an object. Some 300,000 ordinary nodes; a few hundred megabytes.
 */
const MAX_PARTS = 1 << 24;
export const NODE_PARTS = 16;
export const RECORD_PARTS = 8;
export const NAME_PARTS = 2;

const text = new TextDecoder();

/** Reads one field's content, already past its tag. */
export type FieldReader = (reader: BinaryReader, wire: WireType) => void;

/** Readers by field number; other fields are skipped. */
type Fields = Record<number, FieldReader>;

export class BoundedReader {
  private parts = 0;
  /** Where decoding is, for messages. */
  place = 'file';

  /** Count one more thing that takes memory of its own. */
  protected part(amount: number): void {
    this.parts += amount;
    if (this.parts > MAX_PARTS)
      throw new WireError('there are more nodes, names and numbers than any network has', this.place);
  }

  protected message(bytes: Uint8Array, fields: Fields): void {
    const reader = new BinaryReader(bytes);
    try {
      while (reader.pos < reader.len) {
        const [number, wire] = reader.tag();
        if (reader.pos > reader.len) throw new RangeError('premature EOF');
        const read = fields[number];
        if (read === undefined) reader.skip(wire, number);
        else read(reader, wire);
      }
    } catch (error) {
      if (error instanceof WireError) throw error;
      const why = error instanceof RangeError ? 'it ends in the middle of a field' : (error as Error).message;
      throw new WireError(why, this.place);
    }
  }

  protected expect(wire: WireType, expected: WireType): void {
    if (wire !== expected) throw new WireError(`a field has wire type ${wire} instead of ${expected}`, this.place);
  }

  /** Bytes of a length-delimited field, a view. */
  protected bytes(reader: BinaryReader, wire: WireType): Uint8Array {
    this.expect(wire, WireType.LengthDelimited);
    return reader.bytes();
  }

  protected string(reader: BinaryReader, wire: WireType): string {
    this.part(NAME_PARTS);
    return text.decode(this.bytes(reader, wire));
  }

  protected int(reader: BinaryReader, wire: WireType): number {
    this.expect(wire, WireType.Varint);
    return Number(reader.int64());
  }

  protected float(reader: BinaryReader, wire: WireType): number {
    this.expect(wire, WireType.Bit32);
    return reader.float();
  }

  /** Append a repeated integer, packed or not. */
  protected ints(reader: BinaryReader, wire: WireType, into: number[]): void {
    if (wire !== WireType.LengthDelimited) {
      this.part(1);
      into.push(this.int(reader, wire));
      return;
    }
    const packed = new BinaryReader(this.bytes(reader, wire));
    while (packed.pos < packed.len) {
      this.part(1);
      into.push(Number(packed.int64()));
    }
  }

  protected floats(reader: BinaryReader, wire: WireType, into: number[]): void {
    if (wire !== WireType.LengthDelimited) {
      this.part(1);
      into.push(this.float(reader, wire));
      return;
    }
    const packed = new BinaryReader(this.bytes(reader, wire));
    while (packed.pos < packed.len) {
      this.part(1);
      into.push(packed.float());
    }
  }

  /** Bytes of repeated fixed-size numbers: packed ones are a view, single ones are gathered. */
  protected fixed(reader: BinaryReader, wire: WireType, size: 4 | 8, gathered: Uint8Array[]): void {
    if (wire === WireType.LengthDelimited) {
      gathered.push(this.bytes(reader, wire));
      return;
    }
    this.expect(wire, size === 4 ? WireType.Bit32 : WireType.Bit64);
    this.part(1);
    gathered.push(reader.skip(wire));
  }
}
