/** What a placement problem must be before its tables are made: within the stated limits, and made of possible numbers. */
import { HeterodyneError, type Problem } from './errors.ts';
import { isNotNegative, isPositive, isRate, LEAST_MAGNITUDE, MOST_MAGNITUDE } from './magnitudes.ts';
import { LIMITS, type PlacementProblem } from './placement.ts';

/** @throws HeterodyneError `LIMIT`, `BAD_INPUT` */
export function checkLimits(problem: PlacementProblem): void {
  const limit = (what: string, value: number, least: number, most: number, path: string) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    const code = value > most ? 'LIMIT' : 'BAD_INPUT';
    throw new HeterodyneError(code, `${what}: ${value}, but ${least} to ${most} can be planned`, {
      path,
      expected: `${least} to ${most}`,
      received: String(value),
    });
  };
  limit('models', problem.models.length, 1, LIMITS.models, '/models');
  limit('processors', problem.processors, 1, LIMITS.processors, '/processors');
  limit('resources', problem.resources, 1, LIMITS.resources, '/resources');
  limit('stages per model', problem.maxStages, 1, LIMITS.stagesPerModel, '/maxStages');
  for (const [m, model] of problem.models.entries()) {
    limit(`blocks of ${model.name}`, model.blocks, 1, LIMITS.blocksPerModel, `/models/${m}/blocks`);
    limit(
      `priority class of ${model.name}`,
      model.priorityClass,
      0,
      LIMITS.priorityClasses - 1,
      `/models/${m}/priorityClass`,
    );
  }
}

/** @throws HeterodyneError `BAD_INPUT` with the first twenty problems */
export function checkNumbers(problem: PlacementProblem): void {
  const problems: Problem[] = [];
  const P = problem.processors;
  const report = (path: string, expected: string, received: unknown) => {
    if (problems.length < 20) {
      problems.push({
        path,
        message: `${path}: expected ${expected}, found ${received}`,
        expected,
        received: String(received),
      });
    }
  };
  const each = (
    path: string,
    values: ArrayLike<number>,
    length: number,
    expected: string,
    legal: (x: number) => boolean,
  ) => {
    if (values.length !== length) report(path, `${length} numbers`, `${values.length} numbers`);
    for (let i = 0; i < values.length; i++) if (!legal(values[i])) report(`${path}/${i}`, expected, values[i]);
  };
  const above = `> 0 (${LEAST_MAGNITUDE} to ${MOST_MAGNITUDE})`;
  const range = `>= 0 (0, or ${LEAST_MAGNITUDE} to ${MOST_MAGNITUDE})`;
  for (const [m, model] of problem.models.entries()) {
    const at = `/models/${m}`;
    const n = model.blocks;
    each(
      `${at}/seconds`,
      model.seconds,
      P * n,
      `seconds ${range}, or Infinity where a processor cannot run a block`,
      (x) => isNotNegative(x) || x === Infinity,
    );
    each(`${at}/outputBytes`, model.outputBytes, n, `bytes ${range}`, isNotNegative);
    each(`${at}/weightBytes`, model.weightBytes, n, `bytes ${range}`, isNotNegative);
    each(`${at}/dramBytes`, model.dramBytes, n, `bytes ${range}`, isNotNegative);
    each(`${at}/activationBytes`, [model.activationBytes], 1, `bytes ${range}`, isNotNegative);
    each(`${at}/shareWeight`, [model.shareWeight], 1, `a number ${above}`, isPositive);
    each(`${at}/value`, [model.value], 1, `a number ${range}`, isNotNegative);
    each(`${at}/callsPerFrame`, [model.callsPerFrame], 1, `a number ${above}`, isPositive);
    each(
      `${at}/rateLimit`,
      [model.rateLimit],
      1,
      `inferences/s ${above}, or Infinity`,
      (x) => isPositive(x) || x === Infinity,
    );
    each(`${at}/soloRate`, [model.soloRate], 1, 'inferences/s > 0', isRate);
    each(`${at}/demandedRate`, [model.demandedRate], 1, `inferences/s ${range}`, isNotNegative);
    each(`${at}/rateFloor`, [model.rateFloor], 1, `inferences/s ${range}`, isNotNegative);
  }
  each('/processorUses', problem.processorUses, P, 'at least one resource', (x) => x > 0 && x < 2 ** problem.resources);
  each('/transferSeconds', problem.transferSeconds, P * P, `seconds ${range}`, isNotNegative);
  each('/transferSecondsPerByte', problem.transferSecondsPerByte, P * P, `seconds ${range}`, isNotNegative);
  const resource = (x: number) => Number.isInteger(x) && x >= -1 && x < problem.resources;
  each('/transferResource', problem.transferResource, P * P, 'a resource or -1', resource);
  each('/dramResource', problem.dramResource, P, 'a resource or -1', resource);
  each('/dramSecondsPerByte', problem.dramSecondsPerByte, P, `seconds ${range}`, isNotNegative);
  each('/maxModels', problem.maxModels, P, 'at least 1', (x) => x >= 1);
  each('/poolBytes', problem.poolBytes, problem.poolProcessors.length, 'bytes >= 0', (x) => x >= 0);
  if (problem.objective === 'energy') {
    each(
      '/idleWatts',
      [problem.idleWatts],
      1,
      `watts ${range}: the energy objective needs declared power`,
      isNotNegative,
    );
    each(
      '/activeWatts',
      problem.activeWatts,
      P,
      `watts ${range}: the energy objective needs declared power`,
      isNotNegative,
    );
  }
  if (problems.length > 0) {
    throw new HeterodyneError('BAD_INPUT', problems.map((p) => p.message).join('; '), {
      path: problems[0].path,
      problems,
    });
  }
}
