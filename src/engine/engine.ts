/**
 * Discrete events over a placed system: frames are released, wait, run through their steps and end, in virtual time.
 * The engine decides nothing: it carries out arrivals, disciplines and clocks, tells what happens ({@link EngineHooks})
 * and takes actions between events, so that a controller can be attached from above.
 *
 *   lane     one place in which a step can run: one per server, or per server and model where a server is time-sliced;
 *            each with a queue of its own
 *   timers   lanes, releases, clock domains, bursts, stalls, the one that was asked for (`wakeAt`), in this order:
 *            at equal times the lower goes first
 *
 * What runs has `left`, the share of its segment still to be done, and a rate of shares per second. Whenever speeds
 * change, `left` is brought up to now and the end is set anew, so a change of clocks in mid-segment is exact.
 *
 * The same system, options and actions give the same events to the bit on every host; nothing is allocated per event.
 */
import { Frames } from './frames.ts';
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
import { Sharing } from './sharing.ts';
import { type EngineSystem, TRANSFER } from './system.ts';
import { Timers } from './timers.ts';

const FIFO = 0;
const PRIORITY = 1;
const DEADLINE = 2;
const ROUND_ROBIN = 3;
const TIME_SLICED = 4;
const DISCIPLINE_CODES = {
  fifo: FIFO,
  priority: PRIORITY,
  deadline: DEADLINE,
  'round-robin': ROUND_ROBIN,
  'time-sliced': TIME_SLICED,
};

export class Engine {
  readonly system: EngineSystem;
  readonly meters: Meters;
  readonly #hooks: EngineHooks;
  readonly #arrivals: readonly Arrival[];
  readonly #steps: Steps;
  readonly #table: FigureTable;
  readonly #frames: Frames;
  readonly #timers: Timers;
  readonly #noise: Noise;
  readonly #sharing: Sharing;
  #figures: StepFigures;
  #now = 0;
  #events = 0;
  #begun = false;
  #stopped = false;

  readonly #byBlock: boolean;
  readonly #preemptive: boolean;
  readonly #routeByBlock: boolean;
  readonly #byFrames: boolean;
  readonly #blockSigma: number;
  readonly #frameSigma: number;
  readonly #switchSeconds: number;
  readonly #interference: number;
  readonly #bursts: NoiseOptions['bursts'];
  /** Speeds of one lane depend on what the others do. */
  readonly #coupled: boolean;
  #reshare = false;

  // Lanes.
  readonly #laneServer: Int32Array;
  readonly #firstLane: Int32Array;
  readonly #slot: Int32Array;
  readonly #left: Float64Array;
  readonly #rate: Float64Array;
  readonly #speed: Float64Array;
  readonly #since: Float64Array;
  /** When the segment began. */
  readonly #begunAt: Float64Array;
  /** Seconds of the segment as it is now: figure times factor plus the extra of a switch. */
  readonly #length: Float64Array;
  readonly #factor: Float64Array;
  readonly #extra: Float64Array;
  /** Share of the server's time. */
  readonly #share: Float64Array;
  readonly #running: Int32Array;
  #runningCount = 0;

  // Servers.
  readonly #discipline: Uint8Array;
  readonly #disturbance: Float64Array;
  readonly #burst: Float64Array;
  readonly #stalledUntil: Float64Array;
  readonly #lastModel: Int32Array;
  readonly #turn: Float64Array;
  /** [server][model] turn after the last one that the model had. */
  readonly #nextTurn: Float64Array;

  // Models.
  readonly #mostInFlight: number;
  readonly #active: Uint8Array;
  readonly #route: Int32Array;
  readonly #released: Float64Array;
  readonly #underWay: Int32Array;
  readonly #nominal: Float64Array;
  readonly #waits: Uint8Array;

  // Clock domains.
  readonly #levels: Int32Array;
  readonly #wanted: Int32Array;

  readonly #releaseTimer: number;
  readonly #domainTimer: number;
  readonly #burstTimer: number;
  readonly #stallTimer: number;
  readonly #wakeTimer: number;

  /** @throws HeterodyneError `USAGE` options that contradict the system or each other */
  constructor(system: EngineSystem, options: EngineOptions = {}) {
    checkOptions(system, options);
    const { noise = {}, hooks = {}, discipline = 'fifo' } = options;
    const S = system.servers;
    const M = system.models.length;
    this.system = system;
    this.#hooks = hooks;
    this.#arrivals = options.arrivals ?? system.models.map(() => ({ kind: 'closed' }));
    this.#byBlock = options.granularity === 'block';
    this.#preemptive = options.preemptive ?? false;
    this.#routeByBlock = options.routeChange === 'block';
    this.#byFrames = options.share === 'frames';
    this.#blockSigma = noise.blockSigma ?? 0;
    this.#frameSigma = noise.frameSigma ?? 0;
    this.#switchSeconds = options.switchSeconds ?? 0;
    this.#interference = options.memoryInterference ?? 0;
    this.#bursts = noise.bursts;
    this.#noise = new Noise(options.seed ?? 1);
    this.#steps = new Steps(system);
    this.#table = new FigureTable(system, this.#steps, this.#blockSigma);
    this.#levels = Int32Array.from(system.levels);
    this.#wanted = Int32Array.from(system.levels);
    this.#figures = this.#table.at(this.#levels);

    this.#discipline = Uint8Array.from(
      { length: S },
      (_, s) => DISCIPLINE_CODES[typeof discipline === 'string' ? discipline : discipline[s]],
    );
    this.#firstLane = new Int32Array(S + 1);
    for (let s = 0; s < S; s++) {
      this.#firstLane[s + 1] = this.#firstLane[s] + (this.#discipline[s] === TIME_SLICED ? M : 1);
    }
    const lanes = this.#firstLane[S];
    this.#laneServer = new Int32Array(lanes);
    for (let s = 0; s < S; s++) this.#laneServer.fill(s, this.#firstLane[s], this.#firstLane[s + 1]);
    this.#slot = new Int32Array(lanes).fill(-1);
    this.#left = new Float64Array(lanes);
    this.#rate = new Float64Array(lanes);
    this.#speed = new Float64Array(lanes);
    this.#since = new Float64Array(lanes);
    this.#begunAt = new Float64Array(lanes);
    this.#length = new Float64Array(lanes);
    this.#factor = new Float64Array(lanes);
    this.#extra = new Float64Array(lanes);
    this.#share = new Float64Array(lanes).fill(1);
    this.#running = new Int32Array(lanes);
    const places = this.#arrivals.map(({ inFlight = DEFAULT_IN_FLIGHT }) => inFlight);
    this.#mostInFlight = Math.max(...places);
    this.#frames = new Frames(places, lanes);
    this.#sharing = new Sharing(lanes, system.resources, system.serverUses, system.serverDram);

    this.#disturbance = new Float64Array(S).fill(1);
    this.#burst = new Float64Array(S).fill(1);
    this.#stalledUntil = new Float64Array(S);
    this.#lastModel = new Int32Array(S).fill(-1);
    this.#turn = new Float64Array(S);
    this.#nextTurn = new Float64Array(S * M);

    this.#active = Uint8Array.from(this.#arrivals, ({ active = true }) => (active ? 1 : 0));
    this.#route = new Int32Array(M);
    this.#released = new Float64Array(M);
    this.#underWay = new Int32Array(M);
    this.#nominal = new Float64Array(M);
    this.#waits = new Uint8Array(M);

    this.#releaseTimer = lanes;
    this.#domainTimer = this.#releaseTimer + M;
    this.#burstTimer = this.#domainTimer + system.domains.length;
    this.#stallTimer = this.#burstTimer + S;
    this.#wakeTimer = this.#stallTimer + S;
    this.#timers = new Timers(this.#wakeTimer + 1);
    this.meters = new Meters(this.#figures);
    this.#coupled = lanes > S || this.#interference > 0 || this.#contends();
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
    this.#stopped = false;
    const timers = this.#timers;
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
      else if (id < this.#wakeTimer) this.#respeed(id - this.#stallTimer);
      else this.#hooks.woken?.(at);
      if (this.#reshare) this.#shareOut();
    }
    if (!this.#stopped && until < Number.POSITIVE_INFINITY) this.#now = until;
    this.meters.readAt(this.#now);
  }

  /** Ends `run` after the present event. */
  stop(): void {
    this.#stopped = true;
  }

  // Actions, allowed in hooks and between runs.

  /** Ask for a level of each clock domain; each holds after its delay. A later wish replaces an earlier one. */
  requestLevels(levels: ArrayLike<number>): void {
    for (let d = 0; d < this.#levels.length; d++) {
      if (levels[d] === this.#wanted[d]) continue;
      this.#wanted[d] = levels[d];
      const holds = levels[d] === this.#levels[d];
      this.#timers.set(
        this.#domainTimer + d,
        holds ? Number.POSITIVE_INFINITY : this.#now + this.system.domains[d].delaySeconds,
      );
    }
  }

  /** Frames released from now on take this route; with `routeChange` `block`, those under way from their next block. */
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
    this.#disturbance[server] = slowdown;
    this.meters.powered(server, slowdown < Number.POSITIVE_INFINITY, this.#now);
    this.#respeed(server);
  }

  /** `woken` is called at that time (now at the earliest); Infinity takes the wish back. */
  wakeAt(time: number): void {
    this.#timers.set(this.#wakeTimer, time < this.#now ? this.#now : time);
  }

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
    const bursts = this.#bursts;
    if (bursts !== undefined) {
      for (let p = 0; p < this.system.processors; p++) {
        this.#timers.set(this.#burstTimer + p, this.#now + this.#noise.exponential(bursts.meanGapSeconds));
      }
    }
    if (this.#reshare) this.#shareOut();
  }

  // Releases.

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
    const route = this.#steps.firstRoute[m] + this.#route[m];
    const deadline = this.#arrivals[m].deadlineSeconds;
    this.#underWay[m]++;
    frames.frame[slot] = frame;
    frames.route[slot] = route;
    frames.released[slot] = this.#now;
    frames.deadline[slot] = deadline === undefined ? Number.POSITIVE_INFINITY : this.#now + deadline;
    frames.joules[slot] = 0;
    frames.factor[slot] = this.#frameSigma > 0 ? this.#noise.factor(this.#frameSigma) : 1;
    this.#hooks.released?.(m, frame, this.#now);
    this.#enterStep(slot, this.#steps.firstStep[route]);
    return true;
  }

  // Frames on their way.

  #enterStep(slot: number, step: number): void {
    const frames = this.#frames;
    frames.step[slot] = step;
    frames.segment[slot] = this.#steps.first[step];
    const server = this.#steps.server[step];
    const lane = this.#laneOf(server, frames.model[slot]);
    frames.enqueue(lane, slot, this.#keyOf(server, slot));
    if (this.#slot[lane] < 0) this.#startNext(lane);
  }

  #laneOf(server: number, model: number): number {
    return this.#firstLane[server] + (this.#discipline[server] === TIME_SLICED ? model : 0);
  }

  /** Place in the queue: lower goes first, equal ones in order of arrival. */
  #keyOf(server: number, slot: number): number {
    switch (this.#discipline[server]) {
      case PRIORITY:
        return this.system.models[this.#frames.model[slot]].priority;
      case DEADLINE:
        return this.#frames.deadline[slot];
      case ROUND_ROBIN: {
        // Start-time fair queueing (Goyal, Vin, Cheng, 1996), in which every step costs one turn.
        const model = this.#frames.model[slot];
        const at = server * this.system.models.length + model;
        const turn = Math.max(this.#turn[server], this.#nextTurn[at]);
        this.#nextTurn[at] = turn + 1 / this.system.models[model].weight;
        return turn;
      }
      default:
        return 0;
    }
  }

  #startNext(lane: number): void {
    const frames = this.#frames;
    let slot = frames.dequeue(lane);
    while (slot >= 0 && frames.isGivenUp(slot)) {
      this.#leave(slot);
      // A closed loop may have begun another frame here meanwhile.
      if (this.#slot[lane] >= 0) return;
      slot = frames.dequeue(lane);
    }
    if (slot < 0) return;
    const server = this.#laneServer[lane];
    const model = frames.model[slot];
    if (this.#discipline[server] === ROUND_ROBIN) this.#turn[server] = frames.key(slot);
    const switches = this.#lastModel[server] !== model && this.#lastModel[server] >= 0;
    this.#extra[lane] = switches && server < this.system.processors ? this.#switchSeconds : 0;
    this.#lastModel[server] = model;
    this.#slot[lane] = slot;
    this.#running[this.#runningCount++] = lane;
    this.meters.begin(server, this.#now);
    if (this.#hooks.stepStarted !== undefined) {
      const route = frames.route[slot];
      this.#hooks.stepStarted(
        model,
        frames.frame[slot],
        route - this.#steps.firstRoute[model],
        frames.step[slot] - this.#steps.firstStep[route],
        server,
        this.#now,
      );
    }
    this.#beginSegment(lane);
  }

  #beginSegment(lane: number): void {
    const frames = this.#frames;
    const slot = this.#slot[lane];
    if (this.#routeByBlock) this.#takeWantedRoute(slot);
    let factor = frames.factor[slot];
    if (this.#blockSigma > 0) {
      if (!this.#byBlock) {
        const sigma = this.#figures.stepSigma[frames.step[slot]];
        if (sigma > 0) factor *= this.#noise.factor(sigma);
      } else if (this.system.segmentBlock[frames.segment[slot]] !== TRANSFER)
        factor *= this.#noise.factor(this.#blockSigma);
    }
    this.#factor[lane] = factor;
    this.#left[lane] = 1;
    this.#since[lane] = this.#now;
    this.#begunAt[lane] = this.#now;
    this.#length[lane] = this.#baseSeconds(slot) * factor + this.#extra[lane];
    this.#refresh(lane);
  }

  /** Routes of a model that change between blocks have the same steps and blocks: all indices move alike. */
  #takeWantedRoute(slot: number): void {
    const frames = this.#frames;
    const steps = this.#steps;
    const model = frames.model[slot];
    const route = steps.firstRoute[model] + this.#route[model];
    const before = frames.route[slot];
    if (route === before) return;
    frames.route[slot] = route;
    const step = frames.step[slot];
    frames.step[slot] += steps.firstStep[route] - steps.firstStep[before];
    frames.segment[slot] += steps.first[frames.step[slot]] - steps.first[step];
  }

  #baseSeconds(slot: number): number {
    return this.#byBlock
      ? this.#figures.seconds[this.#frames.segment[slot]]
      : this.#figures.stepSeconds[this.#frames.step[slot]];
  }

  #segmentEnded(lane: number): void {
    const frames = this.#frames;
    const slot = this.#slot[lane];
    const step = frames.step[slot];
    this.#settle(lane);
    this.#extra[lane] = 0;
    if (this.#byBlock) {
      const segment = frames.segment[slot]++;
      if (this.#hooks.blockEnded !== undefined) {
        const model = frames.model[slot];
        const route = frames.route[slot];
        this.#hooks.blockEnded(
          model,
          frames.frame[slot],
          route - this.#steps.firstRoute[model],
          step - this.#steps.firstStep[route],
          this.system.segmentBlock[segment],
          this.#now - this.#begunAt[lane],
          this.#now,
        );
      }
      if (segment + 1 < this.#steps.end[step] && !frames.isGivenUp(slot)) {
        if (this.#preemptive && frames.firstKey(lane) < frames.key(slot)) {
          this.#vacate(lane);
          frames.enqueue(lane, slot, frames.key(slot), true);
          this.#startNext(lane);
        } else this.#beginSegment(lane);
        return;
      }
    }
    this.#vacate(lane);
    this.#stepEnded(slot, step, this.#laneServer[lane]);
    if (this.#slot[lane] < 0) this.#startNext(lane);
  }

  #vacate(lane: number): void {
    this.meters.end(this.#laneServer[lane], this.#now);
    this.#slot[lane] = -1;
    const running = this.#running;
    let at = 0;
    while (running[at] !== lane) at++;
    // In order, so that sums over what runs are formed in one order.
    for (this.#runningCount--; at < this.#runningCount; at++) running[at] = running[at + 1];
    if (this.#coupled) this.#reshare = true;
  }

  #stepEnded(slot: number, step: number, server: number): void {
    const frames = this.#frames;
    const model = frames.model[slot];
    const route = frames.route[slot];
    const frame = frames.frame[slot];
    const form = route - this.#steps.firstRoute[model];
    this.#hooks.stepEnded?.(model, frame, form, step - this.#steps.firstStep[route], server, this.#now);
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
    const now = this.#now;
    frames.giveBack(slot);
    this.#underWay[model]--;
    if (givenUp) this.#hooks.givenUp?.(model, frame, form, released, deadline, joules, now);
    else this.#hooks.frameEnded?.(model, frame, form, released, deadline, joules, now);
    if (this.#active[model] === 0) return;
    const arrival = this.#arrivals[model];
    if (arrival.kind === 'closed') this.#release(model);
    else if (this.#waits[model] === 1) {
      this.#waits[model] = 0;
      this.#release(model);
      this.#scheduleNext(model, arrival);
    }
  }

  // Speeds.

  /** Account for what a lane did since its speed was last set. */
  #settle(lane: number): void {
    const seconds = this.#now - this.#since[lane];
    this.#since[lane] = this.#now;
    if (seconds === 0) return;
    const left = this.#left[lane] - seconds * this.#rate[lane];
    this.#left[lane] = left > 0 ? left : 0;
    this.#frames.joules[this.#slot[lane]] +=
      seconds * this.#share[lane] * this.#figures.activeWatts[this.#laneServer[lane]];
  }

  /** Of a settled lane: its speed, 1 = as profiled, and the end of its segment. */
  #setRate(lane: number, speed: number): void {
    const length = this.#length[lane];
    const rate = length > 0 ? speed / length : 0;
    this.#speed[lane] = speed;
    const left = this.#left[lane];
    this.#rate[lane] = rate;
    const at = rate > 0 ? this.#now + left / rate : length > 0 && left > 0 ? Number.POSITIVE_INFINITY : this.#now;
    this.#timers.set(lane, at);
  }

  #speedOf(server: number): number {
    return this.#stalledUntil[server] > this.#now ? 0 : 1 / (this.#disturbance[server] * this.#burst[server]);
  }

  /** A settled lane has a new segment, length or server speed: its rate and end are to be set anew. */
  #refresh(lane: number): void {
    this.#speed[lane] = Number.NaN;
    if (this.#coupled) this.#reshare = true;
    else this.#setRate(lane, this.#speedOf(this.#laneServer[lane]));
  }

  /** The speed of a server has changed. */
  #respeed(server: number): void {
    if (this.#coupled) {
      this.#reshare = true;
      return;
    }
    for (let lane = this.#firstLane[server]; lane < this.#firstLane[server + 1]; lane++) {
      if (this.#slot[lane] < 0) continue;
      this.#settle(lane);
      this.#refresh(lane);
    }
  }

  /** Speeds of all that runs, where they depend on each other. */
  #shareOut(): void {
    this.#reshare = false;
    const sharing = this.#sharing;
    const frames = this.#frames;
    const count = this.#runningCount;
    let dram = 0;
    for (let i = 0; i < count; i++) {
      const lane = this.#running[i];
      const slot = this.#slot[lane];
      const server = this.#laneServer[lane];
      const step = frames.step[slot];
      const base = this.#baseSeconds(slot);
      const drawn = this.#byBlock
        ? this.#figures.dramSeconds[frames.segment[slot]]
        : this.#figures.stepDramSeconds[step];
      const share = base > 0 && base < Number.POSITIVE_INFINITY ? (drawn / base) * this.#speedOf(server) : 0;
      const weight = this.system.models[frames.model[slot]].weight;
      const length = this.#figures.stepSeconds[step];
      sharing.server[i] = server;
      sharing.dramShare[i] = share;
      sharing.weight[i] = this.#byFrames && length > 0 && length < Number.POSITIVE_INFINITY ? weight * length : weight;
      sharing.most[i] = 1;
      dram += share;
    }
    if (this.#interference > 0) {
      for (let i = 0; i < count; i++) {
        const own = sharing.dramShare[i];
        sharing.most[i] = 1 / (1 + this.#interference * own * (dram - own));
      }
    }
    sharing.fill(count);
    for (let i = 0; i < count; i++) {
      const lane = this.#running[i];
      const speed = sharing.speed[i] * this.#speedOf(this.#laneServer[lane]);
      // Most events leave most speeds as they are.
      if (speed === this.#speed[lane]) continue;
      this.#settle(lane);
      this.#share[lane] = this.#discipline[this.#laneServer[lane]] === TIME_SLICED ? sharing.speed[i] : 1;
      this.#setRate(lane, speed);
    }
  }

  // Clocks and bursts.

  /** A requested level holds from now on. */
  #actuated(domain: number): void {
    this.#levels[domain] = this.#wanted[domain];
    for (let i = 0; i < this.#runningCount; i++) this.#settle(this.#running[i]);
    this.#figures = this.#table.at(this.#levels);
    this.meters.setFigures(this.#figures, this.#now);
    for (let i = 0; i < this.#runningCount; i++) {
      const lane = this.#running[i];
      this.#length[lane] = this.#baseSeconds(this.#slot[lane]) * this.#factor[lane] + this.#extra[lane];
      this.#refresh(lane);
    }
    const { stallSeconds, servers } = this.system.domains[domain];
    if (stallSeconds > 0) {
      for (let s = 0; s < this.system.servers; s++) if ((servers >>> s) & 1) this.#stall(s, this.#now + stallSeconds);
    }
    this.#hooks.levelChanged?.(domain, this.#levels[domain], this.#now);
  }

  #stall(server: number, until: number): void {
    if (until <= this.#stalledUntil[server]) return;
    this.#stalledUntil[server] = until;
    this.#timers.set(this.#stallTimer + server, until);
    this.#respeed(server);
  }

  #toggleBurst(processor: number): void {
    const bursts = this.#bursts;
    if (bursts === undefined) return;
    const calm = this.#burst[processor] !== 1;
    this.#burst[processor] = calm ? 1 : bursts.slowdown;
    const mean = calm ? bursts.meanGapSeconds : bursts.meanSeconds;
    this.#timers.set(this.#burstTimer + processor, this.#now + this.#noise.exponential(mean));
    this.#respeed(processor);
  }

  /** Two servers can want more of one resource than there is. */
  #contends(): boolean {
    const { serverUses, serverDram } = this.system;
    let used = 0;
    for (const uses of serverUses) {
      if ((used & uses) !== 0) return true;
      used |= uses;
    }
    return serverDram.some((dram) => dram >= 0);
  }
}
