/**
 * One step away from a plan: a single model placed a little differently. Shift a cut by one, two or four blocks, move a
 * stage to another processor (exchanging with the stage that is there), merge two stages, or split one; one step in ten
 * draws a fresh placement instead.
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
      const stages: Stage[] = [];
      for (let s = 0; s < record[0]; s++) stages.push({ processor: record[1 + 2 * s], end: record[2 + 2 * s] });
      if (!CHANGES[random.below(4)](stages, prepared, m, random)) continue;
      const changed = new Uint8Array(PLACEMENT_STRIDE);
      changed[0] = stages.length;
      for (const [s, { processor, end }] of stages.entries()) {
        changed[1 + 2 * s] = processor;
        changed[2 + 2 * s] = end;
      }
      if (executable(prepared, m, changed)) return changed;
    }
  }
  return samplePlacement(prepared, m, 'stratified', random);
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
  const first = s > 0 ? stages[s - 1].end : 0;
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
