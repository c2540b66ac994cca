/**
 * Profiles from measurements. Every model is measured whole, and its blocks in two ways that check each other:
 *
 *     nodes    the whole model runs, and the runtime's own profile of its nodes is folded onto blocks. Nothing is cut, so
 *              nothing is lost at cuts; but looking at every node takes time of its own.
 *     pieces   blocks are cut out as files and timed. What is lost at a cut counts (layouts, no fusion across it), as it
 *              will where the plan does cut; inside a stage it does not happen, so pieces tend to be too slow.
 *
 * Per kind of processor (runtime, threads), the way whose sums over all blocks are nearer to the times of the whole models
 * gives the costs, for all models alike: chosen model by model, it would follow the noise. Neither is scaled here: planning
 * does that (whole-models.ts).
 */
import { contentHash } from '../documents/canonical.ts';
import type { BlockedModel } from '../models/graph.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import type { FoldedNodes } from './fold-nodes.ts';
import { rooflineLatencyMs, rooflineProfile } from './roofline.ts';
import type { LatencySamples } from './samples.ts';
import type { BlockCost, BlockLatency, Measurement, Profile, ProfileModel } from './schema.ts';

/** Blocks `first` to `last`, cut out and timed together. */
export interface TimedPiece {
  first: number;
  last: number;
  latencyMs: LatencySamples;
}

/** One model on one processor. */
export interface ModelMeasurement {
  runtime: string;
  pinned: boolean;
  whole: LatencySamples;
  /** Core time of one call, where several threads share it. */
  coreMs?: number;
  /** Means of all series of the whole model, ascending, where there was more than one: `whole` is the middle one. */
  seriesMs?: readonly number[];
  nodes?: FoldedNodes;
  /** Together they hold every block once, in order. */
  pieces?: TimedPiece[];
}

/** What a processor did with a model: figures, or the reason why there are none. */
export type Outcome = ModelMeasurement | { unsupported: string };

/** Blocks shorter than this are timed together with their neighbours: the clock and the call weigh too much. */
const SHORTEST_PIECE_MS = 0.2;

/**
 * Runs of blocks that are long enough to be timed.
 *
 * @param estimatesMs of each block
 */
export function piecesToTime(estimatesMs: readonly number[]): { first: number; last: number }[] {
  const pieces: { first: number; last: number; estimate: number }[] = [];
  estimatesMs.forEach((estimate, block) => {
    const open = pieces.at(-1);
    if (open !== undefined && open.estimate < SHORTEST_PIECE_MS) {
      open.last = block;
      open.estimate += estimate;
    } else pieces.push({ first: block, last: block, estimate });
  });
  const end = pieces.at(-1);
  if (pieces.length > 1 && end !== undefined && end.estimate < SHORTEST_PIECE_MS) {
    pieces.pop();
    pieces.at(-1)!.last = end.last;
  }
  return pieces.map(({ first, last }) => ({ first, last }));
}

/**
 * Times to expect of each block, before any is measured: the nodes' where there are any, else the whole by the shares of
 * the roofline model.
 */
export function estimatedBlocksMs(
  model: BlockedModel,
  processor: Processor,
  { whole, nodes }: Pick<ModelMeasurement, 'whole' | 'nodes'>,
): number[] {
  if (nodes !== undefined) return nodes.blocks.map((block) => block.mean);
  const modelled = model.blocks.map((block) => rooflineLatencyMs(block.work, processor, processor.nativePrecision, 1));
  const sum = modelled.reduce((total, each) => total + each, 0);
  return modelled.map((each) => (sum > 0 ? (whole.mean * each) / sum : whole.mean / modelled.length));
}

/**
 * The profile of `models` on all processors of a platform.
 *
 * @param outcomes per model, in order: by processor id
 * @param variants which form of its name each model is; absent = all originals
 */
export function measuredProfile(
  models: readonly BlockedModel[],
  platform: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
  variants?: readonly string[],
): Profile {
  const modelled = rooflineProfile(models, platform, { variants });
  const ways = new Map(
    platform.processors.map((processor): [string, Way] => {
      const alike = platform.processors.filter((other) => kindOf(other) === kindOf(processor));
      return [processor.id, betterWay(outcomes.flatMap((of) => alike.flatMap(({ id }) => of.get(id) ?? [])))];
    }),
  );
  return {
    ...modelled,
    platformHash: contentHash(platform),
    models: modelled.models.map((model, m) => measuredModel(model, models[m]!, platform, outcomes[m]!, ways)),
  };
}

/** Replaces a model's costs by those that were measured; processors without a measurement keep the modelled ones. */
function measuredModel(
  model: ProfileModel,
  blocked: BlockedModel,
  platform: Platform,
  outcomes: ReadonlyMap<string, Outcome>,
  ways: ReadonlyMap<string, Way>,
): ProfileModel {
  const origin = { ...model.origin };
  const measurement: Record<string, Measurement> = {};
  const costs: Record<string, BlockCost[]> = {};
  const reasons: Record<string, string> = {};
  for (const processor of platform.processors) {
    const { id } = processor;
    const outcome = outcomes.get(id);
    if (outcome === undefined) continue;
    origin[id] = 'measured';
    if ('unsupported' in outcome) {
      costs[id] = model.blocks.map(() => 'unsupported');
      reasons[id] = outcome.unsupported;
      continue;
    }
    measurement[id] = measurementOf(outcome, ways.get(id)!);
    const latencies =
      measurement[id].used === 'nodes'
        ? outcome.nodes!.blocks.map(latencyOf)
        : blocksOfPieces(outcome.pieces ?? [], estimatedBlocksMs(blocked, processor, outcome));
    costs[id] = latencies.map((latencyMs) => ({ latencyMs, ...energyOf(processor, latencyMs.mean) }));
  }
  return {
    ...model,
    origin,
    ...(Object.keys(measurement).length > 0 && { measurement }),
    blocks: model.blocks.map((block, b) => ({
      ...block,
      costs: {
        ...block.costs,
        ...Object.fromEntries(Object.entries(costs).map(([id, list]) => [id, list[b]!])),
      },
      ...(Object.keys(reasons).length > 0 && { reasons: { ...block.reasons, ...reasons } }),
    })),
  };
}

/** The processor's declared watts, over the measured time; modelled, as long as nobody measures energy. */
function energyOf(processor: Processor, milliseconds: number): { energyMj?: number } {
  return processor.activeWatts === undefined ? {} : { energyMj: processor.activeWatts * milliseconds };
}

type Way = Measurement['used'];

function sumsOf({ nodes, pieces }: ModelMeasurement): Partial<Record<Way, number>> {
  return {
    ...(pieces !== undefined && { pieces: pieces.reduce((sum, piece) => sum + piece.latencyMs.mean, 0) }),
    ...(nodes !== undefined && { nodes: nodes.sumMs }),
  };
}

/** Processors that differ in their cores alone are measured in the same way. */
function kindOf({ execution }: Processor): string {
  return JSON.stringify([execution?.runtime, execution?.provider, execution?.threads]);
}

/** Over what was measured in both ways; pieces where nothing was. */
function betterWay(outcomes: readonly Outcome[]): Way {
  let pieces = 0;
  let nodes = 0;
  for (const outcome of outcomes) {
    if ('unsupported' in outcome) continue;
    const sums = sumsOf(outcome);
    if (sums.pieces === undefined || sums.nodes === undefined) continue;
    pieces += Math.abs(Math.log(sums.pieces / outcome.whole.mean));
    nodes += Math.abs(Math.log(sums.nodes / outcome.whole.mean));
  }
  return nodes < pieces ? 'nodes' : 'pieces';
}

function measurementOf(outcome: ModelMeasurement, way: Way): Measurement {
  const { runtime, pinned, whole, coreMs, nodes, pieces } = outcome;
  const sums = sumsOf(outcome);
  return {
    runtime,
    pinned,
    whole: latencyOf(whole),
    ...(coreMs !== undefined && { coreMs }),
    ...(sums.pieces !== undefined && { pieceSumMs: sums.pieces, pieces: pieces!.length }),
    ...(sums.nodes !== undefined && { nodeSumMs: sums.nodes, unassignedMs: nodes!.unassignedMs }),
    used: sums.nodes === undefined ? 'pieces' : sums.pieces === undefined ? 'nodes' : way,
    ...(nodes !== undefined && { providers: nodes.providers }),
  };
}

function latencyOf({ mean, p50, p95, n }: LatencySamples): BlockLatency {
  return { mean, p50, p95, n };
}

/** A piece of several blocks goes to them by what is expected of each. */
function blocksOfPieces(pieces: readonly TimedPiece[], estimatesMs: readonly number[]): BlockLatency[] {
  return pieces.flatMap(({ first, last, latencyMs }) => {
    const expected = estimatesMs.slice(first, last + 1);
    const sum = expected.reduce((total, each) => total + each, 0);
    return expected.map((each): BlockLatency => {
      const share = sum > 0 ? each / sum : 1 / expected.length;
      const { mean, p50, p95, n } = latencyMs;
      return { mean: mean * share, p50: p50 * share, p95: p95 * share, n };
    });
  });
}
