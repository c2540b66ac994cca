/**
 * Accuracy predictors from ONNX files: a plain chain of dense layers goes into the core's kernels, anything else runs
 * in ONNX Runtime, batch by batch. Either way the input is one-hot, laid out as input-layout.ts says.
 */

import { openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { SubnetPredictor } from '../core/subnets.ts';
import type { Warning } from '../documents/warnings.ts';
import { hashBytes } from '../models/load.ts';
import { readOnnx } from '../models/onnx/read.ts';
import { type DenseChain, denseChain } from './dense-chain.ts';
import { encode, inputLayout, slotColumns } from './input-layout.ts';
import type { SearchSpace } from './space.ts';

export interface AccuracyPredictor {
  /** File name. */
  source: string;
  /** sha256 of the file. */
  hash: string;
  layout: string;
  /** Whether check vectors confirmed the layout. */
  checked: boolean;
  /** The chain in the kernels' form; absent = scores come from `score`. */
  chain?: SubnetPredictor;
  /** Scores of networks [count][S] from ONNX Runtime. */
  score?: (networks: Uint8Array) => Promise<Float32Array>;
  /** Free the runtime's session. */
  close(): Promise<void>;
  warnings: Warning[];
}

export interface PredictorOptions {
  source: string;
  /** Name of the input layout; default: the one that files for this space usually have. */
  layout?: string;
  /** Added to every output: the `base_acc` of checkpoints whose file does not hold it. */
  base?: number;
}

/** Networks in one run of ONNX Runtime. */
const RUNTIME_BATCH = 128;

/** @throws HeterodyneError `BAD_INPUT`, `USAGE`, `NOT_READABLE` (no ONNX Runtime, where it is needed) */
export async function loadPredictor(
  file: Uint8Array,
  space: SearchSpace,
  options: PredictorOptions,
): Promise<AccuracyPredictor> {
  const { source, base = 0 } = options;
  const layout = inputLayout(space, options.layout);
  const columns = slotColumns(space, layout);
  const graph = readOnnx(file, { source });
  const width = graph.inputs[0]?.shape?.at(-1);
  if (
    graph.inputs.length !== 1 ||
    graph.outputs.length !== 1 ||
    (typeof width === 'number' && width !== layout.inputs)
  ) {
    throw new HeterodyneError('BAD_INPUT', `${source} is no accuracy predictor for ${space.name}`, {
      source,
      expected: `one input of [batch, ${layout.inputs}] and one output`,
      received: `${graph.inputs.length} inputs (last dimension ${width ?? 'unknown'}), ${graph.outputs.length} outputs`,
    });
  }
  const predictor = {
    source,
    hash: await hashBytes(file),
    layout: layout.name,
    checked: false,
    warnings: [] as Warning[],
  };
  const chain = denseChain(graph);
  if (chain && chain.layers[0].inputs === layout.inputs) {
    return { ...predictor, chain: embedded(chain, columns, base), close: async () => {} };
  }
  predictor.warnings.push({
    code: 'OUTSIDE_CORE',
    message: `${source} is no plain chain of dense layers: it runs in ONNX Runtime, which is slower`,
  });
  const input = graph.inputs[0].name;
  const output = graph.outputs[0].name;
  const session = await openSession(file);
  const score = (networks: Uint8Array) =>
    inBatches(networks, columns.length, async (part) => {
      const data = encode(part, columns, layout.inputs);
      const dims = [part.length / columns.length, layout.inputs];
      const { [output]: result } = await session.run({ [input]: { type: 'float32', data, dims } });
      return Float32Array.from(result.data as Float32Array, (value) => value + base);
    });
  return { ...predictor, score: averaged(space, score), close: () => session.close() };
}

/** The first layer as rows by slot and value: what its one-hot input would have picked. */
function embedded(
  { layers, base: ownBase }: DenseChain,
  columns: readonly number[][][],
  base: number,
): SubnetPredictor {
  const [first, ...rest] = layers;
  const embeddings = columns.map((values) => {
    const rows = new Float32Array(values.length * first.outputs);
    values.forEach((ones, v) => {
      for (const column of ones) {
        for (let o = 0; o < first.outputs; o++) rows[v * first.outputs + o] += first.weights[o * first.inputs + column];
      }
    });
    return rows;
  });
  return { embeddings, firstBias: first.bias, layers: rest, base: ownBase + base };
}

async function inBatches(
  networks: Uint8Array,
  slots: number,
  run: (part: Uint8Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const scores = new Float32Array(networks.length / slots);
  for (let start = 0; start < scores.length; start += RUNTIME_BATCH) {
    scores.set(await run(networks.subarray(start * slots, (start + RUNTIME_BATCH) * slots)), start);
  }
  return scores;
}

/** Where two inputs spell one network, the mean of both outputs counts. */
function averaged(space: SearchSpace, score: (networks: Uint8Array) => Promise<Float32Array>): typeof score {
  const { alias, slots } = space.numbers;
  if (!alias) return score;
  return async (networks) => {
    const scores = await score(networks);
    const other = networks.slice();
    const changed: number[] = [];
    for (let i = 0; i < scores.length; i++) {
      const at = i * slots.length + alias.slot;
      if (networks[at] !== alias.to) continue;
      other[at] = alias.from;
      changed.push(i);
    }
    const others = await score(other);
    for (const i of changed) scores[i] = (scores[i] + others[i]) / 2;
    return scores;
  };
}
