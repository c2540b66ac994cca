/**
 * Levels measured by the user's own means: what was measured takes the place of what was predicted, and a level that
 * turns out no better than a faster one leaves the ladder, by name.
 */
import { z } from 'zod';
import { HeterodyneError } from '../core/errors.ts';
import { readJson } from '../documents/json-text.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Ladder, LadderLevel } from './ladder-schema.ts';

const evaluationSchema = z
  .strictObject({
    accuracy: z.number().min(0).max(1).optional(),
    images: z.int().min(1).optional(),
    latencyMs: z.number().positive().optional(),
    latencySigmaMs: z.number().min(0).optional(),
    latencyRuns: z.int().min(1).optional(),
  })
  .refine(({ accuracy, latencyMs }) => accuracy !== undefined || latencyMs !== undefined);

/** What a measurement of one level says: an accuracy (a fraction, on so many images), a latency, or both. */
export type Evaluation = z.infer<typeof evaluationSchema>;

const EXPECTED =
  'one JSON object with accuracy (a fraction from 0 to 1), latencyMs (above 0) or both; images, latencySigmaMs and latencyRuns as well, if known';

/**
 * @param text one JSON object, or lines of which the last is one: programs talk while they load
 * @param program its name, for the error
 * @throws HeterodyneError `BAD_INPUT`: no JSON, nothing measured, an unknown member or a value out of range
 */
export function readEvaluation(text: string, source: string, program = source): Evaluation {
  const fail = (received: string, path = '', cause?: unknown) =>
    new HeterodyneError('BAD_INPUT', `${program} does not say what was measured`, {
      source,
      path,
      expected: EXPECTED,
      received,
      cause,
    });
  let value: unknown;
  try {
    const [last] = text.trim().split(/\r?\n/).slice(-1);
    value = readJson(/^\{.*\}$/.test(last) ? last : text, source);
  } catch (cause) {
    const written = text.trim();
    throw fail(written === '' ? 'nothing' : `no JSON: ${JSON.stringify(written.slice(0, 200))}`, '', cause);
  }
  const parsed = evaluationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue.path.map(String);
  const found = place.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value);
  throw fail(JSON.stringify(found) ?? 'nothing', place.map((key) => `/${key}`).join(''));
}

/** Standard error of a share counted on so many images; 0.5 / images where all or none were right. */
function accuracyError(accuracy: number, images: number): number {
  const share = Math.min(Math.max(accuracy, 0.5 / images), 1 - 0.5 / images);
  return Math.sqrt((share * (1 - share)) / images);
}

/** @returns the level with what was measured; what it said before is in `stated` */
function evaluatedLevel(level: LadderLevel, processor: string, evaluation: Evaluation): LadderLevel {
  const { accuracy, images, latencyMs, latencySigmaMs, latencyRuns } = evaluation;
  const { accuracyError: _, latencyMs: statedMs, latencySigmaMs: statedSigma, latencySource, ...rest } = level;
  const latency = { latencyMs: statedMs, latencySigmaMs: statedSigma, latencySource };
  return {
    ...rest,
    ...(accuracy !== undefined && {
      accuracy,
      accuracySource: 'measured',
      ...(images !== undefined && { accuracyError: accuracyError(accuracy, images) }),
    }),
    ...(latencyMs === undefined ? latency : { latencyMs, latencySigmaMs, latencyRuns, latencySource: 'measured' }),
    stated: {
      processor,
      level: level.level,
      accuracy: level.accuracy,
      accuracySource: level.accuracySource,
      ...latency,
    },
  };
}

export interface EvaluatedLadder {
  ladder: Ladder;
  /** Per ladder of the document, every level as measured, also those left out, under their old numbers. */
  all: LadderLevel[][];
  findings: Warning[];
}

/**
 * @param evaluations per ladder of the document and level
 * @throws HeterodyneError `BAD_INPUT` when only some levels of a ladder got an accuracy, or a latency: a measured value
 * and a predicted one cannot be ranked
 */
export function evaluatedLadder(ladder: Ladder, evaluations: readonly (readonly Evaluation[])[]): EvaluatedLadder {
  const findings: Warning[] = [];
  const all = ladder.ladders.map(({ processor, levels }, l) => {
    checkEven(evaluations[l]);
    return levels.map((level, i) => evaluatedLevel(level, processor, evaluations[l][i]));
  });
  const ladders = ladder.ladders.map((own, l) => ({
    ...own,
    levels: climb(all[l], own.processor, findings).map((level, i) => ({ ...level, level: i + 1 })),
  }));
  return { ladder: { ...ladder, ladders, warnings: [...ladder.warnings, ...findings] }, all, findings };
}

function checkEven(evaluations: readonly Evaluation[]): void {
  for (const member of ['accuracy', 'latencyMs'] as const) {
    const without = evaluations.findIndex((each) => each[member] === undefined);
    const having = evaluations.findIndex((each) => each[member] !== undefined);
    if (without < 0 || having < 0) continue;
    throw new HeterodyneError(
      'BAD_INPUT',
      `level ${without + 1} was measured without ${member}, level ${having + 1} with it`,
      {
        path: '--evaluate',
        expected: `${member} for every level, or for none`,
        received: 'for some',
      },
    );
  }
}

/** Fastest first, each more accurate than all that are faster. */
function climb(levels: readonly LadderLevel[], processor: string, findings: Warning[]): LadderLevel[] {
  // Without latencies the work ranks them; without that, the order in which they were picked.
  const cost = ({ latencyMs, macs, level }: LadderLevel) => latencyMs ?? macs ?? level;
  const ordered = [...levels].sort((a, b) => cost(a) - cost(b) || b.accuracy - a.accuracy);
  const kept: LadderLevel[] = [];
  for (const each of ordered) {
    const best = kept.at(-1);
    if (best === undefined || each.accuracy > best.accuracy) {
      if (best !== undefined && !apart(best, each)) {
        const message = `levels ${best.level} and ${each.level} are too close on ${processor} to tell which is more accurate (${shown(best)}; ${shown(each)})`;
        findings.push({ code: 'CLOSE_LEVELS', message });
      }
      kept.push(each);
      continue;
    }
    const sure = apart(best, each) ? '' : ', within the noise';
    const message = `level ${each.level} is left out on ${processor}: level ${best.level} is no slower and ${best.accuracy > each.accuracy ? 'more' : 'as'} accurate (${shown(best)}; ${shown(each)}${sure})`;
    findings.push({ code: 'DOMINATED_LEVEL', message });
  }
  return kept;
}

function shown({ accuracy, accuracyError: error, latencyMs }: LadderLevel): string {
  const spread = error === undefined ? '' : ` +- ${(100 * error).toFixed(2)}`;
  const latency = latencyMs === undefined ? '' : `, ${Number(latencyMs.toPrecision(3))} ms`;
  return `${(100 * accuracy).toFixed(2)}${spread} %${latency}`;
}

/** Whether two accuracies differ by more than two standard errors of their difference; without errors, they do. */
function apart(a: LadderLevel, b: LadderLevel): boolean {
  return Math.abs(a.accuracy - b.accuracy) >= 2 * Math.hypot(a.accuracyError ?? 0, b.accuracyError ?? 0);
}
