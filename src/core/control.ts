/**
 * The control contract: lag, required speed-up, and the choice of an operating point and of variants for a cohort, after
 * NeuOS (Bateni and Liu, USENIX ATC 2020), as far as its description goes; the rest is a reconstruction. Two
 * implementations keep it to the bit, `bindings/wasm` and `src/reference`. A decision allocates nothing.
 *
 *   LAG          time ahead (+) or behind (-) of the sub-deadlines of the blocks that are done
 *   sigma        speed-up over the reference point that the next blocks need
 *   candidates   per model the point of least power whose SpeedUp reaches sigma; the current and the fastest point
 *   rows         candidates, ascending by point; each holds a variant for every model (the tree's leaves)
 *   choice       the row that the mode wants
 *
 * Units: seconds, watts; SpeedUp and PowerUp relative to the reference point.
 */
import type { ControlMode } from './control-modes.ts';
import { HeterodyneError } from './errors.ts';
import { isNotNegative, isPositive, LEAST_MAGNITUDE, MOST_MAGNITUDE } from './magnitudes.ts';

/** Stated limits; a larger problem is refused with `LIMIT`. */
export const CONTROL_KERNEL_LIMITS = {
  models: 16,
  points: 65_536,
  blocks: 255,
  variants: 8,
  tables: 4096,
  /** Rows of one decision: with `candidates: 'all'` the number of points. */
  rows: 64,
} as const;

/** One network of the cohort. */
export interface ControlModel {
  /** [B] expected seconds of each block at the reference point. */
  referenceSeconds: Float64Array;
  /** D, of a frame after its release. */
  deadlineSeconds: number;
  /** Of its loss, for `aggregate: 'weighted'`. */
  weight: number;
  /** [B] table that holds when so many blocks are done: SpeedUp over the horizon from there. */
  tableAt: Uint32Array;
  /** [V] SpeedUp of each variant over the original, the original (1) first. */
  variantSpeedUp: Float64Array;
  /** [V] accuracy given up, 0 first. */
  variantLoss: Float64Array;
}

export interface ControlProblem {
  models: ControlModel[];
  /** [T][K] SpeedUp of every point. */
  tables: Float32Array[];
  /** [K] PowerUp of every point. */
  powerUp: Float32Array;
  /** [K] watts of the device, for `objective: 'energy'`. */
  busyWatts: Float64Array;
  idleWatts: Float64Array;
  /** Point with the highest clocks: always a candidate. */
  fastest: number;
  /** `proportional`: d = D e / sum e. `front-loaded`: d = e, and the rest of D is slack from the start. */
  subDeadline: 'proportional' | 'front-loaded';
  /** H, blocks that are looked at; B or more = all that remain. */
  horizon: number;
}

export interface ControlChoice {
  mode: ControlMode;
  /** What `power` of a row is: PowerUp, or joules until `epochSeconds` have passed. */
  objective: 'power' | 'energy';
  epochSeconds: number;
  /** What `loss` of a row is: loss of the variants, or the speed-up still asked of them. */
  measure: 'loss' | 'residual-speedup';
  aggregate: 'sum' | 'weighted' | 'max';
  balanced: 'trend-residual' | 'ideal-distance';
  /** `index`: among the Pareto points, sorted. `scan`: all points, for tables that change. */
  search: 'index' | 'scan';
  /** `all`: every point is a row; at most LIMITS.rows points. */
  candidates: 'needs' | 'all';
}

export const CONTROL_DEFAULTS: ControlChoice = {
  mode: 'balanced',
  objective: 'energy',
  epochSeconds: 0.1,
  measure: 'loss',
  aggregate: 'sum',
  balanced: 'trend-residual',
  search: 'index',
  candidates: 'needs',
};

/** Options in the core are numbers: positions in these lists. */
export const CONTROL_CODES = {
  mode: ['min-energy', 'max-accuracy', 'balanced'],
  objective: ['power', 'energy'],
  measure: ['loss', 'residual-speedup'],
  aggregate: ['sum', 'weighted', 'max'],
  balanced: ['trend-residual', 'ideal-distance'],
  search: ['index', 'scan'],
  candidates: ['needs', 'all'],
} as const satisfies { [K in keyof ControlChoice]?: readonly ControlChoice[K][] };

/** What a decision is taken on; written by the caller, [16] each. */
export interface ControlInput {
  /** Seconds since the release of the frame under way. */
  elapsed: Float64Array;
  /** m, safety margin in seconds. */
  margin: Float64Array;
  /** Slow-down of isolated times by contention; 1 = none. */
  factor: Float64Array;
  /** Blocks done; B or more = not part of this decision. */
  position: Uint32Array;
}

/** What was decided and why; overwritten by the next decision. */
export interface ControlOutput {
  /** [16] NaN = not part of the decision. */
  lag: Float64Array;
  requiredSpeedUp: Float64Array;
  /** [rows] */
  point: Uint32Array;
  power: Float64Array;
  loss: Float64Array;
  /** Sum over models of the seconds by which they are predicted to be late. */
  tardiness: Float64Array;
  /** Models that no variant makes fast enough. */
  infeasible: Uint32Array;
  /** Models predicted to be late. */
  misses: Uint32Array;
  /** [rows][16] */
  variant: Uint8Array;
}

/** How the row was chosen. */
export const CONTROL_RULES = [
  'least-tardiness',
  'min-energy',
  'max-accuracy',
  'trend-residual',
  'ideal-distance',
] as const;

export interface ControlKernel {
  readonly problem: ControlProblem;
  readonly input: ControlInput;
  readonly output: ControlOutput;
  /** Rows of the last decision. */
  readonly rows: number;
  /** Second best row, -1 = none. */
  readonly runnerUp: number;
  /** Position in {@link CONTROL_RULES}. */
  readonly rule: number;
  choose(choice: Partial<ControlChoice>): void;
  /** @param current point that holds. Returns the chosen row. */
  decide(current: number): number;
  /** New SpeedUps of a table. From then on only `search: 'scan'` sees them, and the index as it was otherwise. */
  setTable(table: number, speedUp: Float32Array): void;
}

/** What both implementations start from. */
export interface PreparedControl {
  problem: ControlProblem;
  models: {
    /** [B + 1] */
    referencePrefix: Float64Array;
    deadlinePrefix: Float64Array;
    /** Variants that can be the answer to a need, ascending by SpeedUp and by loss; the original first, the fastest last. */
    answers: Uint32Array;
    /** Added to LAG once: the slack of front-loaded sub-deadlines. */
    slack: number;
  }[];
  indices: ControlIndex[];
}

/** Pareto points of a table, ascending by SpeedUp (and so by PowerUp). */
export interface ControlIndex {
  speedUp: Float32Array;
  point: Uint32Array;
}

/** @throws HeterodyneError `LIMIT`, `BAD_INPUT` */
export function prepareControl(problem: ControlProblem): PreparedControl {
  checkControl(problem);
  return {
    problem,
    models: problem.models.map((model) => {
      const { referenceSeconds, deadlineSeconds } = model;
      const referencePrefix = new Float64Array(referenceSeconds.length + 1);
      referenceSeconds.forEach((seconds, b) => {
        referencePrefix[b + 1] = referencePrefix[b] + seconds;
      });
      const total = referencePrefix[referenceSeconds.length];
      const proportional = problem.subDeadline === 'proportional';
      return {
        referencePrefix,
        deadlinePrefix: proportional ? referencePrefix.map((sum) => (deadlineSeconds * sum) / total) : referencePrefix,
        answers: answersOf(model),
        slack: proportional ? 0 : deadlineSeconds - total,
      };
    }),
    indices: problem.tables.map((table) => paretoIndex(table, problem.powerUp)),
  };
}

function answersOf({ variantSpeedUp, variantLoss }: ControlModel): Uint32Array {
  const faster = [...variantSpeedUp.keys()].filter((v) => variantSpeedUp[v] > 1);
  faster.sort((a, b) => variantSpeedUp[b] - variantSpeedUp[a] || variantLoss[a] - variantLoss[b] || a - b);
  const kept: number[] = [];
  for (const v of faster) if (kept.length === 0 || variantLoss[v] < variantLoss[kept[kept.length - 1]]) kept.push(v);
  return Uint32Array.from([...kept, 0].reverse());
}

/** Points that no other beats in both SpeedUp and PowerUp; of equals the first. */
export function paretoIndex(speedUp: Float32Array, powerUp: Float32Array): ControlIndex {
  const order = Uint32Array.from(speedUp.keys());
  order.sort((a, b) => speedUp[b] - speedUp[a] || powerUp[a] - powerUp[b] || a - b);
  const kept: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const point of order) {
    if (!(powerUp[point] < least)) continue;
    least = powerUp[point];
    kept.push(point);
  }
  kept.reverse();
  return { speedUp: Float32Array.from(kept, (point) => speedUp[point]), point: Uint32Array.from(kept) };
}

/** @throws HeterodyneError `LIMIT`: `all` rows of too many points; `BAD_INPUT`: an epoch below 0 s */
export function checkChoice(problem: ControlProblem, choice: ControlChoice): void {
  if (!isNotNegative(choice.epochSeconds)) throw bad('epochSeconds', '0 s or more', choice.epochSeconds);
  if (choice.candidates !== 'all') return;
  limit('points', problem.powerUp.length, CONTROL_KERNEL_LIMITS.rows);
}

function checkControl(problem: ControlProblem): void {
  const points = problem.powerUp.length;
  limit('models', problem.models.length, CONTROL_KERNEL_LIMITS.models);
  limit('points', points, CONTROL_KERNEL_LIMITS.points);
  limit('tables', problem.tables.length, CONTROL_KERNEL_LIMITS.tables);
  const { fastest, horizon } = problem;
  if (!(Number.isInteger(fastest) && fastest >= 0 && fastest < points))
    throw bad('fastest', `a whole number from 0 to ${points - 1}`, fastest);
  if (!(horizon >= 1 && (Number.isInteger(horizon) || horizon === Number.POSITIVE_INFINITY)))
    throw bad('horizon', 'a whole number of blocks, at least 1, or Infinity', horizon);
  positive('powerUp', problem.powerUp, points);
  positive('busyWatts', problem.busyWatts, points);
  positive('idleWatts', problem.idleWatts, points);
  problem.tables.forEach((table, t) => {
    positive(`tables/${t}`, table, points);
  });
  problem.models.forEach((model, m) => {
    const at = `models/${m}`;
    const blocks = model.referenceSeconds.length;
    limit(`${at}/referenceSeconds`, blocks, CONTROL_KERNEL_LIMITS.blocks);
    limit(`${at}/variantSpeedUp`, model.variantSpeedUp.length, CONTROL_KERNEL_LIMITS.variants);
    positive(`${at}/referenceSeconds`, model.referenceSeconds, blocks);
    positive(`${at}/variantSpeedUp`, model.variantSpeedUp, model.variantSpeedUp.length);
    if (!isPositive(model.deadlineSeconds))
      throw bad(`${at}/deadlineSeconds`, `${LEAST_MAGNITUDE} to ${MOST_MAGNITUDE} s`, model.deadlineSeconds);
    if (!isNotNegative(model.weight)) throw bad(`${at}/weight`, `0 to ${MOST_MAGNITUDE}`, model.weight);
    if (model.variantLoss.length !== model.variantSpeedUp.length || model.variantLoss[0] !== 0)
      throw bad(`${at}/variantLoss`, 'one loss per variant, the first 0', model.variantLoss[0]);
    const lost = model.variantLoss.findIndex((loss) => !isNotNegative(Math.abs(loss)));
    if (lost >= 0)
      throw bad(`${at}/variantLoss/${lost}`, `-${MOST_MAGNITUDE} to ${MOST_MAGNITUDE}`, model.variantLoss[lost]);
    if (model.tableAt.length !== blocks || !model.tableAt.every((table) => table < problem.tables.length))
      throw bad(`${at}/tableAt`, `${blocks} tables, each below ${problem.tables.length}`, model.tableAt.length);
  });
}

function positive(path: string, numbers: Float64Array | Float32Array, length: number): void {
  if (numbers.length !== length) throw bad(path, `${length} numbers`, numbers.length);
  const wrong = numbers.findIndex((number) => !isPositive(number));
  if (wrong >= 0)
    throw bad(`${path}/${wrong}`, `a number above 0, ${LEAST_MAGNITUDE} to ${MOST_MAGNITUDE}`, numbers[wrong]);
}

function limit(path: string, received: number, most: number): void {
  if (received >= 1 && received <= most) return;
  throw new HeterodyneError(received < 1 ? 'BAD_INPUT' : 'LIMIT', `${path}: ${received} is not 1 to ${most}`, {
    path,
    expected: `1 to ${most}`,
    received: String(received),
  });
}

function bad(path: string, expected: string, received: number): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${path} cannot be ${received}`, {
    path,
    expected,
    received: String(received),
  });
}
