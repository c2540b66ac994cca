/** Where a network may be cut: the order of steps, and the places in it, that give the most pieces that compute. */
import type { Graph } from '../graph.ts';
import type { InferredShapes } from '../shapes/infer.ts';
import type { CountedWork } from '../work.ts';
import { depthFirst, type Life, readsOf, type Step, type Timeline, timelineOf } from './steps.ts';

/** Number of tensors live after each position, `exempt` ones left out. */
function liveCounts(timeline: Timeline, exempt: (life: Life) => boolean): number[] {
  const length = timeline.order.length;
  const change: number[] = new Array(length + 1).fill(0);
  for (const life of timeline.lives) {
    if (exempt(life) || life.lastRead <= life.made) continue;
    change[Math.max(0, life.made)]! += 1;
    change[life.lastRead]! -= 1;
  }
  let live = 0;
  return change.slice(0, length).map((delta) => (live += delta));
}

/** Lives that cuts may ignore: late-read inputs, and (`prelude`) long-lived tensors computed before any compute. */
function exemption(
  graph: Graph,
  timeline: Timeline,
  steps: readonly Step[],
  reads: readonly string[][],
  prelude: boolean,
): (life: Life) => boolean {
  const heavyBefore: number[] = [];
  let sum = 0;
  for (const heavy of timeline.heavy) heavyBefore.push((sum += heavy ? 1 : 0));
  const half = sum / 2;
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const early = new Set(inputs);
  if (prelude) {
    for (const at of timeline.order) {
      if (steps[at]!.heavy || !reads[at]!.every((name) => !timeline.made.has(name) || early.has(name))) continue;
      for (const index of steps[at]!.operators) for (const name of graph.operators[index]!.outputs) early.add(name);
    }
  }
  return (life) => {
    if (!early.has(life.storage)) return false;
    const read = heavyBefore[life.lastRead]!;
    if (inputs.has(life.storage)) return read > half;
    return read - (heavyBefore[life.made] ?? 0) > half;
  };
}

/** Cuts that have compute on both sides. */
function usefulCuts(timeline: Timeline, cuts: readonly boolean[]): number {
  let useful = 0;
  let heavySince = false;
  let pending = false;
  for (const [position, heavy] of timeline.heavy.entries()) {
    if (heavy) {
      if (pending && heavySince) useful++;
      if (pending) pending = false;
      heavySince = true;
    }
    if (cuts[position]) pending = true;
  }
  return useful;
}

/** The order and cuts with the most pieces that compute. */
export function chooseCuts(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
  steps: readonly Step[],
  maxLive: number,
): { timeline: Timeline; cuts: boolean[] } {
  const reads = steps.map((step) => readsOf(graph, step));
  const asFile = steps.map((_, i) => i);
  const orders = [asFile, depthFirst(graph, counted, steps, reads)].filter((order) => order.length === steps.length);
  const timelines = orders.map((order) => timelineOf(graph, shapes, counted, steps, reads, order));
  const choose = (prelude: boolean): { timeline: Timeline; cuts: boolean[]; useful: number } => {
    const choices = timelines.map((timeline) => {
      const live = liveCounts(timeline, exemption(graph, timeline, steps, reads, prelude));
      const cuts = live.map((count, i) => count <= maxLive && i < live.length - 1);
      return { timeline, cuts, useful: usefulCuts(timeline, cuts) };
    });
    return choices.reduce((best, choice) => (choice.useful > best.useful ? choice : best));
  };
  const plain = choose(false);
  const generous = choose(true);
  // A mask blocks every cut but a few at the end of a transformer: worth ignoring only where it opens up the rest.
  return generous.useful > 2 * plain.useful + 1 || plain.useful === 0 ? generous : plain;
}
