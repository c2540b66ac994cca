/**
 * Lanes: the places in which steps run. One per server, or per server and model where a server is time-sliced.
 *
 * What runs has `left`, the share of its segment still to be done, and a rate of shares per second. Whenever a speed
 * changes, `left` is brought up to now and the end is set anew, so that a change in mid-segment is exact.
 *
 *   length = figure x factor + extra        rate = speed / length        end = now + left / rate
 */
import type { Frames } from './frames.ts';
import type { StepFigures } from './layout.ts';
import type { Meters } from './meters.ts';
import type { Servers } from './servers.ts';
import { Sharing } from './sharing.ts';
import type { EngineSystem } from './system.ts';
import type { Timers } from './timers.ts';

export interface LaneOptions {
  /** Segments are blocks, not steps. */
  byBlock: boolean;
  /** Those that share have steps end equally often. */
  byFrames: boolean;
  /** The factor k of `memoryInterference`. */
  interference: number;
}

export class Lanes {
  /** Per lane: its server; the slot of the frame that runs, -1 = none; when its segment began. */
  readonly server: Int32Array;
  readonly slot: Int32Array;
  readonly begunAt: Float64Array;
  /** Speeds are to be shared out anew, by {@link shareOut}, before time goes on. */
  stale = false;
  readonly #system: EngineSystem;
  readonly #options: LaneOptions;
  readonly #servers: Servers;
  readonly #frames: Frames;
  readonly #timers: Timers;
  readonly #meters: Meters;
  readonly #sharing: Sharing;
  #figures: StepFigures;
  readonly #left: Float64Array;
  readonly #rate: Float64Array;
  readonly #speed: Float64Array;
  readonly #since: Float64Array;
  readonly #length: Float64Array;
  readonly #factor: Float64Array;
  readonly #extra: Float64Array;
  /** Share of the server's power that the frame is charged with: of a sliced one its part, of a vanished one nothing. */
  readonly #share: Float64Array;
  /** Per server: the sum of the speeds of its lanes, below 1 where they wait for memory. */
  readonly #given: Float64Array;
  readonly #running: Int32Array;
  #runningCount = 0;
  /** Speeds of one lane depend on what the others do. */
  readonly #coupled: boolean;

  /** @param timers the first ones, one per lane, are the ends of segments */
  constructor(
    system: EngineSystem,
    options: LaneOptions,
    parts: { servers: Servers; frames: Frames; timers: Timers; meters: Meters; figures: StepFigures },
  ) {
    const { servers } = parts;
    const lanes = servers.firstLane[servers.count];
    this.#system = system;
    this.#options = options;
    this.#servers = servers;
    this.#frames = parts.frames;
    this.#timers = parts.timers;
    this.#meters = parts.meters;
    this.#figures = parts.figures;
    this.#sharing = new Sharing(lanes, system.resources, system.serverUses, system.serverDram);
    this.server = new Int32Array(lanes);
    for (let s = 0; s < servers.count; s++) this.server.fill(s, servers.firstLane[s], servers.firstLane[s + 1]);
    this.slot = new Int32Array(lanes).fill(-1);
    this.begunAt = new Float64Array(lanes);
    this.#left = new Float64Array(lanes);
    this.#rate = new Float64Array(lanes);
    this.#speed = new Float64Array(lanes);
    this.#since = new Float64Array(lanes);
    this.#length = new Float64Array(lanes);
    this.#factor = new Float64Array(lanes);
    this.#extra = new Float64Array(lanes);
    this.#share = new Float64Array(lanes).fill(1);
    this.#given = new Float64Array(servers.count);
    this.#running = new Int32Array(lanes);
    this.#coupled = lanes > servers.count || options.interference > 0 || contends(system);
  }

  /** @param extra seconds that the first segment takes longer */
  occupy(lane: number, slot: number, extra: number, now: number): void {
    this.slot[lane] = slot;
    this.#extra[lane] = extra;
    this.#running[this.#runningCount++] = lane;
    this.#meters.begin(this.server[lane], now);
  }

  vacate(lane: number, now: number): void {
    this.#meters.end(this.server[lane], now);
    this.slot[lane] = -1;
    const running = this.#running;
    let at = 0;
    while (running[at] !== lane) at++;
    // In order, so that sums over what runs are formed in one order.
    for (this.#runningCount--; at < this.#runningCount; at++) running[at] = running[at + 1];
    this.stale ||= this.#coupled;
  }

  /** The next segment of the frame in a lane. */
  beginSegment(lane: number, factor: number, now: number): void {
    this.#factor[lane] = factor;
    this.#left[lane] = 1;
    this.#since[lane] = now;
    this.begunAt[lane] = now;
    this.#length[lane] = this.#baseSeconds(this.slot[lane]) * factor + this.#extra[lane];
    this.#refresh(lane, now);
  }

  endSegment(lane: number, now: number): void {
    this.#settle(lane, now);
    this.#extra[lane] = 0;
  }

  /** The speed of a server has changed. */
  respeed(server: number, now: number): void {
    if (this.#coupled) {
      this.stale = true;
      return;
    }
    const { firstLane } = this.#servers;
    for (let lane = firstLane[server]; lane < firstLane[server + 1]; lane++) {
      if (this.slot[lane] < 0) continue;
      this.#settle(lane, now);
      this.#refresh(lane, now);
    }
  }

  /** Other clocks hold: what runs goes on at its new length. */
  setFigures(figures: StepFigures, now: number): void {
    for (let i = 0; i < this.#runningCount; i++) this.#settle(this.#running[i], now);
    this.#figures = figures;
    this.#meters.setFigures(figures, now);
    for (let i = 0; i < this.#runningCount; i++) {
      const lane = this.#running[i];
      this.#length[lane] = this.#baseSeconds(this.slot[lane]) * this.#factor[lane] + this.#extra[lane];
      this.#refresh(lane, now);
    }
  }

  /** Speeds of all that runs, where they depend on each other. */
  shareOut(now: number): void {
    this.stale = false;
    const sharing = this.#sharing;
    const count = this.#runningCount;
    this.#stateWants(now);
    sharing.fill(count);
    this.#given.fill(0);
    for (let i = 0; i < count; i++) this.#given[this.server[this.#running[i]]] += sharing.speed[i];
    for (let i = 0; i < count; i++) {
      const lane = this.#running[i];
      const server = this.server[lane];
      const speed = sharing.speed[i] * this.#servers.speedOf(server, now);
      const share = this.#powerShare(server, sharing.speed[i] / this.#given[server]);
      // Most events leave most speeds as they are. Where a server stands still, shares change and speeds do not.
      if (speed === this.#speed[lane] && share === this.#share[lane]) continue;
      this.#settle(lane, now);
      this.#share[lane] = share;
      this.#setRate(lane, speed, now);
    }
  }

  #stateWants(now: number): void {
    const sharing = this.#sharing;
    const { byBlock, byFrames, interference } = this.#options;
    const { dramSeconds, stepDramSeconds, stepSeconds } = this.#figures;
    const frames = this.#frames;
    const count = this.#runningCount;
    let dram = 0;
    for (let i = 0; i < count; i++) {
      const lane = this.#running[i];
      const slot = this.slot[lane];
      const server = this.server[lane];
      const step = frames.step[slot];
      const base = this.#baseSeconds(slot);
      const drawn = byBlock ? dramSeconds[frames.segment[slot]] : stepDramSeconds[step];
      const share =
        base > 0 && base < Number.POSITIVE_INFINITY ? (drawn / base) * this.#servers.speedOf(server, now) : 0;
      const weight = this.#system.models[frames.model[slot]].weight;
      const length = stepSeconds[step];
      sharing.server[i] = server;
      sharing.dramShare[i] = share;
      sharing.weight[i] = byFrames && length > 0 && length < Number.POSITIVE_INFINITY ? weight * length : weight;
      sharing.most[i] = 1;
      dram += share;
    }
    if (interference === 0) return;
    for (let i = 0; i < count; i++) {
      const own = sharing.dramShare[i];
      sharing.most[i] = 1 / (1 + interference * own * (dram - own));
    }
  }

  #baseSeconds(slot: number): number {
    return this.#options.byBlock
      ? this.#figures.seconds[this.#frames.segment[slot]]
      : this.#figures.stepSeconds[this.#frames.step[slot]];
  }

  /** Account for what a lane did since its speed was last set. */
  #settle(lane: number, now: number): void {
    const seconds = now - this.#since[lane];
    this.#since[lane] = now;
    if (seconds === 0) return;
    const left = this.#left[lane] - seconds * this.#rate[lane];
    this.#left[lane] = left > 0 ? left : 0;
    this.#frames.joules[this.slot[lane]] += seconds * this.#share[lane] * this.#figures.activeWatts[this.server[lane]];
  }

  /** A settled lane has a new segment, length or server speed: its rate and end are to be set anew. */
  #refresh(lane: number, now: number): void {
    this.#speed[lane] = Number.NaN;
    if (this.#coupled) {
      this.stale = true;
      return;
    }
    const server = this.server[lane];
    this.#share[lane] = this.#powerShare(server, 1);
    this.#setRate(lane, this.#servers.speedOf(server, now), now);
  }

  /** @param part of the server's time that a lane has where the server is sliced, waiting for memory included */
  #powerShare(server: number, part: number): number {
    if (this.#servers.hasVanished(server)) return 0;
    return this.#servers.isSliced(server) ? part : 1;
  }

  /** Of a settled lane: its speed, 1 = as profiled, and the end of its segment. */
  #setRate(lane: number, speed: number, now: number): void {
    const length = this.#length[lane];
    const rate = length > 0 ? speed / length : 0;
    const left = this.#left[lane];
    this.#speed[lane] = speed;
    this.#rate[lane] = rate;
    this.#timers.set(lane, rate > 0 ? now + left / rate : length > 0 && left > 0 ? Number.POSITIVE_INFINITY : now);
  }
}

/** Two servers can want more of one resource than there is. */
function contends({ serverUses, serverDram }: EngineSystem): boolean {
  let used = 0;
  for (const uses of serverUses) {
    if ((used & uses) !== 0) return true;
    used |= uses;
  }
  return serverDram.some((dram) => dram >= 0);
}
