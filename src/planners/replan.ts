/**
 * Planning anew from a plan in use: a stage that moves to another processor costs a share of the objective, so that
 * the new plan changes only what pays. Models that are new, and blocks whose processor is gone, move for free.
 *
 *   worth = value - moveCost * |value of the old plan, adapted| * stages moved
 *
 * The search is that of `mcts` with this worth for an estimator, begun at the old plan; then every model that moved is
 * tried at its old place once more.
 */
import { HeterodyneError } from '../core/errors.ts';
import { PLACEMENT_STRIDE, type PlacementKernel } from '../core/placement.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import { mcts } from './mcts.ts';
import type { PlannerContext, PlannerResult } from './planner.ts';
import { joinPlacement, recordOf, wholeRecord } from './whole-models.ts';

/** Where the models of a plan in use run: as in its document. */
export interface PlacedModels {
  models: readonly {
    name: string;
    stages: readonly { processor: string; firstBlock: number; lastBlock: number }[];
  }[];
}

/** What became of one model's place. */
export interface Move {
  model: string;
  /** `moved`: it pays. `forced`: a processor of it is gone. `new`: not in the old plan, or cut into other blocks. */
  kind: 'moved' | 'forced' | 'new';
  /** Stages that run somewhere else than before. */
  stages: number;
  /** What the objective gains by this model's move, all else as in the new plan; absent where it could not stay. */
  gain?: number;
}

export interface Replanned {
  result: PlannerResult;
  moves: Move[];
  /** Models that stay as they were. */
  kept: number;
  /** Objective of the old plan, adapted to what there is now. */
  before: number;
}

/** Where a model was. */
interface OldPlace {
  /** In the old plan, with as many blocks. */
  known: boolean;
  /** [n] processor of each block now, or -1 where it is gone. */
  processors: Int16Array;
  /** The old placement, where it can still be executed. */
  record?: Uint8Array;
}

/**
 * @param moveCost share of the objective that one moved stage must earn, >= 0
 * @throws HeterodyneError USAGE, INFEASIBLE
 */
export async function replan(
  context: PlannerContext & { names: ProblemNames },
  old: PlacedModels,
  moveCost: number,
): Promise<Replanned> {
  if (!(moveCost >= 0 && moveCost < Infinity)) {
    throw new HeterodyneError('USAGE', `a moved stage cannot cost ${moveCost} of the objective`, {
      path: '/moveCost',
      expected: 'a share of at least 0, such as 0.01',
      received: String(moveCost),
    });
  }
  const { kernel, names } = context;
  const places = names.models.map((name, m) => oldPlace(kernel, names, old, name, m));
  const adapted = adapt(kernel, places);
  const before = bestValue(kernel, adapted);
  const price = moveCost * Math.abs(before);
  const worth = (placements: Uint8Array): Float64Array => {
    const { values } = kernel.evaluate(placements);
    const size = names.models.length * PLACEMENT_STRIDE;
    return values.map((value, i) => value - price * movedStages(places, placements.subarray(i * size, (i + 1) * size)));
  };
  const result = await mcts.plan({
    ...context,
    estimator: { id: 'move-cost', score: ({ placements }) => worth(placements) },
    options: { ...context.options, startFrom: adapted, verify: 'none' },
  });
  const placement = settle(result.placement, places, worth);
  const { values, meanRates } = kernel.evaluate(placement);
  return {
    result: { ...result, placement, value: values[0], meanRate: meanRates[0] },
    moves: listMoves(kernel, names, places, placement, values[0]),
    kept: places.filter(({ record }, m) => record && same(record, recordOf(placement, m))).length,
    before,
  };
}

function oldPlace(kernel: PlacementKernel, names: ProblemNames, old: PlacedModels, name: string, m: number): OldPlace {
  const { blocks } = kernel.problem.models[m];
  const planned = old.models.find((model) => model.name === name);
  const processors = new Int16Array(blocks).fill(-1);
  if (!planned || planned.stages.at(-1)?.lastBlock !== blocks - 1) return { known: false, processors };
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record[0] = planned.stages.length;
  let whole = 1 + 2 * planned.stages.length <= PLACEMENT_STRIDE;
  for (const [s, stage] of planned.stages.entries()) {
    const p = names.processors.indexOf(stage.processor);
    processors.fill(p, stage.firstBlock, stage.lastBlock + 1);
    if (p < 0) whole = false;
    else if (whole) record.set([p, stage.lastBlock + 1], 1 + 2 * s);
  }
  return whole && canRun(kernel, m, record) ? { known: true, processors, record } : { known: true, processors };
}

/** Whether model m can be executed like that: the other models stand where they can. */
function canRun(kernel: PlacementKernel, m: number, record: Uint8Array): boolean {
  kernel.seed(1);
  const placement = kernel.sample('stratified', 1);
  placement.set(record, m * PLACEMENT_STRIDE);
  return kernel.evaluate(placement).excess[0] < Infinity;
}

/** The old plan with what is new or homeless put somewhere: [count][M], to begin the search with. */
function adapt(kernel: PlacementKernel, places: readonly OldPlace[]): Uint8Array {
  const { problem } = kernel;
  const candidates: Uint8Array[] = [];
  const fill = (choose: (m: number) => Uint8Array) =>
    candidates.push(joinPlacement(places.map(({ record }, m) => record ?? choose(m))));
  kernel.seed(1);
  const fresh = (m: number) => kernel.sampleModel('stratified', m);
  for (let p = 0; p < problem.processors; p++) {
    fill((m) => {
      const whole = wholeRecord(p, problem.models[m].blocks);
      return canRun(kernel, m, whole) ? whole : fresh(m);
    });
  }
  for (let i = 0; i < 16; i++) fill(fresh);
  const all = joinAll(candidates);
  const { values } = kernel.evaluate(all);
  const best = [...candidates.keys()].sort((a, b) => values[b] - values[a] || a - b).slice(0, 4);
  return joinAll(best.map((i) => candidates[i]));
}

function joinAll(placements: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(placements.reduce((sum, placement) => sum + placement.length, 0));
  let at = 0;
  for (const placement of placements) {
    joined.set(placement, at);
    at += placement.length;
  }
  return joined;
}

function bestValue(kernel: PlacementKernel, placements: Uint8Array): number {
  return kernel.evaluate(placements).values.reduce((best, value) => Math.max(best, value), -Infinity);
}

/** Stages with a block that ran on another processor which is still there. */
function movedStages(places: readonly OldPlace[], placement: Uint8Array): number {
  let moved = 0;
  for (const [m, { processors }] of places.entries()) moved += movedOf(processors, recordOf(placement, m));
  return moved;
}

function movedOf(processors: Int16Array, record: Uint8Array): number {
  let moved = 0;
  let first = 0;
  for (let s = 0; s < record[0]; s++) {
    const p = record[1 + 2 * s];
    const end = record[2 + 2 * s];
    if (processors.subarray(first, end).some((was) => was >= 0 && was !== p)) moved++;
    first = end;
  }
  return moved;
}

/** Put back every model whose move is not worth its cost, until none is left. */
function settle(
  found: Uint8Array,
  places: readonly OldPlace[],
  worth: (placements: Uint8Array) => Float64Array,
): Uint8Array {
  let placement = found;
  let value = worth(placement)[0];
  for (let changed = true; changed; ) {
    changed = false;
    for (const [m, { record }] of places.entries()) {
      if (!record || same(record, recordOf(placement, m))) continue;
      const back = placement.slice();
      back.set(record, m * PLACEMENT_STRIDE);
      const without = worth(back)[0];
      if (!(without >= value)) continue;
      placement = back;
      value = without;
      changed = true;
    }
  }
  return placement;
}

function listMoves(
  kernel: PlacementKernel,
  names: ProblemNames,
  places: readonly OldPlace[],
  placement: Uint8Array,
  value: number,
): Move[] {
  const moves: Move[] = [];
  for (const [m, model] of names.models.entries()) {
    const { known, processors, record } = places[m];
    const now = recordOf(placement, m);
    if (record && same(record, now)) continue;
    const stages = movedOf(processors, now);
    if (!record) {
      moves.push({ model, kind: known ? 'forced' : 'new', stages });
      continue;
    }
    const back = placement.slice();
    back.set(record, m * PLACEMENT_STRIDE);
    const without = kernel.evaluate(back).values[0];
    moves.push({ model, kind: 'moved', stages, ...(without > -Infinity && { gain: value - without }) });
  }
  return moves;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
