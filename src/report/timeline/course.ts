/**
 * What one frame of each model goes through: the steps, which tracks they occupy and for how long. From the plan
 * document alone, or with its platform.
 */
import { HeterodyneError } from '../../core/errors.ts';
import type { Warning } from '../../documents/warnings.ts';
import type { Plan, PlannedModel } from '../../planners/schema.ts';
import type { Platform } from '../../platforms/schema.ts';

/** A part of a step: what one slice shows. */
export interface StepPart {
  kind: 'stage' | 'transfer';
  /** Index of the stage that runs, or that the transfer leads to. */
  stage: number;
  /** Nanoseconds of all calls of one frame, not rounded. */
  lengthNs: number;
}

/** Work that occupies one track without interruption; a transfer that the receiver carries itself belongs to its stage. */
export interface Step {
  track: number;
  /** Everything that is busy meanwhile, the track itself included. */
  occupies: number[];
  parts: StepPart[];
  lengthNs: number;
}

export interface FrameCourse {
  /** Nanoseconds between releases; Infinity for a model that is left out. */
  periodNs: number;
  callsPerFrame: number;
  steps: Step[];
}

export interface CourseTrack {
  id: string;
  kind: 'processor' | 'link';
  plannedUtilization: number;
}

export interface Course {
  tracks: CourseTrack[];
  /** How many things can be occupied: indices in `occupies` are below it. */
  occupiables: number;
  models: FrameCourse[];
  warnings: Warning[];
}

const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;
/** Relative difference below which two sums of the same numbers count as equal. */
const ROUNDING = 1e-6;
/** Faster models have no frames that whole nanoseconds could tell apart. */
const FASTEST_PER_S = 1e9;

/**
 * @throws HeterodyneError `BAD_INPUT` a plan for processors that the platform has not
 */
export function courseOf(plan: Plan, platform?: Platform): Course {
  const warnings: Warning[] = [];
  const tracks: CourseTrack[] = plan.processors.map(({ id, utilization }) => ({
    id,
    kind: 'processor',
    plannedUtilization: utilization,
  }));
  const processorIndex = new Map(plan.processors.map(({ id }, p) => [id, p]));
  const occupiable = new Map<string, number>();
  const indexOf = (key: string): number => {
    const known = occupiable.get(key);
    if (known !== undefined) return known;
    occupiable.set(key, occupiable.size);
    return occupiable.size - 1;
  };
  const processorOccupies = plan.processors.map(({ id }) => [
    indexOf(`processor ${id}`),
    ...sharedResources(id, platform).map((resource) => indexOf(`resource ${resource}`)),
  ]);
  const carrier = platform ? linksOf(platform) : linksFrom(plan);
  const linkTracks = new Map<string, number>();
  const linkTrack = (id: string): number => {
    const known = linkTracks.get(id);
    if (known !== undefined) return known;
    tracks.push({ id, kind: 'link', plannedUtilization: 0 });
    linkTracks.set(id, tracks.length - 1);
    return tracks.length - 1;
  };

  const models = plan.models.map((model, m): FrameCourse => {
    const callsPerFrame = callsOf(model);
    const steps: Step[] = [];
    model.stages.forEach(({ processor, latencyMs }, stage) => {
      const track = processorIndex.get(processor) as number;
      const parts: StepPart[] = [{ kind: 'stage', stage, lengthNs: latencyMs * callsPerFrame * NS_PER_MS }];
      const before = model.stages[stage - 1];
      if (before && before.transferMs > 0) {
        const transfer: StepPart = {
          kind: 'transfer',
          stage,
          lengthNs: before.transferMs * callsPerFrame * NS_PER_MS,
        };
        const link = carrier(before.processor, processor);
        if (link === undefined) parts.unshift(transfer);
        else {
          const onLink = linkTrack(link);
          tracks[onLink].plannedUtilization += (model.throughputPerS * transfer.lengthNs) / NS_PER_S;
          steps.push(stepOf(onLink, [indexOf(`resource ${link}`)], [transfer]));
        }
      }
      steps.push(stepOf(track, processorOccupies[track], parts));
    });
    return { periodNs: periodOf(model, m, warnings), callsPerFrame, steps };
  });
  checkUtilization(tracks, models, warnings);
  return { tracks, occupiables: occupiable.size, models, warnings };
}

function stepOf(track: number, occupies: number[], parts: StepPart[]): Step {
  return { track, occupies, parts, lengthNs: parts.reduce((sum, { lengthNs }) => sum + lengthNs, 0) };
}

/** The plan states one call's stages and one frame's latency: their ratio is the number of calls. */
export function callsOf({ stages, latencyMs }: PlannedModel): number {
  const once = stages.reduce((sum, stage) => sum + stage.latencyMs + stage.transferMs, 0);
  if (once === 0) return 1;
  const calls = latencyMs / once;
  const whole = Math.round(calls);
  return whole > 0 && Math.abs(calls - whole) < ROUNDING * whole ? whole : calls;
}

function periodOf({ name, throughputPerS }: PlannedModel, m: number, warnings: Warning[]): number {
  if (throughputPerS > 0 && throughputPerS <= FASTEST_PER_S) return NS_PER_S / throughputPerS;
  warnings.push({
    code: 'NOT_DRAWN',
    message:
      throughputPerS > 0
        ? `${name} is left out: its frames are less than a nanosecond apart`
        : `${name} is left out: the plan never runs it`,
    path: `/models/${m}/throughputPerS`,
  });
  return Number.POSITIVE_INFINITY;
}

/** What a processor occupies besides itself. DRAM is shared by rate, not by turns. */
function sharedResources(processor: string, platform: Platform | undefined): string[] {
  if (platform === undefined) return [];
  const found = platform.processors.find(({ id }) => id === processor);
  if (found === undefined) {
    throw new HeterodyneError('BAD_INPUT', `the plan uses ${processor}, which ${platform.id} has not`, {
      path: '/processors',
      expected: `one of ${platform.processors.map(({ id }) => id).join(', ')}`,
      received: processor,
      hint: 'give the platform that the plan was made for',
    });
  }
  return found.uses.filter((id) => platform.resources.find((resource) => resource.id === id)?.kind !== 'dram');
}

/** Track of the link between two processors; undefined = the receiver carries the transfer itself. */
type Carrier = (from: string, to: string) => string | undefined;

/** The first link that joins the two decides, as in the placement problem. */
function linksOf(platform: Platform): Carrier {
  return (from, to) =>
    platform.links?.find(
      (link) =>
        (link.from === from && link.to === to) || (link.bidirectional === true && link.from === to && link.to === from),
    )?.resource;
}

/**
 * Without the platform: a processor's utilization counts the transfers that it carries itself. Where counting all
 * incoming ones would exceed it, they go over links.
 */
function linksFrom(plan: Plan): Carrier {
  const own = new Map(plan.processors.map(({ id }) => [id, 0]));
  for (const model of plan.models) {
    const calls = callsOf(model);
    model.stages.forEach(({ processor, latencyMs }, s) => {
      const received = model.stages[s - 1]?.transferMs ?? 0;
      const busy = (model.throughputPerS * calls * (latencyMs + received)) / 1000;
      own.set(processor, (own.get(processor) ?? 0) + busy);
    });
  }
  const overLinks = new Set(
    plan.processors
      .filter(({ id, utilization }) => (own.get(id) as number) > utilization * (1 + ROUNDING) + ROUNDING)
      .map(({ id }) => id),
  );
  return (from, to) => (overLinks.has(to) ? `${from}-${to}` : undefined);
}

/** Says so when the steps do not add up to what the plan states: a platform that the plan was not made for. */
function checkUtilization(tracks: readonly CourseTrack[], models: readonly FrameCourse[], warnings: Warning[]): void {
  const busy = new Float64Array(tracks.length);
  for (const { periodNs, steps } of models) for (const step of steps) busy[step.track] += step.lengthNs / periodNs;
  tracks.forEach(({ id, kind, plannedUtilization }, track) => {
    if (kind === 'link' || Math.abs(Math.min(1, busy[track]) - plannedUtilization) <= ROUNDING) return;
    warnings.push({
      code: 'UTILIZATION_DIFFERS',
      message: `stages and transfers keep ${id} busy ${(busy[track] * 100).toFixed(1)} % of the time, and the plan states ${(plannedUtilization * 100).toFixed(1)} %: it knows of links that are not described here`,
      path: `/processors/${track}/utilization`,
    });
  });
}
