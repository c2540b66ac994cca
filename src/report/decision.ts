/** One decision of a controller in words and tables: what it knew, what it weighed, what it chose and why. */
import type { Decision, DecisionTrace } from '../simulator/decisions.ts';
import { clockText, lossPoints, powerHeading } from './clock-text.ts';
import { figure } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { table, wrap } from './table.ts';

const shown = (value: number | 'infinite' | undefined): string =>
  value === undefined ? '' : value === 'infinite' ? 'out of reach' : figure(value);

export function decisionText(trace: DecisionTrace, decision: Decision, style: TextStyle): string {
  const { bold } = paint(style);
  const { models, operatingPoints } = trace;
  const name = (model: number): string => models[model].name;
  const about = decision.model === undefined ? '' : ` of ${name(decision.model)}`;
  const parts = [
    wrap(
      `${bold(`Decision of ${trace.controller} at ${figure(decision.atMs)} ms`)}: ${decision.cause}${about}, mode ${decision.mode}, at ${clockText(operatingPoints[decision.point])}`,
      style.width,
    ),
  ];
  if (decision.models.length > 0) {
    parts.push(
      table(
        [
          { title: 'model' },
          { title: 'frame', align: 'right' },
          { title: 'blocks done', align: 'right' },
          { title: 'variant' },
          { title: 'LAG ms', align: 'right' },
          { title: 'required speed-up', align: 'right' },
        ],
        decision.models.map(({ model, frame, position, variant, lagMs, requiredSpeedUp }) => [
          name(model),
          frame === undefined ? '' : String(frame),
          String(position),
          models[model].variants[variant] ?? String(variant),
          shown(lagMs),
          // Without a deadline nothing is required; what a controller sets in its place is no figure to read.
          lagMs === undefined ? '' : shown(requiredSpeedUp),
        ]),
        style,
      ),
    );
  }
  if (decision.rows !== undefined) parts.push(rowsTable(trace, decision, decision.rows, style));
  const rule = decision.rule && decision.rule !== decision.reason ? ` (${decision.rule})` : '';
  parts.push(wrap(`Reason: ${decision.reason}${rule}.`, style.width));
  parts.push(wrap(asksText(trace, decision), style.width));
  return `${parts.join('\n\n')}\n`;
}

function rowsTable(
  { operatingPoints, models }: DecisionTrace,
  { chosen, runnerUp, powerUnit }: Decision,
  rows: NonNullable<Decision['rows']>,
  style: TextStyle,
): string {
  return table(
    [
      { title: 'row' },
      { title: 'operating point' },
      { title: powerHeading(powerUnit), align: 'right' },
      { title: 'loss, points', align: 'right' },
      { title: 'misses', align: 'right' },
      { title: 'late ms', align: 'right' },
      { title: 'variants', flexible: true },
      { title: '' },
    ],
    rows.map(({ point, power, loss, misses, tardinessMs, variants }, k) => [
      String(k),
      clockText(operatingPoints[point]),
      shown(power),
      loss === undefined || loss === 'infinite' ? shown(loss) : lossPoints(loss),
      String(misses),
      shown(tardinessMs),
      variantsText(variants, models),
      k === chosen ? 'chosen' : k === runnerUp ? 'runner-up' : '',
    ]),
    style,
  );
}

/** Only what is not as planned. */
function variantsText(variants: readonly number[], models: DecisionTrace['models']): string {
  const changed = variants.flatMap((variant, m) =>
    variant > 0 ? [`${models[m].name}: ${models[m].variants[variant]}`] : [],
  );
  return changed.length === 0 ? 'as planned' : changed.join(', ');
}

function asksText({ operatingPoints, models }: DecisionTrace, { asks, infeasible }: Decision): string {
  const wishes = [
    ...(asks.point === undefined ? [] : [`operating point ${clockText(operatingPoints[asks.point])}`]),
    ...(asks.variants ?? []).map(({ model, variant }) => `${models[model].variants[variant]} of ${models[model].name}`),
    ...(asks.skips ?? []).map((model) => `the frame of ${models[model].name} given up`),
  ];
  const asked = wishes.length === 0 ? 'Asks for nothing: all stays as it is.' : `Asks for ${wishes.join(', ')}.`;
  if (infeasible === undefined) return asked;
  const least = infeasible.leastDeadlineMs;
  return `${asked} No setting keeps all deadlines${least === undefined ? '' : `; ${shown(least)} ms would hold`}.`;
}
