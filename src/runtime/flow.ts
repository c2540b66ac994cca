/**
 * The frames of one model on their way through its stages.
 *
 *   offer ─► waiting ▢▢▢ ─► stage 0 ─► stage 1 ─► done       at most `inFlight` frames between the first stage and the end,
 *              at most `queue`                               at most `queue` before it: whoever offers more has to wait
 *                                                            (every frame), or the oldest one that waits is dropped (newest)
 *
 * A frame keeps the tensors that later stages read as bytes of messages: from one process to the next they are handed on
 * as they came. Until a stage has answered its input is kept, so that a call to a process that dies can be made again.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { PackedTensors, TensorHeader } from '../execution/tensors.ts';
import type { StageAnswer, Station, StationStage } from './station.ts';

export const FRAME_POLICIES = ['every', 'newest'] as const;
/** Which frames are worth their time when there are too many: all of them, or the latest. */
export type FramePolicy = (typeof FRAME_POLICIES)[number];

/** One stage of a route. */
export interface Stop {
  station: Station;
  stage: StationStage;
  /** Names that it reads. */
  inputs: readonly string[];
  /** Blocks of the model that it ends. */
  lastBlock: number;
}

/** The way through one form of a model. */
export interface Route {
  /** Variant. */
  name: string;
  stops: readonly Stop[];
}

export interface FrameOutcome {
  frame: number;
  /** Variant that it went through. */
  variant: string;
  /** Empty when nobody wants them. */
  outputs: PackedTensors;
  /** From the offer to the end. */
  responseMs: number;
}

/** Told at every step of every frame; times by `performance.now()`. */
export interface FlowListener {
  /** Before the frame can begin. */
  released?(frame: number, now: number): void;
  stageEnded?(frame: number, stop: Stop, index: number, answer: StageAnswer, now: number): void;
  ended?(frame: number, route: Route, responseMs: number, now: number): void;
  skipped?(frame: number, now: number): void;
  failed?(frame: number, error: unknown, now: number): void;
}

export interface FlowOptions {
  policy: FramePolicy;
  /** Frames that may wait before the first stage. */
  queue: number;
  /** Frames between the first stage and the end. */
  inFlight: number;
}

interface Frame {
  id: number;
  feeds: PackedTensors | undefined;
  want: boolean;
  offeredAt: number;
  resolve(outcome: FrameOutcome | undefined): void;
  reject(error: unknown): void;
}

export class Flow {
  readonly name: string;
  readonly options: FlowOptions;
  /** Where frames that begin from now on go. */
  route: Route;
  /** Finds another route when a station of this one is given up; frames that were lost there go again, once. */
  rescue: (lost: Station) => Promise<boolean> = async () => false;
  readonly #listeners = new Set<FlowListener>();
  readonly #waiting: Frame[] = [];
  readonly #room: (() => void)[] = [];
  #active = 0;
  #next = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(name: string, route: Route, options: FlowOptions) {
    this.name = name;
    this.route = route;
    this.options = options;
  }

  listen(listener: FlowListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Frames that wait or are under way. */
  get pending(): number {
    return this.#active + this.#waiting.length;
  }

  /** Whether an offer would be taken without waiting or dropping. */
  get hasRoom(): boolean {
    return this.#active < this.options.inFlight || this.#waiting.length < this.options.queue;
  }

  /** As {@link offer}, when there is room for it. */
  async submit(feeds: PackedTensors | undefined, want: boolean): Promise<FrameOutcome | undefined> {
    while (this.options.policy === 'every' && !this.hasRoom && !this.#closed) {
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
    return this.offer(feeds, want);
  }

  /**
   * @param feeds undefined = numbers that the first stage's process makes itself
   * @param want whether the outputs are to come back
   * @returns undefined for a frame that was dropped for a newer one
   * @throws HeterodyneError what the model throws; `PROCESS`; `LIMIT` for a frame without room
   */
  offer(feeds: PackedTensors | undefined, want: boolean): Promise<FrameOutcome | undefined> {
    if (this.#closed) return Promise.reject(new HeterodyneError('USAGE', `${this.name}: the runtime is closed`));
    const now = performance.now();
    const id = this.#next++;
    if (!this.hasRoom) {
      if (this.options.policy === 'every') return Promise.reject(this.#full());
      this.#drop(this.#waiting.shift(), now);
      if (this.options.queue === 0) {
        for (const each of this.#listeners) each.skipped?.(-1, now);
        return Promise.resolve(undefined);
      }
    }
    return new Promise((resolve, reject) => {
      for (const each of this.#listeners) each.released?.(id, now);
      this.#waiting.push({ id, feeds, want, offeredAt: now, resolve, reject });
      this.#begin();
    });
  }

  /** Gives up a frame that has not begun. @returns false when there is none */
  dropOldestWaiting(): boolean {
    const frame = this.#waiting.shift();
    this.#drop(frame, performance.now());
    return frame !== undefined;
  }

  /** Resolves when no frame is left. */
  async drained(): Promise<void> {
    while (this.pending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** No more offers. */
  close(): void {
    this.#closed = true;
    for (const go of this.#room.splice(0)) go();
  }

  #full(): HeterodyneError {
    const { queue, inFlight } = this.options;
    return new HeterodyneError('LIMIT', `${this.name} has no room for another frame`, {
      path: this.name,
      expected: `at most ${inFlight} frames under way and ${queue} waiting`,
      received: String(this.pending + 1),
      hint: 'submit waits for room',
    });
  }

  #drop(frame: Frame | undefined, now: number): void {
    if (frame === undefined) return;
    for (const each of this.#listeners) each.skipped?.(frame.id, now);
    frame.resolve(undefined);
    this.#settled();
  }

  #begin(): void {
    while (this.#active < this.options.inFlight) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#active++;
      this.#room.shift()?.();
      void this.#carry(frame);
    }
  }

  async #carry(frame: Frame): Promise<void> {
    try {
      const { route } = this;
      const outcome = await this.#through(route, frame).catch(async (error) => {
        const lost = route.stops.find(({ station }) => station.isGone)?.station;
        if (lost === undefined || !isLoss(error) || !(await this.rescue(lost))) throw error;
        return this.#through(this.route, frame);
      });
      this.#active--;
      frame.resolve(outcome);
    } catch (error) {
      this.#active--;
      for (const each of this.#listeners) each.failed?.(frame.id, error, performance.now());
      frame.reject(error);
    }
    this.#begin();
    this.#settled();
  }

  async #through(route: Route, frame: Frame): Promise<FrameOutcome> {
    const live = new Map<string, { header: TensorHeader; bytes: Uint8Array }>();
    const keep = ({ headers, payload }: PackedTensors): void => {
      for (const [i, header] of headers.entries()) live.set(header.name, { header, bytes: payload[i]! });
    };
    if (frame.feeds !== undefined) keep(frame.feeds);
    const last = route.stops.length - 1;
    for (const [s, stop] of route.stops.entries()) {
      const feeds = s === 0 && frame.feeds === undefined ? undefined : gather(stop, live);
      const answer = await stop.station.call(stop.stage, feeds, frame.want || s < last);
      const now = performance.now();
      for (const each of this.#listeners) each.stageEnded?.(frame.id, stop, s, answer, now);
      keep(answer.outputs);
    }
    const now = performance.now();
    const responseMs = now - frame.offeredAt;
    for (const each of this.#listeners) each.ended?.(frame.id, route, responseMs, now);
    return { frame: frame.id, variant: route.name, outputs: all(frame.want ? live : new Map()), responseMs };
  }

  #settled(): void {
    if (this.hasRoom) this.#room.shift()?.();
    if (this.pending === 0) for (const go of this.#idle.splice(0)) go();
  }
}

/** The frame was lost with its process, through no fault of the model. */
function isLoss(error: unknown): boolean {
  return error instanceof HeterodyneError && error.code === 'PROCESS';
}

type Live = ReadonlyMap<string, { header: TensorHeader; bytes: Uint8Array }>;

function all(live: Live): PackedTensors {
  const kept = [...live.values()];
  return { headers: kept.map(({ header }) => header), payload: kept.map(({ bytes }) => bytes) };
}

function gather(stop: Stop, live: Live): PackedTensors {
  const found = stop.inputs.map((name) => {
    const tensor = live.get(name);
    if (tensor !== undefined) return tensor;
    throw new HeterodyneError('BAD_INPUT', `Input "${name}" is missing`, {
      path: name,
      expected: stop.inputs.join(', '),
      received: [...live.keys()].join(', ') || 'nothing',
    });
  });
  return { headers: found.map(({ header }) => header), payload: found.map(({ bytes }) => bytes) };
}
