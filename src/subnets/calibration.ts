/** Tables and predictors against a few measured networks: measured = offset + factor x said, by least squares. */
import { defaultCore } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import { genomeFrom } from './genotype.ts';
import type { SearchSpace } from './space.ts';

export interface MeasuredNetwork {
  genotype: unknown;
  latencyMs?: number;
  /** A fraction. */
  accuracy?: number;
}

export interface Calibration {
  networks: number;
  offset: number;
  factor: number;
  at(said: number): number;
}

/** `[{"genotype": {...}, "latencyMs": 41.2, "accuracy": 0.742}, ...]`. @throws HeterodyneError `BAD_INPUT` */
export function readMeasured(raw: unknown, source: string): MeasuredNetwork[] {
  const number = (value: unknown) =>
    value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
  const good = (each: MeasuredNetwork | null) => each?.genotype && number(each.latencyMs) && number(each.accuracy);
  if (Array.isArray(raw) && raw.every(good)) return raw;
  throw new HeterodyneError('BAD_INPUT', `${source} holds no measured networks`, {
    source,
    expected: '[{"genotype": {...}, "latencyMs": 41.2, "accuracy": 0.742}, ...]',
    received: Array.isArray(raw) ? 'entries without genotype, or with other numbers' : typeof raw,
  });
}

/** undefined when fewer than two networks were measured in this respect. @throws HeterodyneError `BAD_INPUT` */
export async function calibrate(
  space: SearchSpace,
  measured: readonly MeasuredNetwork[] = [],
  what: 'latencyMs' | 'accuracy',
  said: (network: Uint8Array) => Promise<number>,
): Promise<Calibration | undefined> {
  const kernel = defaultCore().subnets({ space: space.numbers, cost: [] });
  const known = measured.filter((each) => each[what] !== undefined);
  if (known.length < 2) return undefined;
  const x = await Promise.all(known.map(({ genotype }) => said(kernel.networks(genomeFrom(space, genotype)))));
  const y = known.map((each) => each[what]!);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const spread = mean(x.map((value) => (value - mx) ** 2));
  if (!(spread > 0)) {
    throw new HeterodyneError('BAD_INPUT', `the measured networks are all alike in ${what}: they calibrate nothing`, {
      path: what,
      expected: 'two networks that differ',
      received: `${known.length} alike`,
    });
  }
  const factor = mean(x.map((value, i) => (value - mx) * (y[i] - my))) / spread;
  const offset = my - factor * mx;
  return { networks: known.length, offset, factor, at: (value) => offset + factor * value };
}
