/**
 * Cuts a run of consecutive blocks out of a network, as a graph of its own that any ONNX runtime loads.
 *
 *   feeds ──► piece 0 ──► piece 1 ──► piece 2 ──► answers
 *      └───────────────────────▲          a piece reads by name what was made anywhere before it
 *
 * A piece takes in the run-time tensors that its operators read and do not make, and gives out those that it makes and
 * that a later block or the caller needs. What only passes by is no concern of the piece. Constants are never handed
 * over: every piece carries those that it needs, and repeats the operators that compute them; shapes that the whole
 * network asks of a tensor (`Shape`) are known by now, and stand as numbers. Operators, attributes and names stay what
 * they were, so a runtime that rewrites nothing computes the same bits in pieces as at once.
 */
import {
  type BlockedModel,
  type Graph,
  type Initializer,
  type Operator,
  placeOf,
  type SizedTensor,
  type TensorInfo,
  tensorsRead,
} from './graph.ts';
import { type WeightSource, writeOnnx } from './onnx/write.ts';
import { refusal } from './refusal.ts';
import type { InferredShapes } from './shapes/infer.ts';
import { encodeValues } from './shapes/values.ts';

/** A network with everything that cutting needs: its blocks, its operators, its weights. */
export interface CuttableModel {
  blocked: BlockedModel;
  graph: Graph;
  shapes: InferredShapes;
  /** Contents of weights that the graph does not carry itself. */
  weightsOf?: WeightSource;
}

/** A run of blocks as a graph. Shapes are numbers: symbols were bound when the model was cut into blocks. */
export interface Piece {
  firstBlock: number;
  lastBlock: number;
  graph: Graph;
  /** Run-time tensors from earlier blocks or from the caller, in the order in which the whole network makes them. */
  inputs: SizedTensor[];
  /** What later blocks or the caller need of this piece. */
  outputs: SizedTensor[];
}

/** A piece as the bytes of an ONNX file. */
export interface CutModel {
  bytes: Uint8Array;
  inputs: SizedTensor[];
  outputs: SizedTensor[];
}

/** Operators whose results are lists of tensors, which a file cannot declare as plain inputs. */
const MAKES_SEQUENCE = new Set([
  'SequenceEmpty',
  'SequenceConstruct',
  'SequenceInsert',
  'SequenceErase',
  'SplitToSequence',
  'SequenceMap',
]);

/** What is asked again for every piece of one model. */
interface Crossings {
  /** Operator that makes each tensor. */
  makers: Map<string, number>;
  /** Block of each operator, by index into `Graph.operators`. */
  blockOf: Int32Array;
  /** Last block that reads a tensor; the number of blocks for what the caller gets. */
  lastReader: Map<string, number>;
}

const known = new WeakMap<CuttableModel, Crossings>();

function crossingsOf(model: CuttableModel): Crossings {
  const found = known.get(model);
  if (found !== undefined) return found;
  const { graph, blocked } = model;
  const makers = new Map<string, number>();
  const blockOf = new Int32Array(graph.operators.length);
  const lastReader = new Map<string, number>();
  for (const [index, operator] of graph.operators.entries()) {
    for (const name of operator.outputs) if (name !== '') makers.set(name, index);
  }
  for (const block of blocked.blocks) {
    for (const index of block.operators) {
      blockOf[index] = block.index;
      for (const name of tensorsRead(graph.operators[index]!)) lastReader.set(name, block.index);
    }
  }
  for (const output of graph.outputs) lastReader.set(output.name, blocked.blocks.length);
  const crossings = { makers, blockOf, lastReader };
  known.set(model, crossings);
  return crossings;
}

function checkRange({ blocked }: CuttableModel, firstBlock: number, lastBlock: number): void {
  const last = blocked.blocks.length - 1;
  const legal = Number.isInteger(firstBlock) && Number.isInteger(lastBlock) && firstBlock >= 0;
  if (legal && firstBlock <= lastBlock && lastBlock <= last) return;
  throw refusal('USAGE', `model "${blocked.name}" has no blocks ${firstBlock} to ${lastBlock}`, {
    path: 'blocks',
    expected: `a first and a last block from 0 to ${last}`,
    received: `${firstBlock} to ${lastBlock}`,
  });
}

/**
 * The graph of blocks `firstBlock` to `lastBlock`, both included.
 *
 * @throws HeterodyneError `USAGE` (no such blocks), `BAD_INPUT` (a list of tensors would have to cross the cut).
 */
export function cutPiece(model: CuttableModel, firstBlock: number, lastBlock: number): Piece {
  checkRange(model, firstBlock, lastBlock);
  const { graph, shapes, blocked } = model;
  const { makers, blockOf, lastReader } = crossingsOf(model);
  const isLast = lastBlock === blocked.blocks.length - 1;
  const isConstant = (name: string): boolean => shapes.constants.has(name);
  const inside = (index: number): boolean => blockOf[index]! >= firstBlock && blockOf[index]! <= lastBlock;

  const outputs = new Set<string>();
  for (const [index, operator] of graph.operators.entries()) {
    if (!inside(index)) continue;
    for (const name of operator.outputs) {
      if (name !== '' && !isConstant(name) && (lastReader.get(name) ?? -1) > lastBlock) outputs.add(name);
    }
  }
  // A constant that the caller is given belongs to no block; the last piece brings it along.
  if (isLast) for (const { name } of graph.outputs) if (isConstant(name)) outputs.add(name);

  const inputs = new Set<string>();
  const operators = new Set<number>();
  const initializers = new Map<string, Initializer>();
  const open = [...outputs];
  const seen = new Set(open);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const stored = graph.initializers.get(name);
    if (stored !== undefined) {
      initializers.set(name, stored);
      continue;
    }
    const maker = makers.get(name);
    if (maker === undefined || !(isConstant(name) || inside(maker))) {
      inputs.add(name);
      continue;
    }
    const operator = graph.operators[maker]!;
    const reads = tensorsRead(operator);
    const values = isConstant(name) && !reads.every(isConstant) ? shapes.values.get(name) : undefined;
    if (values !== undefined) {
      const { type, shape } = shapes.tensors.get(name)!;
      initializers.set(name, { name, type, shape, data: encodeValues(type, values, placeOf(operator, maker)) });
      continue;
    }
    operators.add(maker);
    for (const each of reads) if (!seen.has(each)) open.push(each);
    for (const each of reads) seen.add(each);
  }

  const chosen = [...operators].sort((a, b) => a - b).map((index) => graph.operators[index]!);
  const inOrder = [...shapes.tensors.keys()];
  const sized = (names: ReadonlySet<string>): SizedTensor[] =>
    inOrder.filter((name) => names.has(name)).map((name) => sizedTensor(model, name, makers.get(name)));
  const piece = { inputs: sized(inputs), outputs: sized(outputs) };
  return {
    firstBlock,
    lastBlock,
    ...piece,
    graph: {
      name: `${graph.name}[${firstBlock}-${lastBlock}]`,
      opset: graph.opset,
      inputs: piece.inputs.map(describe),
      outputs: piece.outputs.map(describe),
      initializers: inFileOrder(graph, initializers),
      operators: chosen,
      declared: declaredIn(model, chosen, outputs),
    },
  };
}

/** Equal cuts give equal bytes, whatever way the search took: first as the file orders them, then by name. */
function inFileOrder(graph: Graph, needed: ReadonlyMap<string, Initializer>): Map<string, Initializer> {
  const stored = [...graph.initializers.keys()].filter((name) => needed.has(name));
  const computed = [...needed.keys()].filter((name) => !graph.initializers.has(name)).sort();
  return new Map([...stored, ...computed].map((name) => [name, needed.get(name)!]));
}

function describe({ name, type, shape }: SizedTensor): TensorInfo {
  return { name, type, shape: [...shape] };
}

/** Intermediate shapes that the file states, with symbols replaced by numbers. */
function declaredIn(
  { graph, shapes }: CuttableModel,
  operators: readonly Operator[],
  outputs: ReadonlySet<string>,
): Map<string, TensorInfo> {
  const declared = new Map<string, TensorInfo>();
  for (const name of operators.flatMap((operator) => operator.outputs)) {
    const tensor = shapes.tensors.get(name);
    const stated = graph.declared.get(name);
    if (tensor === undefined || stated === undefined || outputs.has(name)) continue;
    declared.set(name, stated.shape === undefined ? stated : describe(tensor));
  }
  return declared;
}

function sizedTensor({ graph, shapes }: CuttableModel, name: string, maker: number | undefined): SizedTensor {
  const operator = maker === undefined ? undefined : graph.operators[maker];
  if (operator !== undefined && MAKES_SEQUENCE.has(operator.type)) {
    throw refusal('BAD_INPUT', `${placeOf(operator, maker!)}: a list of tensors cannot cross a cut`, {
      path: placeOf(operator, maker!),
      expected: 'a tensor',
      received: `the list "${name}"`,
      hint: 'cut elsewhere',
    });
  }
  return shapes.tensors.get(name)!;
}

/**
 * The ONNX file of blocks `firstBlock` to `lastBlock`, both included.
 *
 * @throws HeterodyneError as {@link cutPiece} and `writeOnnx` (weights that are not at hand, 2 GiB or more).
 */
export function cutModel(model: CuttableModel, firstBlock: number, lastBlock: number): CutModel {
  const { graph, inputs, outputs } = cutPiece(model, firstBlock, lastBlock);
  return { bytes: writeOnnx(graph, model.weightsOf), inputs, outputs };
}

/**
 * All stages of a placement: `cuts` are the first blocks of all stages but the first, ascending. No cuts: one stage.
 *
 * @throws HeterodyneError as {@link cutPiece}; `USAGE` for cuts that do not ascend or lie outside.
 */
export function stageModels(model: CuttableModel, cuts: readonly number[]): Piece[] {
  const count = model.blocked.blocks.length;
  const starts = [0, ...cuts, count];
  if (!cuts.every((cut, i) => Number.isInteger(cut) && cut > starts[i]! && cut < count)) {
    throw refusal('USAGE', `model "${model.blocked.name}" cannot be cut before blocks ${cuts.join(', ')}`, {
      path: 'cuts',
      expected: count < 2 ? 'no cuts: the model is one block' : `ascending numbers from 1 to ${count - 1}`,
      received: cuts.join(', '),
    });
  }
  return starts.slice(0, -1).map((first, i) => cutPiece(model, first, starts[i + 1]! - 1));
}
