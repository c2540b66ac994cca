/** Forms of a model as a table, and the layers of a factorised one. */
import { bytesText } from '../documents/quantities.ts';
import type { Latency, Variant, Variants } from '../models/variants.ts';
import { figure, percent, scaled } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 36;

export function variantsText(document: Variants, style: TextStyle): string {
  const { bold } = paint(style);
  const rows = document.variants.map((variant) => [
    variant.name,
    shorten(variant.file ?? '', LONGEST_NAME + 12, style),
    variant.bytes === undefined ? '' : bytesText(variant.bytes),
    variant.macs === undefined ? '' : scaled(variant.macs),
    variant.latencyMs === undefined ? '' : `${figure(variant.latencyMs.median)} ms`,
    variant.speedUp === undefined ? '' : `${figure(variant.speedUp)}x`,
    errorText(variant),
    variant.accuracy === undefined ? 'unknown' : percent(variant.accuracy.value),
  ]);
  const layers = document.variants.flatMap((variant) => layerRows(variant, style));
  return `${[
    `${bold(document.name)} (${document.source}), measured in ${document.runtime}`,
    table(
      [
        { title: 'variant' },
        { title: 'file', flexible: true },
        { title: 'size', align: 'right' },
        { title: 'MACs', align: 'right' },
        { title: 'time', align: 'right' },
        { title: 'faster', align: 'right' },
        { title: 'output error', align: 'right' },
        { title: 'accuracy', align: 'right' },
      ],
      rows,
      style,
    ),
    ...(layers.length > 0 ? [layerTable(layers, style)] : []),
    wrap(remark(document), style.width),
  ].join('\n\n')}\n`;
}

function errorText({ outputError }: Variant): string {
  if (outputError === undefined) return '';
  return outputError.bitEqual ? 'none' : percent(outputError.relativeRms);
}

function remark({ calibration, seed }: Variants): string {
  const inputs = `${calibration.samples} ${calibration.inputs === 'given' ? 'given' : 'made-up'} inputs`;
  const random = seed === undefined ? '' : ' The weights are random, and trained ones behave otherwise.';
  return `Times are measured on one thread, each form in turns with the original. Output error: root mean square against the original, measured on ${inputs}; it is no accuracy.${random}`;
}

function layerRows({ name, layers }: Variant, style: TextStyle): string[][] {
  const time = (latency: Latency | undefined): string => (latency === undefined ? '' : figure(latency.median));
  return (layers ?? []).map((layer) => [
    name,
    shorten(layer.operator, LONGEST_NAME, style),
    layer.scheme,
    `${layer.rank} of ${figure(layer.breakEvenRank)}`,
    percent(layer.energyKept),
    percent(layer.macs.after / layer.macs.before),
    time(layer.latencyMs?.before),
    time(layer.latencyMs?.after),
    layer.outputError === undefined ? '' : percent(layer.outputError.relativeRms),
    layer.applied ? 'yes' : (layer.reason ?? 'no'),
  ]);
}

function layerTable(rows: readonly string[][], style: TextStyle): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  return table(
    [
      { title: 'variant' },
      { title: 'layer' },
      { title: 'scheme' },
      right('rank of K*'),
      right('energy'),
      right('MACs'),
      right('ms before'),
      right('ms after'),
      right('error'),
      { title: 'applied', flexible: true },
    ],
    rows,
    style,
  );
}
