/**
 * One step away from a plan: a single model placed a little differently. Shift a cut by one, two or four blocks, move a
 * stage to another processor (exchanging with the stage that is there), merge two stages, or split one; one step in ten
 * draws a fresh placement instead. `relief` is a step with an aim: a stage gives up blocks, or its processor.
 */
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { Random } from '../random.ts';
import { executable } from './limits.ts';
import { samplePlacement } from './sampler.ts';

/** Changes drawn before a fresh placement is taken instead. */
const TRIES = 4;

interface Stage {
  processor: number;
  end: number;
}

/** A placement record for model m, near `record` or fresh. */
export function neighbour(prepared: PreparedProblem, m: number, record: Uint8Array, random: Random): Uint8Array {
  if (random.below(10) > 0) {
    for (let i = 0; i < TRIES; i++) {
      const stages = stagesOf(record);
      if (!CHANGES[random.below(4)](stages, prepared, m, random)) continue;
      const changed = recordOf(stages);
      if (executable(prepared, m, changed)) return changed;
    }
  }
  return samplePlacement(prepared, m, 'stratified', random);
}

/**
 * A placement record for model m whose stage s has less to do, or does it elsewhere: blocks at one of its ends go to the
 * stage beside it, or to a new stage where there is none; one time in four the whole stage moves to a processor that the
 * model does not use. undefined where no such change was found.
 */
export function relief(
  prepared: PreparedProblem,
  m: number,
  record: Uint8Array,
  s: number,
  random: Random,
): Uint8Array | undefined {
  for (let i = 0; i < TRIES; i++) {
    const stages = stagesOf(record);
    const front = random.below(2) === 0;
    const blocks = 1 << random.below(3);
    const moves = random.below(4) === 0;
    const beside = front ? s - 1 : s + 1;
    const possible = moves
      ? moveAway(stages, s, prepared, random)
      : beside >= 0 && beside < stages.length
        ? handOver(stages, s, front, blocks)
        : shareOut(stages, s, front, prepared, m, random);
    if (!possible) continue;
    const changed = recordOf(stages);
    if (executable(prepared, m, changed)) return changed;
  }
  return undefined;
}

function moveAway(stages: Stage[], s: number, prepared: PreparedProblem, random: Random): boolean {
  const target = random.below(prepared.problem.processors);
  if (stages.some(({ processor }) => processor === target)) return false;
  stages[s].processor = target;
  return true;
}

/** Blocks at the front or the end of stage s go to the stage beside it; all of them take the stage away. */
function handOver(stages: Stage[], s: number, front: boolean, blocks: number): boolean {
  const length = stages[s].end - startOf(stages, s);
  if (blocks > length) return false;
  if (front) stages[s - 1].end += blocks;
  else if (blocks < length) stages[s].end -= blocks;
  if (blocks === length) stages.splice(s, 1);
  return true;
}

function shareOut(
  stages: Stage[],
  s: number,
  front: boolean,
  prepared: PreparedProblem,
  m: number,
  random: Random,
): boolean {
  const start = startOf(stages, s);
  const { end } = stages[s];
  if (stages.length >= prepared.models[m].maxStages || end - start < 2) return false;
  const added = random.below(prepared.problem.processors);
  if (stages.some(({ processor }) => processor === added)) return false;
  const given = 1 + random.below(end - start - 1);
  if (front) stages.splice(s, 0, { processor: added, end: start + given });
  else {
    stages[s].end = end - given;
    stages.splice(s + 1, 0, { processor: added, end });
  }
  return true;
}

function startOf(stages: readonly Stage[], s: number): number {
  return s > 0 ? stages[s - 1].end : 0;
}

function stagesOf(record: Uint8Array): Stage[] {
  return Array.from({ length: record[0] }, (_, s) => ({ processor: record[1 + 2 * s], end: record[2 + 2 * s] }));
}

function recordOf(stages: readonly Stage[]): Uint8Array {
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record[0] = stages.length;
  for (const [s, { processor, end }] of stages.entries()) {
    record[1 + 2 * s] = processor;
    record[2 + 2 * s] = end;
  }
  return record;
}

/** Each changes the stages in place; false = not possible here. */
type Change = (stages: Stage[], prepared: PreparedProblem, m: number, random: Random) => boolean;

const shiftCut: Change = (stages, prepared, m, random) => {
  if (stages.length < 2) return false;
  const cut = stages[random.below(stages.length - 1)];
  const distance = 1 << random.below(3);
  cut.end += random.below(2) === 0 ? distance : -distance;
  return cut.end >= 1 && cut.end < prepared.models[m].blocks;
};

const moveStage: Change = (stages, prepared, _m, random) => {
  const stage = stages[random.below(stages.length)];
  const target = random.below(prepared.problem.processors);
  if (target === stage.processor) return false;
  const other = stages.find(({ processor }) => processor === target);
  if (other) other.processor = stage.processor;
  stage.processor = target;
  return true;
};

const mergeStages: Change = (stages, _prepared, _m, random) => {
  if (stages.length < 2) return false;
  const s = random.below(stages.length - 1);
  // The stage that stays takes over the blocks of the other.
  if (random.below(2) === 0) stages.splice(s, 1);
  else {
    stages[s].end = stages[s + 1].end;
    stages.splice(s + 1, 1);
  }
  return true;
};

const splitStage: Change = (stages, prepared, m, random) => {
  if (stages.length >= prepared.models[m].maxStages) return false;
  const s = random.below(stages.length);
  const first = startOf(stages, s);
  const { processor, end } = stages[s];
  if (end - first < 2) return false;
  const cut = first + 1 + random.below(end - first - 1);
  const added = random.below(prepared.problem.processors);
  if (stages.some((stage) => stage.processor === added)) return false;
  const [before, after] = random.below(2) === 0 ? [added, processor] : [processor, added];
  stages.splice(s, 1, { processor: before, end: cut }, { processor: after, end });
  return true;
};

const CHANGES = [shiftCut, moveStage, mergeStages, splitStage];
