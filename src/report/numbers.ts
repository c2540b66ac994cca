/** Numbers for people: three significant digits, units with a space before them, nothing scientific. */

/** Three significant digits, as plain decimals: `0.0123`, `9.10`, `57.3`, `1234`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  return value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(size))));
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** With a decimal prefix and three significant digits: `1.21 G`, `64.0 k`, `12`. Whole numbers below 1000 stay so. */
export function scaled(value: number, unit = ''): string {
  let size = value;
  let prefix = 0;
  while (Math.abs(size) >= 999.5 && prefix < PREFIXES.length - 1) {
    size /= 1000;
    prefix++;
  }
  const number = prefix === 0 && Number.isInteger(size) ? String(size) : figure(size);
  return `${number} ${PREFIXES[prefix]}${unit}`.trimEnd();
}

/** A fraction as per cent: `97 %`, `0.4 %`. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  const digits = Math.abs(value) < 9.95 && value !== 0 ? 1 : 0;
  return `${value.toFixed(digits)} %`;
}

/** A difference relative to `reference`, signed: `+8.0 %`, `-61 %`, `±0 %`. */
export function relative(value: number, reference: number, unicode = true): string {
  if (value === reference) return unicode ? '±0 %' : '0 %';
  if (reference === 0) return '';
  const change = (value - reference) / Math.abs(reference);
  return `${change > 0 ? '+' : ''}${percent(change)}`;
}
