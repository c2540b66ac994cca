/**
 * An ONNX network as estimator. Its inputs, float32, are one of four; sizes after the batch N may be open, or fixed and
 * at least the problem's (then padded with 0). The output is told apart by its name.
 *
 *   demands [N, M, R]                       seconds of resource r that a frame of model m needs (any name)
 *   demands [N, M, R], analytic [N, M]      the same, and the rates of the throughput model (these names)
 *   image   [N, D, L, M]                    the embedding: cost of block l of model m on the processor d that runs it (any name)
 *   image   [N, D, L, M], analytic [N, M]   the same, and the rates of the throughput model (these names)
 *
 *   rates   [N, M]                          frames/s of every model: the objective is computed from them
 *   (other) [N] or [N, 1]                   the value of each placement, on any scale that grows with the objective
 *
 * A fixed N below the number of placements means several runs.
 */
import { type OnnxSession, type OnnxTensor, openNativeSession, openSession } from '../../bindings/onnx/index.ts';
import type { PlacementKernel, PlacementProblem } from '../core/placement.ts';
import { readOnnxMetadata } from '../models/onnx/metadata.ts';
import type { Estimator, EstimatorBatch } from './estimator.ts';
import { type FeedOptions, feedsOf, listed, unfit } from './onnx-inputs.ts';
import { objectiveOfRates } from './rates.ts';
import { type EstimatorDocument, estimatorDocument, METADATA_KEY } from './training/schema.ts';

export interface OnnxEstimator extends Estimator {
  /** What the file says of itself, where Heterodyne made it. */
  readonly document?: EstimatorDocument;
  /** Free the network. */
  close(): Promise<void>;
}

export interface OnnxEstimatorOptions extends FeedOptions {
  /** Default `onnx`. */
  id?: string;
  /** `web` (default): onnxruntime-web, in Node, Deno and browsers. `native`: onnxruntime-node. */
  runtime?: 'web' | 'native';
}

/** Placements run through the network at once where it leaves the number open. */
const OPEN_BATCH = 64;

/**
 * Open a network for the placements of `problem`.
 *
 * @throws HeterodyneError `NOT_READABLE` (no runtime), `BAD_INPUT` (no model, or inputs and outputs of other shapes)
 */
export async function onnxEstimator(
  model: Uint8Array,
  problem: PlacementProblem,
  options: OnnxEstimatorOptions = {},
): Promise<OnnxEstimator> {
  const network = await openEstimatorNetwork(model, options);
  try {
    const estimator = network.over(problem);
    const close = async () => {
      await estimator.close();
      await network.close();
    };
    return { ...estimator, close };
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** A loaded network, for the placements of one problem after another. */
export interface EstimatorNetwork {
  readonly document?: EstimatorDocument;
  /** @throws HeterodyneError `BAD_INPUT` inputs or outputs that do not fit the problem */
  over(problem: PlacementProblem, kernel?: PlacementKernel): OnnxEstimator;
  close(): Promise<void>;
}

/** @throws HeterodyneError `NOT_READABLE` (no runtime), `BAD_INPUT` (no model) */
export async function openEstimatorNetwork(
  model: Uint8Array,
  options: OnnxEstimatorOptions = {},
): Promise<EstimatorNetwork> {
  const document = embeddedDocument(model);
  const session = options.runtime === 'native' ? await openNativeSession(model) : await openSession(model);
  return {
    ...(document && { document }),
    over: (problem, kernel) => estimatorOver(session, problem, document, kernel ? { ...options, kernel } : options),
    close: () => session.close(),
  };
}

/** The document that Heterodyne wrote into the file. */
export function embeddedDocument(model: Uint8Array): EstimatorDocument | undefined {
  const text = readOnnxMetadata(model, 'the estimator').get(METADATA_KEY);
  return text === undefined ? undefined : estimatorDocument.parse(text, METADATA_KEY).document;
}

export function estimatorOver(
  session: OnnxSession,
  problem: PlacementProblem,
  document: EstimatorDocument | undefined,
  options: OnnxEstimatorOptions,
): OnnxEstimator {
  const [output] = session.outputs;
  if (session.outputs.length !== 1) throw unfit('one output', `${session.outputs.length}: ${listed(session.outputs)}`);
  const { feeds, columns, analyticOf, free } = feedsOf(session.inputs, problem, document, options);
  const M = problem.models.length;
  const predictsRates = output.name === 'rates';
  const [open] = session.inputs[0].shape;
  const fixed = typeof open === 'number';
  const rows = fixed ? open : OPEN_BATCH;
  /** Room for the features of `rows` placements, taken by one call at a time. */
  const idle: Float32Array[][] = [];

  /** Runs of at most `rows` placements; `take` gets what each gave, [count][width]. */
  const run = async (
    asked: EstimatorBatch,
    take: (values: Float32Array, width: number, start: number, count: number) => void,
  ): Promise<void> => {
    const { count, placements, analytic = analyticOf?.(placements) } = asked;
    const batch = analytic ? { ...asked, analytic } : asked;
    const room = idle.pop() ?? feeds.map(({ width }) => new Float32Array(rows * width));
    for (let start = 0; start < count; start += rows) {
      const taken = Math.min(rows, count - start);
      // A network of fixed batch gets its rows filled with zeros.
      const filled = fixed ? rows : taken;
      const given: Record<string, OnnxTensor> = {};
      for (const [i, { name, dims, width, write }] of feeds.entries()) {
        write(batch, start, taken, room[i]);
        if (taken < filled) room[i].fill(0, taken * width);
        given[name] = { type: 'float32', data: room[i].subarray(0, filled * width), dims: [filled, ...dims] };
      }
      const { data, dims } = (await session.run(given))[output.name];
      const width = data.length / filled;
      if (predictsRates ? dims.length !== 2 || width < M : width !== 1) {
        throw unfit(
          predictsRates
            ? `rates [N, models] of ${M} models or more`
            : 'one value per placement, [N] or [N, 1], or an output "rates"',
          `"${output.name}" [${dims.join(', ')}]`,
        );
      }
      take(data as Float32Array, width, start, taken);
    }
    idle.push(room);
  };
  const rates = async (batch: EstimatorBatch): Promise<Float64Array> => {
    const found = new Float64Array(batch.count * M);
    await run(batch, (values, width, start, count) => {
      for (let i = 0; i < count; i++) {
        for (let m = 0; m < M; m++) found[(start + i) * M + m] = values[i * width + columns[m]];
      }
    });
    return found;
  };
  const objective = predictsRates ? objectiveOfRates(problem) : undefined;
  return {
    id: options.id ?? 'onnx',
    usesAnalytic: analyticOf !== undefined,
    ...(document && { document }),
    async score(batch) {
      if (objective) return objective(await rates(batch), batch.placements);
      const found = new Float64Array(batch.count);
      await run(batch, (values, _, start, count) => found.set(values.subarray(0, count), start));
      return found;
    },
    ...(predictsRates && { rates }),
    async close() {
      free();
    },
  };
}
