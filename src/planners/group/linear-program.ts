/**
 * The group problem as a mixed-integer programme for HiGHS, an independent proof of the optimum; and its relaxation,
 * an upper bound. Times in milliseconds. Only for modes whose device times are sums: `serial` and `exclusive`.
 *
 *   minimise T;   sum_j x_ij = 1;   sum_i t_ij x_ij - T <= 0;   sum_i x_ij <= cap_j;   sum_i mem_i x_ij <= Mem_j
 */
import { HeterodyneError } from '../../core/errors.ts';
import { groupSeconds, isFeasible } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** The rounded solution may differ from the solver's own figure by this share. */
const AGREEMENT = 1e-6;

export function isLinear({ sharing }: GroupProblem): boolean {
  return sharing === 'serial' || sharing === 'exclusive';
}

/** `proven`: the optimum, or that there is none. `unfinished`: the time limit came first. */
export type LinearAnswer =
  | { status: 'proven'; assignment: Assignment }
  | { status: 'infeasible' }
  | { status: 'unfinished' };

/**
 * The optimum by HiGHS. A solution is rounded and its time computed anew.
 *
 * @throws HeterodyneError `INTERNAL` when that differs from what the solver says
 */
export async function solveByHighs(problem: GroupProblem, timeLimitS = 10): Promise<LinearAnswer> {
  const highs = await loadHighs();
  const solution = highs.solve(linearProgram(problem, true), {
    mip_rel_gap: 0,
    mip_abs_gap: 0,
    mip_feasibility_tolerance: 1e-10,
    primal_feasibility_tolerance: 1e-10,
    time_limit: timeLimitS,
  });
  if (solution.Status === 'Infeasible') return { status: 'infeasible' };
  if (solution.Status !== 'Optimal') return { status: 'unfinished' };
  const primal = (name: string) => solution.Columns[name]?.Primal ?? 0;
  const assignment = problem.models.map((_, i) =>
    problem.devices.reduce((best, _, j) => (primal(`x${i}_${j}`) > primal(`x${i}_${best}`) ? j : best), 0),
  );
  const said = solution.ObjectiveValue / 1000;
  const seconds = isFeasible(problem, assignment) ? groupSeconds(problem, assignment) : Number.POSITIVE_INFINITY;
  if (!(Math.abs(seconds - said) <= AGREEMENT * said)) {
    throw new HeterodyneError('INTERNAL', 'the linear solver gave a solution that does not hold', {
      expected: `${said} s a frame`,
      received: `${seconds} s`,
    });
  }
  return { status: 'proven', assignment };
}

/** Upper bound on frames per second with models divisible at will; undefined = the solver did not finish. */
export async function relaxedBound(problem: GroupProblem): Promise<number | undefined> {
  const highs = await loadHighs();
  const solution = highs.solve(linearProgram(problem, false));
  return solution.Status === 'Optimal' && solution.ObjectiveValue > 0 ? 1000 / solution.ObjectiveValue : undefined;
}

/** What is used of the solver. Its own types describe the CommonJS form, whose default export is another one. */
interface Highs {
  solve(
    problem: string,
    options?: Readonly<Record<string, number>>,
  ): { Status: string; ObjectiveValue: number; Columns: Record<string, { Primal?: number }> };
}

let loaded: Promise<Highs> | undefined;

/** The solver is large and rarely asked for. */
function loadHighs(): Promise<Highs> {
  loaded ??= import('highs').then((module) => (module as unknown as { default: () => Promise<Highs> }).default());
  return loaded;
}

/** Text in CPLEX-LP format. */
function linearProgram(problem: GroupProblem, integral: boolean): string {
  const { models, devices, seconds } = problem;
  const pairs = seconds.flatMap((times, i) =>
    times.flatMap((time, j) => (time < Number.POSITIVE_INFINITY ? [{ i, j, ms: 1000 * time, x: `x${i}_${j}` }] : [])),
  );
  const rows = models.map((_, i) => `a${i}: ${sum(pairs.filter((pair) => pair.i === i).map(({ x }) => [1, x]))} = 1`);
  devices.forEach(({ cap, memoryBytes }, j) => {
    const here = pairs.filter((pair) => pair.j === j);
    if (here.length === 0) return;
    rows.push(`t${j}: ${sum(here.map(({ ms, x }) => [ms, x]))} - T <= 0`);
    if (cap < models.length) rows.push(`c${j}: ${sum(here.map(({ x }) => [1, x]))} <= ${cap}`);
    const heavy = here.filter(({ i }) => models[i]!.memoryBytes > 0);
    if (memoryBytes < Number.POSITIVE_INFINITY && heavy.length > 0) {
      // In shares of the limit: bytes would be many orders above the other figures.
      rows.push(`m${j}: ${sum(heavy.map(({ i, x }) => [models[i]!.memoryBytes / memoryBytes, x]))} <= 1`);
    }
  });
  const limits = ['T >= 0', ...pairs.map(({ x }) => `0 <= ${x} <= 1`)];
  const kinds = integral ? ['Binary', ...pairs.map(({ x }) => ` ${x}`)] : [];
  return [
    'Minimize',
    ' obj: T',
    'Subject To',
    ...rows.map(indented),
    'Bounds',
    ...limits.map(indented),
    ...kinds,
    'End',
  ].join('\n');
}

const indented = (row: string) => ` ${row}`;
const sum = (terms: readonly [number, string][]) => terms.map(([factor, x]) => `${factor} ${x}`).join(' + ');
