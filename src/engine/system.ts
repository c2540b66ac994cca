/**
 * What the engine runs, in arrays of numbers: models as routes of steps through servers.
 *
 *   server    a processor (the first P), or a link that carries transfers (after them); runs steps one after the other
 *   resource  what servers occupy while they work (core groups, GPUs, links): two servers may share one; and DRAM,
 *             of which a step draws a share
 *   route     one form of a model, placed: a variant, or another placement of the same
 *   step      a stage, or a transfer over a link; a sequence of segments
 *   segment   a block, or the transfer that a stage's processor pays for itself
 *
 * Segments are numbered through the whole system: model after model, route after route, step after step. Figures are
 * held per segment, for one setting of all clock domains.
 */
import { HeterodyneError } from '../core/errors.ts';
import { PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from '../core/placement.ts';
import { placementCount } from '../core/prepared.ts';

/** `block` of a segment that is a transfer. */
export const TRANSFER = -1;

export interface EngineStep {
  server: number;
  /** Index of the stage that runs, or that the transfer leads to. */
  stage: number;
  kind: 'stage' | 'transfer';
  /** Segments first .. end - 1 of the system. */
  first: number;
  end: number;
}

export interface EngineRoute {
  steps: EngineStep[];
}

/** Routes with equal texts run the same blocks on the same servers. */
export function wayOf({ steps }: EngineRoute, segmentBlock: Int32Array): string {
  return steps.map(({ server, first, end }) => `${server}:${segmentBlock.subarray(first, end).join()}`).join(' ');
}

export interface EngineModel {
  name: string;
  /** Weight of sharing, > 0. */
  weight: number;
  /** 0 = most important. */
  priority: number;
  /** Route 0 is the one that runs unless told otherwise. */
  routes: EngineRoute[];
}

/** A clock domain as the engine sees it: a dial with levels. */
export interface EngineDomain {
  name: string;
  /** From a request until the new level holds. */
  delaySeconds: number;
  /** How long the domain's servers stand still when it changes. */
  stallSeconds: number;
  /** Servers that it drives: bit s. */
  servers: number;
}

/** What everything costs at one setting of all clock domains. */
export interface EngineFigures {
  /** Per segment and frame, alone; Infinity = cannot run. */
  seconds: Float64Array;
  /** Per segment and frame: seconds of the DRAM's whole bandwidth. */
  dramSeconds: Float64Array;
  /** Watts of the idle device; NaN = unknown. */
  idleWatts: number;
  /** Per server: watts above idle while it works; NaN = unknown. */
  activeWatts: Float64Array;
}

export interface EngineSystem {
  servers: number;
  /** The first so many servers are processors, in the problem's order. */
  processors: number;
  resources: number;
  /** Per server: resources that it occupies alone, as bits. */
  serverUses: Uint32Array;
  /** Per server: DRAM resource, or -1. */
  serverDram: Int32Array;
  models: EngineModel[];
  /** Per segment: block, or {@link TRANSFER}. */
  segmentBlock: Int32Array;
  domains: EngineDomain[];
  /** Level of each domain at the start. */
  levels: Int32Array;
  /** Figures at a setting. Asked for once per setting that is reached, outside the hot loop. */
  figures(levels: Int32Array): EngineFigures;
}

/** A model in one form, and where its blocks run. */
export interface PlacedModel {
  model: PlacementModel;
  /** PLACEMENT_STRIDE bytes. */
  record: Uint8Array;
}

export interface SystemOptions {
  /** Per model: further routes, behind the placement's own. */
  variants?: readonly (readonly PlacedModel[])[];
  /** Absent = one setting for ever. */
  clocks?: SystemClocks;
}

export interface SystemClocks {
  domains: EngineDomain[];
  /** Level of each domain at the start; the problem and the variants are given for it. */
  levels: Int32Array;
  /** Same models, variants and indices, with the costs and powers at another setting. */
  at(levels: Int32Array): { problem: PlacementProblem; variants?: readonly (readonly PlacementModel[])[] };
}

/**
 * The system of a joint placement.
 *
 * @param placement [M] placement records
 * @throws HeterodyneError `INFEASIBLE` a block is placed where it cannot run; `BAD_INPUT` a route that costs nothing,
 *   or a placement for other models
 */
export function systemOf(problem: PlacementProblem, placement: Uint8Array, options: SystemOptions = {}): EngineSystem {
  const M = problem.models.length;
  if (placementCount(placement, M) !== 1) {
    throw new HeterodyneError('BAD_INPUT', 'the engine runs one joint placement', {
      path: 'placement',
      expected: `${M * PLACEMENT_STRIDE} bytes`,
      received: `${placement.length} bytes`,
    });
  }
  const forms: PlacedModel[][] = problem.models.map((model, m) => [
    { model, record: placement.slice(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE) },
    ...(options.variants?.[m] ?? []),
  ]);
  const layout = new Layout(problem, forms);
  const first = layout.figures(
    problem,
    forms.map((routes) => routes.map(({ model }) => model)),
  );
  checkRoutes(layout.models, first);
  const { clocks } = options;
  return {
    servers: layout.serverUses.length,
    processors: problem.processors,
    resources: problem.resources,
    serverUses: layout.serverUses,
    serverDram: layout.serverDram,
    models: layout.models,
    segmentBlock: Int32Array.from(layout.blocks),
    domains: clocks?.domains ?? [],
    levels: clocks?.levels ?? new Int32Array(0),
    figures(levels) {
      if (clocks === undefined || levels.every((level, d) => level === clocks.levels[d])) return first;
      const there = clocks.at(levels);
      return layout.figures(
        there.problem,
        there.problem.models.map((model, m) => [model, ...(there.variants?.[m] ?? [])]),
      );
    },
  };
}

/** Where everything is, without what it costs. */
class Layout {
  readonly models: EngineModel[] = [];
  readonly blocks: number[] = [];
  readonly serverUses: Uint32Array;
  readonly serverDram: Int32Array;
  readonly #forms: readonly (readonly PlacedModel[])[];

  constructor(problem: PlacementProblem, forms: readonly (readonly PlacedModel[])[]) {
    const P = problem.processors;
    const links = [...new Set(problem.transferResource)].filter((resource) => resource >= 0).sort((a, b) => a - b);
    this.#forms = forms;
    this.serverUses = Uint32Array.from([...problem.processorUses, ...links.map((link) => (1 << link) >>> 0)]);
    this.serverDram = Int32Array.from([...problem.dramResource, ...links.map(() => -1)]);
    for (const [m, routes] of forms.entries()) {
      const { name, shareWeight, priorityClass } = problem.models[m];
      this.models.push({
        name,
        weight: shareWeight,
        priority: priorityClass,
        routes: routes.map(({ record }) => {
          const steps: EngineStep[] = [];
          let block = 0;
          for (let s = 0; s < record[0]; s++) {
            const p = record[1 + 2 * s];
            const end = record[2 + 2 * s];
            const link = s > 0 ? problem.transferResource[record[2 * s - 1] * P + p] : -1;
            if (link >= 0) this.#step(steps, P + links.indexOf(link), s, 'transfer', [TRANSFER]);
            const own = Array.from({ length: end - block }, (_, i) => block + i);
            this.#step(steps, p, s, 'stage', s > 0 && link < 0 ? [TRANSFER, ...own] : own);
            block = end;
          }
          return { steps };
        }),
      });
    }
  }

  #step(steps: EngineStep[], server: number, stage: number, kind: EngineStep['kind'], blocks: number[]): void {
    const first = this.blocks.length;
    this.blocks.push(...blocks);
    steps.push({ server, stage, kind, first, end: this.blocks.length });
  }

  /** @param models per model, its routes' models in order. */
  figures(problem: PlacementProblem, models: readonly (readonly PlacementModel[])[]): EngineFigures {
    const P = problem.processors;
    const seconds = new Float64Array(this.blocks.length);
    const dramSeconds = new Float64Array(this.blocks.length);
    this.models.forEach((model, m) => {
      model.routes.forEach(({ steps }, v) => {
        const costs = models[m][v];
        const { record } = this.#forms[m][v];
        for (const step of steps) {
          const p = record[1 + 2 * step.stage];
          for (let i = step.first; i < step.end; i++) {
            const block = this.blocks[i];
            if (block === TRANSFER) {
              const hop = record[2 * step.stage - 1] * P + p;
              const bytes = costs.outputBytes[record[2 * step.stage] - 1];
              seconds[i] = problem.transferSeconds[hop] + bytes * problem.transferSecondsPerByte[hop];
            } else {
              seconds[i] = costs.seconds[p * costs.blocks + block];
              dramSeconds[i] = costs.dramBytes[block] * problem.dramSecondsPerByte[p];
            }
            seconds[i] *= costs.callsPerFrame;
            dramSeconds[i] *= costs.callsPerFrame;
          }
        }
      });
    });
    const activeWatts = new Float64Array(this.serverUses.length);
    activeWatts.set(problem.activeWatts);
    return { seconds, dramSeconds, idleWatts: problem.idleWatts, activeWatts };
  }
}

function checkRoutes(models: readonly EngineModel[], { seconds }: EngineFigures): void {
  models.forEach((model, m) => {
    model.routes.forEach(({ steps }, v) => {
      let sum = 0;
      for (const { first, end } of steps) for (let i = first; i < end; i++) sum += seconds[i];
      const path = `/models/${m}/routes/${v}`;
      if (sum === Number.POSITIVE_INFINITY)
        throw new HeterodyneError(
          'INFEASIBLE',
          `a block of ${model.name} is placed on a processor that cannot run it`,
          {
            path,
          },
        );
      if (!(sum > 0))
        throw new HeterodyneError('BAD_INPUT', `${model.name} takes no time as placed: its frames would never end`, {
          path,
          expected: 'a cost above 0',
          received: String(sum),
        });
    });
  });
}
