/**
 * Low-rank forms of a network: every layer decomposed once, its factors tried against it on the very inputs that it has
 * in the network, and taken where they pay. A rank that needs no less arithmetic, or that is not faster when measured,
 * is refused, and the layer stays as it was.
 */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import type { CuttableModel } from '../../models/cut.ts';
import { FreshNames } from '../../models/fresh-names.ts';
import type { Graph } from '../../models/graph.ts';
import { breakEvenRank, factoredMacs, fullMacs } from '../../models/low-rank/arithmetic.ts';
import { decompose, type Factors, factorsOf, type LayerDecomposition } from '../../models/low-rank/factorise.ts';
import { findLayers, type Layer, obstacle } from '../../models/low-rank/layers.ts';
import { chosenRank, energyOf, largestRank, type RankRule, refusedRank } from '../../models/low-rank/ranks.ts';
import { layerGraph, withFactors } from '../../models/low-rank/rewrite.ts';
import { inSlices } from '../../models/low-rank/slices.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { VariantLayer } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';
import { latencyOf, timeInTurns } from './latency.ts';
import { outputErrorOf } from './measure.ts';
import type { ArtefactRuntime } from './runtime.ts';

export interface ApproximateOptions {
  runtime: ArtefactRuntime;
  /** Inputs of the network: layers are tried on what it makes of the first. */
  feeds: Feeds;
  /** Take factors that need less arithmetic also where they are slower here: for other processors. */
  keepSlow?: boolean;
  /** Time for measuring one layer. */
  limitMs?: number;
  signal?: AbortSignal;
  onProgress?: (share: number, note: string) => void;
}

export interface Approximation {
  graph: Graph;
  /** Of the whole network: what the layers save is taken off. */
  macs: number;
  layers: VariantLayer[];
  /** By block of the original. */
  blockTimeRatios: number[];
}

/**
 * One form for each rule.
 *
 * @throws HeterodyneError as the runtime does; the signal's reason
 */
export async function approximate(
  model: CuttableModel,
  rules: readonly RankRule[],
  options: ApproximateOptions,
): Promise<Approximation[]> {
  const { signal, onProgress } = options;
  const layers = findLayers(model);
  const inputs = await recordInputs(model, layers, options);
  const tried: LayerTrial[][] = rules.map(() => []);
  for (const [i, layer] of layers.entries()) {
    onProgress?.(i / layers.length, layer.name);
    signal?.throwIfAborted();
    const trials = await tryLayer(model, layer, rules, inputs, options);
    for (const [r, trial] of trials.entries()) tried[r]!.push(trial);
  }
  return tried.map((trials) => assembled(model, trials));
}

interface LayerTrial {
  layer: Layer;
  /** Measured alone, whole and as it is in this form. */
  wholeMs: number;
  ownMs: number;
  entry?: VariantLayer;
  factors?: Factors;
}

/** What the layers read at run time, from one run of the network. */
async function recordInputs(
  model: CuttableModel,
  layers: readonly Layer[],
  options: ApproximateOptions,
): Promise<Feeds> {
  const { graph, shapes, weightsOf } = model;
  const names = new Set<string>();
  for (const { operator } of layers) {
    for (const { name } of layerGraph(graph, [operator]).inputs) names.add(name);
  }
  for (const { name } of [...graph.inputs, ...graph.outputs]) names.delete(name);
  const observed = [...names].map((name) => {
    const { type, shape } = shapes.tensors.get(name)!;
    return { name, type, shape };
  });
  const outputs = [...graph.outputs, ...observed];
  const session = await options.runtime.open(writeOnnx({ ...graph, outputs }, weightsOf));
  try {
    return { ...(await session.run(options.feeds)), ...options.feeds };
  } finally {
    await session.close();
  }
}

/** One layer under every rule. */
async function tryLayer(
  model: CuttableModel,
  layer: Layer,
  rules: readonly RankRule[],
  inputs: Feeds,
  options: ApproximateOptions,
): Promise<LayerTrial[]> {
  const most = obstacle(layer) === undefined ? Math.max(0, ...rules.map((rule) => largestRank(rule, layer))) : 0;
  const decomposition = most > 0 ? await inSlices(decompose(layer, most, model.weightsOf), options.signal) : undefined;
  const fresh = new FreshNames(model.graph);
  const plans = rules.map((rule) => planned(layer, rule, decomposition, fresh));
  const { graph, weightsOf } = model;
  const graphs = [layerGraph(graph, [layer.operator])];
  for (const { factors } of plans) {
    if (factors !== undefined) graphs.push(layerGraph(graph, factors.operators, factors.initializers));
  }
  const feeds = Object.fromEntries(graphs[0]!.inputs.map(({ name }) => [name, inputs[name]!]));
  const sessions: OnnxSession[] = [];
  try {
    for (const each of graphs) sessions.push(await options.runtime.open(writeOnnx(each, weightsOf)));
    const results: Feeds[] = [];
    for (const session of sessions) results.push(await session.run(feeds));
    const { limitMs = 150, signal } = options;
    const turns = await timeInTurns(sessions, feeds, { limitMs: limitMs * sessions.length, signal });
    const [before, ...after] = turns.map(latencyOf);
    let next = 0;
    return plans.map(({ entry, factors }): LayerTrial => {
      const whole: LayerTrial = { layer, wholeMs: before!.median, ownMs: before!.median };
      if (entry === undefined) return whole;
      if (factors === undefined) return { ...whole, entry };
      const own = after[next]!;
      const error = outputErrorOf([results[0]!], [results[++next]!]);
      const faster = own.median < before!.median;
      const applied = faster || options.keepSlow === true;
      const measured = { ...entry, latencyMs: { before: before!, after: own }, outputError: error, applied };
      if (!applied) return { ...whole, entry: { ...measured, reason: 'slower here' } };
      return { layer, wholeMs: before!.median, ownMs: own.median, entry: measured, factors };
    });
  } finally {
    for (const session of sessions) await session.close();
  }
}

/** The rank that a rule gives, and the factors where they may pay; no entry = the rule leaves the layer alone. */
function planned(
  layer: Layer,
  rule: RankRule,
  decomposition: LayerDecomposition | undefined,
  fresh: FreshNames,
): { entry?: VariantLayer; factors?: Factors } {
  const { size } = layer;
  if (decomposition === undefined) return {};
  const rank = chosenRank(rule, layer, decomposition);
  if (rank === undefined) return {};
  const reason = refusedRank(size, rank);
  const entry: VariantLayer = {
    operator: layer.name,
    index: layer.index,
    block: layer.block,
    scheme: size.kind,
    rank,
    breakEvenRank: breakEvenRank(size),
    energyKept: energyOf(decomposition, rank),
    macs: { before: fullMacs(size), after: factoredMacs(size, rank) },
    applied: reason === undefined,
    ...(reason !== undefined && { reason }),
  };
  return reason === undefined ? { entry, factors: factorsOf(layer, decomposition, rank, fresh) } : { entry };
}

function assembled(model: CuttableModel, trials: readonly LayerTrial[]): Approximation {
  const factors = new Map<number, Factors>();
  const wholeMs = new Float64Array(model.blocked.blocks.length);
  const ownMs = new Float64Array(wholeMs.length);
  let macs = model.blocked.macs;
  for (const trial of trials) {
    const { layer, entry } = trial;
    wholeMs[layer.block]! += trial.wholeMs;
    ownMs[layer.block]! += trial.ownMs;
    if (trial.factors === undefined || entry === undefined) continue;
    factors.set(layer.index, trial.factors);
    macs += entry.macs.after - entry.macs.before;
  }
  return {
    graph: withFactors(model.graph, factors),
    macs,
    layers: trials.flatMap(({ entry }) => entry ?? []),
    blockTimeRatios: Array.from(wholeMs, (whole, b) => (whole > 0 ? ownMs[b]! / whole : 1)),
  };
}
