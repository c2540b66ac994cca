/**
 * What a run teaches: the costs of a profile move towards what was measured, so that the next plan rests on it.
 *
 *     new = (1 - weight) old + weight old x measured / planned          for all blocks of a stage alike
 *
 * A run times stages, not blocks: the blocks of a stage share its error. Stages with few calls count for less. Beside a
 * busy machine medians are measured, which bursts of other programs move least.
 *
 * What calls and tensors cost between processes moves in the same way, by the core time of the process that feeds frames:
 * measured over what the profile says of so many calls with so many bytes.
 */
import type { Warning } from '../documents/warnings.ts';
import { handoverOf } from '../profiles/handover.ts';
import type { BlockCost, Profile } from '../profiles/schema.ts';
import type { RunDocument } from './schema.ts';

export interface LearnOptions {
  /** How far costs move, 0 to 1; default 0.5. */
  weight?: number;
  /** Mean error of a model's stages from which on planning anew is advised; default 0.15. */
  driftBound?: number;
}

export interface StageDrift {
  model: string;
  processor: string;
  /** Measured over planned: 1 = as planned. */
  ratio: number;
  calls: number;
}

export interface Learned {
  profile: Profile;
  drifts: StageDrift[];
  /** Some stage that carries a tenth of its model's time is off by more than the bound. */
  replan: boolean;
  warnings: Warning[];
}

const WEIGHT = 0.5;
const DRIFT_BOUND = 0.15;
/** Calls after which a measurement counts in full. */
const FULL_CALLS = 30;
/** A stage that is a smaller share of its model decides nothing. */
const NEGLIGIBLE = 0.1;

export function learn(profile: Profile, document: RunDocument, options: LearnOptions = {}): Learned {
  const { weight = WEIGHT, driftBound = DRIFT_BOUND } = options;
  const drifts: StageDrift[] = [];
  let replan = false;
  const models = profile.models.map((model) => {
    const ran = document.models.find(({ name, variant }) => name === model.name && variant === model.variant);
    if (ran === undefined) return model;
    const blocks = [...model.blocks];
    const origin = { ...model.origin };
    const all = ran.stages.reduce((sum, stage) => sum + stage.plannedLatencyMs, 0);
    for (const { processor, firstBlock, lastBlock, latencyMs, plannedLatencyMs, calls } of ran.stages) {
      if (latencyMs === undefined || !(plannedLatencyMs > 0)) continue;
      const ratio = latencyMs.p50 / plannedLatencyMs;
      drifts.push({ model: model.name, processor, ratio, calls });
      if (plannedLatencyMs >= NEGLIGIBLE * all && Math.abs(ratio - 1) > driftBound) replan = true;
      const step = weight * Math.min(1, calls / FULL_CALLS);
      for (let b = firstBlock; b <= lastBlock; b++) {
        const cost = blocks[b]!.costs[processor];
        if (cost === undefined || cost === 'unsupported') continue;
        const moved = scaled(cost, 1 - step + step * ratio, origin[processor] !== 'measured');
        blocks[b] = { ...blocks[b]!, costs: { ...blocks[b]!.costs, [processor]: moved } };
      }
    }
    return { ...model, blocks };
  });
  const handover = learnedHandover(profile, document, weight);
  const warnings = busyWarning(document);
  return { profile: { ...profile, models, ...(handover && { handover }) }, drifts, replan, warnings };
}

/** One run moves costs of handing over at most so far: little else is known of what the process did meanwhile. */
const MOST_HANDOVER_RATIO = 4;

/** undefined where nothing is known: older profiles, sources of frames that take core time themselves. */
function learnedHandover(profile: Profile, document: RunDocument, weight: number): Profile['handover'] {
  const { handover } = profile;
  if (handover === undefined || document.feederMs === undefined || document.source !== 'synthetic') return undefined;
  let plannedMs = 0;
  let calls = 0;
  for (const { stages } of document.models) {
    for (const [s, stage] of stages.entries()) {
      const costs = handoverOf(profile, stage.processor);
      const into = stages[s - 1]?.outputBytes ?? 0;
      const bytes = into * costs.intoSecondsPerByte + stage.outputBytes * costs.outOfSecondsPerByte;
      plannedMs += handover.feederShare * stage.calls * 1000 * (costs.callSeconds + bytes);
      calls += stage.calls;
    }
  }
  if (!(plannedMs > 0)) return undefined;
  const ratio = Math.min(MOST_HANDOVER_RATIO, Math.max(1 / MOST_HANDOVER_RATIO, document.feederMs / plannedMs));
  const step = weight * Math.min(1, calls / FULL_CALLS);
  const factor = 1 - step + step * ratio;
  const processors = Object.entries(handover.processors).map(([id, { callMs, intoBytesPerS, outOfBytesPerS }]) => [
    id,
    {
      callMs: callMs * factor,
      ...(intoBytesPerS !== undefined && { intoBytesPerS: intoBytesPerS / factor }),
      ...(outOfBytesPerS !== undefined && { outOfBytesPerS: outOfBytesPerS / factor }),
    },
  ]);
  return { ...handover, processors: Object.fromEntries(processors) };
}

function scaled(cost: Exclude<BlockCost, 'unsupported'>, factor: number, changesOrigin: boolean): BlockCost {
  const { mean, p50, p95, n } = cost.latencyMs;
  return {
    ...cost,
    latencyMs: {
      mean: mean * factor,
      ...(p50 !== undefined && { p50: p50 * factor }),
      ...(p95 !== undefined && { p95: p95 * factor }),
      ...(n !== undefined && { n }),
    },
    ...((changesOrigin || cost.origin !== undefined) && { origin: 'measured' as const }),
  };
}

/** Costs that are learned beside other programs are costs beside other programs. */
const BUSY = 0.1;

function busyWarning({ otherLoad }: RunDocument): Warning[] {
  if (otherLoad === undefined || otherLoad <= BUSY) return [];
  return [
    {
      code: 'BUSY_MACHINE',
      message: `other programs took ${Math.round(100 * otherLoad)} % of the cores' time during the run: what was learned holds beside them`,
      path: '/otherLoad',
    },
  ];
}
