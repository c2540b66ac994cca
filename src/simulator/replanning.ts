/**
 * Placements for what a scenario does: when a processor is lost or comes back, when a model comes or goes, the models are
 * placed anew from the placement in use, so that only what must and what pays moves. What a scenario will do is known
 * before it runs, so all of it is planned in advance; in virtual time each placement holds when it would have been found.
 */
import { type Core, defaultCore } from '../../bindings/core.ts';
import { CONTROL_LIMITS } from '../controllers/system.ts';
import { HeterodyneError } from '../core/errors.ts';
import { type Objective, PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from '../core/placement.ts';
import type { Warning } from '../documents/warnings.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import { MOVE_COST } from '../planners/competition.ts';
import { replan } from '../planners/replan.ts';
import { recordOf } from '../planners/whole-models.ts';
import type { Scenario } from './scenario.ts';
import { engineSystemOf } from './simulate.ts';
import type { SimulatedPoint, Subject } from './subject.ts';

export interface Stage {
  processor: string;
  firstBlock: number;
  lastBlock: number;
}

/** `forced`: a processor of it is gone. `back`: all is again as it was once, and so is its place. `moved`: it pays. */
export interface ReplannedModel {
  model: string;
  kind: 'moved' | 'forced' | 'back';
  from: Stage[];
  to: Stage[];
}

export interface Replan {
  /** When the scenario made it necessary, and when the new placement holds. */
  atMs: number;
  holdsAtMs: number;
  /** What had happened. */
  cause: string;
  moves: ReplannedModel[];
  /** No placement serves what is left: all stay where they are. */
  infeasible?: true;
}

export interface ReplanRequest {
  objective: Objective;
  subject: Subject;
  names: ProblemNames;
  scenario: Scenario;
  /** Operating points that suit a placement; absent = those of the subject do. */
  pointsFor?(placement: Uint8Array): readonly SimulatedPoint[];
  /** Changes after this time are not looked at. */
  seconds: number;
  /** From the change to the new placement, seconds. Default 0. */
  replanSeconds?: number;
  /** Share of the objective that a moved stage must earn. */
  moveCost?: number;
  /** Placements that each search scores; default as for a plan. */
  evaluations?: number;
  seed?: number;
  core?: Core;
  signal?: AbortSignal;
}

/** What is there after a change. */
interface Situation {
  atMs: number;
  cause: string;
  lost: Set<string>;
  active: Set<string>;
}

/** Gives the subject with its further placements, and what moves. @throws HeterodyneError as `replan`, `INFEASIBLE` apart */
export async function withReplans(
  request: ReplanRequest,
): Promise<{ subject: Subject; replans: Replan[]; warnings: Warning[] }> {
  const { subject, names, seconds, replanSeconds = 0 } = request;
  const known = new Map<string, Uint8Array>();
  const replans: Replan[] = [];
  const placements: NonNullable<Subject['replans']>[number][] = [];
  const warnings: Warning[] = [];
  let present = subject.placement;
  for (const situation of situations(request)) {
    const { atMs, cause, lost, active } = situation;
    const key = [...lost, '', ...active].join('\n');
    if (cause === '') {
      known.set(key, present);
      continue;
    }
    const holdsAtMs = atMs + replanSeconds * 1000;
    if (holdsAtMs > seconds * 1000) break;
    const before = known.get(key);
    const found = before ?? (await placedAnew(request, present, situation));
    if (found === undefined) {
      replans.push({ atMs, holdsAtMs, cause, moves: [], infeasible: true });
      warnings.push({
        code: 'REPLAN_INFEASIBLE',
        message: `${cause}: no placement serves what is left, so all stay where they are`,
        path: '/replans',
      });
      continue;
    }
    known.set(key, found);
    const moves = movesBetween(names, present, found, lost, before !== undefined);
    present = found;
    replans.push({ atMs, holdsAtMs, cause, moves });
    if (moves.length === 0) continue;
    const text = `planned anew: ${moves.map(({ model }) => model).join(', ')}`;
    placements.push({ at: holdsAtMs / 1000, text, placement: found });
  }
  if (placements.length === 0) return { subject, replans, warnings };
  const further = placements.flatMap(({ placement }) => request.pointsFor?.(placement) ?? []);
  return { subject: withPoints({ ...subject, replans: placements }, further), replans, warnings };
}

/** With further operating points, and without those at which a processor of some placement is off. */
function withPoints(subject: Subject, further: readonly SimulatedPoint[]): Subject {
  const system = engineSystemOf(subject);
  const known = new Map([...subject.points, ...further].map((point) => [point.levels.join(), point]));
  const usable = [...known.values()].filter(({ levels }) =>
    system.figures(levels).seconds.every((seconds) => seconds < Number.POSITIVE_INFINITY),
  );
  const points = usable.slice(0, CONTROL_LIMITS.points);
  const indexOf = (old: number): number =>
    points.indexOf(known.get(subject.points[old].levels.join()) as SimulatedPoint);
  return { ...subject, points, reference: indexOf(subject.reference), start: indexOf(subject.start) };
}

/** Where a model runs, in words: `big 0-4, gpu 5-7`. */
export function stagesText(stages: readonly Stage[]): string {
  return stages.map(({ processor, firstBlock, lastBlock }) => `${processor} ${firstBlock}-${lastBlock}`).join(', ');
}

/** The start, then every time at which processors or models are others than before. */
function situations({ scenario, subject }: ReplanRequest): Situation[] {
  const changes: { atMs: number; cause: string; change(lost: Map<number, string>, active: Set<string>): void }[] = [];
  scenario.events.forEach((event, i) => {
    const { atMs } = event;
    if (event.type === 'processor-lost') {
      const { processor, untilMs } = event;
      changes.push({ atMs, cause: `${processor} vanishes`, change: (lost) => lost.set(i, processor) });
      if (untilMs !== undefined)
        changes.push({ atMs: untilMs, cause: `${processor} is back`, change: (lost) => lost.delete(i) });
    } else if (event.type === 'model-added') {
      changes.push({ atMs, cause: `${event.model} comes`, change: (_, active) => active.add(event.model) });
    } else if (event.type === 'model-removed') {
      changes.push({ atMs, cause: `${event.model} goes`, change: (_, active) => active.delete(event.model) });
    }
  });
  changes.sort((a, b) => a.atMs - b.atMs);
  const lost = new Map<number, string>();
  const active = new Set(subject.models.filter(({ arrival }) => arrival.active !== false).map(({ name }) => name));
  const inOrder = (all: readonly string[], some: Iterable<string>): Set<string> => {
    const chosen = new Set(some);
    return new Set(all.filter((each) => chosen.has(each)));
  };
  const now = (atMs: number, cause: string): Situation => ({
    atMs,
    cause,
    lost: inOrder(subject.servers, lost.values()),
    active: inOrder(
      subject.models.map(({ name }) => name),
      active,
    ),
  });
  const list = [now(0, '')];
  for (let i = 0; i < changes.length; ) {
    const { atMs } = changes[i];
    const causes: string[] = [];
    for (; i < changes.length && changes[i].atMs === atMs; i++) {
      changes[i].change(lost, active);
      causes.push(changes[i].cause);
    }
    list.push(now(atMs, causes.join(', ')));
  }
  return list;
}

/** The active models placed anew without the lost processors, the others as they are; undefined = nothing fits. */
async function placedAnew(
  { objective, subject, names, moveCost = MOVE_COST, evaluations, seed, core = defaultCore(), signal }: ReplanRequest,
  present: Uint8Array,
  { lost, active }: Situation,
): Promise<Uint8Array | undefined> {
  const taken = names.models.flatMap((name, m) => (active.has(name) ? [m] : []));
  if (taken.length === 0) return present;
  const problem: PlacementProblem = {
    ...subject.problem,
    objective,
    models: taken.map((m) => usable(subject, names, m, lost)),
  };
  const old = { models: names.models.map((name, m) => ({ name, stages: stagesOf(recordOf(present, m), names) })) };
  try {
    const { result } = await replan(
      {
        kernel: core.placement(problem),
        names: {
          ...names,
          models: taken.map((m) => names.models[m]),
          variants: taken.map((m) => names.variants[m]),
          // A lost one is not among the processors that the old placement knows: leaving it costs nothing.
          processors: names.processors.map((name) => (lost.has(name) ? `${name} (lost)` : name)),
        },
        ...(evaluations !== undefined && { evaluations }),
        ...(seed !== undefined && { seed }),
        ...(signal && { signal }),
      },
      old,
      moveCost,
    );
    const placement = present.slice();
    taken.forEach((m, i) => {
      placement.set(recordOf(result.placement, i), m * PLACEMENT_STRIDE);
    });
    return placement;
  } catch (error) {
    if (error instanceof HeterodyneError && error.code === 'INFEASIBLE') return undefined;
    throw error;
  }
}

/** The model with only those places in which all its forms run, none of them lost. */
function usable(
  { problem, models }: Subject,
  { processors }: ProblemNames,
  m: number,
  lost: Set<string>,
): PlacementModel {
  const model = problem.models[m];
  const seconds = model.seconds.slice();
  for (let i = 0; i < seconds.length; i++) {
    const gone = lost.has(processors[Math.floor(i / model.blocks)]);
    const fits = models[m].variants.every((form) => form.model.seconds[i] < Number.POSITIVE_INFINITY);
    if (gone || !fits) seconds[i] = Number.POSITIVE_INFINITY;
  }
  return { ...model, seconds };
}

function stagesOf(record: Uint8Array, { processors }: ProblemNames): Stage[] {
  return Array.from({ length: record[0] }, (_, s) => ({
    processor: processors[record[1 + 2 * s]],
    firstBlock: s === 0 ? 0 : record[2 * s],
    lastBlock: record[2 + 2 * s] - 1,
  }));
}

function movesBetween(
  names: ProblemNames,
  before: Uint8Array,
  after: Uint8Array,
  lost: Set<string>,
  back: boolean,
): ReplannedModel[] {
  return names.models.flatMap((model, m): ReplannedModel[] => {
    const from = stagesOf(recordOf(before, m), names);
    const to = stagesOf(recordOf(after, m), names);
    if (stagesText(from) === stagesText(to)) return [];
    const forced = from.some(({ processor }) => lost.has(processor));
    return [{ model, kind: forced ? 'forced' : back ? 'back' : 'moved', from, to }];
  });
}
