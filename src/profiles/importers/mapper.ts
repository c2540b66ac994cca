/**
 * Kernels of a tool to layers of a model. Tools fuse, rename and insert; the rules, first match first:
 *
 *   1. the name is that of a node, else of a tensor that a node makes
 *   2. the parts of a joined name are (at least half of them), or the two ends of a region
 *   3. as many kernels of a type (and output shape, where known) lie between two matched kernels as unmatched layers of
 *      that type lie between their layers: they pair up in order
 *   4. what copies or reformats is overhead; the rest is unmapped
 */
import { sum } from './figures.ts';
import { partsOf, regionOf, spellings } from './kernel-names.ts';
import { isOverhead, layerTypesOf, typeInName } from './kernel-types.ts';
import type { ModelLayer, ModelLayers } from './layers.ts';
import type { ImportedOp } from './record.ts';

export interface MappedKernel {
  op: ImportedOp;
  kind: 'mapped' | 'overhead' | 'unmapped';
  /** By which rule; `whole` = a single kernel that runs the whole model. */
  by?: 'name' | 'parts' | 'order' | 'whole';
  /** Indices of the layers that it runs. */
  members: readonly number[];
}

export interface KernelMapping {
  /** In the order of execution. */
  kernels: readonly MappedKernel[];
  /** Shares of the kernels' time; they add up to 1 (or are all 0 where there is no time). */
  mappedShare: number;
  overheadShare: number;
  unmappedShare: number;
}

/** Passes of rule 3: each may make gaps smaller, and so decide what was open. */
const MOST_PASSES = 8;

export function mapKernels(ops: readonly ImportedOp[], model: ModelLayers): KernelMapping {
  const ordered = [...ops].sort((a, b) => a.index - b.index);
  const finder = new LayerFinder(model.layers);
  const found = ordered.map((op) => byName(op, finder));
  const taken = new Set(found.flatMap((match) => match?.members ?? []));
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    if (!pairInOrder(ordered, found, taken, model.layers)) break;
  }
  const kernels = ordered.map((op, k): MappedKernel => {
    const match = found[k];
    if (match !== undefined) return { op, kind: 'mapped', ...match };
    if (isOverhead(op.name, op.type)) return { op, kind: 'overhead', members: [] };
    // One kernel for everything: a delegate that took the whole model.
    if (ordered.length === 1)
      return { op, kind: 'mapped', by: 'whole', members: model.layers.map(({ index }) => index) };
    return { op, kind: 'unmapped', members: [] };
  });
  const total = sum(ordered.map(({ avgMs }) => avgMs));
  const share = (kind: MappedKernel['kind']): number =>
    total > 0 ? sum(kernels.filter((kernel) => kernel.kind === kind).map(({ op }) => op.avgMs)) / total : 0;
  return {
    kernels,
    mappedShare: share('mapped'),
    overheadShare: share('overhead'),
    unmappedShare: share('unmapped'),
  };
}

interface Match {
  by: 'name' | 'parts' | 'order';
  members: number[];
}

/** Layers by the names of nodes and of the tensors that they make. */
class LayerFinder {
  readonly layers: readonly ModelLayer[];
  private readonly byNode = new Map<string, ModelLayer>();
  private readonly byTensor = new Map<string, ModelLayer>();

  constructor(layers: readonly ModelLayer[]) {
    this.layers = layers;
    for (const layer of layers) {
      if (layer.name !== '' && !this.byNode.has(layer.name)) this.byNode.set(layer.name, layer);
      for (const output of layer.outputs) if (output !== '') this.byTensor.set(output, layer);
    }
  }

  exact(name: string): ModelLayer | undefined {
    return this.byNode.get(name) ?? this.byTensor.get(name);
  }

  find(part: string): ModelLayer | undefined {
    for (const name of spellings(part)) {
      const layer = this.exact(name);
      if (layer !== undefined) return layer;
    }
    return undefined;
  }
}

function byName(op: ImportedOp, finder: LayerFinder): Match | undefined {
  const exact = finder.exact(op.name);
  if (exact !== undefined) return { by: 'name', members: withHead(op, exact, finder.layers) };
  const region = regionOf(op.name);
  if (region !== undefined) {
    const [first, last] = [finder.find(region.first), finder.find(region.last)];
    if (first !== undefined && last !== undefined) {
      const [low, high] = [Math.min(first.index, last.index), Math.max(first.index, last.index)];
      return { by: 'parts', members: finder.layers.slice(low, high + 1).map(({ index }) => index) };
    }
  }
  const parts = partsOf(op.name);
  const matched = parts.flatMap((part) => finder.find(part) ?? []);
  if (matched.length === 0 || 2 * matched.length < parts.length) return undefined;
  if (isOverhead(op.name, op.type) && !matched.some((layer) => fits(op, layer))) return undefined;
  const members = new Set(matched.flatMap((layer) => withHead(op, layer, finder.layers)));
  return { by: parts.length > 1 ? 'parts' : 'name', members: [...members] };
}

function fits({ type }: ImportedOp, layer: ModelLayer): boolean {
  return type === undefined || layerTypesOf(type).includes(layer.type);
}

/** A kernel may carry the name of what was fused into it (`relu1_nchwc` for a convolution): then it runs both. */
function withHead(op: ImportedOp, layer: ModelLayer, layers: readonly ModelLayer[]): number[] {
  const head = layers[layer.head]!;
  const named = head.index !== layer.index && op.type !== undefined && !fits(op, layer) && fits(op, head);
  return named ? [head.index, layer.index] : [layer.index];
}

/** Rule 3, once over all gaps. Returns whether anything was matched. */
function pairInOrder(
  ops: readonly ImportedOp[],
  found: (Match | undefined)[],
  taken: Set<number>,
  layers: readonly ModelLayer[],
): boolean {
  const next = anchorsAfter(found);
  const ofType = new Map<string, ModelLayer[]>();
  for (const layer of layers) {
    if (layer.role === 'constant' || layer.role === 'unused') continue;
    const same = ofType.get(layer.type);
    if (same === undefined) ofType.set(layer.type, [layer]);
    else same.push(layer);
  }
  const groups = new Map<string, Group>();
  let before = -1;
  ops.forEach((op, k) => {
    const match = found[k];
    if (match !== undefined) {
      before = match.members.reduce((last, index) => Math.max(last, index));
      return;
    }
    const type = op.type ?? typeInName(op.name);
    if (type === undefined) return;
    const after = next[k] ?? layers.length;
    const [from, to] = before < after ? [before, after] : [after, before];
    const types = layerTypesOf(type);
    const shape = op.outputs?.[0]?.join('x');
    const key = JSON.stringify([from, to, types, shape]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { kernels: [k], from, to, types, shape });
    else group.kernels.push(k);
  });
  let any = false;
  for (const { kernels, from, to, types, shape } of groups.values()) {
    const free = types
      .flatMap((type) => ofType.get(type) ?? [])
      .filter((layer) => layer.index > from && layer.index < to && !taken.has(layer.index) && hasShape(layer, shape))
      .sort((a, b) => a.index - b.index);
    if (free.length !== kernels.length) continue;
    kernels.forEach((k, at) => {
      const { index } = free[at]!;
      taken.add(index);
      found[k] = { by: 'order', members: [index] };
    });
    any = true;
  }
  return any;
}

/** Kernels of one kind in one gap between matched kernels: layers `from` and `to`, both exclusive. */
interface Group {
  kernels: number[];
  from: number;
  to: number;
  types: readonly string[];
  shape?: string;
}

function hasShape(layer: ModelLayer, shape: string | undefined): boolean {
  return shape === undefined || layer.shape === undefined || layer.shape.join('x') === shape;
}

/** For each kernel: the first layer of the next matched kernel, or undefined after the last. */
function anchorsAfter(found: readonly (Match | undefined)[]): (number | undefined)[] {
  const result: (number | undefined)[] = new Array(found.length);
  let next: number | undefined;
  for (let k = found.length - 1; k >= 0; k--) {
    result[k] = next;
    const match = found[k];
    if (match !== undefined) next = match.members.reduce((first, index) => Math.min(first, index));
  }
  return result;
}
