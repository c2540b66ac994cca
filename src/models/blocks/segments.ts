/** Runs of steps between cuts, and the rules by which neighbours are joined. */
import type { OperatorWork } from '../work/operator-work.ts';
import { isHeavy } from './steps.ts';

/** A run of steps, first to last. */
export interface Segment {
  first: number;
  last: number;
}

export function segmentsOf(cuts: readonly boolean[]): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  for (let position = 0; position < cuts.length; position++) {
    if (!cuts[position] && position < cuts.length - 1) continue;
    segments.push({ first, last: position });
    first = position + 1;
  }
  return segments;
}

/** Join every segment that does not `stand` alone to the one before it; leading ones to the one after. */
export function joinBackward(segments: readonly Segment[], stands: (segment: Segment) => boolean): Segment[] {
  const result: Segment[] = [];
  let anyStands = false;
  for (const segment of segments) {
    const previous = result.at(-1);
    const own = stands(segment);
    if (previous !== undefined && (!own || !anyStands)) previous.last = segment.last;
    else result.push({ ...segment });
    anyStands ||= own;
  }
  return result;
}

/** Join neighbours, lightest pair first, until at most `most` segments are left. O(n log n). */
export function joinLightest(
  segments: readonly Segment[],
  most: number,
  weigh: (segment: Segment) => number,
): Segment[] {
  const weights = segments.map(weigh);
  const ends = segments.map((segment) => ({ ...segment }));
  const next = segments.map((_, i) => i + 1);
  const previous = segments.map((_, i) => i - 1);
  const version = segments.map(() => 0);
  const heap: { weight: number; left: number; stamp: number }[] = [];
  const before = (a: number, b: number): boolean =>
    heap[a]!.weight < heap[b]!.weight || (heap[a]!.weight === heap[b]!.weight && heap[a]!.left < heap[b]!.left);
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const push = (left: number): void => {
    const right = next[left]!;
    if (right >= ends.length) return;
    heap.push({ weight: weights[left]! + weights[right]!, left, stamp: version[left]! + version[right]! });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(at, parent)) break;
      swap(at, parent);
      at = parent;
    }
  };
  const pop = (): { weight: number; left: number; stamp: number } => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ; ) {
        const left = 2 * at + 1;
        if (left >= heap.length) break;
        const child = left + 1 < heap.length && before(left + 1, left) ? left + 1 : left;
        if (!before(child, at)) break;
        swap(child, at);
        at = child;
      }
    }
    return top;
  };
  for (let i = 0; i + 1 < ends.length; i++) push(i);
  const gone: boolean[] = new Array(ends.length).fill(false);
  for (let left = ends.length; left > most && heap.length > 0; ) {
    const pair = pop();
    const right = next[pair.left]!;
    if (gone[pair.left] || right >= ends.length || pair.stamp !== version[pair.left]! + version[right]!) continue;
    ends[pair.left]!.last = ends[right]!.last;
    weights[pair.left]! += weights[right]!;
    version[pair.left]! += version[right]! + 1;
    gone[right] = true;
    next[pair.left] = next[right]!;
    if (next[right]! < ends.length) previous[next[right]!] = pair.left;
    push(pair.left);
    if (previous[pair.left]! >= 0) push(previous[pair.left]!);
    left--;
  }
  return ends.filter((_, i) => !gone[i]);
}

/**
 * A segment whose compute is depthwise takes along the next ones until one ends in a convolution of all channels:
 * depthwise-separable pairs stay together, with the squeeze-excitation between them.
 */
export function joinDepthwise(segments: readonly Segment[], workIn: (segment: Segment) => OperatorWork[]): Segment[] {
  const result: Segment[] = [];
  for (let at = 0; at < segments.length; at++) {
    const segment = { ...segments[at]! };
    const heavy = workIn(segment).filter(isHeavy);
    if (heavy.length > 0 && heavy.every((work) => work.operatorClass === 'depthwise')) {
      let end = 0;
      for (let i = at + 1; i <= at + 3 && i < segments.length && end === 0; i++) {
        if (workIn(segments[i]!).findLast((work) => work.role === 'kernel')?.operatorClass === 'conv') end = i;
      }
      if (end > 0) {
        segment.last = segments[end]!.last;
        at = end;
      }
    }
    result.push(segment);
  }
  return result;
}
