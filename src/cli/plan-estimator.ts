/**
 * `--estimator`, `--verify` and `--runtime` of plan: a learned estimator steers the search, the engine or an execution has
 * the last word.
 */
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import type { Warning } from '../documents/warnings.ts';
import { engineVerifier } from '../estimators/engine-verifier.ts';
import { executionVerifier } from '../estimators/execution-verifier.ts';
import { embeddedDocument, onnxEstimator } from '../estimators/onnx.ts';
import { shippedIds } from '../estimators/shipped/registry.ts';
import { withExecution } from '../execution/throughput.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { PlanRequest } from '../planners/request.ts';
import { BEST_KEPT } from '../planners/verification.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import { openPlanModel } from '../runtime/plan-models.ts';
import type { Call, Options } from './command.ts';
import { readEstimator } from './estimator-files.ts';
import { wholeNumber } from './option-values.ts';

/** Longest that one placement is executed. */
const MOST_SECONDS = 600;

export const ESTIMATOR_OPTIONS = {
  estimator: {
    type: 'string',
    valueHint: 'FILE|ID',
    known: shippedIds,
    description: 'search with a learned estimator: an ONNX file, or the id of a shipped one; without baselines',
  },
  verify: {
    type: 'string',
    valueHint: 'N',
    description: `with --estimator: verify the N placements that it likes best, and take the best of them (0 to ${BEST_KEPT}; ${BEST_KEPT})`,
  },
  'verify-by': {
    type: 'enum',
    options: ['engine', 'execution'],
    valueHint: 'JUDGE',
    description: 'with --estimator: simulate them, or run them on this host (engine)',
  },
  'verify-for': {
    type: 'string',
    valueHint: 'TIME',
    description: 'with --verify-by execution: how long each of them runs (1s)',
  },
  runtime: {
    type: 'enum',
    options: ['web', 'native'],
    valueHint: 'NAME',
    description: 'with --estimator: onnxruntime-web or onnxruntime-node (web)',
  },
} as const satisfies Options;

interface EstimatorValues {
  estimator?: string;
  verify?: string;
  'verify-by'?: string;
  'verify-for'?: string;
  runtime?: string;
}

/**
 * What these options add to a request.
 *
 * @param inputs what is planned: platform, and the profile where there is one
 */
export async function estimatorRequest(
  values: EstimatorValues,
  inputs: { platform: Platform; profile?: Profile },
  seed: number,
  call: Pick<Call, 'signal'>,
): Promise<{ request: Partial<PlanRequest>; warnings: Warning[]; file?: string }> {
  const { estimator, verify, runtime } = values;
  if (estimator === undefined) {
    const given = (['verify', 'verify-by', 'verify-for', 'runtime'] as const).find(
      (name) => values[name] !== undefined,
    );
    if (given === undefined) return { request: {}, warnings: [] };
    throw meaningless(`--${given}`, '--estimator FILE');
  }
  const { bytes, name, file } = await readEstimator(estimator);
  const most = verify === undefined ? BEST_KEPT : wholeNumber(verify, '--verify', 0, BEST_KEPT);
  const options = { id: name, ...(runtime !== undefined && { runtime: runtime as 'web' | 'native' }) };
  return {
    request: {
      estimator: (problem, kernel) => onnxEstimator(bytes, problem, { ...options, kernel }),
      ...(most > 0
        ? { verifier: verifierOf(values, inputs, most, seed, call) }
        : { plannerOptions: { verify: 'none' } }),
    },
    warnings: foreign(bytes, name, inputs.platform.id),
    ...(file !== undefined && { file }),
  };
}

/** Who judges. */
function verifierOf(
  values: EstimatorValues,
  { platform, profile }: { platform: Platform; profile?: Profile },
  most: number,
  seed: number,
  { signal }: Pick<Call, 'signal'>,
): NonNullable<PlanRequest['verifier']> {
  const time = values['verify-for'];
  if (values['verify-by'] !== 'execution') {
    if (time !== undefined) throw meaningless('--verify-for', '--verify-by execution');
    return (problem) => engineVerifier(problem, most, seed);
  }
  if (profile === undefined) throw meaningless('--verify-by execution', '--profile FILE, measured on this host');
  const seconds = time === undefined ? 1 : parseQuantity(time, 's', '--verify-for');
  if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw new HeterodyneError('USAGE', `--verify-for cannot be ${time}`, {
      path: '--verify-for',
      expected: `more than 0, at most ${MOST_SECONDS} s`,
      received: `"${time}"`,
    });
  }
  return (problem, names) => {
    const expected = problem.models.map(({ blocks }, m) => ({
      name: names.models[m],
      blocks,
      profiled: profile.models.find(({ name, variant }) => name === names.models[m] && variant === names.variants[m]),
    }));
    return executionVerifier(problem, {
      most,
      seconds,
      processors: names.processors,
      async execution(work) {
        const models: CuttableModel[] = [];
        for (const each of expected) models.push(await openPlanModel(each));
        return withExecution(models, platform, work, { signal });
      },
    });
  };
}

function meaningless(option: string, without: string): HeterodyneError {
  return new HeterodyneError('USAGE', `${option} means nothing without ${without}`, {
    path: option.split(' ')[0],
    expected: without,
    received: `${option} alone`,
  });
}

/** An estimator that learned another device. */
function foreign(bytes: Uint8Array, name: string, platform: string): Warning[] {
  const document = embeddedDocument(bytes);
  const warnings: Warning[] = [];
  if (document && document.platform !== platform) {
    warnings.push({
      code: 'ESTIMATOR_PLATFORM',
      message: `the estimator ${name} learned ${document.platform}, not ${platform}: expect large errors`,
      path: '/planner/estimator',
    });
  }
  if (document?.data.label === 'fake') {
    warnings.push({
      code: 'FAKE_DATA',
      message: `the estimator ${name} learned random numbers: it says nothing`,
      path: '/planner/estimator',
    });
  }
  return warnings;
}
