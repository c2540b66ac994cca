/** What `search` writes about a ladder: the document, and every level as an ONNX file. */
import { join } from 'node:path';
import { defaultCore } from '../../bindings/core.ts';
import { createFolder, readBytes, refuseOverwrite, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { readOnnx } from '../models/onnx/read.ts';
import { type WeightSource, writeOnnxChunks } from '../models/onnx/write.ts';
import { zooWeights } from '../models/zoo/weights.ts';
import { PAPER_FRAME } from '../report/charts/frame.ts';
import { frontCharts } from '../report/charts/front.ts';
import type { Front } from '../subnets/front-schema.ts';
import { genomeFrom } from '../subnets/genotype.ts';
import { ladderDocument, ladderOf } from '../subnets/ladder-schema.ts';
import { slicedWeights, subnetGraph } from '../subnets/networks/build.ts';
import type { SearchSpace } from '../subnets/space.ts';
import type { Call, Options } from './command.ts';
import type { OutputSettings } from './options.ts';
import { checkCompanion, tell } from './output.ts';

export const LADDER_OPTIONS = {
  ladder: { type: 'string', valueHint: 'FILE', description: 'with --levels: also write the ladder document' },
  export: {
    type: 'string',
    valueHint: 'DIR',
    description: 'with --levels: write every level as an ONNX file and the ladder beside them; DIR is made if missing',
  },
  svg: {
    type: 'string',
    valueHint: 'DIR',
    description: 'also draw accuracy against cost for each processor, with limits and ladder; DIR is made if missing',
  },
  weights: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'with --export: an ONNX file of the whole supernet, from which weights are cut (absent: random weights)',
  },
} as const satisfies Options;

export interface LadderSettings extends OutputSettings {
  levels?: string;
  ladder?: string;
  export?: string;
  svg?: string;
  weights?: string;
}

/** Refuses what cannot be written, before any work is done. */
export async function checkLadder(settings: LadderSettings, inputs: readonly string[]): Promise<void> {
  const { levels, ladder, weights } = settings;
  const needs: [string, string | undefined, string, string | undefined][] = [
    ['--ladder', ladder, '--levels', levels],
    ['--export', settings.export, '--levels', levels],
    ['--weights', weights, '--export', settings.export],
  ];
  for (const [option, value, needed, given] of needs) {
    if (value === undefined || given !== undefined) continue;
    throw new HeterodyneError('USAGE', `${option} means nothing without ${needed}`, {
      path: option,
      expected: needed,
      received: `${option} ${value} alone`,
    });
  }
  await checkCompanion('--ladder', ladder, settings, inputs);
  for (const folder of [settings.export, settings.svg]) if (folder !== undefined) await createFolder(folder);
}

/** @param seed of random weights */
export async function writeLadder(
  front: Front,
  space: SearchSpace,
  seed: number,
  settings: LadderSettings,
  call: Call,
): Promise<void> {
  const { ladder, export: folder } = settings;
  const models = new Map<number, string>();
  if (folder !== undefined) {
    const supernet = settings.weights;
    const sliced =
      supernet === undefined
        ? undefined
        : slicedWeights(readOnnx(await readBytes(supernet), { source: supernet }), supernet);
    for (const { processor, levels } of front.ladders ?? []) {
      for (const [i, place] of levels.entries()) {
        const name = `${processor.replace(/[^\w.-]/g, '_')}-level-${i + 1}`;
        const file = join(folder, `${name}.onnx`);
        await writeLevel(file, name, front.front[place].genotype, space, seed, sliced, supernet, call);
        models.set(place, `${name}.onnx`);
      }
    }
    tell(`${models.size} networks in ${folder}`, settings, call);
    await writeFileWhole(join(folder, 'ladder.json'), ladderDocument.write(ladderOf(front, models)));
  }
  if (settings.svg !== undefined) {
    for (const { name, content } of frontCharts(front, PAPER_FRAME))
      await writeFileWhole(join(settings.svg, name), content);
  }
  if (ladder !== undefined) await writeFileWhole(ladder, ladderDocument.write(ladderOf(front)));
}

async function writeLevel(
  file: string,
  name: string,
  genotype: unknown,
  space: SearchSpace,
  seed: number,
  sliced: WeightSource | undefined,
  supernet: string | undefined,
  call: Call,
): Promise<void> {
  const network = defaultCore().subnets({ space: space.numbers, cost: [] }).networks(genomeFrom(space, genotype));
  // Cut weights keep their normalisation, whose statistics must be measured anew.
  const graph = subnetGraph(space, network, name, sliced ? 'explicit' : 'folded');
  if (supernet !== undefined) await refuseOverwrite(file, [supernet]);
  await writeFileWhole(file, writeOnnxChunks(graph, sliced ?? zooWeights(graph, seed)), { signal: call.signal });
}
