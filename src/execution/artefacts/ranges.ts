/** Ranges of activations over calibration inputs: every wanted tensor becomes an output, and is looked at. */
import { HeterodyneError } from '../../core/errors.ts';
import type { CuttableModel } from '../../models/cut.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { Range } from '../../models/quantise/scales.ts';
import type { Feeds } from './calibration.ts';
import type { ArtefactRuntime } from './runtime.ts';

/** @throws HeterodyneError `BAD_INPUT`: a tensor is no number on some input */
export async function calibrate(
  model: CuttableModel,
  names: readonly string[],
  samples: readonly Feeds[],
  runtime: ArtefactRuntime,
  signal?: AbortSignal,
): Promise<Map<string, Range>> {
  const { graph, shapes, weightsOf } = model;
  const given = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const observed = names.filter((name) => !given.has(name)).map((name) => shapes.tensors.get(name)!);
  const outputs = [...graph.outputs, ...observed.map(({ name, type, shape }) => ({ name, type, shape }))];
  const session = await runtime.open(writeOnnx({ ...graph, outputs }, weightsOf));
  const ranges = new Map<string, Range>();
  try {
    for (const feeds of samples) {
      signal?.throwIfAborted();
      const made: Feeds = { ...(await session.run(feeds)), ...feeds };
      for (const name of names) ranges.set(name, widened(name, ranges.get(name), made[name]!.data as Float32Array));
    }
  } finally {
    await session.close();
  }
  return ranges;
}

function widened(name: string, range: Range = { least: 0, most: 0 }, numbers: Float32Array): Range {
  let { least, most } = range;
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
    sum += value;
  }
  if (Number.isFinite(sum) && Number.isFinite(least) && Number.isFinite(most)) return { least, most };
  throw new HeterodyneError('BAD_INPUT', `Tensor "${name}" overflows on a calibration input`, {
    path: name,
    expected: 'finite numbers',
    received: 'infinity, or not a number',
    hint: 'give real calibration inputs',
  });
}
