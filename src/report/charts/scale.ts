/** Axes: round numbers at readable distances. */

export interface Scale {
  ticks: number[];
  /** Place of a value on an axis from 0 to 1. */
  at(value: number): number;
}

/** From `low` to `high`, both rounded outwards to ticks of 1, 2 or 5 times a power of ten, about `wanted` of them. */
export function linearScale(low: number, high: number, wanted: number): Scale {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) as number);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil((high > low ? high : low + span) / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  const start = ticks[0] as number;
  const length = (ticks.at(-1) as number) - start;
  return { ticks, at: (value) => (value - start) / length };
}

/** Powers of ten (with 2 and 5 where there is room) around values > 0. */
export function logScale(low: number, high: number, wanted: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const decades = last - first;
  const factors = decades * 3 <= wanted ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / wanted));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of power < last ? factors : [1]) ticks.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  return { ticks, at: (value) => (Math.log10(Math.max(value, 10 ** first)) - first) / decades };
}
