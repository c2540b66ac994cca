/** The state of a training as a `.npz` file: weights, Adam's means, the best weights, and the settings and log as JSON. */
import { HeterodyneError } from '../../core/errors.ts';
import { readJson } from '../../documents/json-text.ts';
import { type NamedArray, readNpz, writeNpz } from '../dataset/npy.ts';
import type { Checkpoint } from './settings.ts';

const PARTS = ['values', 'first', 'second'] as const;

export function writeCheckpoint({ settings, steps, log, parameters, best }: Checkpoint): Uint8Array {
  const arrays: Record<string, NamedArray> = {};
  const put = (part: string, values: ReadonlyMap<string, Float32Array>) => {
    for (const [name, array] of values) arrays[`${part}/${name}`] = { shape: [array.length], values: array };
  };
  for (const part of PARTS) put(part, parameters[part]);
  put('best', best);
  const state = new TextEncoder().encode(JSON.stringify({ settings, steps, log }));
  arrays.state = { shape: [state.length], values: state };
  return writeNpz(arrays);
}

/** @throws HeterodyneError `BAD_INPUT` */
export function readCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const arrays = readNpz(bytes, source);
  const state = arrays.get('state')?.values;
  if (!(state instanceof Uint8Array)) {
    throw new HeterodyneError('BAD_INPUT', `${source} is no checkpoint of a training`, {
      source,
      expected: 'a file that --checkpoint wrote',
      received: `arrays ${[...arrays.keys()].slice(0, 5).join(', ')}`,
    });
  }
  const { settings, steps, log } = readJson(new TextDecoder().decode(state), source) as Omit<
    Checkpoint,
    'parameters' | 'best'
  >;
  const take = (part: string): Map<string, Float32Array> => {
    const found = new Map<string, Float32Array>();
    for (const [name, { values }] of arrays) {
      if (name.startsWith(`${part}/`) && values instanceof Float32Array) found.set(name.slice(part.length + 1), values);
    }
    return found;
  };
  const [values, first, second] = PARTS.map(take);
  return { settings, steps, log, parameters: { values, first, second }, best: take('best') };
}
