/**
 * One instance of the core: its exports, and the few ways to put numbers into its memory and to get them out. The
 * module is compiled once; an instance per problem and per search costs a fraction of a millisecond.
 */
import { instantiateSync } from '@assemblyscript/loader';
import { HeterodyneError } from '../../src/core/errors.ts';
import { CORE_BASE64 } from './core.generated.ts';
import type { CoreExports } from './exports.ts';

let compiled: WebAssembly.Module | undefined;

/** The core's bytes. */
export function coreBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(CORE_BASE64), (character) => character.charCodeAt(0));
}

/** Whether this host runs the core: WebAssembly with SIMD. */
export function isSupported(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  if (compiled) return true;
  return WebAssembly.validate(coreBytes());
}

type Numbers = Float64Array | Float32Array | Uint16Array | Uint32Array | Int32Array | Uint8Array;

export class CoreInstance {
  readonly exports: CoreExports;
  /** All of the memory, as it was last seen: growing leaves views of length 0 behind. */
  #bytes = new Uint8Array(0);
  #doubles = new Float64Array(0);

  constructor() {
    compiled ??= new WebAssembly.Module(coreBytes());
    this.exports = instantiateSync<CoreExports>(compiled).exports;
  }

  /** The memory, for looks that end before the next call of the core. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.exports.memory.buffer);
    return this.#bytes;
  }

  /** The same in doubles, at an eighth of the address. */
  get doubles(): Float64Array {
    if (this.#doubles.length === 0) this.#doubles = new Float64Array(this.exports.memory.buffer);
    return this.#doubles;
  }

  /** Room for that many bytes, cache-line aligned and zero. */
  allocate(bytes: number): number {
    const address = this.exports.allocate(bytes) >>> 0;
    if (address === 0) throw outOfMemory(bytes);
    return address;
  }

  /** Copy numbers into fresh memory; their address. `padding` bytes more are reserved behind them. */
  put(numbers: Numbers, padding = 0): number {
    const address = this.allocate(numbers.byteLength + padding);
    this.write(address, numbers);
    return address;
  }

  write(address: number, numbers: Numbers): void {
    if (numbers instanceof Float64Array) this.doubles.set(numbers, address >>> 3);
    else if (numbers instanceof Uint8Array) this.bytes.set(numbers, address);
    else this.bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), address);
  }

  /** Copies, so that no caller holds live memory of the core. */
  readBytes(address: number, count: number): Uint8Array {
    return this.bytes.slice(address, address + count);
  }

  readNumbers(address: number, count: number): Float64Array {
    return this.doubles.slice(address >>> 3, (address >>> 3) + count);
  }

  readFloats(address: number, count: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, address, count).slice();
  }

  /** Set exported cells: numbers as they are, arrays by address. */
  set<Cells extends { [K in keyof Cells]: WebAssembly.Global }>(
    values: { [K in keyof Cells]: number | boolean | Numbers },
  ): void {
    const cells = this.exports as unknown as Record<string, WebAssembly.Global>;
    for (const [name, value] of Object.entries(values) as [string, number | boolean | Numbers][]) {
      cells[name].value = typeof value === 'object' ? this.put(value) : Number(value);
    }
  }
}

export function outOfMemory(bytes: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `the core has no room for ${bytes} further bytes`, {
    hint: 'ask for fewer tree slots, models or stages',
  });
}
