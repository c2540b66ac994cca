/** Loss curves on a terminal: one line each for training and validation, drawn in blocks from low to high. */
import { figure } from '../numbers.ts';
import type { TextStyle } from '../style.ts';

const BLOCKS = { unicode: '▁▂▃▄▅▆▇█', ascii: '_.-=+*#@' };

export interface LossPoint {
  training: number;
  validation: number;
}

/** Two lines; many epochs share a column, which then shows their mean. Heights are logarithmic. */
export function lossLines(log: readonly LossPoint[], style: TextStyle): string {
  const columns = Math.max(8, Math.min(log.length, style.width - 40, 60));
  const values = log.flatMap(({ training, validation }) => [training, validation]).filter((loss) => loss > 0);
  const low = Math.log(Math.min(...values));
  const span = Math.log(Math.max(...values)) - low || 1;
  const signs = style.unicode ? BLOCKS.unicode : BLOCKS.ascii;
  const draw = (pick: (point: LossPoint) => number): string =>
    Array.from({ length: Math.min(columns, log.length) }, (_, i) => {
      const from = Math.floor((i * log.length) / columns);
      const to = Math.max(from + 1, Math.floor(((i + 1) * log.length) / columns));
      const some = log.slice(log.length < columns ? i : from, log.length < columns ? i + 1 : to).map(pick);
      const loss = some.reduce((sum, each) => sum + each, 0) / some.length;
      const height = (Math.log(Math.max(loss, Number.MIN_VALUE)) - low) / span;
      return signs[Math.max(0, Math.min(signs.length - 1, Math.round(height * (signs.length - 1))))];
    }).join('');
  const line = (name: string, pick: (point: LossPoint) => number): string => {
    const [first, last] = [log[0], log[log.length - 1]].map((point) => figure(point ? pick(point) : 0));
    return `${name.padEnd(10)} ${first} ${draw(pick)} ${last}`;
  };
  return [line('training', (point) => point.training), line('validation', (point) => point.validation)].join('\n');
}
