/**
 * Trains the project's own supernet on images that it draws, measures sub-networks in ONNX Runtime, fits the accuracy
 * predictor, and writes what examples/elastic/ ships. Same seed, same weights.
 *
 *   node --import tsx bench/elastic.ts train [--steps 1500]     weights    examples/elastic/weights.npz
 *   node --import tsx bench/elastic.ts measure                  accuracy   examples/elastic/measured.json
 *   node --import tsx bench/elastic.ts fit                      predictor  examples/elastic/predictor.onnx
 *   node --import tsx bench/elastic.ts costs                    latencies  examples/elastic/costs.json
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultCore } from '../bindings/core.ts';
import { openNativeSession } from '../bindings/onnx/index.ts';
import { Adam, cosineRate, softmaxCrossEntropy, Tape, trainingKernels } from '../bindings/training/index.ts';
import { kendall } from '../src/estimators/ranking.ts';
import { Random } from '../src/reference/random.ts';
import { subnetCostsDocument } from '../src/subnets/costs/costs-schema.ts';
import { measureCosts } from '../src/subnets/costs/measure.ts';
import { drawImages, type LabelledImages } from '../src/subnets/elastic/images.ts';
import { fitPredictor } from '../src/subnets/elastic/predictor-fit.ts';
import { settle, shapesAccuracy } from '../src/subnets/elastic/shapes-levels.ts';
import { shapesOnnx } from '../src/subnets/elastic/shapes-onnx.ts';
import { SHAPES_SPACE } from '../src/subnets/elastic/shapes-space.ts';
import { readSupernet, Supernet, writeSupernet } from '../src/subnets/elastic/supernet.ts';
import { elasticSpaceDocument } from '../src/subnets/elastic-space.ts';
import { type Genotype, genomeFrom } from '../src/subnets/genotype.ts';
import { encode, inputLayout, slotColumns } from '../src/subnets/input-layout.ts';
import { searchSpace } from '../src/subnets/space.ts';
import { mean } from './statistics.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '1500' },
    networks: { type: 'string', default: '160' },
    images: { type: 'string', default: '3000' },
  },
});
const FOLDER = new URL('../examples/elastic/', import.meta.url);
const SEEDS = { weights: 7, training: 11, genotypes: 13 };
const BATCH = 64;
const RATE = 0.01;
const SMOOTHING = 0.05;
/** Passes of a step: the largest, the smallest and so many at random. */
const RANDOM_PASSES = 2;
const space = searchSpace(SHAPES_SPACE);

/** Largest, smallest or a random sub-network. */
function genotype(choose: (choices: readonly number[]) => number): Genotype {
  const stages = SHAPES_SPACE.stages;
  const blocks = stages.flatMap((stage) => Array.from({ length: stage.blocks }, () => stage));
  return {
    ks: blocks.map(({ genes }) => choose(genes[0].choices)),
    e: blocks.map(({ genes }) => choose(genes[1].choices)),
    d: stages.map(({ depths }) => choose(depths)),
    w: stages.map(({ width }) => choose(width?.choices ?? [])),
    r: choose(SHAPES_SPACE.resolutions),
  };
}

const largest = genotype((choices) => choices[choices.length - 1]);
const smallest = genotype((choices) => choices[0]);

function train(): void {
  const steps = Number(flags.steps);
  const kernels = trainingKernels();
  const supernet = new Supernet(kernels, SEEDS.weights);
  const adam = new Adam(supernet.parameters, { weightDecay: 1e-5 });
  const tape = new Tape(kernels);
  const random = new Random(SEEDS.training);
  console.log(`${supernet.parameters.count} weights, ${steps} steps of ${BATCH} images`);
  const began = performance.now();
  let window = { loss: 0, correct: 0, count: 0 };
  for (let step = 0; step < steps; step++) {
    const drawn = new Map<number, LabelledImages>();
    supernet.parameters.zeroGradients();
    const anyone = () => genotype((choices) => choices[random.below(choices.length)]);
    for (const each of [largest, smallest, ...Array.from({ length: RANDOM_PASSES }, anyone)]) {
      const size = each.r as number;
      const batch = drawn.get(size) ?? drawImages(SEEDS.training, step * BATCH, BATCH, size);
      drawn.set(size, batch);
      tape.reset();
      const logits = supernet.forward(tape, batch, each);
      const { value, gradient, correct } = softmaxCrossEntropy(tape.values(logits), batch.labels, SMOOTHING);
      tape.backward(logits, gradient);
      window = { loss: window.loss + value, correct: window.correct + correct, count: window.count + 1 };
    }
    supernet.parameters.clipGradients(5);
    const warm = Math.min(1, (step + 1) / 50);
    adam.step(warm * cosineRate(step, steps, RATE, 0));
    if ((step + 1) % 50 === 0) {
      const minutes = (performance.now() - began) / 60_000;
      const { loss, correct, count } = window;
      console.log(
        `step ${step + 1}: loss ${(loss / count).toFixed(3)}, correct ${((100 * correct) / count / BATCH).toFixed(1)} %, ${minutes.toFixed(1)} min`,
      );
      window = { loss: 0, correct: 0, count: 0 };
    }
  }
  writeFileSync(new URL('weights.npz', FOLDER), writeSupernet(supernet));
  writeFileSync(new URL('space.json', FOLDER), elasticSpaceDocument.write(SHAPES_SPACE));
}

/** Accuracy of one sub-network on images it never saw, by ONNX Runtime. */
async function accuracyOf(supernet: Supernet, tape: Tape, each: Genotype, count: number): Promise<number> {
  settle(supernet, tape, each, drawOnce);
  const session = await openNativeSession(shapesOnnx(supernet, each, 100));
  try {
    return await shapesAccuracy(session, each.r as number, count, { batch: 100, draw: drawOnce });
  } finally {
    await session.close();
  }
}

const drawn = new Map<string, LabelledImages>();
/** All sub-networks see the same images. */
const drawOnce: typeof drawImages = (...request) => {
  const key = request.join(' ');
  const images = drawn.get(key) ?? drawImages(...request);
  drawn.set(key, images);
  return images;
};

export interface Measured {
  genotype: Genotype;
  /** Share of images that it names rightly. */
  accuracy: number;
}

async function measure(): Promise<void> {
  const kernels = trainingKernels();
  const supernet = readSupernet(kernels, new Uint8Array(readFileSync(new URL('weights.npz', FOLDER))));
  const tape = new Tape(kernels);
  const random = new Random(SEEDS.genotypes);
  const count = Number(flags.images);
  const measured: Measured[] = [];
  const wanted = [largest, smallest];
  while (wanted.length < Number(flags.networks))
    wanted.push(genotype((choices) => choices[random.below(choices.length)]));
  for (const each of wanted) {
    const accuracy = await accuracyOf(supernet, tape, each, count);
    measured.push({ genotype: canonical(each), accuracy });
    if (measured.length % 10 === 0) console.log(`${measured.length}: ${JSON.stringify(measured.at(-1))}`);
  }
  const document = { images: count, runtime: 'onnxruntime-node', networks: measured };
  writeFileSync(new URL('measured.json', FOLDER), `${JSON.stringify(document)}\n`);
  const sorted = measured.map(({ accuracy }) => accuracy).sort((a, b) => a - b);
  console.log(
    `accuracy ${sorted[0]} to ${sorted.at(-1)}; largest ${measured[0].accuracy}, smallest ${measured[1].accuracy}`,
  );
}

function canonical(each: Genotype): Genotype {
  const ks = [...(each.ks as number[])];
  const e = [...(each.e as number[])];
  let first = 0;
  SHAPES_SPACE.stages.forEach(({ blocks }, s) => {
    for (let b = (each.d as number[])[s]; b < blocks; b++) ks[first + b] = e[first + b] = 0;
    first += blocks;
  });
  return { ...each, ks, e };
}

/** One-hot rows of genotypes, as the predictor's input layout has them. */
function rowsOf(genotypes: readonly Genotype[]): Float32Array {
  const layout = inputLayout(space);
  const columns = slotColumns(space, layout);
  const kernel = defaultCore().subnets({ space: space.numbers, cost: [] });
  const rows = genotypes.map((each) => encode(kernel.networks(genomeFrom(space, each)), columns, layout.inputs));
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

/** Three of four sub-networks teach, the others judge; check vectors come from the file that is written. */
async function fit(): Promise<void> {
  const { networks } = JSON.parse(readFileSync(new URL('measured.json', FOLDER), 'utf8')) as { networks: Measured[] };
  const teach = networks.filter((_, i) => i % 4 !== 3);
  const judge = networks.filter((_, i) => i % 4 === 3);
  const genotypes = (list: readonly Measured[]) => list.map(({ genotype }) => genotype);
  const accuracies = (list: readonly Measured[]) => list.map(({ accuracy }) => accuracy);
  const { onnx, predict } = fitPredictor(trainingKernels(), rowsOf(genotypes(teach)), accuracies(teach), SEEDS.weights);
  const predicted = [...predict(rowsOf(genotypes(judge)))];
  const errors = predicted.map((value, i) => Math.abs(value - judge[i].accuracy));
  const tau = kendall(predicted, accuracies(judge));
  console.log(
    `${teach.length} teach, ${judge.length} judge: Kendall tau ${tau.toFixed(3)}, mean error ${(100 * mean(errors)).toFixed(2)} points`,
  );
  writeFileSync(new URL('predictor.onnx', FOLDER), onnx);
  const known = judge.slice(0, 8).map(({ genotype }, i) => ({ genotype, accuracy: predicted[i] }));
  writeFileSync(new URL('check-vectors.json', FOLDER), `${JSON.stringify(known)}\n`);
}

/** Latency of every kind of block at every resolution, on one core: what `search --costs` takes. */
async function costs(): Promise<void> {
  const document = await measureCosts(space, {
    runs: 60,
    open: openNativeSession,
    onEntry: (_, share) => {
      if (Math.round(100 * share) % 10 === 0) console.log(`${Math.round(100 * share)} %`);
    },
  });
  writeFileSync(new URL('costs.json', FOLDER), subnetCostsDocument.write({ ...document, processor: 'cpu' }));
}

mkdirSync(FOLDER, { recursive: true });
const TASKS: Record<string, () => void | Promise<void>> = { train, measure, fit, costs };
const task = TASKS[positionals[0] ?? ''];
if (task) await task();
else throw new Error(`one of ${Object.keys(TASKS).join(', ')}`);
