/** What `search` writes about a ladder: the document, and every level as an ONNX file. */
import { join } from 'node:path';
import { defaultCore } from '../../bindings/core.ts';
import { readBytes, refuseOverwrite, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { readOnnx } from '../models/onnx/read.ts';
import { writeOnnxChunks } from '../models/onnx/write.ts';
import { zooWeights } from '../models/zoo/weights.ts';
import { PAPER_FRAME } from '../report/charts/frame.ts';
import { frontCharts } from '../report/charts/front.ts';
import { fileStems } from '../report/file-stems.ts';
import { shapesWriter } from '../subnets/elastic/shapes-levels.ts';
import type { EvaluatedLadder } from '../subnets/evaluation.ts';
import type { Front } from '../subnets/front-schema.ts';
import { type Genotype, genomeFrom } from '../subnets/genotype.ts';
import { type Ladder, ladderDocument, ladderOf } from '../subnets/ladder-schema.ts';
import { slicedWeights, subnetGraph } from '../subnets/networks/build.ts';
import type { SearchSpace } from '../subnets/space.ts';
import type { Call, Options } from './command.ts';
import { EVALUATE_OPTIONS, type Evaluate, type EvaluateSettings, evaluateLevels } from './ladder-evaluation.ts';
import { checkCompanion, openFolder, tell } from './output.ts';

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
      'with --export: an ONNX file of the whole supernet, or the .npz file of the shapes space, from which weights are cut (absent: random weights)',
  },
  ...EVALUATE_OPTIONS,
} as const satisfies Options;

export interface LadderSettings extends EvaluateSettings {
  levels?: string;
  ladder?: string;
  export?: string;
  svg?: string;
}

/** Refuses what cannot be written, before any work is done. */
export async function checkLadder(settings: LadderSettings, inputs: readonly string[]): Promise<void> {
  const { levels, ladder, weights } = settings;
  const needs: [string, string | undefined, string, string | undefined][] = [
    ['--ladder', ladder, '--levels', levels],
    ['--export', settings.export, '--levels', levels],
    ['--weights', weights, '--export', settings.export],
    ['--evaluate', settings.evaluate, '--export', settings.export],
    ['--evaluate-timeout', settings['evaluate-timeout'], '--evaluate', settings.evaluate],
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
  if (settings.export !== undefined) await openFolder('--export', settings.export);
  if (settings.svg !== undefined) await openFolder('--svg', settings.svg);
}

/**
 * @param seed of random weights
 * @param evaluate measures the exported levels; absent = they stay predicted
 * @returns the levels as measured, if they were
 */
export async function writeLadder(
  front: Front,
  space: SearchSpace,
  seed: number,
  evaluate: Evaluate | undefined,
  settings: LadderSettings,
  call: Call,
): Promise<EvaluatedLadder | undefined> {
  const { ladder, export: folder, weights } = settings;
  const models = new Map<number, string>();
  let evaluated: EvaluatedLadder | undefined;
  if (folder !== undefined) {
    const write = await levelWriter(space, seed, weights);
    const ladders = front.ladders ?? [];
    const stems = fileStems(ladders.map(({ processor }) => processor));
    for (const [p, { levels }] of ladders.entries()) {
      for (const [i, place] of levels.entries()) {
        const name = `${stems[p]}-level-${i + 1}`;
        const file = join(folder, `${name}.onnx`);
        if (weights !== undefined) await refuseOverwrite(file, [weights]);
        await writeFileWhole(file, write(front.front[place].genotype as Genotype, name), { signal: call.signal });
        models.set(place, `${name}.onnx`);
      }
    }
    tell(`${models.size} networks in ${folder}`, settings, call);
    const made = ladderOf(front, models);
    if (evaluate && models.size > 0) evaluated = await evaluateLevels(made, folder, evaluate, settings, call);
    await writeFileWhole(join(folder, 'ladder.json'), ladderDocument.write(evaluated?.ladder ?? made));
  }
  if (settings.svg !== undefined) {
    for (const { name, content } of frontCharts(front, PAPER_FRAME))
      await writeFileWhole(join(settings.svg, name), content);
  }
  if (ladder !== undefined) {
    await writeFileWhole(ladder, ladderDocument.write(evaluated ? withoutFiles(evaluated.ladder) : ladderOf(front)));
  }
  return evaluated;
}

/** Names of files mean nothing away from their folder. */
function withoutFiles(ladder: Ladder): Ladder {
  const ladders = ladder.ladders.map((own) => ({
    ...own,
    levels: own.levels.map(({ model: _, ...level }) => level),
  }));
  return { ...ladder, ladders };
}

type LevelWriter = (genotype: Genotype, name: string) => Uint8Array | Iterable<Uint8Array>;

/** Levels with random weights, or with those of a supernet: an ONNX file, or what the shapes space was trained to. */
async function levelWriter(space: SearchSpace, seed: number, weights: string | undefined): Promise<LevelWriter> {
  const bytes = weights === undefined ? undefined : await readBytes(weights);
  // A .npz file is a zip archive.
  if (space.name === 'shapes' && bytes?.[0] === 0x50 && bytes[1] === 0x4b) return shapesWriter(bytes, weights!);
  const sliced = bytes && slicedWeights(readOnnx(bytes, { source: weights }), weights!);
  const kernel = defaultCore().subnets({ space: space.numbers, cost: [] });
  return (genotype, name) => {
    // Cut weights keep their normalisation, whose statistics must be measured anew.
    const network = kernel.networks(genomeFrom(space, genotype));
    const graph = subnetGraph(space, network, name, sliced ? 'explicit' : 'folded');
    return writeOnnxChunks(graph, sliced ?? zooWeights(graph, seed));
  };
}
