/** A subject in virtual time: engine, scenario and controller together, and what came of it. */

import type { ControllerParameters } from '../controllers/controller.ts';
import { ControlLoop, type DecisionListener } from '../controllers/loop.ts';
import { createController } from '../controllers/registry.ts';
import type { ControlMode } from '../core/control-modes.ts';
import type { PlacementModel, PlacementProblem } from '../core/placement.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineHooks, EngineOptions } from '../engine/options.ts';
import { type EngineSystem, systemOf, TRANSFER } from '../engine/system.ts';
import { recordOf } from '../planners/whole-models.ts';
import { controlSystemOf, variantChange } from './control-system.ts';
import { Course } from './course.ts';
import { Happenings, type Stage } from './happenings.ts';
import { LagMeter } from './lag.ts';
import { type DeviceMetrics, deviceMetrics, FrameLog, type ModelMetrics } from './metrics.ts';
import { type Phase, Phases } from './phases.ts';
import type { Scenario } from './scenario.ts';
import type { Subject } from './subject.ts';

export interface SimulationOptions extends Omit<EngineOptions, 'arrivals' | 'hooks' | 'granularity' | 'routeChange'> {
  /** Virtual time. */
  seconds: number;
  scenario?: Scenario;
  controller?: { id: string; parameters?: ControllerParameters; mode?: ControlMode };
  /** Time that a decision takes: clocks change that much later. Default 0. */
  decisionSeconds?: number;
  /** Record who ran when. */
  course?: boolean;
  /** Told of every decision. */
  onDecision?: DecisionListener;
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

export interface SimulationResult {
  /** Less than asked for when aborted. */
  seconds: number;
  events: number;
  models: ModelMetrics[];
  device: DeviceMetrics;
  decisions: number;
  /** Between the events of a scenario; absent without any. */
  phases?: Phase[];
  course?: Course;
}

/** Pieces of a run between which signals are heard. */
const PIECES = 1000;
const YIELD_MS = 10;

/**
 * Runs a subject for a stretch of virtual time. The same subject and options give the same result on every host, an abort
 * aside.
 *
 * @throws HeterodyneError as `systemOf`, `Engine`, `createController` and `Happenings`
 */
export async function simulate(subject: Subject, options: SimulationOptions): Promise<SimulationResult> {
  const run = new Simulation(subject, options);
  const { signal, onProgress, seconds } = options;
  let yielded = performance.now();
  // At least one piece: figures of no time at all would be none.
  for (let i = 1; i <= PIECES && !(i > 1 && signal?.aborted); i++) {
    run.goOn((seconds * i) / PIECES);
    if (performance.now() - yielded < YIELD_MS) continue;
    // Others have their turn: signals, progress, other work.
    onProgress?.(i / PIECES);
    await new Promise((resolve) => setTimeout(resolve, 0));
    yielded = performance.now();
  }
  return run.result();
}

/** The engine of a subject, for those who control or watch it themselves. */
export function engineSystemOf(subject: Subject): EngineSystem {
  const { problem, placement, models, clocks, replans = [] } = subject;
  const further = (own: PlacementProblem, variants: readonly (readonly PlacementModel[])[] | undefined) =>
    own.models.map((model, m) => {
      const forms = variants?.[m] ?? [];
      return [...forms, ...replans.flatMap(() => [model, ...forms])];
    });
  const planned = models.map(({ variants }) => variants.map(({ model }) => model));
  return systemOf(problem, placement, {
    variants: further(problem, planned).map((forms, m) =>
      forms.map((model, i) => {
        const { variants } = models[m];
        const moved = Math.floor((i + 1) / (1 + variants.length));
        return { model, record: moved === 0 ? variants[i].record : recordOf(replans[moved - 1].placement, m) };
      }),
    ),
    ...(clocks && {
      clocks: {
        ...clocks,
        at(levels) {
          const there = clocks.at(levels);
          return { problem: there.problem, variants: further(there.problem, there.variants) };
        },
      },
    }),
  });
}

class Simulation {
  readonly #subject: Subject;
  readonly #engine: Engine;
  readonly #loop?: ControlLoop;
  readonly #happenings: Happenings;
  readonly #logs: FrameLog[];
  readonly #course?: Course;
  #decisions = 0;
  #pointSwitches = 0;
  /** Levels that are wanted, before a cap. */
  #wanted: Int32Array;
  #cap?: Int32Array;
  #controllerWakes = Number.POSITIVE_INFINITY;
  /** Per model: seconds of a transfer that belongs to the next block. */
  readonly #transfer: Float64Array;
  readonly #stage: Stage;
  readonly #phases: Phases;
  readonly #lag?: LagMeter;
  readonly #system: EngineSystem;
  /** The placement that holds, as `routesAt` counts them; per model its form. */
  #placement = 0;
  readonly #variant: Int32Array;

  constructor(subject: Subject, options: SimulationOptions) {
    const { scenario, controller, decisionSeconds = 0, onDecision, seconds: _, ...engineOptions } = options;
    const placed = engineSystemOf(subject);
    // The subject's own domains stay as they are: it may be simulated again.
    const domains = placed.domains.map((each) => ({ ...each, delaySeconds: each.delaySeconds + decisionSeconds }));
    const system: EngineSystem = { ...placed, domains };
    this.#subject = subject;
    this.#system = system;
    this.#variant = new Int32Array(subject.models.length);
    this.#happenings = new Happenings(scenario, subject);
    this.#logs = subject.models.map(() => new FrameLog());
    this.#course = options.course ? new Course() : undefined;
    this.#wanted = subject.points[subject.start].levels;
    this.#transfer = new Float64Array(subject.models.length);
    this.#engine = new Engine(system, {
      ...engineOptions,
      arrivals: subject.models.map(({ arrival }) => arrival),
      granularity: controller === undefined && !options.preemptive ? 'stage' : 'block',
      routeChange: controller === undefined ? 'frame' : variantChange(system, subject),
      hooks: this.#hooks(),
    });
    this.#phases = new Phases(
      subject.models.map(({ name, arrival }) => ({ name, deadline: arrival.deadlineSeconds !== undefined })),
      this.#logs,
      this.#engine.meters,
    );
    if (controller !== undefined) {
      const control = controlSystemOf(system, subject);
      this.#lag = this.#course && new LagMeter(control);
      this.#loop = new ControlLoop(
        control,
        createController(controller.id, control, controller.parameters),
        {
          setPoint: (point) => this.#request(subject.points[point].levels),
          setVariant: (instance, variant, now) => this.#setVariant(instance, variant, now),
          skipFrame: (instance) => this.#engine.giveUp(instance, this.#loop?.state.frame[instance] ?? -1),
          wakeAt: (at) => {
            this.#controllerWakes = at;
            this.#wake();
          },
        },
        {
          mode: controller.mode,
          listener: (...decision) => {
            this.#decisions++;
            this.#showDecision(...decision);
            onDecision?.(...decision);
          },
        },
      );
      subject.models.forEach(({ arrival }, m) => {
        if (arrival.active === false && this.#loop) this.#loop.state.active[m] = 0;
      });
    }
    this.#stage = {
      disturb: (server, slowdown) => this.#engine.disturb(server, slowdown),
      setActive: (model, active) => {
        this.#loop?.setActive(model, active, this.#engine.now);
        this.#engine.setActive(model, active);
      },
      setMode: (mode) => this.#loop?.setMode(mode, this.#engine.now),
      setPlacement: (placement) => this.#setPlacement(placement, controller),
      setCap: (levels) => {
        this.#cap = levels;
        this.#request(this.#wanted);
      },
    };
    this.#showClocks(0);
    this.#showPower(0);
    if (this.#loop) for (const { name } of subject.models) this.#course?.count(`${name} level`, 0, 0);
    this.#wake();
  }

  goOn(until: number): void {
    this.#engine.run(until);
  }

  result(): SimulationResult {
    const { now, meters, events } = this.#engine;
    this.#course?.end(now);
    const phases = this.#phases.ended(now);
    const models = this.#subject.models.map(({ name, arrival }, m) => {
      const log = this.#logs[m];
      for (let i = this.#engine.overdue(m); i > 0; i--) log.judge(true);
      return log.metrics(name, arrival.deadlineSeconds, this.#engine.underWay(m), now);
    });
    return {
      seconds: now,
      events,
      models,
      device: deviceMetrics(this.#subject.servers, meters, models, this.#pointSwitches, now),
      decisions: this.#decisions,
      ...(phases.length > 0 && { phases }),
      ...(this.#course && { course: this.#course }),
    };
  }

  #hooks(): EngineHooks {
    const logs = this.#logs;
    const course = this.#course;
    const { models } = this.#subject;
    return {
      released: (model, frame, now) => {
        logs[model].released++;
        const { deadlineSeconds } = models[model].arrival;
        const deadline = deadlineSeconds === undefined ? Number.POSITIVE_INFINITY : now + deadlineSeconds;
        course?.released(model, frame, deadline, now);
        this.#showLag(model, frame, -1, now);
        this.#loop?.released(model, frame, now);
      },
      skipped: (model, now) => {
        logs[model].skipped++;
        logs[model].judge(true);
        course?.missed(model, now);
        this.#loop?.frameSkipped(model, -1, now);
      },
      ...(this.#course && {
        stepStarted: (model, frame, route, step, server, now) => {
          course?.stepStarted(server, model, frame, route, step, now);
          this.#showPower(now);
        },
        stepEnded: (model, _frame, _route, _step, server, now) => {
          course?.stepEnded(server, model, now);
          this.#showPower(now);
        },
      }),
      blockEnded: (model, frame, _route, _step, block, seconds, now) => {
        if (block === TRANSFER) {
          this.#transfer[model] = seconds;
          return;
        }
        const own = seconds + this.#transfer[model];
        this.#transfer[model] = 0;
        this.#showLag(model, frame, block, now);
        this.#loop?.blockEnded(model, frame, block, own, now);
      },
      frameEnded: (model, frame, route, released, deadline, joules, now) => {
        const { variants } = models[model];
        const form = route % (1 + variants.length);
        const loss = form === 0 ? 0 : variants[form - 1].loss;
        logs[model].ended(released, deadline, joules, loss, now);
        if (now > deadline) course?.missed(model, now);
        course?.frameLeft(model, frame, false, now);
        this.#loop?.frameEnded(model, frame, now);
      },
      givenUp: (model, frame, _route, _released, _deadline, _joules, now) => {
        logs[model].givenUp++;
        logs[model].judge(true);
        course?.missed(model, now);
        course?.frameLeft(model, frame, true, now);
        this.#lag?.left(model, frame);
        this.#loop?.frameSkipped(model, frame, now);
      },
      levelChanged: (_domain, _level, now) => {
        this.#showClocks(now);
        this.#showPower(now);
        if (!same(this.#engine.levels, this.#capped(this.#wanted))) return;
        this.#pointSwitches++;
        const loop = this.#loop;
        if (loop) loop.pointHolds(loop.state.wantedPoint, now);
      },
      woken: (now) => {
        if (this.#happenings.nextAt <= now) {
          this.#phases.begin(now);
          const texts = this.#happenings.happen(this.#stage, now);
          this.#phases.because(texts);
          for (const text of texts) course?.mark('scenario', text, now);
          this.#showPower(now);
        }
        if (this.#controllerWakes <= now) {
          this.#controllerWakes = Number.POSITIVE_INFINITY;
          this.#loop?.woken(now);
        }
        this.#wake();
      },
    };
  }

  #request(levels: Int32Array): void {
    this.#wanted = levels;
    this.#engine.requestLevels(this.#capped(levels));
  }

  #capped(levels: Int32Array): Int32Array {
    return this.#cap === undefined ? levels : (this.#subject.clocks?.capped(levels, this.#cap) ?? levels);
  }

  #setVariant(model: number, variant: number, now: number): void {
    this.#logs[model].variantSwitches++;
    this.#variant[model] = variant;
    this.#takeRoute(model);
    this.#course?.count(`${this.#subject.models[model].name} level`, variant, now);
  }

  #takeRoute(model: number): void {
    const forms = 1 + this.#subject.models[model].variants.length;
    this.#engine.setRoute(model, this.#placement * forms + this.#variant[model]);
  }

  /** Frames that can still pass go their old way to its end; the others are given up. */
  #setPlacement(placement: number, controller: SimulationOptions['controller']): void {
    this.#placement = placement;
    this.#subject.models.forEach((_, m) => {
      this.#takeRoute(m);
    });
    this.#engine.giveUpStranded();
    if (this.#loop === undefined || controller === undefined) return;
    const control = controlSystemOf(this.#system, this.#subject, placement);
    if (this.#lag) this.#lag.system = control;
    this.#loop.succeed(control, createController(controller.id, control, controller.parameters), this.#engine.now);
  }

  #wake(): void {
    this.#engine.wakeAt(Math.min(this.#happenings.nextAt, this.#controllerWakes));
  }

  #showClocks(now: number): void {
    const { clocks, points, start } = this.#subject;
    if (this.#course === undefined) return;
    this.#course.holds(clocks?.nameOf(this.#engine.levels) ?? points[start].id, now);
    clocks?.domains.forEach(({ name }, d) => {
      this.#course?.count(`${name} MHz`, clocks.frequencyHz(d, this.#engine.levels[d]) / 1e6, now);
    });
  }

  /** Decisions that ask for something. */
  #showDecision: DecisionListener = (controller, state, _cause, _instance, request) => {
    if (this.#course === undefined) return;
    const { points, models } = this.#subject;
    const asks: string[] = [];
    if (request.point >= 0 && request.point !== state.wantedPoint) asks.push(points[request.point].id);
    request.variants.forEach((variant, m) => {
      const { name, original, variants } = models[m];
      if (variant < 0 || variant === state.wantedVariant[m]) return;
      asks.push(`${name}: ${variant === 0 ? original : variants[variant - 1].name}`);
    });
    request.skip.forEach((skip, m) => {
      if (skip === 1) asks.push(`${models[m].name}: frame given up`);
    });
    if (asks.length === 0 && !request.infeasible) return;
    const unable = request.infeasible ? ' (no setting keeps all deadlines)' : '';
    this.#course.mark(
      'decision',
      `${controller.reasons[request.reason]}: ${asks.join(', ') || 'as it is'}${unable}`,
      state.now,
    );
  };

  #showLag(model: number, frame: number, block: number, now: number): void {
    const lag = this.#lag?.after(model, frame, block, now);
    if (lag !== undefined) this.#course?.count(`${this.#subject.models[model].name} LAG ms`, lag * 1000, now);
  }

  #showPower(now: number): void {
    this.#course?.count('power W', this.#engine.watts, now);
  }
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a.every((value, i) => value === b[i]);
}
