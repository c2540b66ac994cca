/**
 * JSON as profilers write it: quotes and backslashes in strings may be unescaped, numbers may be `nan` or `inf`. One
 * value at a time, so that a broken object costs only itself.
 *
 * In a broken string only the known keys tell where a value ends: at a quote that is followed by `,"known key":`, or
 * by a closing bracket and what may come after one. Every look ahead is bounded, so time grows with the text alone.
 */

const DEEPEST = 64;
/** In characters: no name of a layer is longer, and an unclosed quote must not swallow a whole file. */
const LONGEST_BROKEN_STRING = 16_384;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** A quote, and behind it a closing bracket, or a comma and something that looks like a key. */
const ANY_KEY = /"[ \t\r\n]*(?:[}\]]|,[ \t\r\n]*(?:\}|"[^"\\\r\n]{1,64}"[ \t\r\n]*:))/y;

/** The text is no value from here on. */
export class NotJson extends Error {}

export interface Parsed {
  value: unknown;
  /** Position after the value. */
  end: number;
}

const BLANK = /[ \t\r\n]*/y;
const NUMBER = /-?\d+\.?\d*(?:[eE][-+]?\d+)?|-?\.\d+(?:[eE][-+]?\d+)?/y;
const WORD = /[-+]?(?:true|false|null|nan|infinity|inf)(?:\((?:ind|snan)\))?/iy;

/** Reads values of one text from given positions. */
export class TolerantJson {
  private readonly text: string;
  private readonly nextKey: RegExp;
  private lenient = false;
  private repairs = 0;
  private position = 0;

  /** @param knownKeys keys of the format, which mark where a broken string ends */
  constructor(text: string, knownKeys: readonly string[]) {
    this.text = text;
    const keys = knownKeys.map((key) => key.replace(/[^\w]/g, '\\$&')).join('|');
    this.nextKey = new RegExp(`"[ \\t\\r\\n]*(?:,[ \\t\\r\\n]*"(?:${keys})"[ \\t\\r\\n]*:|[}\\]])`, 'y');
  }

  /** The value at `start` by the rules of JSON. @throws NotJson */
  strict(start: number): Parsed {
    this.lenient = false;
    return this.read(start);
  }

  /** The value at `start`, with broken strings and odd numbers; `repairs` says how many. @throws NotJson */
  repaired(start: number): Parsed & { repairs: number } {
    this.lenient = true;
    this.repairs = 0;
    return { ...this.read(start), repairs: this.repairs };
  }

  private read(start: number): Parsed {
    this.position = start;
    return { value: this.value(0), end: this.position };
  }

  private skipBlank(): void {
    BLANK.lastIndex = this.position;
    BLANK.test(this.text);
    this.position = BLANK.lastIndex;
  }

  private fail(): never {
    throw new NotJson(`no value at character ${this.position}`);
  }

  private value(depth: number, role: 'member' | 'item' = 'item'): unknown {
    if (depth > DEEPEST) this.fail();
    this.skipBlank();
    switch (this.text[this.position]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string(role);
      default:
        return this.scalar();
    }
  }

  private object(depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    this.position++;
    for (;;) {
      this.skipBlank();
      if (this.text[this.position] === '}') break;
      if (this.text[this.position] !== '"') this.fail();
      const key = this.string('key');
      this.skipBlank();
      if (this.text[this.position] !== ':') this.fail();
      this.position++;
      members.push([key, this.value(depth + 1, 'member')]);
      if (!this.comma('}')) break;
    }
    this.position++;
    return Object.fromEntries(members);
  }

  private array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.position++;
    for (;;) {
      this.skipBlank();
      if (this.text[this.position] === ']') break;
      items.push(this.value(depth + 1));
      if (!this.comma(']')) break;
    }
    this.position++;
    return items;
  }

  /** Whether another member follows; stands at the closing bracket if not. A comma before a bracket is let pass. */
  private comma(closing: '}' | ']'): boolean {
    this.skipBlank();
    const found = this.text[this.position];
    if (found === closing) return false;
    if (found !== ',') this.fail();
    this.position++;
    return true;
  }

  /** A string that keeps the rules, or undefined. */
  private strictString(): { text: string; end: number } | undefined {
    const { text, position: start } = this;
    for (let i = start + 1; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === QUOTE) {
        try {
          return { text: JSON.parse(text.slice(start, i + 1)) as string, end: i + 1 };
        } catch {
          return undefined;
        }
      }
      if (c < FIRST_PRINTABLE) return undefined;
      if (c === BACKSLASH) i++;
    }
    return undefined;
  }

  private string(role: 'key' | 'member' | 'item'): string {
    const start = this.position;
    const found = this.strictString();
    if (found !== undefined && (role !== 'member' || !this.lenient || this.endsAt(found.end - 1, ANY_KEY))) {
      this.position = found.end;
      return found.text;
    }
    if (role !== 'member' || !this.lenient) this.fail();
    return this.brokenString(start + 1);
  }

  private endsAt(quote: number, pattern: RegExp): boolean {
    pattern.lastIndex = quote;
    return pattern.test(this.text);
  }

  private brokenString(start: number): string {
    let quote = this.text.indexOf('"', start);
    while (quote >= 0 && quote - start <= LONGEST_BROKEN_STRING) {
      if (this.endsAt(quote, this.nextKey)) {
        this.repairs++;
        this.position = quote + 1;
        return this.text.slice(start, quote).replace(/\\(["\\/])/g, '$1');
      }
      quote = this.text.indexOf('"', quote + 1);
    }
    return this.fail();
  }

  private scalar(): unknown {
    const { text, position } = this;
    NUMBER.lastIndex = position;
    if (NUMBER.test(text) && !/[\w.]/.test(text[NUMBER.lastIndex] ?? '')) {
      this.position = NUMBER.lastIndex;
      return Number(text.slice(position, this.position));
    }
    WORD.lastIndex = position;
    if (!WORD.test(text)) this.fail();
    const word = text.slice(position, WORD.lastIndex);
    const literal = { true: true, false: false, null: null }[word];
    if (literal === undefined) {
      if (!this.lenient) this.fail();
      this.repairs++;
    }
    this.position = WORD.lastIndex;
    return literal === undefined ? Number.NaN : literal;
  }
}
