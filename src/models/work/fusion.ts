/** Which element-wise operators run inside the kernel before them (the rule stands in `../work.ts`). */
import { type Graph, tensorsRead } from '../graph.ts';
import type { Sizes } from './operator-class.ts';

/** Operators of class elementwise that no kernel can take along. */
export const NOT_FUSABLE = new Set([
  'If',
  'Loop',
  'Scan',
  'CumSum',
  'CumProd',
  'DynamicQuantizeLinear',
  'Det',
  'STFT',
  'DFT',
  'RandomNormal',
  'RandomUniform',
  'Multinomial',
  'SequenceEmpty',
  'SequenceLength',
  'EyeLike',
  'Range',
]);

/** Longest run of operators that is searched for one result, as in the decomposed GELU (5 operators). */
const FUSION_WINDOW = 12;

/** Element-wise operators that run inside the kernel of `head`, and the tensor that the kernel then writes. */
interface Fusion {
  members: number[];
  result: string;
}

export class Fuser {
  private readonly graph: Graph;
  private readonly readers: ReadonlyMap<string, number[]>;
  private readonly makers: ReadonlyMap<string, number>;
  private readonly sizes: Sizes;
  private readonly outputs: ReadonlySet<string>;
  private readonly fusable: (index: number) => boolean;

  constructor(
    graph: Graph,
    readers: ReadonlyMap<string, number[]>,
    makers: ReadonlyMap<string, number>,
    sizes: Sizes,
    fusable: (index: number) => boolean,
  ) {
    this.graph = graph;
    this.readers = readers;
    this.makers = makers;
    this.sizes = sizes;
    this.fusable = fusable;
    this.outputs = new Set(graph.outputs.map((output) => output.name));
  }

  /** Follow the results of `head` as long as one kernel can make them. */
  grow(head: number): Fusion {
    const [first, ...rest] = this.graph.operators[head]!.outputs;
    const fusion: Fusion = { members: [], result: first ?? '' };
    // Further results (states of a recurrent layer, statistics) leave the kernel anyway; only the first is followed.
    if (rest.some((name) => this.readers.has(name))) return fusion;
    let mayAdd = true;
    for (;;) {
      const step = this.step(fusion.result, head, mayAdd);
      if (step === undefined) return fusion;
      fusion.members.push(...step.members);
      fusion.result = step.result;
      mayAdd &&= !step.added;
    }
  }

  /** The smallest group of operators that takes in `tensor` and lets out exactly one tensor. */
  private step(tensor: string, head: number, mayAdd: boolean): (Fusion & { added: boolean }) | undefined {
    if (this.outputs.has(tensor)) return undefined;
    const inside = new Set([tensor]);
    const members: number[] = [];
    const open = [...(this.readers.get(tensor) ?? [])];
    if (open.length > FUSION_WINDOW) return undefined;
    let added = false;
    while (open.length > 0 && members.length < FUSION_WINDOW) {
      open.sort((a, b) => a - b);
      const index = open.shift()!;
      if (members.includes(index)) continue;
      const operator = this.graph.operators[index]!;
      if (!this.fusable(index) || operator.outputs.filter((name) => name !== '').length !== 1) return undefined;
      const outside = tensorsRead(operator).filter((name) => !inside.has(name) && !this.sizes.isConstant(name));
      if (outside.length > 0) {
        const ready = outside.length === 1 && (this.makers.get(outside[0]!) ?? -1) < head;
        if (!ready || !mayAdd || added || (operator.type !== 'Add' && operator.type !== 'Sum')) return undefined;
        added = true;
      }
      const result = operator.outputs[0]!;
      members.push(index);
      inside.add(result);
      const lettingOut = [...inside].filter(
        (name) => this.outputs.has(name) || (this.readers.get(name) ?? []).some((reader) => !members.includes(reader)),
      );
      if (lettingOut.length === 1 && lettingOut[0] === result) return { members, result, added };
      open.push(...(this.readers.get(result) ?? []));
    }
    return undefined;
  }
}
