/** Kernels with what is fused into them, in an order of execution, and how long each tensor lives in it. */
import { type Graph, tensorsRead } from '../graph.ts';
import type { InferredShapes } from '../shapes/infer.ts';
import { type OperatorWork, sumOf } from '../work/operator-work.ts';
import type { CountedWork } from '../work.ts';

/** One kernel and the operators fused into it, in the order of execution. */
export interface Step {
  /** Operator indices, ascending. */
  operators: number[];
  /** Its kernel does multiply-accumulates. */
  heavy: boolean;
}

/** A tensor's life in an order of steps; `made` is -1 for graph inputs. */
export interface Life {
  storage: string;
  made: number;
  lastRead: number;
}

export function isHeavy(work: OperatorWork): boolean {
  return work.macs > 0 || (work.inner !== undefined && sumOf(work.inner.macs) > 0);
}

/** Steps in the order of the file: fused operators stand with their kernel (see work.ts for why that is an order). */
export function stepsOf(counted: CountedWork): Step[] {
  const steps = new Map<number, Step>();
  for (const [index, work] of counted.operators.entries()) {
    if (work.role === 'constant' || work.role === 'unused') continue;
    const step = steps.get(work.head);
    if (step === undefined) steps.set(work.head, { operators: [index], heavy: isHeavy(work) });
    else step.operators.push(index);
  }
  return [...steps.values()];
}

/** Tensors that a step reads and does not make. */
export function readsOf(graph: Graph, step: Step): string[] {
  const names = new Set<string>();
  for (const index of step.operators) for (const name of tensorsRead(graph.operators[index]!)) names.add(name);
  for (const index of step.operators) for (const name of graph.operators[index]!.outputs) names.delete(name);
  return [...names];
}

/**
 * Depth first from the outputs: each branch is computed as a whole just before it is joined, and what an input feeds
 * late is computed late. Iterative, because a network may be a hundred thousand operators deep.
 */
export function depthFirst(
  graph: Graph,
  counted: CountedWork,
  steps: readonly Step[],
  reads: readonly string[][],
): number[] {
  const stepOf = new Map<number, number>();
  for (const [at, step] of steps.entries()) for (const index of step.operators) stepOf.set(index, at);
  const makerStep = (name: string): number | undefined => {
    const maker = counted.makers.get(name);
    return maker === undefined ? undefined : stepOf.get(maker);
  };
  const order: number[] = [];
  const seen: boolean[] = new Array(steps.length).fill(false);
  const path: { step: number; next: number }[] = [];
  const enter = (name: string): void => {
    const step = makerStep(name);
    if (step === undefined || seen[step]) return;
    seen[step] = true;
    path.push({ step, next: 0 });
  };
  for (const output of graph.outputs) {
    enter(output.name);
    while (path.length > 0) {
      const top = path.at(-1)!;
      const name = reads[top.step]![top.next++];
      if (name !== undefined) enter(name);
      else order.push(path.pop()!.step);
    }
  }
  return order;
}

/** Everything about one order of the steps. */
export interface Timeline {
  order: number[];
  lives: Life[];
  /** Step positions at which names are last read, by name. */
  lastRead: Map<string, number>;
  /** Position at which names are made. */
  made: Map<string, number>;
  heavy: boolean[];
}

export function timelineOf(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
  steps: readonly Step[],
  reads: readonly string[][],
  order: number[],
): Timeline {
  const made = new Map<string, number>();
  const lastRead = new Map<string, number>();
  for (const input of graph.inputs) made.set(input.name, -1);
  for (const [position, at] of order.entries()) {
    for (const index of steps[at]!.operators) {
      for (const name of graph.operators[index]!.outputs) if (name !== '') made.set(name, position);
    }
    for (const name of reads[at]!) lastRead.set(name, position);
  }
  const lives = new Map<string, Life>();
  for (const [name, position] of lastRead) {
    const start = made.get(name);
    if (start === undefined || shapes.constants.has(name)) continue;
    const storage = counted.storageOf(name);
    const life = lives.get(storage);
    if (life === undefined) {
      lives.set(storage, { storage, made: made.get(storage) ?? start, lastRead: position });
    } else {
      life.lastRead = Math.max(life.lastRead, position);
    }
  }
  return { order, lives: [...lives.values()], lastRead, made, heavy: order.map((at) => steps[at]!.heavy) };
}
