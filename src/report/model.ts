/** Models as tables: one in depth, many in short. */
import { bytesText } from '../documents/quantities.ts';
import type { BlockedModel, SizedTensor } from '../models/graph.ts';
import { figure, scaled } from './numbers.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

/** Names of exported models repeat the path of the layer. */
const LONGEST_NAME = 32;

const sum = (amounts: Readonly<Record<string, number>>): number =>
  Object.values(amounts).reduce((total, amount) => total + amount, 0);

export function modelText(model: BlockedModel, style: TextStyle): string {
  const { bold } = paint(style);
  const tensors = (heading: string, list: readonly SizedTensor[]): string[][] =>
    list.map((tensor, i) => [
      i === 0 ? heading : '',
      shorten(tensor.name, LONGEST_NAME, style),
      tensor.type,
      tensor.shape.length === 0 ? 'scalar' : tensor.shape.join(` ${signs(style).times} `),
      bytesText(tensor.bytes),
    ]);
  const blocks = model.blocks.map((block, b) => [
    String(b),
    shorten(block.name, LONGEST_NAME, style),
    block.work.operators.join(', '),
    figure(sum(block.work.macs) / 1e6),
    bytesText(block.weightBytes),
    bytesText(block.activationBytes),
    bytesText(block.outputBytes),
  ]);
  const { macs, parameters, weightBytes, activationBytes } = model;
  blocks.push(
    ['', 'all blocks', '', figure(macs / 1e6), bytesText(weightBytes), bytesText(activationBytes), ''].map((cell) =>
      cell === '' ? '' : bold(cell),
    ),
  );
  return `${[
    `${bold(model.name)} (${model.source}), batch ${model.batch}, ${scaled(parameters)} parameters`,
    table(
      [{ title: '' }, { title: 'tensor' }, { title: 'type' }, { title: 'shape' }, { title: 'bytes', align: 'right' }],
      [...tensors('input', model.inputs), ...tensors('output', model.outputs)],
      style,
    ),
    table(
      [
        { title: 'block', align: 'right' },
        { title: 'name' },
        { title: 'operators', flexible: true },
        { title: 'MMACs', align: 'right' },
        { title: 'weights', align: 'right' },
        { title: 'working', align: 'right' },
        { title: 'cut', align: 'right' },
      ],
      blocks,
      style,
    ),
    wrap(
      'MMACs: millions of multiply-accumulates. working: most activations live at once. cut: bytes that a transfer after the block would move.',
      style.width,
    ),
  ].join('\n\n')}\n`;
}

/** One line of the list of models. */
export interface ModelSummary {
  name: string;
  title: string;
  year: number;
  resolution: number;
  macs: number;
  parameters: number;
  blocks: number;
  top1Accuracy?: { value: number };
}

export function modelListText(models: readonly ModelSummary[], style: TextStyle): string {
  const { times } = signs(style);
  const rows = models.map((model) => [
    model.name,
    model.title,
    String(model.year),
    `${model.resolution} ${times} ${model.resolution}`,
    scaled(model.macs),
    scaled(model.parameters),
    String(model.blocks),
    model.top1Accuracy === undefined ? '' : `${(model.top1Accuracy.value * 100).toFixed(1)} %`,
  ]);
  const text = table(
    [
      { title: 'name' },
      { title: 'network', flexible: true },
      { title: 'year', align: 'right' },
      { title: 'pixels', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'parameters', align: 'right' },
      { title: 'blocks', align: 'right' },
      { title: 'top-1', align: 'right' },
    ],
    rows,
    style,
  );
  const note = 'top-1: published ImageNet accuracy of trained weights; models export writes random ones.';
  return `${text}\n\n${wrap(note, style.width)}\n`;
}
