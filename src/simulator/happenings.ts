/** A scenario in virtual time: what is due next, and what it does to the engine. */
import type { ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean } from '../documents/nearest.ts';
import type { Scenario } from './scenario.ts';
import type { Subject } from './subject.ts';

/** What a scenario can do. */
export interface Stage {
  /** How many times longer everything on a server takes; Infinity = it has vanished. */
  disturb(server: number, slowdown: number): void;
  setActive(model: number, active: boolean): void;
  setMode(mode: ControlMode): void;
  /** Clocks that are not exceeded; undefined = no cap. */
  setCap(levels: Int32Array | undefined): void;
  /** The placement with this number holds: 0 = the plan's own, then the subject's `replans`. */
  setPlacement(placement: number): void;
}

interface Happening {
  at: number;
  /** In words, for the trace. */
  text: string;
  act(stage: Stage): void;
}

export class Happenings {
  readonly #list: Happening[];
  #next = 0;

  /** @throws HeterodyneError `BAD_INPUT` a processor, model or operating point that is not there */
  constructor(scenario: Scenario | undefined, subject: Subject) {
    this.#list = scenario === undefined ? [] : happeningsOf(scenario, subject);
    subject.replans?.forEach(({ at, text }, i) => {
      this.#list.push({ at, text, act: (stage) => stage.setPlacement(i + 1) });
    });
    // Among those at the same time the scenario's go first: a replan answers them.
    this.#list.sort((a, b) => a.at - b.at);
  }

  /** When the next is due, seconds; Infinity = none. */
  get nextAt(): number {
    return this.#list[this.#next]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Lets everything happen that is due at `now`; gives what it was. */
  happen(stage: Stage, now: number): string[] {
    const texts: string[] = [];
    while (this.nextAt <= now) {
      const happening = this.#list[this.#next++];
      happening.act(stage);
      texts.push(happening.text);
    }
    return texts;
  }
}

/** Models that a scenario brings later: they are not there at the start. */
export function addedLater(scenario: Scenario | undefined): Set<string> {
  const first = new Map<string, string>();
  for (const event of [...(scenario?.events ?? [])].sort((a, b) => a.atMs - b.atMs)) {
    if (event.type !== 'model-added' && event.type !== 'model-removed') continue;
    if (!first.has(event.model)) first.set(event.model, event.type);
  }
  return new Set([...first].filter(([, type]) => type === 'model-added').map(([model]) => model));
}

function happeningsOf({ events }: Scenario, subject: Subject): Happening[] {
  /** Per server: slow-downs of the jobs that run there now. */
  const jobs = subject.servers.map(() => new Map<number, number>());
  const caps = new Map<number, Int32Array>();
  const disturb = (stage: Stage, server: number): void => {
    let slowdown = 1;
    for (const each of jobs[server].values()) slowdown *= each;
    stage.disturb(server, slowdown);
  };
  const recap = (stage: Stage): void => {
    let cap: Int32Array | undefined;
    for (const each of caps.values()) cap = cap === undefined ? each : subject.clocks?.capped(cap, each);
    stage.setCap(cap);
  };
  const list: Happening[] = [];
  events.forEach((event, i) => {
    const path = `/events/${i}`;
    const at = event.atMs / 1000;
    const until = 'untilMs' in event && event.untilMs !== undefined ? event.untilMs / 1000 : undefined;
    const span = (text: string, begin: Happening['act'], over: string, end: Happening['act']): void => {
      list.push({ at, text, act: begin });
      if (until !== undefined) list.push({ at: until, text: over, act: end });
    };
    switch (event.type) {
      case 'job':
      case 'processor-lost': {
        const name = event.processor;
        const server = indexOf(subject.servers.slice(0, subject.problem.processors), name, `${path}/processor`);
        const slowdown = event.type === 'job' ? event.slowdown : Number.POSITIVE_INFINITY;
        const change = (edit: () => void) => (stage: Stage) => {
          edit();
          disturb(stage, server);
        };
        span(
          event.type === 'job' ? `a job slows ${name} down ${slowdown} times` : `${name} vanishes`,
          change(() => jobs[server].set(i, slowdown)),
          event.type === 'job' ? `the job on ${name} ends` : `${name} is back`,
          change(() => jobs[server].delete(i)),
        );
        break;
      }
      case 'thermal-cap': {
        const { clocks } = subject;
        if (clocks === undefined)
          throw new HeterodyneError('BAD_INPUT', 'this device describes no clocks that could be capped', { path });
        const levels = clocks.levelsOf(event.operatingPoint);
        const change = (edit: () => void) => (stage: Stage) => {
          edit();
          recap(stage);
        };
        span(
          `clocks are capped at ${event.operatingPoint}`,
          change(() => caps.set(i, levels)),
          `the cap at ${event.operatingPoint} is lifted`,
          change(() => caps.delete(i)),
        );
        break;
      }
      case 'model-added':
      case 'model-removed': {
        const names = subject.models.map(({ name }) => name);
        const model = indexOf(names, event.model, `${path}/model`);
        const added = event.type === 'model-added';
        list.push({
          at,
          text: added ? `${event.model} comes` : `${event.model} goes`,
          act: (stage) => stage.setActive(model, added),
        });
        break;
      }
      case 'mode':
        list.push({ at, text: `mode ${event.mode}`, act: (stage) => stage.setMode(event.mode) });
    }
  });
  return list;
}

function indexOf(names: readonly string[], name: string, path: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new HeterodyneError('BAD_INPUT', `the plan has no "${name}"`, {
    path,
    expected: `one of ${names.join(', ')}`,
    received: `"${name}"`,
    hint: didYouMean(name, names),
  });
}
