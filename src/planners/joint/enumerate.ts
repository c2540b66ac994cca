/** Every placement of a small problem, for answers that need no search. */
import { demandOf } from '../../core/demand.ts';
import { PLACEMENT_STRIDE, type PlacementKernel } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { PlannerResult } from '../planner.ts';
import { type Constraints, violation } from './constraints.ts';

/** Placements scored in one call of the core. */
const CHUNK = 1024;

/** Every way to place model m, in the order of stages, processors and cuts; those beyond the deadline left out. */
function placementsOf(prepared: PreparedProblem, m: number, deadline: number): Uint8Array[] {
  const { blocks: n, reach, maxStages } = prepared.models[m];
  const P = prepared.problem.processors;
  const record = new Uint8Array(PLACEMENT_STRIDE);
  const found: Uint8Array[] = [];
  const visit = (stage: number, first: number, used: number): void => {
    for (let p = 0; p < P; p++) {
      if (used & (1 << p)) continue;
      for (let end = first + 1; end <= reach[p * n + first]; end++) {
        record[1 + 2 * stage] = p;
        record[2 + 2 * stage] = end;
        if (end === n) {
          record[0] = stage + 1;
          record.fill(0, 3 + 2 * stage);
          if (demandOf(prepared, m, record).latency <= deadline * (1 + 1e-12)) found.push(record.slice());
        } else if (stage + 1 < maxStages) visit(stage + 1, end, used | (1 << p));
      }
    }
  };
  visit(0, 0, 0);
  return found;
}

/** The best placement that keeps the constraints, by trying all; undefined = there is none. */
export function enumerate(
  kernel: PlacementKernel,
  prepared: PreparedProblem,
  constraints: Constraints,
): PlannerResult | undefined {
  const M = prepared.models.length;
  const options = prepared.models.map((_, m) => placementsOf(prepared, m, constraints.deadlines[m]));
  const count = options.reduce((product, list) => product * list.length, 1);
  const size = M * PLACEMENT_STRIDE;
  const chunk = new Uint8Array(Math.min(CHUNK, count) * size);
  const digits = new Uint32Array(M);
  let best: Pick<PlannerResult, 'placement' | 'value' | 'meanRate'> | undefined;
  for (let done = 0; done < count; ) {
    const here = Math.min(CHUNK, count - done);
    for (let i = 0; i < here; i++) {
      for (let m = 0; m < M; m++) chunk.set(options[m][digits[m]], i * size + m * PLACEMENT_STRIDE);
      for (let m = M - 1; m >= 0 && ++digits[m] === options[m].length; m--) digits[m] = 0;
    }
    const { values, meanRates, rates, excess } = kernel.evaluate(chunk.subarray(0, here * size));
    for (let i = 0; i < here; i++) {
      if (excess[i] > 0 || !(values[i] > Number.NEGATIVE_INFINITY)) continue;
      const worse = best && (values[i] < best.value || (values[i] === best.value && meanRates[i] <= best.meanRate));
      if (worse) continue;
      const placement = chunk.slice(i * size, (i + 1) * size);
      if (violation(prepared, constraints, placement, rates.subarray(i * M, (i + 1) * M)) > 0) continue;
      best = { placement, value: values[i], meanRate: meanRates[i] };
    }
    done += here;
  }
  return (
    best && {
      ...best,
      evaluations: count,
      simulations: count,
      cacheHits: 0,
      refused: 0,
      history: [{ evaluations: count, value: best.value }],
      stoppedBy: 'exhausted',
      partial: false,
      exhaustive: true,
    }
  );
}
