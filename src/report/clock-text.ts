/** Operating points for people: ids write clocks in plain hertz, here they have units that options understand, too. */
import { figure } from './numbers.ts';

/** `gpu=1300500000,a57.cores=2` as `gpu=1300.5MHz,a57.cores=2`; names stay. */
export function clockText(id: string): string {
  return id.replaceAll(/=(\d{4,})(?=,|$)/g, (_, hertz) => `=${Number(hertz) / 1e6}MHz`);
}

/** What a row of a decision is weighed by: its heading, with unit. */
export function powerHeading(unit: 'joules' | 'power-up' | undefined): string {
  return unit === 'joules' ? 'energy J' : unit === 'power-up' ? 'power, 1 = highest clocks' : 'power';
}

/** Accuracy given up, a fraction, in points. */
export function lossPoints(loss: number): string {
  return figure(100 * loss);
}
