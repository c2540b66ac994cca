/**
 * A plan at work on this machine: a process for every processor that it uses, in each of them the stages that stand there,
 * and a flow of frames per model.
 *
 *   source ─► flow of squeezenet ─► station cpu-0 ───────────────► results
 *   source ─► flow of alexnet ────► station wasm-1 ─► station cpu-1 ─► results
 */
import { openScratchFolder } from '../../bindings/host/index.ts';
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { nearest } from '../documents/nearest.ts';
import type { Warning } from '../documents/warnings.ts';
import { type PackedTensors, packTensors, type Tensors, unpackTensors } from '../execution/tensors.ts';
import { thisHost } from '../execution/this-host.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Plan, PlannedModel } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import { Flow, type FlowListener, type FramePolicy, type Route, type Stop } from './flow.ts';
import { planAround } from './plan-again.ts';
import { expectedModel, type ModelSource, openPlanModel, unverified } from './plan-models.ts';
import { type StageFile, StageFiles } from './stage-files.ts';
import { type PlannedForm, standIn } from './stand-in.ts';
import { Station, type StationEvent } from './station.ts';

export interface DeployOptions {
  /** Default: this machine. */
  platform?: Platform;
  /** What the plan was made from: names the files, and their content is held against it. */
  profile?: Profile;
  /** Where models are, by name; absent = as the profile says, else in the zoo. */
  models?: Readonly<Record<string, ModelSource>>;
  /** Further forms that stay loaded, by model and variant. */
  variants?: Readonly<Record<string, Readonly<Record<string, ModelSource>>>>;
  /** Default `every`. */
  policy?: FramePolicy;
  /** Frames of a model that may wait before its first stage; default 8. */
  queue?: number;
  /** Frames of a model between first stage and end; default one more than it has stages. */
  inFlight?: number;
  /** A call that takes longer counts as hanging; default 50 times what is planned, at least 5 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  onEvent?: (event: RuntimeEvent) => void;
}

export type RuntimeEvent =
  | StationEvent
  /** A model goes another way from the next frame on. `switchMs`: from the wish until frames take it. */
  | { kind: 'switched'; model: string; variant: string; switchMs: number }
  | { kind: 'rescued'; model: string; from: string; to: string; ms: number }
  /** Someone changed what the controller aims at, or what it may decide. */
  | { kind: 'steered'; what: string }
  | { kind: 'failed'; model: string; frame: number; reason: string };

export interface InferenceResult {
  model: string;
  frame: number;
  /** Form of the model that ran. */
  variant: string;
  outputs: Tensors;
  /** From the offer to the end. */
  responseMs: number;
}

/** One model at work. */
export interface DeployedModel {
  readonly name: string;
  readonly planned: PlannedModel;
  readonly flow: Flow;
  readonly inputs: readonly OnnxValueInfo[];
  /** Names of what a caller gets. */
  readonly outputs: readonly string[];
  /** Ways through its resident forms, by variant; the first is the planned one. */
  readonly routes: ReadonlyMap<string, Route>;
  /** No stage but the first reads the model's inputs: its process can make them itself. */
  readonly selfFed: boolean;
}

const QUEUE = 8;
const LEAST_TIMEOUT_MS = 5000;
const TIMEOUT_FACTOR = 50;

/**
 * Loads the stages of a plan on this machine.
 *
 * @throws HeterodyneError `BAD_INPUT` (a plan for another platform, files that are not those of the plan), `NOT_READABLE`
 *   (a file or a runtime is missing), `PROCESS`, `USAGE` (nobody says where a model is)
 */
export async function deploy(plan: Plan, options: DeployOptions = {}): Promise<Runtime> {
  const { platform, warnings } = await platformOf(plan, options);
  const models: CuttableModel[] = [];
  for (const planned of plan.models) {
    options.signal?.throwIfAborted();
    models.push(await openPlanModel(expectedModel(planned, options.profile), options.models?.[planned.name]));
  }
  const runtime = new Runtime(plan, platform, options, [...warnings, ...unverified(plan, options.profile)]);
  try {
    await untilAborted(runtime.start(models), options.signal);
    return runtime;
  } catch (error) {
    await runtime.close();
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** What `work` gives, or the signal's reason as soon as it is aborted. */
async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  let stop = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    if (!signal?.aborted) await Promise.race([work, aborted]);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function platformOf(
  plan: Plan,
  { platform }: DeployOptions,
): Promise<{ platform: Platform; warnings: Warning[] }> {
  const { platform: found } = platform === undefined ? await thisHost() : { platform };
  const missing = plan.models
    .flatMap(({ stages }) => stages)
    .find((stage) => !found.processors.some(({ id, execution }) => id === stage.processor && execution !== undefined));
  if (missing === undefined) return { platform: found, warnings: [] };
  const known = found.processors.filter(({ execution }) => execution !== undefined).map(({ id }) => id);
  if (known.length === 0) {
    throw new HeterodyneError('NOT_READABLE', `nothing runs models here: no processor of ${found.id} has a runtime`, {
      path: 'onnxruntime-node',
      expected: 'the package onnxruntime-node or onnxruntime-web, optional peers of heterodyne',
      received: 'neither',
      hint: 'npm install onnxruntime-node',
    });
  }
  throw new HeterodyneError('BAD_INPUT', `this machine has no processor "${missing.processor}"`, {
    path: '/models',
    expected: `a plan for ${known.join(', ')}`,
    received: `a plan for ${plan.platform}`,
    hint: 'plan with --platform host on this machine',
  });
}

export class Runtime {
  readonly plan: Plan;
  readonly platform: Platform;
  readonly warnings: readonly Warning[];
  readonly #options: DeployOptions;
  readonly #stations = new Map<string, Promise<Station>>();
  readonly #open = new Map<string, Station>();
  readonly #models = new Map<string, DeployedModel & { routes: Map<string, Route> }>();
  readonly #networks = new Map<string, CuttableModel>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #files: StageFiles | undefined;
  /** The plan without the processors that are gone. */
  #around: { key: string; plan: Promise<Plan | undefined> } | undefined;
  #removeFiles: () => Promise<void> = async () => {};
  #closed = false;
  #starting: Promise<void> = Promise.resolve();

  /** Made by {@link deploy}. */
  constructor(plan: Plan, platform: Platform, options: DeployOptions, warnings: readonly Warning[]) {
    this.plan = plan;
    this.platform = platform;
    this.#options = options;
    this.warnings = warnings;
    if (options.onEvent !== undefined) this.#listeners.add(options.onEvent);
  }

  /** @param networks in the plan's order */
  start(networks: readonly CuttableModel[]): Promise<void> {
    const starting = this.#start(networks);
    this.#starting = starting.catch(() => {});
    return starting;
  }

  async #start(networks: readonly CuttableModel[]): Promise<void> {
    const { folder, remove } = await openScratchFolder();
    this.#removeFiles = remove;
    this.#files = new StageFiles(folder);
    await Promise.all(this.plan.models.map((planned, m) => this.#add(planned, networks[m]!)));
  }

  get models(): readonly DeployedModel[] {
    return this.plan.models.map(({ name }) => this.#models.get(name)!);
  }

  get stations(): readonly Station[] {
    return [...this.#open.values()];
  }

  /** @throws HeterodyneError `USAGE` for a name that the plan does not have */
  model(name: string): DeployedModel {
    const found = this.#models.get(name);
    if (found !== undefined) return found;
    const names = [...this.#models.keys()];
    const meant = nearest(name, names);
    throw new HeterodyneError('USAGE', `the plan has no model "${name}"`, {
      path: name,
      expected: `one of ${names.join(', ')}`,
      received: `"${name}"`,
      hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
    });
  }

  /** Tells of restarts, switches and failures. @returns what ends it */
  on(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells of every frame of a model. @returns what ends it */
  observe(name: string, listener: FlowListener): () => void {
    return this.model(name).flow.listen(listener);
  }

  /**
   * One inference. Several may be under way; over the bounds of the queue the call waits for room.
   *
   * @throws HeterodyneError `BAD_INPUT` for inputs that the model does not take; `PROCESS` when it cannot be run any more
   */
  async infer(name: string, tensors: Readonly<Tensors>): Promise<InferenceResult> {
    const model = this.model(name);
    const outcome = await model.flow.submit(packTensors(tensors), true);
    if (outcome === undefined) {
      throw new HeterodyneError('LIMIT', `a newer frame of ${name} took the place of this one`, {
        path: name,
        expected: 'policy every, where no frame may be dropped',
        received: 'policy newest',
      });
    }
    const { frame, variant, responseMs } = outcome;
    return {
      model: name,
      frame,
      variant,
      responseMs,
      outputs: unpackTensors(...chosen(outcome.outputs, model.outputs)),
    };
  }

  /** Results of a row of inputs, in its order; inputs are taken as there is room for them. */
  async *stream(
    name: string,
    inputs: AsyncIterable<Readonly<Tensors>> | Iterable<Readonly<Tensors>>,
  ): AsyncGenerator<InferenceResult> {
    const { flow } = this.model(name);
    const under: Promise<InferenceResult>[] = [];
    try {
      for await (const tensors of inputs) {
        const result = this.infer(name, tensors);
        // Told when its turn comes: until then nobody waits for it.
        result.catch(() => {});
        under.push(result);
        if (under.length > flow.options.inFlight) yield await under.shift()!;
      }
      while (under.length > 0) yield await under.shift()!;
    } finally {
      await Promise.allSettled(under);
    }
  }

  /** Frames that begin from now on go through another resident form. @throws HeterodyneError `USAGE` */
  setVariant(name: string, variant: string): void {
    const began = performance.now();
    const { flow, routes } = this.model(name);
    const route = routes.get(variant);
    if (route === undefined) {
      throw new HeterodyneError('USAGE', `${name} has no form "${variant}" loaded`, {
        path: name,
        expected: `one of ${[...routes.keys()].join(', ')}`,
        received: `"${variant}"`,
      });
    }
    flow.route = route;
    this.#tell({ kind: 'switched', model: name, variant, switchMs: performance.now() - began });
  }

  /** Waits for the frames under way, takes no more. */
  async drain(): Promise<void> {
    for (const { flow } of this.#models.values()) flow.close();
    await Promise.all([...this.#models.values()].map(({ flow }) => flow.drained()));
  }

  /** Ends all processes at once. Further calls do nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { flow } of this.#models.values()) flow.close();
    const stations = await Promise.allSettled(this.#stations.values());
    await Promise.all(stations.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    // A start that was given up may still be writing.
    await this.#starting;
    await this.#removeFiles();
  }

  async #add(planned: PlannedModel, network: CuttableModel): Promise<void> {
    const { name, variant, stages } = planned;
    const { policy = 'every', queue = QUEUE, inFlight = stages.length + 1, variants } = this.#options;
    this.#networks.set(name, network);
    const first = await this.#route(network, planned, variant);
    const routes = new Map([[variant, first.route]]);
    const flow = new Flow(name, first.route, { policy, queue, inFlight });
    const inputs = network.blocked.inputs.map((each) => each.name);
    this.#models.set(name, {
      name,
      planned,
      flow,
      routes,
      inputs: first.inputs,
      outputs: network.blocked.outputs.map((each) => each.name),
      selfFed: first.files.slice(1).every((file) => !file.inputs.some((each) => inputs.includes(each))),
    });
    flow.listen({
      failed: (frame, error) => this.#tell({ kind: 'failed', model: name, frame, reason: String(error) }),
    });
    flow.rescue = (station) => this.#rescue(name, station);
    for (const [form, source] of Object.entries(variants?.[name] ?? {})) {
      const other = await openPlanModel({ name, blocks: network.blocked.blocks.length }, source).catch(
        async (error) => {
          // A form with other blocks goes whole to where most of the original's time is.
          if (error instanceof HeterodyneError && error.code === 'BAD_INPUT')
            return openPlanModel({ name, blocks: 1 }, source);
          throw error;
        },
      );
      const whole = other.blocked.blocks.length === 1 && stages.length > 1;
      const longest = stages.reduce((most, stage) => (stage.latencyMs > most.latencyMs ? stage : most));
      const placed: PlannedForm = whole ? { stages: [{ ...longest, firstBlock: 0, lastBlock: 0 }] } : planned;
      routes.set(form, (await this.#route(other, placed, form, name)).route);
    }
  }

  /** Writes and loads the stages of one form. */
  async #route(
    network: CuttableModel,
    { stages }: PlannedForm,
    variant: string,
    key = network.blocked.name,
  ): Promise<{ route: Route; files: StageFile[]; inputs: OnnxValueInfo[] }> {
    const files = await this.#files!.of(network, stages);
    const inputs = new Map<string, OnnxValueInfo>();
    const stops = await Promise.all(
      files.map(async (file, s): Promise<Stop> => {
        const station = await this.#station(file.processor);
        const timeoutMs = this.#options.timeoutMs ?? Math.max(LEAST_TIMEOUT_MS, TIMEOUT_FACTOR * stages[s]!.latencyMs);
        const stage = { key, variant, path: file.path, timeoutMs };
        for (const input of await station.load(stage)) inputs.set(input.name, input);
        return { station, stage, inputs: file.inputs, lastBlock: file.lastBlock };
      }),
    );
    const asked = network.blocked.inputs.flatMap(({ name }) => inputs.get(name) ?? []);
    return { route: { name: variant, stops }, files, inputs: asked };
  }

  #station(id: string): Promise<Station> {
    const found = this.#stations.get(id);
    if (found !== undefined) return found;
    if (this.#closed) return Promise.reject(new HeterodyneError('USAGE', 'the runtime is closed'));
    const processor = this.platform.processors.find((each) => each.id === id)!;
    const station = new Station(processor, (event) => this.#tell(event));
    const opened = station.open().then(() => {
      this.#open.set(id, station);
      return station;
    });
    this.#stations.set(id, opened);
    return opened;
  }

  /** A model whose processor is given up goes elsewhere. @returns whether it does */
  async #rescue(name: string, lost: Station): Promise<boolean> {
    if (this.#closed) return false;
    const began = performance.now();
    const model = this.#models.get(name)!;
    if (!model.flow.route.stops.some(({ station }) => station === lost)) return true;
    const gone = new Set([...this.#open].filter(([, station]) => station.isGone).map(([id]) => id));
    const network = this.#networks.get(name)!;
    const around = await this.#planAround(gone);
    const form: PlannedForm | undefined =
      around?.models.find((each) => each.name === name) ??
      standIn(model.planned, gone, this.platform, this.#options.profile);
    if (form === undefined) return false;
    const { route } = await this.#route(network, form, model.planned.variant);
    // Another frame of the model may have been faster.
    if (!model.flow.route.stops.some(({ station }) => station === lost)) return true;
    model.flow.route = route;
    model.routes.set(model.planned.variant, route);
    this.#tell({
      kind: 'rescued',
      model: name,
      from: lost.processor.id,
      to: route.stops.map(({ station }) => station.processor.id).join(', '),
      ms: performance.now() - began,
    });
    return true;
  }

  /** Models that lose a processor at the same time share one new plan, and later ones start from it. */
  #planAround(gone: ReadonlySet<string>): Promise<Plan | undefined> {
    const { profile } = this.#options;
    if (profile === undefined) return Promise.resolve(undefined);
    const key = [...gone].sort().join();
    if (this.#around?.key !== key) {
      const before = this.#around?.plan ?? Promise.resolve(this.plan);
      const plan = before.then((known) => planAround(known ?? this.plan, gone, this.platform, profile));
      this.#around = { key, plan };
    }
    return this.#around.plan;
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The tensors that a caller is given, as {@link unpackTensors} takes them. */
function chosen({ headers, payload }: PackedTensors, names: readonly string[]): Parameters<typeof unpackTensors> {
  const at = names.map((name) => headers.findIndex((header) => header.name === name)).filter((index) => index >= 0);
  const bytes = new Uint8Array(at.reduce((sum, index) => sum + payload[index]!.length, 0));
  let end = 0;
  for (const index of at) {
    bytes.set(payload[index]!, end);
    end += payload[index]!.length;
  }
  return [at.map((index) => headers[index]!), bytes];
}
