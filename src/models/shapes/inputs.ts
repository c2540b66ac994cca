/** Binds the symbols of a graph's inputs (`batch`, `height`) to numbers, from options and defaults. */

import type { Dimension, Graph, TensorInfo } from '../graph.ts';
import { refusal } from '../refusal.ts';
import { showShape } from './node.ts';

export interface InputOptions {
  /** Full shapes by input name, for inputs with symbolic dimensions. */
  shapes?: Readonly<Record<string, readonly number[]>>;
  /** Size of batch dimensions that the file leaves open; 1 when absent. */
  batch?: number;
}

export interface BoundInputs {
  shapes: Map<string, number[]>;
  symbols: Map<string, number>;
  batch: number;
  warnings: string[];
}

const BATCH_NAME = /^(batch|n|b|bs|none)$|batch/i;

function isOpen(dimension: Dimension): dimension is string {
  return typeof dimension === 'string';
}

function isBatch(dimension: Dimension, axis: number): dimension is string {
  return isOpen(dimension) && (axis === 0 || BATCH_NAME.test(dimension));
}

/** The dimension that counts samples: the first open one at the front or of such a name, else the first one. */
function batchAxis({ shape }: TensorInfo): number {
  return Math.max(0, shape?.findIndex(isBatch) ?? 0);
}

/** The flag that would give all of an input's dimensions: usual sizes where the file leaves them open. */
function exampleFlag(input: TensorInfo, batch: number): string {
  const shape = input.shape ?? ['?', '?', '?', '?'];
  const sizes = shape.map((dimension, i) => {
    if (!isOpen(dimension)) return dimension;
    if (i === 0) return batch;
    if (shape.length === 4) return i === 1 && shape[3] !== 3 ? 3 : 224;
    return 128;
  });
  return `--shape ${input.name}=${sizes.join('x')}`;
}

function usage(message: string, path: string, expected: string, received: string, hint?: string): never {
  throw refusal('USAGE', message, { path, expected, received, ...(hint !== undefined && { hint }) });
}

/** Check one given shape against what the file states, and learn the symbols from it. */
function bindGiven(input: TensorInfo, given: readonly number[], symbols: Map<string, number>): number[] {
  const place = `input "${input.name}"`;
  if (given.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    usage(`${place}: the given shape is illegal`, place, 'positive integers', given.join('x'), exampleFlag(input, 1));
  }
  const { shape } = input;
  if (shape === undefined) return [...given];
  if (shape.length !== given.length) {
    usage(
      `${place}: the given shape has the wrong rank`,
      place,
      `rank ${shape.length} (${showShape(shape)})`,
      given.join('x'),
      exampleFlag(input, 1),
    );
  }
  for (const [i, dimension] of shape.entries()) {
    const size = given[i]!;
    const fixed = isOpen(dimension) ? (dimension === '?' ? size : (symbols.get(dimension) ?? size)) : dimension;
    if (fixed !== size) {
      const why = isOpen(dimension)
        ? `symbol "${dimension}" is ${fixed} in another input`
        : `the file fixes it to ${fixed}`;
      usage(`${place}: dimension ${i} cannot be ${size}: ${why}`, place, showShape(shape), given.join('x'));
    }
    if (isOpen(dimension) && dimension !== '?') symbols.set(dimension, size);
  }
  return [...given];
}

/** Shapes of all graph inputs. Throws USAGE with the exact flag to give when a dimension stays open. */
export function bindInputs(graph: Graph, options: InputOptions): BoundInputs {
  const { batch } = options;
  if (batch !== undefined && (!Number.isSafeInteger(batch) || batch < 1)) {
    usage('the batch size is illegal', '--batch', 'a positive integer', `${batch}`);
  }
  const names = graph.inputs.map((input) => input.name);
  for (const name of Object.keys(options.shapes ?? {})) {
    if (!names.includes(name))
      usage(`the model has no input "${name}"`, '--shape', names.join(', ') || 'no input', name);
  }
  const symbols = new Map<string, number>();
  const shapes = new Map<string, number[]>();
  const warnings: string[] = [];
  for (const input of graph.inputs) {
    const given = options.shapes?.[input.name];
    if (given !== undefined) shapes.set(input.name, bindGiven(input, given, symbols));
  }
  for (const input of graph.inputs) {
    if (shapes.has(input.name)) continue;
    const flag = exampleFlag(input, batch ?? 1);
    if (input.shape === undefined) {
      usage(
        `input "${input.name}": the file does not state its rank`,
        `input "${input.name}"`,
        'a full shape',
        'nothing',
        `give its shape, for example ${flag}`,
      );
    }
    let batchSeen = false;
    const shape = input.shape.map((dimension, i): number => {
      if (!isOpen(dimension)) return dimension;
      const bound = symbols.get(dimension);
      if (bound !== undefined) return bound;
      if (!batchSeen && isBatch(dimension, i)) {
        batchSeen = true;
        const size = batch ?? 1;
        if (batch === undefined) {
          warnings.push(
            `input "${input.name}": the file leaves dimension ${i} ("${dimension}") open; 1 is assumed (${flag} gives the whole shape)`,
          );
        }
        if (dimension !== '?') symbols.set(dimension, size);
        return size;
      }
      return usage(
        `input "${input.name}": the file leaves dimension ${i} ("${dimension}") open`,
        `input "${input.name}"`,
        'a size for every dimension',
        showShape(input.shape!),
        `give its shape, for example ${flag}`,
      );
    });
    shapes.set(input.name, shape);
  }
  const first = graph.inputs[0];
  const size = first && shapes.get(first.name)![batchAxis(first)];
  if (batch !== undefined && size !== undefined && size !== batch) {
    usage(
      `batch ${batch} contradicts the shape of input "${first!.name}"`,
      '--batch',
      `${size}`,
      `${batch}`,
      'export the model with an open batch dimension, or leave the batch as it is',
    );
  }
  return { shapes, symbols, batch: size ?? batch ?? 1, warnings };
}
