/**
 * Quantities with units, as people write them on a command line: `20ms`, `1.5GiB`, `400Mmac`, `30fps`. A bare number
 * has the unit that the option names.
 */
import { HeterodyneError } from '../core/errors.ts';

/** Each unit as a multiple of the smallest of its dimension, so that conversions are one multiplication and division. */
const DIMENSIONS = {
  time: { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, min: 60e9 },
  memory: { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  count: { '1': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 },
  work: { mac: 1, kmac: 1e3, Mmac: 1e6, Gmac: 1e9, k: 1e3, K: 1e3, M: 1e6, G: 1e9 },
  frequency: { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 },
  rate: { '/s': 1, fps: 1 },
  power: { mW: 1, W: 1e3 },
  energy: { uJ: 1, µJ: 1, μJ: 1, mJ: 1e3, J: 1e6 },
} as const;

type Dimensions = typeof DIMENSIONS;
export type Dimension = keyof Dimensions;
/** `1` is the unit of plain counts, `/s` that of rates. */
export type Unit = { [D in Dimension]: Exclude<keyof Dimensions[D], 'k' | 'K' | 'M' | 'G'> }[Dimension];

/** Spellings that are understood but not advertised. */
const SILENT = new Set(['µs', 'μs', 'µJ', 'μJ', 'K', '1']);

function dimensionOf(unit: Unit): { dimension: Dimension; factors: Record<string, number> } {
  for (const [dimension, factors] of Object.entries(DIMENSIONS)) {
    if (Object.hasOwn(factors, unit)) return { dimension: dimension as Dimension, factors };
  }
  throw new HeterodyneError('INTERNAL', `no dimension has the unit ${unit}`);
}

/** The units that an option accepts whose bare numbers mean `unit`, for help texts and errors. */
export function legalUnits(unit: Unit): string[] {
  return Object.keys(dimensionOf(unit).factors).filter((name) => !SILENT.has(name));
}

const NUMBER_AND_UNIT = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)$/;

/**
 * Reads a quantity and gives it in `unit`.
 *
 * @param text `20ms`, `2 s`, `1.5GiB`, or a bare number, which means `unit`
 * @param name option or key, for the message
 * @throws HeterodyneError `USAGE` for anything that is not a finite number >= 0 with a legal unit
 */
export function parseQuantity(text: string | number, unit: Unit, name = 'quantity'): number {
  const { dimension, factors } = dimensionOf(unit);
  const given = String(text).trim();
  const legal = legalUnits(unit).join(', ');
  const bare = unit === '1' ? 'a bare number is a count' : `a bare number means ${unit}`;
  const fail = (what: string): HeterodyneError =>
    new HeterodyneError('USAGE', `${name}: ${what}`, {
      path: name,
      expected: `a number >= 0 with a unit of ${dimension} (${legal})`,
      received: JSON.stringify(given),
      hint: `${bare}; legal units: ${legal}`,
    });
  const match = NUMBER_AND_UNIT.exec(given);
  if (match === null) {
    throw fail(/^\d+,\d/.test(given) ? `"${given}": write the decimals with a point` : `"${given}" is not a number`);
  }
  const number = Number(match[1]);
  const suffix = match[2] === '' ? unit : match[2];
  if (!Object.hasOwn(factors, suffix)) throw fail(`"${suffix}" is not a unit of ${dimension}`);
  const value = (number * factors[suffix]) / factors[unit];
  if (!Number.isFinite(value)) throw fail(`"${given}" is too large`);
  if (value < 0) throw fail(`"${given}" is negative`);
  return value + 0; // -0 becomes 0
}

/** Bytes for people, in decimal units with three significant digits: `1.21 GB`, `64 KB`, `0 B`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
