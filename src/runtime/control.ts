/**
 * A controller at work on the real clock: the same controllers and the same loop as in simulation, fed by real frames.
 *
 *   frames of every flow ─► ControlLoop ─► controller ─► forms: another resident route, from the next frame on
 *                                                        clocks: actuators, dry unless told to write
 *
 * Stages stand for blocks. Expected times are measured before the first frame; what lower clocks do to them is modelled:
 * time grows as frequency falls, power falls with its cube above an idle share.
 */
import type { Actuators } from '../../bindings/host/clocks/index.ts';
import type { Actuator, ControllerParameters } from '../controllers/controller.ts';
import { ControlLoop } from '../controllers/loop.ts';
import { controllerById, createController } from '../controllers/registry.ts';
import {
  CONTROL_LIMITS,
  type ControlledInstance,
  type ControlledPoint,
  type ControlSystem,
} from '../controllers/system.ts';
import type { ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import { calibrate, type FormTimes } from './calibrate.ts';
import type { DeployedModel, Runtime } from './deploy.ts';
import { HeldController } from './held-controller.ts';
import type { RunController } from './schema.ts';

export interface ControlOptions {
  /** Id of a controller. */
  controller: string;
  mode?: ControlMode;
  parameters?: ControllerParameters;
  /** Of every form that may be used, by model and variant: fractions. A form that is left out is not used. */
  accuracies?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By model: within what a frame should end. */
  deadlinesMs?: Readonly<Record<string, number>>;
  /** Frames per second, by model; absent = unknown. */
  ratesPerS?: Readonly<Record<string, number>>;
  /** The machine's clocks; absent = they stay as they are. */
  actuators?: Actuators;
  /** The actuators write; else they tell what they would write. */
  writes?: boolean;
}

/** Share of the power that does not depend on the clock, and steps of the clocks that a controller chooses among. */
const IDLE_SHARE = 0.3;
const MOST_POINTS = 8;
/** Later ones are carried out, not listed: a run may last for days. */
const MOST_SWITCHES = 1000;
/** What a change of clocks is taken to last until it holds. */
const CLOCK_DELAY_S = 0.01;

/** Measures every form, then makes the controller. Nothing may feed the models meanwhile. */
export async function control(runtime: Runtime, options: ControlOptions): Promise<LiveControl> {
  const times: FormTimes[][] = [];
  for (const model of runtime.models) times.push(usable(model, await calibrate(model), options));
  return new LiveControl(runtime, times, options);
}

/** Forms whose accuracy is known, the most accurate first (losses are against it), each one faster than those before. */
function usable({ name, planned }: DeployedModel, times: FormTimes[], { accuracies }: ControlOptions): FormTimes[] {
  const known = accuracies?.[name];
  const kept = known === undefined ? times.slice(0, 1) : times.filter(({ variant }) => known[variant] !== undefined);
  if (kept.length === 0) {
    throw new HeterodyneError('INFEASIBLE', `no form of ${name} may be used`, {
      path: name,
      expected: 'a form whose accuracy is known and high enough',
      received: `${planned.variant} alone, of unknown accuracy`,
      hint: 'state accuracies in the workload, or lower --min-accuracy',
    });
  }
  if (known === undefined) return kept;
  kept.sort((a, b) => known[b.variant]! - known[a.variant]!);
  // A form that is no faster here than a more accurate one is worth nothing.
  return kept.filter(({ seconds }, i) => kept.slice(0, i).every((better) => seconds < better.seconds));
}

/** Frequencies of all clocks together, as shares of their highest. */
function sharesOf(actuators: Actuators | undefined): number[] {
  const clocks = actuators?.clocks.filter(({ kind }) => kind === 'cpu') ?? [];
  const [first] = clocks;
  if (first === undefined) return [1];
  const all = first.frequencyHz.filter((hz) => hz <= first.mostHz).map((hz) => hz / first.mostHz);
  const step = Math.max(1, Math.ceil(all.length / MOST_POINTS));
  const kept = all.filter((_, i) => (all.length - 1 - i) % step === 0);
  return kept.length > 0 ? kept : [1];
}

export class LiveControl {
  readonly system: ControlSystem;
  readonly #loop: ControlLoop;
  readonly #controller: HeldController;
  readonly #runtime: Runtime;
  readonly #options: ControlOptions;
  readonly #shares: readonly number[];
  readonly #forget: (() => void)[] = [];
  readonly #began = performance.now();
  readonly #switches: RunController['switches'] = [];
  #heldLevel: number | undefined;
  #decisions = 0;
  #settings = 0;
  #drift = 0;
  #reason = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Made by {@link control}. */
  constructor(runtime: Runtime, times: readonly FormTimes[][], options: ControlOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#shares = sharesOf(options.actuators);
    this.system = this.#systemOf(runtime.models, times);
    this.#controller = new HeldController(createController(options.controller, this.system, options.parameters));
    const actuator: Actuator = {
      setPoint: (point) => this.#setClocks(point),
      setVariant: (instance, variant) => this.#setVariant(instance, variant),
      skipFrame: () => {}, // the system says that it cannot
      wakeAt: (at) => this.#wakeAt(at),
    };
    this.#loop = new ControlLoop(this.system, this.#controller, actuator, {
      mode: options.mode ?? 'balanced',
      listener: (own, _state, _cause, _instance, request) => {
        this.#decisions++;
        this.#reason = own.reasons[request.reason]!;
      },
    });
    for (const [i, { name, flow, routes }] of runtime.models.entries()) {
      const { queue, inFlight } = flow.options;
      if (queue + inFlight > CONTROL_LIMITS.waiting) throw tooDeep(name, queue + inFlight);
      flow.route = routes.get(this.system.instances[i]!.variants[0]!.name)!;
      const seconds = (now: number): number => (now - this.#began) / 1000;
      this.#forget.push(
        runtime.observe(name, {
          released: (frame, now) => this.#loop.released(i, frame, seconds(now)),
          stageEnded: (frame, _stop, s, { latencyMs }, now) =>
            this.#loop.blockEnded(i, frame, s, latencyMs / 1000, seconds(now)),
          ended: (frame, _route, _responseMs, now) => this.#loop.frameEnded(i, frame, seconds(now)),
          skipped: (frame, now) => this.#loop.frameSkipped(i, frame, seconds(now)),
          failed: (frame, _error, now) => this.#loop.frameSkipped(i, frame, seconds(now)),
        }),
      );
    }
  }

  /** While everything runs. @throws HeterodyneError `USAGE` for an unknown mode */
  setMode(mode: ControlMode): void {
    this.#loop.setMode(mode, this.#now());
  }

  /** Levels of the model that has most of them; 1 = the fastest form. */
  get levels(): number {
    return Math.max(...this.system.instances.map(({ variants }) => variants.length));
  }

  /** The level that is held by hand; undefined = the controller decides. */
  get heldLevel(): number | undefined {
    return this.#heldLevel;
  }

  /**
   * Keeps every model at a level, or at its highest one where it has fewer, and lets the controller rest meanwhile.
   *
   * @param level 1 = the fastest form; undefined = the controller decides again
   * @throws HeterodyneError `USAGE` for a level that there is not
   */
  hold(level: number | undefined): void {
    if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= this.levels)) {
      throw new HeterodyneError('USAGE', `there is no level ${level}`, {
        path: 'level',
        expected: `1 to ${this.levels}`,
        received: String(level),
      });
    }
    this.#heldLevel = level;
    this.#controller.hold(
      level === undefined
        ? undefined
        : this.system.instances.map(({ variants }) => variants.length - Math.min(level, variants.length)),
    );
    this.#loop.setMode(this.mode, this.#now());
  }

  /** Of the first model with the most levels: that of new frames. */
  get level(): number {
    const most = this.system.instances.findIndex(({ variants }) => variants.length === this.levels);
    return this.levels - this.#loop.state.wantedVariant[most]!;
  }

  get mode(): ControlMode {
    return this.#loop.state.mode;
  }

  /** Share of the highest clocks that was asked for. */
  get clockShare(): number {
    return this.#shares[this.#loop.state.wantedPoint]!;
  }

  get hasClocks(): boolean {
    return this.#shares.length > 1;
  }

  /** Lets the models be; forms and clocks stay as they are (clocks come back with `Actuators.restore`). */
  close(): void {
    clearTimeout(this.#timer);
    for (const end of this.#forget.splice(0)) end();
  }

  /** What it did, for the run document. */
  summary(): RunController {
    const { controller, writes = false } = this.#options;
    return {
      id: controller,
      mode: this.mode,
      reconstruction: controllerById(controller).reconstruction,
      decisions: this.#decisions,
      switches: [...this.#switches],
      ...(this.hasClocks && { clocks: { written: writes, settings: this.#settings, drift: this.#drift } }),
    };
  }

  #systemOf(models: readonly DeployedModel[], times: readonly FormTimes[][]): ControlSystem {
    const { accuracies, deadlinesMs, ratesPerS } = this.#options;
    const shares = this.#shares;
    const instances = models.map(({ name, planned }, m): ControlledInstance => {
      const forms = times[m]!;
      const blocks = Math.max(...forms.map(({ stageSeconds }) => stageSeconds.length));
      const best = accuracies?.[name]?.[forms[0]!.variant] ?? 0;
      return {
        name,
        blocks,
        deadlineSeconds: (deadlinesMs?.[name] ?? planned.deadlineMs ?? Number.POSITIVE_INFINITY) / 1000,
        periodSeconds: ratesPerS?.[name] === undefined ? Number.POSITIVE_INFINITY : 1 / ratesPerS[name],
        criticality: 0,
        weight: 1,
        variants: forms.map(({ variant, stageSeconds }) => ({
          name: variant,
          loss: Math.max(0, best - (accuracies?.[name]?.[variant] ?? best)),
          seconds: Float64Array.from(
            shares.flatMap((share) => Array.from({ length: blocks }, (_, b) => (stageSeconds[b] ?? 0) / share)),
          ),
        })),
      };
    });
    const points = shares.map(
      (share, k): ControlledPoint => ({
        id: `${Math.round(100 * share)} %`,
        levels: Int32Array.of(k),
        busyWatts: IDLE_SHARE + (1 - IDLE_SHARE) * share ** 3,
        idleWatts: IDLE_SHARE,
      }),
    );
    return {
      instances,
      points,
      domains: [{ name: 'cpu', delaySeconds: CLOCK_DELAY_S, stallSeconds: 0 }],
      reference: shares.length - 1,
      start: shares.length - 1,
      variantChange: 'frame',
      canSkip: false,
    };
  }

  #now(): number {
    return (performance.now() - this.#began) / 1000;
  }

  #setVariant(instance: number, variant: number): void {
    const { name, variants } = this.system.instances[instance]!;
    const from = this.#runtime.model(name).flow.route.name;
    const to = variants[variant]!.name;
    if (from === to) return;
    const began = performance.now();
    this.#runtime.setVariant(name, to);
    const switchMs = performance.now() - began;
    if (this.#switches.length < MOST_SWITCHES)
      this.#switches.push({ atMs: began - this.#began, model: name, from, to, reason: this.#reason, switchMs });
  }

  #setClocks(point: number): void {
    const { actuators } = this.#options;
    const share = this.#shares[point]!;
    for (const clock of actuators?.clocks ?? []) {
      if (clock.kind !== 'cpu') continue;
      const setting = actuators!.set(clock.id, share * clock.mostHz);
      this.#settings++;
      if (setting.drift) this.#drift++;
    }
    setTimeout(() => this.#loop.pointHolds(point, this.#now()), 1000 * CLOCK_DELAY_S);
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#loop.woken(this.#now()), Math.max(0, 1000 * (at - this.#now())));
  }
}

function tooDeep(name: string, frames: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `${name}: ${frames} frames may be under way, more than a controller follows`, {
    path: name,
    expected: `at most ${CONTROL_LIMITS.waiting}`,
    received: String(frames),
    hint: 'a shorter --queue or fewer --in-flight',
  });
}
