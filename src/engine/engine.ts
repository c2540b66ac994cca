/**
 * Discrete events over a placed system: frames are released, wait, run through their steps and end, in virtual time.
 * The engine decides nothing: it carries out arrivals, disciplines and clocks, tells what happens ({@link EngineHooks})
 * and takes actions between events, so that a controller can be attached from above.
 *
 *   timers   ends of segments, one per lane; releases; clock domains; bursts; stalls; the one that was asked for
 *            (`wakeAt`): at equal times the former go first
 *
 * The same system, options and actions give the same events to the bit on every host; nothing is allocated per event.
 */
import { Frames } from './frames.ts';
import { Lanes } from './lanes.ts';
import { FigureTable, type StepFigures, Steps } from './layout.ts';
import { Meters } from './meters.ts';
import { Noise } from './noise.ts';
import {
  type Arrival,
  checkOptions,
  DEFAULT_IN_FLIGHT,
  type EngineHooks,
  type EngineOptions,
  type NoiseOptions,
} from './options.ts';
import { Servers } from './servers.ts';
import { type EngineSystem, TRANSFER, wayOf } from './system.ts';
import { Timers } from './timers.ts';

export class Engine {
  readonly system: EngineSystem;
  readonly meters: Meters;
  readonly #hooks: EngineHooks;
  readonly #arrivals: readonly Arrival[];
  readonly #steps: Steps;
  readonly #table: FigureTable;
  readonly #frames: Frames;
  readonly #servers: Servers;
  readonly #lanes: Lanes;
  readonly #timers: Timers;
  readonly #noise: Noise;
  #figures: StepFigures;
  #now = 0;
  #events = 0;
  #begun = false;
  #stopped = false;

  readonly #byBlock: boolean;
  readonly #preemptive: boolean;
  readonly #routeByBlock: boolean;
  readonly #switchSeconds: number;
  readonly #blockSigma: number;
  readonly #frameSigma: number;
  readonly #bursts: NoiseOptions['bursts'];

  // Per model.
  readonly #mostInFlight: number;
  readonly #active: Uint8Array;
  readonly #route: Int32Array;
  /** Per route: those with the same number go the same way; empty where routes change with frames. */
  readonly #way: Int32Array;
  readonly #released: Float64Array;
  readonly #underWay: Int32Array;
  /** Next release by the period, which a frame that waits for a place does not shift. */
  readonly #nominal: Float64Array;
  readonly #waits: Uint8Array;

  // Per clock domain.
  readonly #levels: Int32Array;
  /** Level of the change under way; the present one = none. */
  readonly #coming: Int32Array;
  /** Newest wish. */
  readonly #wanted: Int32Array;

  readonly #releaseTimer: number;
  readonly #domainTimer: number;
  readonly #burstTimer: number;
  readonly #stallTimer: number;
  readonly #wakeTimer: number;

  /** @throws HeterodyneError `USAGE` options that contradict the system or each other */
  constructor(system: EngineSystem, options: EngineOptions = {}) {
    checkOptions(system, options);
    const { noise = {} } = options;
    const M = system.models.length;
    this.system = system;
    this.#hooks = options.hooks ?? {};
    this.#arrivals = options.arrivals ?? system.models.map(() => ({ kind: 'closed' }));
    this.#byBlock = options.granularity === 'block';
    this.#preemptive = options.preemptive ?? false;
    this.#routeByBlock = options.routeChange === 'block';
    this.#switchSeconds = options.switchSeconds ?? 0;
    this.#blockSigma = noise.blockSigma ?? 0;
    this.#frameSigma = noise.frameSigma ?? 0;
    this.#bursts = noise.bursts;
    this.#noise = new Noise(options.seed ?? 1);
    this.#steps = new Steps(system);
    this.#way = this.#routeByBlock ? waysOf(system) : new Int32Array(0);
    this.#table = new FigureTable(system, this.#steps, this.#blockSigma);
    this.#levels = Int32Array.from(system.levels);
    this.#coming = Int32Array.from(system.levels);
    this.#wanted = Int32Array.from(system.levels);
    this.#figures = this.#table.at(this.#levels);

    this.#servers = new Servers(system, options.discipline ?? 'fifo');
    const S = system.servers;
    const lanes = this.#servers.firstLane[S];
    this.#releaseTimer = lanes;
    this.#domainTimer = this.#releaseTimer + M;
    this.#burstTimer = this.#domainTimer + system.domains.length;
    this.#stallTimer = this.#burstTimer + S;
    this.#wakeTimer = this.#stallTimer + S;
    this.#timers = new Timers(this.#wakeTimer + 1);

    const places = this.#arrivals.map(({ inFlight = DEFAULT_IN_FLIGHT }) => inFlight);
    this.#mostInFlight = Math.max(...places);
    this.#frames = new Frames(places, lanes);
    this.meters = new Meters(this.#figures);
    this.#lanes = new Lanes(
      system,
      {
        byBlock: this.#byBlock,
        byFrames: options.share === 'frames',
        interference: options.memoryInterference ?? 0,
      },
      {
        servers: this.#servers,
        frames: this.#frames,
        timers: this.#timers,
        meters: this.meters,
        figures: this.#figures,
      },
    );

    this.#active = Uint8Array.from(this.#arrivals, ({ active = true }) => (active ? 1 : 0));
    this.#route = new Int32Array(M);
    this.#released = new Float64Array(M);
    this.#underWay = new Int32Array(M);
    this.#nominal = new Float64Array(M);
    this.#waits = new Uint8Array(M);
  }

  /** Seconds of virtual time. */
  get now(): number {
    return this.#now;
  }

  /** Events so far. */
  get events(): number {
    return this.#events;
  }

  /** Level of each clock domain that holds now; a view. */
  get levels(): Int32Array {
    return this.#levels;
  }

  /** Frames of a model under way. */
  underWay(model: number): number {
    return this.#underWay[model];
  }

  /** Those of them whose deadline has passed. */
  overdue(model: number): number {
    return this.#frames.overdue(model, this.#now);
  }

  /** Watts of the whole device now; NaN = unknown. */
  get watts(): number {
    return this.meters.watts;
  }

  /** Go on to the time `until` (seconds, events at it included), or until `stop`. */
  run(until: number): void {
    if (!this.#begun) this.#begin();
    const timers = this.#timers;
    const lanes = this.#lanes;
    if (lanes.stale) lanes.shareOut(this.#now);
    this.#stopped = false;
    while (!this.#stopped) {
      const id = timers.first;
      if (id < 0) break;
      const at = timers.at(id);
      if (at > until) break;
      timers.set(id, Number.POSITIVE_INFINITY);
      this.#now = at;
      this.#events++;
      if (id < this.#releaseTimer) this.#segmentEnded(id);
      else if (id < this.#domainTimer) this.#due(id - this.#releaseTimer);
      else if (id < this.#burstTimer) this.#actuated(id - this.#domainTimer);
      else if (id < this.#stallTimer) this.#toggleBurst(id - this.#burstTimer);
      else if (id < this.#wakeTimer) lanes.respeed(id - this.#stallTimer, at);
      else this.#hooks.woken?.(at);
      if (lanes.stale) lanes.shareOut(at);
    }
    if (!this.#stopped && until < Number.POSITIVE_INFINITY) this.#now = until;
    this.meters.readAt(this.#now);
  }

  /** Ends `run` after the present event. */
  stop(): void {
    this.#stopped = true;
  }

  // Actions, allowed in hooks and between runs.

  /**
   * Ask for a level of each clock domain; each holds after its delay. As a clock driver does, a domain completes the change
   * that is under way; the newest wish waits for that, and its delay begins then.
   */
  requestLevels(levels: ArrayLike<number>): void {
    for (let d = 0; d < this.#levels.length; d++) {
      this.#wanted[d] = levels[d];
      this.#beginChange(d);
    }
  }

  /**
   * Frames released from now on take this route; with `routeChange` `block`, those under way from their next block, where
   * it goes the same way as theirs.
   */
  setRoute(model: number, route: number): void {
    this.#route[model] = route;
  }

  /**
   * A frame is given up: what runs of it ends with its present block (or step, where blocks are no events), nothing of it
   * begins after. `givenUp` tells when its place is free.
   */
  giveUp(model: number, frame: number): void {
    this.#frames.giveUp(model, frame);
  }

  /**
   * Gives up every frame that has yet to pass a server that has vanished: on such a server, and in its queue, it leaves at
   * once; elsewhere as with `giveUp`.
   */
  giveUpStranded(): void {
    const frames = this.#frames;
    const lanes = this.#lanes;
    for (let slot = 0; slot < frames.slots; slot++) {
      if (frames.isUnderWay(slot) && this.#isStranded(slot)) frames.giveUp(frames.model[slot], frames.frame[slot]);
    }
    for (let lane = 0; lane < lanes.slot.length; lane++) {
      const slot = lanes.slot[lane];
      if (slot < 0 || !frames.isGivenUp(slot) || !this.#servers.hasVanished(lanes.server[lane])) continue;
      this.#timers.set(lane, Number.POSITIVE_INFINITY);
      lanes.endSegment(lane, this.#now);
      lanes.vacate(lane, this.#now);
      this.#stepEnded(slot, frames.step[slot], lanes.server[lane]);
      if (lanes.slot[lane] < 0) this.#startNext(lane);
    }
  }

  #isStranded(slot: number): boolean {
    const { step, route } = this.#frames;
    const { firstStep, server } = this.#steps;
    for (let s = step[slot]; s < firstStep[route[slot] + 1]; s++) if (this.#servers.hasVanished(server[s])) return true;
    return false;
  }

  /** false: no further frames, those under way end; true: frames are released again, beginning now. */
  setActive(model: number, active: boolean): void {
    if ((this.#active[model] === 1) === active) return;
    this.#active[model] = active ? 1 : 0;
    this.#waits[model] = 0;
    this.#timers.set(this.#releaseTimer + model, Number.POSITIVE_INFINITY);
    if (active && this.#begun) this.#beginArrivals(model);
  }

  /** A server works this many times slower; Infinity = it has vanished. */
  disturb(server: number, slowdown: number): void {
    this.#servers.disturb(server, slowdown);
    this.meters.powered(server, slowdown < Number.POSITIVE_INFINITY, this.#now);
    this.#lanes.respeed(server, this.#now);
  }

  /** `woken` is called at that time (now at the earliest); Infinity takes the wish back. */
  wakeAt(time: number): void {
    this.#timers.set(this.#wakeTimer, time < this.#now ? this.#now : time);
  }

  // Releases.

  #begin(): void {
    this.#begun = true;
    const M = this.system.models.length;
    for (let m = 0; m < M; m++) if (this.#active[m] === 1) this.#beginArrivals(m, 1);
    // Closed loops fill up in turn, so that no model's frames start as one block.
    for (let places = 2; places <= this.#mostInFlight; places++) {
      for (let m = 0; m < M; m++) {
        if (this.#active[m] === 1 && this.#arrivals[m].kind === 'closed') this.#beginArrivals(m, places);
      }
    }
    if (this.#bursts === undefined) return;
    for (let p = 0; p < this.system.processors; p++) {
      this.#timers.set(this.#burstTimer + p, this.#now + this.#noise.exponential(this.#bursts.meanGapSeconds));
    }
  }

  /** @param most frames under way that a closed loop begins with. */
  #beginArrivals(m: number, most = Number.POSITIVE_INFINITY): void {
    const arrival = this.#arrivals[m];
    if (arrival.kind === 'closed') {
      const places = Math.min(most, arrival.inFlight ?? DEFAULT_IN_FLIGHT);
      for (let i = this.#underWay[m]; i < places; i++) this.#release(m);
      return;
    }
    this.#nominal[m] = this.#now + (arrival.phaseSeconds ?? 0);
    this.#timers.set(this.#releaseTimer + m, this.#nominal[m]);
  }

  /** A periodic or sporadic frame is due. */
  #due(m: number): void {
    const arrival = this.#arrivals[m];
    if (arrival.kind === 'closed') return;
    if (!this.#release(m)) {
      if (arrival.kind === 'periodic' && arrival.overflow === 'wait') {
        this.#waits[m] = 1;
        return;
      }
      this.#hooks.skipped?.(m, this.#now);
    }
    this.#scheduleNext(m, arrival);
  }

  #scheduleNext(m: number, arrival: Exclude<Arrival, { kind: 'closed' }>): void {
    this.#nominal[m] +=
      arrival.kind === 'periodic'
        ? arrival.periodSeconds
        : arrival.leastSeconds + this.#noise.exponential(arrival.meanSeconds - arrival.leastSeconds);
    // A frame that had to wait for a place may be later than the next one is due.
    this.#timers.set(this.#releaseTimer + m, Math.max(this.#nominal[m], this.#now));
  }

  #release(m: number): boolean {
    const frames = this.#frames;
    const slot = frames.take(m);
    if (slot < 0) return false;
    const frame = this.#released[m]++;
    const deadline = this.#arrivals[m].deadlineSeconds;
    this.#underWay[m]++;
    frames.frame[slot] = frame;
    frames.released[slot] = this.#now;
    frames.deadline[slot] = deadline === undefined ? Number.POSITIVE_INFINITY : this.#now + deadline;
    frames.joules[slot] = 0;
    frames.factor[slot] = this.#frameSigma > 0 ? this.#noise.factor(this.#frameSigma) : 1;
    this.#hooks.released?.(m, frame, this.#now);
    // A route that was set in the hook holds for this frame already.
    const route = this.#steps.firstRoute[m] + this.#route[m];
    frames.route[slot] = route;
    this.#enterStep(slot, this.#steps.firstStep[route]);
    return true;
  }

  // Frames on their way.

  #enterStep(slot: number, step: number): void {
    const frames = this.#frames;
    frames.step[slot] = step;
    frames.segment[slot] = this.#steps.first[step];
    const server = this.#steps.server[step];
    const model = frames.model[slot];
    const lane = this.#servers.laneOf(server, model);
    frames.enqueue(lane, slot, this.#servers.keyOf(server, model, frames.deadline[slot]));
    if (this.#lanes.slot[lane] < 0) this.#startNext(lane);
  }

  #startNext(lane: number): void {
    const frames = this.#frames;
    let slot = frames.dequeue(lane);
    while (slot >= 0 && frames.isGivenUp(slot)) {
      this.#leave(slot);
      // A closed loop may have begun another frame here meanwhile.
      if (this.#lanes.slot[lane] >= 0) return;
      slot = frames.dequeue(lane);
    }
    if (slot < 0) return;
    const server = this.#lanes.server[lane];
    const model = frames.model[slot];
    const switches = this.#servers.begins(server, model, frames.key(slot));
    const extra = switches && server < this.system.processors ? this.#switchSeconds : 0;
    this.#lanes.occupy(lane, slot, extra, this.#now);
    if (this.#hooks.stepStarted !== undefined) {
      const route = frames.route[slot];
      const form = route - this.#steps.firstRoute[model];
      const step = frames.step[slot] - this.#steps.firstStep[route];
      this.#hooks.stepStarted(model, frames.frame[slot], form, step, server, this.#now);
    }
    this.#beginSegment(lane, slot);
  }

  #beginSegment(lane: number, slot: number): void {
    const frames = this.#frames;
    if (this.#routeByBlock) this.#takeWantedRoute(slot);
    let factor = frames.factor[slot];
    if (this.#blockSigma > 0) {
      const sigma = this.#sigmaOf(slot);
      if (sigma > 0) factor *= this.#noise.factor(sigma);
    }
    this.#lanes.beginSegment(lane, factor, this.#now);
  }

  /** Spread of the segment that is next. */
  #sigmaOf(slot: number): number {
    if (!this.#byBlock) return this.#figures.stepSigma[this.#frames.step[slot]];
    return this.system.segmentBlock[this.#frames.segment[slot]] === TRANSFER ? 0 : this.#blockSigma;
  }

  /** Routes that go the same way have the same steps and blocks: all indices move alike. */
  #takeWantedRoute(slot: number): void {
    const frames = this.#frames;
    const steps = this.#steps;
    const model = frames.model[slot];
    const route = steps.firstRoute[model] + this.#route[model];
    const before = frames.route[slot];
    if (this.#way[route] !== this.#way[before]) return;
    frames.route[slot] = route;
    const step = frames.step[slot];
    frames.step[slot] += steps.firstStep[route] - steps.firstStep[before];
    frames.segment[slot] += steps.first[frames.step[slot]] - steps.first[step];
  }

  #segmentEnded(lane: number): void {
    const lanes = this.#lanes;
    const slot = lanes.slot[lane];
    const step = this.#frames.step[slot];
    lanes.endSegment(lane, this.#now);
    if (this.#byBlock && this.#goesOn(lane, slot, step)) return;
    lanes.vacate(lane, this.#now);
    this.#stepEnded(slot, step, lanes.server[lane]);
    if (lanes.slot[lane] < 0) this.#startNext(lane);
  }

  /** A block is done: begins the next one of the step, of this frame or of a more urgent one. false = it was the last. */
  #goesOn(lane: number, slot: number, step: number): boolean {
    const frames = this.#frames;
    const segment = frames.segment[slot]++;
    if (this.#hooks.blockEnded !== undefined) {
      const model = frames.model[slot];
      const route = frames.route[slot];
      const form = route - this.#steps.firstRoute[model];
      const block = this.system.segmentBlock[segment];
      const seconds = this.#now - this.#lanes.begunAt[lane];
      const own = step - this.#steps.firstStep[route];
      this.#hooks.blockEnded(model, frames.frame[slot], form, own, block, seconds, this.#now);
    }
    if (segment + 1 === this.#steps.end[step] || frames.isGivenUp(slot)) return false;
    if (this.#preemptive && frames.firstKey(lane) < frames.key(slot)) {
      this.#lanes.vacate(lane, this.#now);
      frames.enqueue(lane, slot, frames.key(slot), true);
      this.#startNext(lane);
    } else this.#beginSegment(lane, slot);
    return true;
  }

  #stepEnded(slot: number, step: number, server: number): void {
    const frames = this.#frames;
    const model = frames.model[slot];
    const route = frames.route[slot];
    const form = route - this.#steps.firstRoute[model];
    const own = step - this.#steps.firstStep[route];
    this.#hooks.stepEnded?.(model, frames.frame[slot], form, own, server, this.#now);
    if (step + 1 === this.#steps.firstStep[route + 1] || frames.isGivenUp(slot)) this.#leave(slot);
    else this.#enterStep(slot, step + 1);
  }

  /** A frame is done or given up: its place is free. */
  #leave(slot: number): void {
    const frames = this.#frames;
    const model = frames.model[slot];
    const frame = frames.frame[slot];
    const form = frames.route[slot] - this.#steps.firstRoute[model];
    const released = frames.released[slot];
    const deadline = frames.deadline[slot];
    const joules = frames.joules[slot];
    const givenUp = frames.isGivenUp(slot);
    frames.giveBack(slot);
    this.#underWay[model]--;
    if (givenUp) this.#hooks.givenUp?.(model, frame, form, released, deadline, joules, this.#now);
    else this.#hooks.frameEnded?.(model, frame, form, released, deadline, joules, this.#now);
    if (this.#active[model] === 0) return;
    const arrival = this.#arrivals[model];
    if (arrival.kind === 'closed') this.#release(model);
    else if (this.#waits[model] === 1) {
      this.#waits[model] = 0;
      this.#release(model);
      this.#scheduleNext(model, arrival);
    }
  }

  // Clocks and bursts.

  /** Takes up a domain's newest wish, unless it holds already or another change is under way. */
  #beginChange(domain: number): void {
    const level = this.#levels[domain];
    if (this.#coming[domain] !== level || this.#wanted[domain] === level) return;
    this.#coming[domain] = this.#wanted[domain];
    this.#timers.set(this.#domainTimer + domain, this.#now + this.system.domains[domain].delaySeconds);
  }

  /** The change under way is complete: its level holds from now on. */
  #actuated(domain: number): void {
    this.#levels[domain] = this.#coming[domain];
    this.#figures = this.#table.at(this.#levels);
    this.#lanes.setFigures(this.#figures, this.#now);
    const { stallSeconds, servers } = this.system.domains[domain];
    const until = this.#now + stallSeconds;
    for (let s = 0; s < this.system.servers && stallSeconds > 0; s++) {
      if (((servers >>> s) & 1) === 0 || !this.#servers.stall(s, until)) continue;
      this.#timers.set(this.#stallTimer + s, until);
      this.#lanes.respeed(s, this.#now);
    }
    this.#hooks.levelChanged?.(domain, this.#levels[domain], this.#now);
    // After the hook, whose wish is the newest.
    this.#beginChange(domain);
  }

  #toggleBurst(processor: number): void {
    if (this.#bursts === undefined) return;
    const { slowdown, meanSeconds, meanGapSeconds } = this.#bursts;
    const begins = this.#servers.toggleBurst(processor, slowdown);
    const lasts = this.#noise.exponential(begins ? meanSeconds : meanGapSeconds);
    this.#timers.set(this.#burstTimer + processor, this.#now + lasts);
    this.#lanes.respeed(processor, this.#now);
  }
}

/** Routes of a model with the same number run the same blocks on the same servers. */
function waysOf({ models, segmentBlock }: EngineSystem): Int32Array {
  const known = new Map<string, number>();
  const routes = models.flatMap((model, m) => model.routes.map((route) => ({ m, route })));
  return Int32Array.from(routes, ({ m, route }) => {
    const way = `${m}: ${wayOf(route, segmentBlock)}`;
    const number = known.get(way) ?? known.size;
    known.set(way, number);
    return number;
  });
}
