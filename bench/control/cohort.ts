/**
 * A cohort on the GPU of one platform, for the control study: tables from the platform model, variants with synthetic
 * losses, and the same system for the engine and for the controllers.
 */
import type { ControlledVariant, ControlSystem } from '../../src/controllers/system.ts';
import type { EngineFigures, EngineSystem } from '../../src/engine/system.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { domainStates } from '../../src/platforms/clock-domain.ts';
import { platformById } from '../../src/platforms/registry.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { rowsOfAllPoints, type SpeedTables, speedTables } from '../../src/profiles/tables.ts';
import { type ThinnedTables, thinTables } from '../../src/profiles/tables-thinning.ts';

export const NETWORKS = ['alexnet', 'googlenet', 'resnet-50', 'vgg-19'] as const;

/**
 * Low-rank variants. SpeedUps: from the arithmetic that published ranks save (conv MACs / 5.29, 1.66, 1.41, 1.96), of which
 * a part is taken to be reached. Losses: synthetic, growing with the square of what is left out.
 */
const VARIANTS: Record<(typeof NETWORKS)[number], { speedUp: number; loss: number }[]> = {
  alexnet: [
    { speedUp: 1.3, loss: 0.004 },
    { speedUp: 1.7, loss: 0.013 },
    { speedUp: 2.2, loss: 0.03 },
  ],
  googlenet: [
    { speedUp: 1.15, loss: 0.005 },
    { speedUp: 1.3, loss: 0.014 },
    { speedUp: 1.5, loss: 0.03 },
  ],
  'resnet-50': [
    { speedUp: 1.1, loss: 0.006 },
    { speedUp: 1.2, loss: 0.015 },
    { speedUp: 1.3, loss: 0.03 },
  ],
  'vgg-19': [
    { speedUp: 1.2, loss: 0.005 },
    { speedUp: 1.4, loss: 0.014 },
    { speedUp: 1.7, loss: 0.03 },
  ],
};

export interface Board {
  platform: Platform;
  full: SpeedTables;
  thin: ThinnedTables;
  /** Row of the full tables of every operating point. */
  rows: Int32Array;
}

export function boardOf(id: string): Board {
  const { platform } = platformById(id);
  const models = NETWORKS.map((name) => loadZooModel(name));
  const full = speedTables(models, platform, 'gpu');
  return { platform, full, thin: thinTables(full), rows: rowsOfAllPoints(full, platform) };
}

export interface Cohort {
  board: Board;
  /** Indices into NETWORKS. */
  networks: number[];
  control: ControlSystem;
  engine: EngineSystem;
}

export interface CohortOptions {
  /** Deadline = period = factor x isolated time at the highest clocks x number of networks; one, or one per network. */
  factor: number | readonly number[];
  /** false: changes of clocks hold at once. */
  delays: boolean;
  /** false: originals alone. */
  approximation: boolean;
  /** Time that a decision at every block boundary takes from the device. */
  decisionSeconds: number;
}

export function cohortOf(board: Board, networks: readonly number[], options: CohortOptions): Cohort {
  const { platform, thin, full, rows } = board;
  const domains = platform.clockDomains ?? [];
  const radix = domains.map((domain) => domainStates(platform, domain));
  const levelsOf = (point: number) => {
    const levels = new Int32Array(radix.length);
    let rest = point;
    for (let d = radix.length - 1; d >= 0; d--) {
      levels[d] = rest % radix[d];
      rest = Math.floor(rest / radix[d]);
    }
    return levels;
  };
  const delayOf = (d: number) => (options.delays ? domains[d].actuationDelayMs / 1000 : 0);
  const variantsOf = (network: number) => [
    { speedUp: 1, loss: 0 },
    ...(options.approximation ? VARIANTS[NETWORKS[network]] : []),
  ];
  const control: ControlSystem = {
    instances: networks.map((network, i) => {
      const { referenceMs } = thin.models[network];
      const B = referenceMs.length;
      const isolated = referenceMs.reduce((sum, ms) => sum + ms, 0) / 1000;
      const factor = typeof options.factor === 'number' ? options.factor : options.factor[i];
      const deadlineSeconds = factor * isolated * networks.length;
      return {
        name: `${NETWORKS[network]}-${i}`,
        blocks: B,
        deadlineSeconds,
        periodSeconds: deadlineSeconds,
        criticality: i,
        weight: 1,
        variants: variantsOf(network).map(
          ({ speedUp, loss }, v): ControlledVariant => ({
            name: v === 0 ? 'original' : `low-rank-${v}`,
            loss,
            seconds: secondsOf(thin, network, speedUp, options.decisionSeconds),
          }),
        ),
      };
    }),
    points: Array.from(thin.point, (point, k) => ({
      id: `${point}`,
      levels: levelsOf(point),
      busyWatts: thin.busyWatts[k],
      idleWatts: thin.idleWatts[k],
    })),
    domains: domains.map(({ id, stallMs }, d) => ({
      name: id,
      delaySeconds: delayOf(d),
      stallSeconds: (stallMs ?? 0) / 1000,
    })),
    reference: thin.reference,
    start: thin.reference,
    variantChange: 'block',
    canSkip: true,
  };
  return { board, networks: [...networks], control, engine: engineOf(control) };

  function engineOf(system: ControlSystem): EngineSystem {
    let segments = 0;
    const routes: { network: number; speedUp: number }[] = [];
    const models = networks.map((network, i) => ({
      name: system.instances[i].name,
      weight: 1,
      priority: 0,
      routes: variantsOf(network).map(({ speedUp }) => {
        const first = segments;
        segments += system.instances[i].blocks;
        routes.push({ network, speedUp });
        return { steps: [{ server: 0, stage: 0, kind: 'stage' as const, first, end: segments }] };
      }),
    }));
    return {
      servers: 1,
      processors: 1,
      resources: 1,
      serverUses: Uint32Array.of(1),
      serverDram: Int32Array.of(-1),
      models,
      segmentBlock: Int32Array.from(
        system.instances.flatMap(({ blocks, variants }) =>
          variants.flatMap(() => Array.from({ length: blocks }, (_, b) => b)),
        ),
      ),
      domains: system.domains.map((domain) => ({ ...domain, servers: 1 })),
      levels: system.points[system.start].levels,
      figures(levels): EngineFigures {
        const point = levels.reduce((number, level, d) => number * radix[d] + level, 0);
        const row = rows[point];
        const seconds = routes.flatMap(({ network, speedUp }) => [
          ...secondsOf(full, network, speedUp, options.decisionSeconds, row),
        ]);
        return {
          seconds: Float64Array.from(seconds),
          dramSeconds: new Float64Array(segments),
          idleWatts: full.idleWatts[row],
          activeWatts: Float64Array.of(full.busyWatts[row] - full.idleWatts[row]),
        };
      },
    };
  }
}

/** Seconds of a network's blocks: at all rows of the tables, or at one. */
function secondsOf(tables: SpeedTables, network: number, faster: number, extra: number, row?: number): Float64Array {
  const { referenceMs, speedUp } = tables.models[network];
  const B = referenceMs.length;
  const first = row ?? 0;
  return Float64Array.from({ length: (row === undefined ? tables.point.length : 1) * B }, (_, cell) => {
    const at = first * B + cell;
    return extra + referenceMs[at % B] / 1000 / speedUp[at] / faster;
  });
}

/** Cohorts of the control study: indices into NETWORKS. */
export const STUDY_COHORTS: { name: string; networks: number[] }[] = [
  { name: 'one: resnet-50', networks: [2] },
  { name: 'medium: 2 googlenet, 2 resnet-50', networks: [1, 2, 1, 2] },
  { name: 'large: 8 resnet-50', networks: [2, 2, 2, 2, 2, 2, 2, 2] },
  { name: 'mixed: 2 each of alexnet, googlenet, resnet-50, vgg-19', networks: [0, 1, 2, 3, 0, 1, 2, 3] },
];

export const STUDY_NOISE = {
  blockSigma: 0.05,
  frameSigma: 0.03,
  bursts: { meanGapSeconds: 2, meanSeconds: 0.1, slowdown: 1.3 },
};
