/** The ladder document: the few sub-networks that a program moves between at run time, on one or more processors. */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { warningSchema } from '../documents/warnings.ts';
import { type Front, genotypeSchema } from './front-schema.ts';

const latency = {
  latencyMs: z.number().min(0).optional(),
  latencySigmaMs: z.number().min(0).optional().describe('Of a call, about its mean.'),
  latencySource: z.enum(['measured', 'imported', 'modelled']).optional(),
};

const levelSchema = z.strictObject({
  level: z.int().min(1),
  genotype: genotypeSchema,
  resolution: z.int().min(1),
  accuracy: z.number().describe('A fraction; see accuracySource.'),
  accuracySource: z.enum(['predicted', 'measured']),
  accuracyError: z.number().min(0).optional().describe('Standard error of a measured accuracy.'),
  ...latency,
  latencyP95Ms: z.number().min(0).optional(),
  latencyRuns: z.int().min(1).optional().describe('Calls that were timed.'),
  latencySeriesMs: z.array(z.number().min(0)).optional().describe('Means of all series; latencyMs is the middle one.'),
  macs: z.number().min(0).optional(),
  model: z.string().optional().describe('ONNX file, relative to this document.'),
  stated: z
    .strictObject({
      processor: z.string(),
      level: z.int().min(1),
      accuracy: z.number().optional(),
      accuracySource: z.enum(['predicted', 'measured']).optional(),
      ...latency,
    })
    .optional()
    .describe('Place, latency and accuracy in the ladder that was measured.'),
});

const processorLadderSchema = z.strictObject({
  processor: z.string(),
  costsHash: z.string(),
  runtime: z.string().optional().describe('What ran the levels when they were measured.'),
  pinned: z.boolean().optional().describe('Whether it was held to the cores of its processor.'),
  levels: z.array(levelSchema).min(1),
});

const shape = {
  space: z.string(),
  spaceHash: z.string(),
  predictorHash: z.string(),
  platform: z.string().optional().describe('Where latencies were measured.'),
  platformHash: z.string().optional(),
  ladders: z.array(processorLadderSchema).min(1),
  warnings: z.array(warningSchema),
};

export type Ladder = DocumentFrom<'ladder', typeof shape>;
export type LadderLevel = Ladder['ladders'][number]['levels'][number];

export const ladderDocument = defineDocument({
  kind: 'ladder',
  schemaVersion: 1,
  title: 'Heterodyne ladder: levels of an elastic model, each better and slower than the one below',
  shape,
  check: checkLadder,
});

/** Levels of one processor rise in accuracy, and in latency where it is known. */
function checkLadder({ ladders }: Ladder): Problem[] {
  return ladders.flatMap(({ levels }, l) =>
    levels.slice(1).flatMap((level, i): Problem[] => {
      const below = levels[i];
      const path = `/ladders/${l}/levels/${i + 1}`;
      const dominated = level.accuracy <= below.accuracy || (level.latencyMs ?? 1e300) <= (below.latencyMs ?? 0);
      if (!dominated && level.level === below.level + 1) return [];
      return [
        {
          path,
          message: 'a level must be better and slower than the one below',
          expected: 'rising levels',
          received: `level ${level.level}`,
        },
      ];
    }),
  );
}

/** The levels of a front, with the file of each where they were written. */
export function ladderOf(front: Front, models: ReadonlyMap<number, string> = new Map()): Ladder {
  return {
    kind: 'ladder',
    schemaVersion: 1,
    space: front.space,
    spaceHash: front.spaceHash,
    predictorHash: front.predictor.hash,
    ladders: (front.ladders ?? []).map(({ processor, levels }) => {
      const { costsHash, provenance } = front.processors.find(({ id }) => id === processor)!;
      return {
        processor,
        costsHash,
        levels: levels.map((place, i): LadderLevel => {
          const { genotype, resolution, accuracy, costMs, costSigmaMs, macs } = front.front[place];
          return {
            level: i + 1,
            genotype,
            resolution,
            accuracy,
            accuracySource: 'predicted',
            ...(costMs !== undefined && { latencyMs: costMs, latencySource: provenance }),
            ...(costSigmaMs !== undefined && { latencySigmaMs: costSigmaMs }),
            ...(macs !== undefined && { macs }),
            ...(models.has(place) && { model: models.get(place) }),
          };
        }),
      };
    }),
    warnings: front.warnings,
  };
}
