/**
 * Elastic spaces as data: which choices a supernet leaves open. Stages of blocks whose depth, kernel, expansion or width
 * may vary, further genes for the whole network, and the input resolution.
 */
import { z } from 'zod';
import { HeterodyneError, type Problem } from '../core/errors.ts';
import { SUBNET_LIMITS } from '../core/subnets.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';

const key = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
  .describe('Name in genotypes: genes with one key form one list there.');
const choices = z.array(z.number()).min(1).describe('Ascending.');
const gene = z.strictObject({ key, choices });

const stageSchema = z.strictObject({
  name: z.string().min(1),
  blocks: z.int().min(1).describe('Blocks at full depth.'),
  depths: z
    .array(z.int().min(0))
    .min(1)
    .describe('Choices of depth, ascending; the first blocks of a stage stay active.'),
  baseBlocks: z.int().min(0).optional().describe('Blocks that are active beside the depth; absent = 0.'),
  genes: z.array(gene).min(1).describe('Choices that every block has for itself.'),
  width: gene.optional().describe('One choice for the whole stage, on which the cost of its blocks may depend.'),
});

const layersSchema = z
  .strictObject({
    stem: z.strictObject({ channels: z.int().min(1), stride: z.int().min(1) }).describe('A 3x3 convolution.'),
    stages: z
      .array(
        z.strictObject({
          stride: z.int().min(1).describe('Of its first block.'),
          channels: z.int().min(1).optional().describe('Absent = what the width of the stage says.'),
        }),
      )
      .min(1),
    tail: z.int().min(1).describe('Channels of the 1x1 convolution in front of the classifier.'),
    classes: z.int().min(1),
  })
  .describe(
    'What the networks are made of, if they are inverted bottlenecks with ReLU: then they can be written as ONNX files and timed. Blocks take their kernel from gene "ks" and their expansion from gene "e".',
  );

export type BottleneckLayers = z.infer<typeof layersSchema>;

const shape = {
  name: z.string().min(1),
  resolutions: z.array(z.int().min(1)).min(1).describe('Input sizes in pixels, ascending.'),
  globals: z.array(gene).optional().describe('Further genes, each for the whole network.'),
  stages: z.array(stageSchema).min(1),
  merged: z
    .strictObject({ key, from: z.number(), to: z.number() })
    .optional()
    .describe('Two choices of the first global with this key that build the same network; `to` is the canonical one.'),
  layers: layersSchema.optional(),
};

export type ElasticSpace = DocumentFrom<'elastic-space', typeof shape>;
export type ElasticStage = ElasticSpace['stages'][number];

export const elasticSpaceDocument = defineDocument({
  kind: 'elastic-space',
  schemaVersion: 1,
  title: 'Heterodyne elastic space: the sub-networks that can be cut from one supernet',
  shape,
  check: checkSpace,
});

/** Active blocks of a stage at each of its depths. */
export function activeBlocks({ depths, baseBlocks = 0 }: ElasticStage): number[] {
  return depths.map((depth) => baseBlocks + depth);
}

/** The genes of a block's form by key: the last gene changes fastest. */
export function formGenes({ genes }: ElasticStage, form: number): Record<string, number> {
  const values: Record<string, number> = {};
  let rest = form;
  for (const { key: name, choices: own } of [...genes].reverse()) {
    values[name] = own[rest % own.length];
    rest = Math.floor(rest / own.length);
  }
  return values;
}

function checkSpace(space: ElasticSpace): Problem[] {
  const problems: Problem[] = [];
  const ascending = (path: string, values: readonly number[]) => {
    if (values.every((value, i) => i === 0 || value > values[i - 1])) return;
    problems.push({
      path,
      message: 'choices must rise',
      expected: 'ascending numbers',
      received: JSON.stringify(values),
    });
  };
  ascending('/resolutions', space.resolutions);
  space.globals?.forEach((entry, g) => {
    ascending(`/globals/${g}/choices`, entry.choices);
  });
  space.stages.forEach((stage, s) => {
    const path = `/stages/${s}`;
    ascending(`${path}/depths`, stage.depths);
    if (stage.width) ascending(`${path}/width/choices`, stage.width.choices);
    stage.genes.forEach((entry, g) => {
      ascending(`${path}/genes/${g}/choices`, entry.choices);
    });
    const deepest = Math.max(...activeBlocks(stage));
    if (deepest !== stage.blocks) {
      problems.push({
        path: `${path}/blocks`,
        message: 'the greatest depth must use all blocks',
        expected: String(deepest),
        received: String(stage.blocks),
      });
    }
  });
  const keys = new Set(space.stages.flatMap((stage) => stage.genes.map((entry) => entry.key)));
  const outer = [...(space.globals ?? []), ...space.stages.flatMap(({ width }) => width ?? [])].map(
    (entry) => entry.key,
  );
  const clash = [...keys, ...outer].find(
    (name) => name === 'r' || (keys.has(name) && (name === 'd' || outer.includes(name))),
  );
  if (clash !== undefined) {
    problems.push({
      path: '/stages',
      message: `the key "${clash}" is taken`,
      expected: 'a key of its own',
      received: clash,
    });
  }
  problems.push(...layerProblems(space));
  const { merged } = space;
  const owner = space.globals?.find((entry) => entry.key === merged?.key);
  if (merged && !(owner?.choices.includes(merged.from) && owner.choices.includes(merged.to))) {
    problems.push({
      path: '/merged',
      message: 'merged choices must exist',
      expected: 'two choices of one global',
      received: JSON.stringify(merged),
    });
  }
  return problems;
}

function layerProblems({ stages, layers }: ElasticSpace): Problem[] {
  if (!layers) return [];
  if (layers.stages.length !== stages.length) {
    const message = 'every stage needs its layers';
    return [
      { path: '/layers/stages', message, expected: `${stages.length} stages`, received: `${layers.stages.length}` },
    ];
  }
  return stages.flatMap(({ genes, width }, s): Problem[] => {
    const choicesOf = (name: string) => genes.find((entry) => entry.key === name)?.choices ?? [];
    const problem = (path: string, message: string, expected: string, received: unknown): Problem[] => [
      { path: `/stages/${s}/${path}`, message, expected, received: JSON.stringify(received) ?? 'nothing' },
    ];
    const odd = choicesOf('ks').length > 0 && choicesOf('ks').every((kernel) => kernel % 2 === 1);
    const wide = choicesOf('e').length > 0 && choicesOf('e').every((expansion) => expansion > 0);
    const whole = width?.choices.every((channels) => Number.isInteger(channels) && channels > 0) ?? true;
    return [
      ...(odd ? [] : problem('genes', 'layers need odd kernels', 'a gene "ks" of odd numbers', genes)),
      ...(wide ? [] : problem('genes', 'layers need expansions', 'a gene "e" of numbers above 0', genes)),
      ...(whole ? [] : problem('width', 'a width is a number of channels', 'whole numbers above 0', width)),
      ...((layers.stages[s].channels === undefined) === (width !== undefined)
        ? []
        : problem('width', 'a stage has either a width or channels', 'one of both', layers.stages[s])),
    ];
  });
}

/** A slot holds at most 254 values and a space at most 64 slots: refuse early and by name. */
export function checkSpaceSize(space: ElasticSpace): void {
  for (const stage of space.stages) {
    const values = stage.genes.reduce((product, entry) => product * entry.choices.length, 1);
    if (values <= SUBNET_LIMITS.values) continue;
    throw new HeterodyneError('LIMIT', `blocks of stage "${stage.name}" have too many forms`, {
      path: `/stages/${stage.name}/genes`,
      expected: `at most ${SUBNET_LIMITS.values}`,
      received: String(values),
    });
  }
}
