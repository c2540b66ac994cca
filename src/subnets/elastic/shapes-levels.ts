/** Sub-networks of the shapes supernet as one needs them on the spot: settled, written, and held against drawn images. */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import { Tape, trainingKernels } from '../../../bindings/training/index.ts';
import type { Genotype } from '../genotype.ts';
import { CLASSES, drawImages, toBatchFirst } from './images.ts';
import { shapesOnnx } from './shapes-onnx.ts';
import { readSupernet, type Supernet } from './supernet.ts';

/** Seeds of images that training never sees: those that settle statistics, and those that judge. */
const SEEDS = { calibration: 17, test: 19 };
const BATCH = 64;
const CALIBRATION_BATCHES = 8;

/** Runs the batch norms of a sub-network over images, so that their statistics are those of its own activations. */
export function settle(supernet: Supernet, tape: Tape, genotype: Genotype, draw = drawImages): void {
  const size = genotype.r as number;
  const batches = Array.from({ length: CALIBRATION_BATCHES }, (_, i) =>
    draw(SEEDS.calibration, i * BATCH, BATCH, size),
  );
  supernet.calibrate(tape, batches, genotype);
}

/**
 * The weights that a file holds, cut and settled for any genotype: ONNX files that recognize.
 *
 * @throws HeterodyneError `BAD_INPUT` for a file of another network
 */
export function shapesWriter(weights: Uint8Array, source: string): (genotype: Genotype, name: string) => Uint8Array {
  const kernels = trainingKernels();
  const supernet = readSupernet(kernels, weights, source);
  const tape = new Tape(kernels);
  return (genotype, name) => {
    settle(supernet, tape, genotype);
    return shapesOnnx(supernet, genotype, 1, name);
  };
}

/** Share of drawn images, never trained on, that a session names rightly; `batch` is what its file takes at once. */
export async function shapesAccuracy(
  session: OnnxSession,
  size: number,
  images: number,
  { batch = 1, draw = drawImages, signal }: { batch?: number; draw?: typeof drawImages; signal?: AbortSignal } = {},
): Promise<number> {
  let correct = 0;
  for (let first = 0; first < images; first += batch) {
    signal?.throwIfAborted();
    const drawn = draw(SEEDS.test, first, batch, size);
    const { logits } = await session.run({
      input: { type: 'float32', data: toBatchFirst(drawn), dims: [batch, 3, size, size] },
    });
    const scores = logits.data as Float32Array;
    for (let n = 0; n < batch; n++) {
      const row = scores.subarray(n * CLASSES.length, (n + 1) * CLASSES.length);
      if (row.indexOf(Math.max(...row)) === drawn.labels[n]) correct++;
    }
  }
  return correct / images;
}
