/**
 * Several rounds of measurements as one. A process keeps what it was given (pages of memory, places in caches), and a
 * machine its pace for some seconds: calls in a row agree with each other more than with those of the next minute. So all
 * is measured again in other processes, everything in turn, and of each series the one with the middle mean counts.
 */
import type { FoldedNodes } from './fold-nodes.ts';
import type { ModelMeasurement, Outcome } from './measured.ts';
import { type LatencySamples, median } from './samples.ts';

/** @param rounds at least one; a refusal in any of them counts */
export function middleOutcome(rounds: readonly Outcome[]): Outcome {
  const measured = rounds.flatMap((each) => ('unsupported' in each ? [] : each));
  if (measured.length < rounds.length || rounds.length === 1)
    return rounds.find((each) => 'unsupported' in each) ?? rounds[0]!;
  const wholes = measured.map(({ whole }) => whole);
  const nodes = measured.flatMap((each) => each.nodes ?? []);
  const pieces = middlePieces(measured);
  const core = measured.flatMap(({ coreMs }) => (coreMs === undefined ? [] : [coreMs]));
  return {
    ...measured[0]!,
    pinned: measured.every(({ pinned }) => pinned),
    whole: middleSeries(wholes),
    seriesMs: wholes.map(({ mean }) => mean).sort((a, b) => a - b),
    ...(core.length > 0 && { coreMs: median(core) }),
    ...(nodes.length > 0 && { nodes: middleNodes(nodes) }),
    ...(pieces !== undefined && { pieces }),
  };
}

/** The series whose mean is in the middle; of an even number the faster of two. */
function middleSeries(series: readonly LatencySamples[]): LatencySamples {
  return [...series].sort((a, b) => a.mean - b.mean)[(series.length - 1) >> 1]!;
}

/** Block by block. */
function middleNodes(rounds: readonly FoldedNodes[]): FoldedNodes {
  const blocks = rounds[0]!.blocks.map((_, b) => middleSeries(rounds.map((round) => round.blocks[b]!)));
  return {
    blocks,
    sumMs: blocks.reduce((sum, { mean }) => sum + mean, 0),
    unassignedMs: median(rounds.map(({ unassignedMs }) => unassignedMs)),
    providers: rounds[0]!.providers,
  };
}

/** Piece by piece: all rounds cut alike. */
function middlePieces(rounds: readonly ModelMeasurement[]): ModelMeasurement['pieces'] {
  const cut = rounds.flatMap(({ pieces }) => (pieces === undefined ? [] : [pieces]));
  return cut[0]?.map(({ first, last }, at) => ({
    first,
    last,
    latencyMs: middleSeries(cut.map((pieces) => pieces[at]!.latencyMs)),
  }));
}
