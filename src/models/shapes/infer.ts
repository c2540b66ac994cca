/**
 * Shape inference: walks the sorted operators once with the rules of `registry.ts`. All dimensions are numbers by
 * then, so a shape is either known or an error; values travel along where exporters compute shapes from shapes.
 */

import {
  countElements,
  type Graph,
  type Initializer,
  type Operator,
  placeOf,
  type SizedTensor,
  tensorBytes,
} from '../graph.ts';
import { legible, refusal } from '../refusal.ts';
import { bindInputs, type InputOptions } from './inputs.ts';
import { type BodyRun, DataDependent, type FoldBudget, type Known, NodeView } from './node.ts';
import { ruleOf } from './registry.ts';
import { decodeValues } from './values.ts';

export type { InputOptions } from './inputs.ts';

/** One graph that a control-flow operator runs, and its inferred tensors. */
export interface InferredBody {
  graph: Graph;
  shapes: InferredShapes;
  /** Iterations per inference (at most, where only a bound is known). */
  repeat: number;
}

export interface InferredShapes {
  inputs: SizedTensor[];
  outputs: SizedTensor[];
  /** Every tensor of the graph by name, initializers included. A sequence has the bytes of its members. */
  tensors: Map<string, SizedTensor>;
  /** Tensors that are the same in every inference: initializers and what is computed from them and from shapes. */
  constants: Set<string>;
  /** Values of small constant tensors that operators computed. */
  values: Map<string, readonly number[]>;
  /** Graphs run by If (one, or both branches), Loop and Scan. */
  bodies: Map<Operator, InferredBody[]>;
  batch: number;
  warnings: string[];
}

/** Newest operator set that the rules were written for; newer files are read with its rules and a warning. */
const NEWEST_OPSET = 25;

/** Elements of shape arithmetic in one inference: far above any real export, seconds of work at most. */
const FOLD_BUDGET = 1 << 24;
const MAX_RANK = 64;

const RANDOM = new Set([
  'RandomNormal',
  'RandomUniform',
  'RandomNormalLike',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
]);

interface Run {
  opset: number;
  budget: FoldBudget;
  symbols: ReadonlyMap<string, number>;
  warnings: string[];
}

/** Names visible to an operator: those of its own graph, then those of the graphs around it. */
class Scope {
  readonly known = new Map<string, Known>();
  readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  find(name: string): Known | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const known = scope.known.get(name);
      if (known !== undefined) return known;
    }
    return undefined;
  }
}

/** An initializer as rules see it; its values are decoded when first asked for. */
function knownInitializer(initializer: Initializer): Known {
  let decoded = false;
  let values: number[] | undefined;
  return {
    type: initializer.type,
    shape: initializer.shape,
    constant: true,
    get values() {
      if (!decoded) {
        values = decodeValues(initializer);
        decoded = true;
      }
      return values as number[];
    },
  };
}

/** What the file itself states about the outputs of an operator, where it is complete. */
function declaredOutputs(
  graph: Graph,
  operator: Operator,
  symbols: ReadonlyMap<string, number>,
): (Known | undefined)[] | undefined {
  const results: (Known | undefined)[] = [];
  for (const name of operator.outputs) {
    if (name === '') {
      results.push(undefined);
      continue;
    }
    const info = graph.declared.get(name) ?? graph.outputs.find((output) => output.name === name);
    const shape = info?.shape?.map((dimension) => (typeof dimension === 'number' ? dimension : symbols.get(dimension)));
    if (info === undefined || shape === undefined || shape.includes(undefined)) return undefined;
    results.push({ type: info.type, shape: shape as number[] });
  }
  return results;
}

const GO_ON =
  'write the shapes into the file with the ONNX shape inference tool (after fixing the input sizes), or export the model without this operator';

function checkShape(place: string, name: string, known: Known): void {
  const legal = known.shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!legal || known.shape.length > MAX_RANK || !Number.isSafeInteger(countElements(known.shape) * 16)) {
    throw refusal('BAD_INPUT', `${place}: output "${name}" would have an impossible shape`, {
      path: place,
      expected: `at most ${MAX_RANK} dimensions of at least 0, fewer than 2^49 elements`,
      received: known.shape.length > MAX_RANK ? `rank ${known.shape.length}` : known.shape.join('x'),
    });
  }
}

function inferOperator(
  graph: Graph,
  operator: Operator,
  place: string,
  scope: Scope,
  run: Run,
  bodies: InferredBody[],
): (Known | undefined)[] {
  const inputs = operator.inputs.map((name) => {
    if (name === '') return undefined;
    const known = scope.find(name);
    if (known === undefined) {
      throw refusal('BAD_INPUT', `${place}: input "${name}" is defined nowhere before it`, {
        path: place,
        expected: 'a graph input, an initializer, or an output of an earlier node',
        received: `"${name}"`,
      });
    }
    return known;
  });
  const rule = ruleOf(operator.domain, operator.type);
  const declared = (): (Known | undefined)[] | undefined => declaredOutputs(graph, operator, run.symbols);
  if (rule === undefined) {
    const stated = declared();
    if (stated === undefined) {
      throw refusal(
        'UNKNOWN_OPERATOR',
        `${place}: there is no shape rule for operator ${operator.type}${operator.domain === '' ? '' : ` of domain ${operator.domain}`}, and the file does not state its output shapes`,
        {
          path: place,
          expected: 'an operator with a shape rule, or stated output shapes',
          received: operator.type,
          hint: GO_ON,
        },
      );
    }
    run.warnings.push(`${place}: there is no shape rule for this operator; the shapes that the file states are used`);
    return stated;
  }
  const view = new NodeView(operator, place, inputs, {
    opset: run.opset,
    budget: run.budget,
    read: knownInitializer,
    run: (body, given, repeat): BodyRun => {
      const shapes = inferGraph(body, given, scope, run);
      bodies.push({ graph: body, shapes: shapes.inferred, repeat });
      return { graph: body, repeat, outputs: shapes.outputs };
    },
    warn: (message) => run.warnings.push(message),
  });
  try {
    return rule(view);
  } catch (error) {
    if (!(error instanceof DataDependent)) throw error;
    const stated = declared();
    if (stated === undefined) {
      throw refusal(
        'BAD_INPUT',
        `${place}: ${error.what} is known only at run time, and the file does not state the output shape`,
        {
          path: place,
          expected: 'shapes that can be computed before run time',
          received: error.what,
          hint: GO_ON,
        },
      );
    }
    run.warnings.push(`${place}: ${error.what} is known only at run time; the shape that the file states is used`);
    return stated;
  }
}

function toSized(name: string, known: Known): SizedTensor {
  const bytes = known.members
    ? known.members.reduce((sum, member) => sum + tensorBytes(member.type, member.shape), 0)
    : tensorBytes(known.type, known.shape);
  return { name, type: known.type, shape: [...known.shape], bytes };
}

/** Infer one graph whose inputs, in order, are `given`. */
function inferGraph(
  graph: Graph,
  given: readonly Known[],
  parent: Scope | undefined,
  run: Run,
): { inferred: InferredShapes; outputs: Known[] } {
  const scope = new Scope(parent);
  const bodies = new Map<Operator, InferredBody[]>();
  const values = new Map<string, readonly number[]>();
  for (const [i, input] of graph.inputs.entries()) {
    const known = given[i];
    if (known === undefined) {
      throw refusal(
        'BAD_INPUT',
        `graph "${graph.name}" expects ${graph.inputs.length} inputs, but its operator gives ${given.length}`,
        {
          path: `graph "${graph.name}"`,
          expected: `${graph.inputs.length}`,
          received: `${given.length}`,
        },
      );
    }
    scope.known.set(input.name, known);
  }
  for (const initializer of graph.initializers.values())
    scope.known.set(initializer.name, knownInitializer(initializer));
  for (const [index, operator] of graph.operators.entries()) {
    const place = placeOf(operator, index);
    const own: InferredBody[] = [];
    const results = inferOperator(graph, operator, place, scope, run, own);
    if (own.length > 0) bodies.set(operator, own);
    const fixed =
      own.length === 0 &&
      !RANDOM.has(operator.type) &&
      operator.inputs.every((name) => name === '' || scope.find(name)!.constant === true);
    for (const [i, name] of operator.outputs.entries()) {
      if (name === '') continue;
      const result = results[i];
      if (result === undefined) {
        throw refusal('BAD_INPUT', `${place}: output ${i} "${name}" does not exist for this operator`, {
          path: place,
          expected: `at most ${results.length} outputs`,
          received: `${operator.outputs.length}`,
        });
      }
      checkShape(place, name, result);
      const constant = result.constant === true || fixed || result.values !== undefined;
      scope.known.set(name, constant ? Object.assign({ ...result }, { constant }) : result);
      if (result.values !== undefined) values.set(name, result.values);
    }
  }
  const tensors = new Map<string, SizedTensor>();
  const constants = new Set<string>();
  for (const [name, known] of scope.known) {
    tensors.set(name, toSized(name, known));
    if (known.constant) constants.add(name);
  }
  const outputs = graph.outputs.map(
    (output) =>
      scope.find(output.name) ??
      (() => {
        throw refusal('BAD_INPUT', `output "${output.name}" of graph "${graph.name}" is defined nowhere`, {
          path: `output "${output.name}"`,
        });
      })(),
  );
  return {
    outputs,
    inferred: {
      inputs: graph.inputs.map((input) => tensors.get(input.name)!),
      outputs: graph.outputs.map((output, i) => tensors.get(output.name) ?? toSized(output.name, outputs[i]!)),
      tensors,
      constants,
      values,
      bodies,
      batch: 1,
      warnings: [],
    },
  };
}

/**
 * Shapes of every tensor of the graph.
 *
 * Errors: USAGE when an input dimension is open or contradicts the options; UNKNOWN_OPERATOR for an operator without
 * rule; BAD_INPUT when shapes do not fit together or depend on run-time values. Each names the node or input and says
 * how to go on.
 */
export function inferShapes(graph: Graph, options: InputOptions = {}): InferredShapes {
  const bound = bindInputs(graph, options);
  const warnings = [...bound.warnings];
  if (graph.opset > NEWEST_OPSET) {
    warnings.push(
      `operator set ${graph.opset} is newer than the newest known (${NEWEST_OPSET}); its rules are assumed to be unchanged`,
    );
  }
  const given = graph.inputs.map((input): Known => ({ type: input.type, shape: bound.shapes.get(input.name)! }));
  for (const [i, input] of graph.inputs.entries()) checkShape(`input "${input.name}"`, input.name, given[i]!);
  const { inferred } = inferGraph(graph, given, undefined, {
    opset: graph.opset,
    budget: { elements: FOLD_BUDGET },
    symbols: bound.symbols,
    warnings,
  });
  return { ...inferred, batch: bound.batch, warnings: warnings.map(legible) };
}
