/** The files that a model was split into, as a table. */
import { bytesText } from '../documents/quantities.ts';
import type { StageManifest } from '../models/stage-manifest.ts';
import { figure } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_LIST = 48;

export function splitText(manifest: StageManifest, folder: string, style: TextStyle): string {
  const { bold } = paint(style);
  const names = (list: readonly { name: string }[]): string =>
    shorten(list.map(({ name }) => name).join(', '), LONGEST_LIST, style);
  const rows = manifest.stages.map((stage) => [
    stage.file,
    `${stage.firstBlock}-${stage.lastBlock}`,
    stage.processor ?? '',
    bytesText(stage.bytes),
    names(stage.inputs),
    names(stage.outputs),
  ]);
  return `${[
    `${bold(manifest.name)} (${manifest.source}) in ${manifest.stages.length} of ${manifest.blocks} possible stages`,
    table(
      [
        { title: 'file' },
        { title: 'blocks' },
        { title: 'processor' },
        { title: 'size', align: 'right' },
        { title: 'takes in' },
        { title: 'gives out' },
      ],
      rows,
      style,
    ),
    ...(manifest.verified === undefined ? [] : [wrap(verdict(manifest.verified), style.width)]),
    `wrote the files and ${manifest.name}.stages.json to ${folder}`,
  ].join('\n\n')}\n`;
}

function verdict({ bitEqual, largestRelativeError, runtime }: NonNullable<StageManifest['verified']>): string {
  const result = bitEqual
    ? 'the stages give the same bits as the whole'
    : `the stages differ from the whole by at most ${figure(largestRelativeError * 1e6)} millionths of the largest output`;
  return `Measured (${runtime}; one made-up input): ${result}.`;
}
