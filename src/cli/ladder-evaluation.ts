/** `search --evaluate`: every exported level is measured, by a command of the user's or here. */
import { join } from 'node:path';
import { commandWords, readBytes, runCommand } from '../../bindings/host/index.ts';
import { installedRuntimes, openNativeSession, openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { shapesAccuracy } from '../subnets/elastic/shapes-levels.ts';
import { type EvaluatedLadder, type Evaluation, evaluatedLadder, readEvaluation } from '../subnets/evaluation.ts';
import type { Ladder, LadderLevel } from '../subnets/ladder-schema.ts';
import type { Call, Options } from './command.ts';
import type { OutputSettings } from './options.ts';
import { startProgress } from './progress.ts';

const BUILTIN = 'builtin';
const TIMEOUT_MS = 600_000;
/** Images that the shapes space is judged on, and calls that are timed. */
const IMAGES = 4000;
const CALLS = 60;
const WARM_UP = 10;

export const EVALUATE_OPTIONS = {
  evaluate: {
    type: 'string',
    valueHint: 'COMMAND',
    known: () => [BUILTIN],
    description:
      'with --export: measure every level by COMMAND, which gets its ONNX file and its genotype (in place of {} and {genotype}, or at the end) and prints {"accuracy": 0.78, "images": 5000, "latencyMs": 12.3} or a part of it; or builtin: latency in ONNX Runtime here, with the weights of the shapes space accuracy too',
  },
  'evaluate-timeout': {
    type: 'string',
    valueHint: 'TIME',
    description: 'with --evaluate: how long COMMAND may take for one level (10min)',
  },
} as const satisfies Options;

export interface EvaluateSettings extends OutputSettings {
  evaluate?: string;
  'evaluate-timeout'?: string;
  weights?: string;
}

/** Measures the level that lies in `file`. */
export type Evaluate = (level: LadderLevel, file: string, processor: string) => Promise<Evaluation>;

/**
 * The way to measure that the options ask for; undefined = none.
 *
 * @throws HeterodyneError `USAGE`
 */
export function readEvaluate(settings: EvaluateSettings, space: string, signal: AbortSignal): Evaluate | undefined {
  const { evaluate: text, 'evaluate-timeout': limit } = settings;
  const timeoutMs = limit === undefined ? TIMEOUT_MS : parseQuantity(limit, 'ms', '--evaluate-timeout');
  if (text === undefined) return undefined;
  if (text === BUILTIN) return builtin(space === 'shapes' && settings.weights !== undefined, signal);
  const words = commandWords(text);
  if (words !== undefined && words.length > 0 && timeoutMs > 0) return byCommand(words, timeoutMs, signal);
  const wrong = timeoutMs > 0 ? '--evaluate' : '--evaluate-timeout';
  throw new HeterodyneError('USAGE', `${wrong} cannot be "${timeoutMs > 0 ? text : limit}"`, {
    path: wrong,
    expected: timeoutMs > 0 ? `a program and its arguments, quotes closed, or ${BUILTIN}` : 'a time above 0, as 10min',
    received: `"${timeoutMs > 0 ? text : limit}"`,
  });
}

/** No shell takes part: words go to the program as they are. */
function byCommand(words: readonly string[], timeoutMs: number, signal: AbortSignal): Evaluate {
  return async ({ genotype }, file, processor) => {
    const values: Record<string, string> = {
      '{}': file,
      '{model}': file,
      '{genotype}': JSON.stringify(genotype),
      '{processor}': processor,
    };
    const placed = words.map((word) => word.replace(/\{(model|genotype|processor)?\}/g, (name) => values[name]));
    const all = placed.some((word, i) => word !== words[i]) ? placed : [...words, values['{}'], values['{genotype}']];
    return readEvaluation(await runCommand(all, { timeoutMs, signal }), all.join(' '), words[0]);
  };
}

function builtin(recognizes: boolean, signal: AbortSignal): Evaluate {
  return async ({ resolution }, file) => {
    const bytes = await readBytes(file);
    const session = installedRuntimes().native ? await openNativeSession(bytes) : await openSession(bytes);
    try {
      const accuracy = recognizes ? await shapesAccuracy(session, resolution, IMAGES, { signal }) : undefined;
      const name = session.inputs[0].name;
      const dims = [1, 3, resolution, resolution];
      const data = new Float32Array(3 * resolution * resolution).fill(0.5);
      const samples: number[] = [];
      for (let call = 0; call < WARM_UP + CALLS; call++) {
        signal.throwIfAborted();
        const began = performance.now();
        await session.run({ [name]: { type: 'float32', data, dims } });
        if (call >= WARM_UP) samples.push(performance.now() - began);
      }
      return { ...middle(samples), ...(accuracy !== undefined && { accuracy, images: IMAGES }) };
    } finally {
      await session.close();
    }
  };
}

/** Mean and spread of the middle half: calls that something else held up say nothing about the network. */
function middle(samples: readonly number[]): Evaluation {
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((3 * sorted.length) / 4));
  const latencyMs = half.reduce((sum, value) => sum + value, 0) / half.length;
  const variance = half.reduce((sum, value) => sum + (value - latencyMs) ** 2, 0) / (half.length - 1);
  return { latencyMs, latencySigmaMs: Math.sqrt(variance), latencyRuns: half.length };
}

/** One level after the other: what is timed should have the machine to itself. */
export async function evaluateLevels(
  ladder: Ladder,
  folder: string,
  evaluate: Evaluate,
  settings: EvaluateSettings,
  call: Call,
): Promise<EvaluatedLadder> {
  const count = ladder.ladders.reduce((sum, { levels }) => sum + levels.length, 0);
  const bar = await startProgress(settings, call);
  let done = 0;
  try {
    const evaluations: Evaluation[][] = [];
    for (const { processor, levels } of ladder.ladders) {
      const own: Evaluation[] = [];
      for (const level of levels) {
        bar.update(done++ / count, `measuring level ${level.level} for ${processor}`);
        own.push(await evaluate(level, join(folder, level.model!), processor));
      }
      evaluations.push(own);
    }
    const evaluated = evaluatedLadder(ladder, evaluations);
    const names = ladder.ladders.map(({ processor }) => processor);
    if (settings.evaluate !== BUILTIN || names.length < 2) return evaluated;
    const message = `the levels of ${names.join(', ')} were all timed on one core of this machine: for other processors give a command, or measure with heterodyne profile --ladder`;
    evaluated.findings.unshift({ code: 'MEASURED_HERE', message });
    return evaluated;
  } finally {
    bar.end();
  }
}
