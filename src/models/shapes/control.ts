/** If, Loop and Scan: operators that run a graph of their own. */
import type { Known, NodeView, ShapeRule } from './node.ts';
import { showShape } from './node.ts';

/** A value that may differ between iterations or branches: shape alone. */
function shapeOnly(known: Known): Known {
  return { type: known.type, shape: known.shape, ...(known.members && { members: known.members.map(shapeOnly) }) };
}

function sameShape(a: Known, b: Known): boolean {
  return a.type === b.type && a.shape.join() === b.shape.join() && a.members?.length === b.members?.length;
}

/** A known condition chooses its branch; otherwise both must agree. */
const branch: ShapeRule = (node) => {
  const condition = node.input(0).values?.[0];
  const run = (name: string): Known[] => node.surroundings.run(node.graph(name), [], 1).outputs;
  if (condition !== undefined) return run(condition !== 0 ? 'then_branch' : 'else_branch');
  const yes = run('then_branch');
  const no = run('else_branch');
  return yes.map((output, i) => {
    const other = no[i];
    if (other === undefined || !sameShape(output, other)) {
      node.dataDependent(
        `the branch taken, and with it output ${i} (${showShape(output.shape)} or ${other ? showShape(other.shape) : 'absent'}),`,
      );
    }
    return shapeOnly(output);
  });
};

/** Carried values must keep their shape: otherwise the last one depends on how often the body runs. */
function checkCarried(node: NodeView, before: readonly Known[], after: readonly Known[]): void {
  for (const [i, initial] of before.entries()) {
    const final = after[i];
    if (final === undefined || !sameShape(initial, final)) {
      node.dataDependent(
        `the loop changes the shape of carried value ${i} (${showShape(initial.shape)} to ${final ? showShape(final.shape) : 'nothing'}), so that its result`,
      );
    }
  }
}

/** trip count, condition, carried values... ; body: iteration, condition, carried -> condition, carried, scanned. */
const loop: ShapeRule = (node) => {
  const body = node.graph('body');
  const initial = node.inputs
    .slice(2)
    .map((input, i) => shapeOnly(input ?? node.fail(`carried value ${i} is missing`)));
  const trips = node.optional(0) === undefined ? undefined : node.optional(0)!.values?.[0];
  // A condition computed in the body may end the loop earlier: the trip count is then an upper bound.
  const count = trips === undefined || trips > Number.MAX_SAFE_INTEGER ? undefined : Math.max(0, trips);
  if (count === undefined) node.warn('the number of iterations is known only at run time; the body is counted once');
  const { outputs } = node.surroundings.run(
    body,
    [{ type: 'int64', shape: [] }, { type: 'bool', shape: [] }, ...initial],
    count ?? 1,
  );
  const carried = outputs.slice(1, 1 + initial.length);
  checkCarried(node, initial, carried);
  const scanned = outputs.slice(1 + initial.length).map((output): Known => {
    if (count === undefined) return node.dataDependent('the number of iterations');
    return { type: output.type, shape: [count, ...output.shape] };
  });
  return [...carried.map(shapeOnly), ...scanned];
};

/** Carried values, then sequences that the body sees slice by slice (opset 9 form, without batch dimension). */
const scan: ShapeRule = (node) => {
  const sequences = node.requiredInt('num_scan_inputs');
  const inputs = node.inputs.map((input, i) => input ?? node.fail(`input ${i} is missing`));
  const carriedCount = inputs.length - sequences;
  if (node.opset < 9 || carriedCount < 0)
    node.fail('this form of Scan is not supported', { expected: 'opset 9 or newer' });
  const axes = node.ints('scan_input_axes') ?? [];
  const initial = inputs.slice(0, carriedCount).map(shapeOnly);
  let steps = 1;
  const slices = inputs.slice(carriedCount).map((input, i): Known => {
    const axis = node.axis(axes[i] ?? 0, input.shape.length);
    steps = input.shape[axis]!;
    return { type: input.type, shape: input.shape.filter((_, at) => at !== axis) };
  });
  const { outputs } = node.surroundings.run(node.graph('body'), [...initial, ...slices], steps);
  const carried = outputs.slice(0, carriedCount);
  checkCarried(node, initial, carried);
  const outputAxes = node.ints('scan_output_axes') ?? [];
  const scanned = outputs.slice(carriedCount).map((output, i): Known => {
    const axis = node.axis(outputAxes[i] ?? 0, output.shape.length + 1);
    return { type: output.type, shape: [...output.shape.slice(0, axis), steps, ...output.shape.slice(axis)] };
  });
  return [...carried.map(shapeOnly), ...scanned];
};

export const CONTROL_RULES: Record<string, ShapeRule> = { If: branch, Loop: loop, Scan: scan };
