/** `--estimator`, `--verify` and `--runtime` of plan: a learned estimator steers the search, the engine has the last word. */
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { engineVerifier } from '../estimators/engine-verifier.ts';
import { embeddedDocument, onnxEstimator } from '../estimators/onnx.ts';
import { shippedIds } from '../estimators/shipped/registry.ts';
import type { PlanRequest } from '../planners/request.ts';
import { BEST_KEPT } from '../planners/verification.ts';
import type { Options } from './command.ts';
import { readEstimator } from './estimator-files.ts';
import { wholeNumber } from './option-values.ts';

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
    description: `with --estimator: simulate the N placements that it likes best, and take the best of them (0 to ${BEST_KEPT}; ${BEST_KEPT})`,
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
  runtime?: string;
}

/** What these options add to a request. @param platform that is planned for */
export async function estimatorRequest(
  { estimator, verify, runtime }: EstimatorValues,
  platform: string,
  seed: number,
): Promise<{ request: Partial<PlanRequest>; warnings: Warning[]; file?: string }> {
  if (estimator === undefined) {
    const given = verify !== undefined ? '--verify' : runtime !== undefined ? '--runtime' : undefined;
    if (given === undefined) return { request: {}, warnings: [] };
    throw new HeterodyneError('USAGE', `${given} means nothing without --estimator`, {
      path: given,
      expected: '--estimator FILE',
      received: `${given} alone`,
    });
  }
  const { bytes, name, file } = await readEstimator(estimator);
  const most = verify === undefined ? BEST_KEPT : wholeNumber(verify, '--verify', 0, BEST_KEPT);
  const options = { id: name, ...(runtime !== undefined && { runtime: runtime as 'web' | 'native' }) };
  return {
    request: {
      estimator: (problem, kernel) => onnxEstimator(bytes, problem, { ...options, kernel }),
      ...(most > 0
        ? { verifier: (problem) => engineVerifier(problem, most, seed) }
        : { plannerOptions: { verify: 'none' } }),
    },
    warnings: foreign(bytes, name, platform),
    ...(file !== undefined && { file }),
  };
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
