/** The sub-network kernels on the WASM core. */
import { HeterodyneError } from '../../src/core/errors.ts';
import {
  checkEvolution,
  checkFront,
  checkScores,
  checkSubnetProblem,
  rowCount,
  slotValues,
} from '../../src/core/subnet-checks.ts';
import type {
  DenseLayer,
  EvolutionOptions,
  FrontOptions,
  SubnetKernel,
  SubnetPredictor,
  SubnetProblem,
  SubnetSearch,
} from '../../src/core/subnets.ts';
import type { PredictorCells, RepairCells, SubnetCells } from './exports.ts';
import { CoreInstance, outOfMemory } from './instance.ts';
import { WasmEvolution, WasmFront } from './subnet-searches.ts';

/** Networks that go through the buffers at a time: some milliseconds of scoring. */
const BUFFERED = 512;

export class WasmSubnets implements SubnetKernel {
  readonly problem: SubnetProblem;
  readonly #instance: CoreInstance;
  readonly #packed: PackedPredictor | undefined;
  /** Points are ranked in an instance of their own, as large as the largest list so far. */
  #ranking: { instance: CoreInstance; most: number; costs: number; scores: number; ranks: number } | undefined;

  constructor(problem: SubnetProblem) {
    checkSubnetProblem(problem);
    this.problem = problem;
    this.#packed = problem.predictor && packPredictor(new CoreInstance(), problem.predictor);
    this.#instance = instanceFor(problem, this.#packed);
  }

  networks(genomes: Uint8Array): Uint8Array {
    const { choices, slots } = this.problem.space;
    const { exports } = this.#instance;
    const count = rowCount(genomes, choices.length, 'genomes');
    const networks = new Uint8Array(count * slots.length);
    for (let start = 0; start < count; start += BUFFERED) {
      const some = Math.min(BUFFERED, count - start);
      const part = genomes.subarray(start * choices.length, (start + some) * choices.length);
      this.#instance.write(exports.ioGenomes.value, part);
      exports.decodeGenomes(some);
      networks.set(this.#instance.readBytes(exports.ioNetworks.value, some * slots.length), start * slots.length);
    }
    return networks;
  }

  costs(networks: Uint8Array): Float64Array {
    const { exports } = this.#instance;
    const costs = new Float64Array(this.#count(networks));
    this.#inParts(networks, (start, some) => {
      exports.costNetworks(some);
      costs.set(this.#instance.readNumbers(exports.ioCosts.value, some), start);
    });
    return costs;
  }

  scores(networks: Uint8Array): Float32Array {
    this.#mustPredict();
    return this.#scored(networks, (some) => this.#instance.exports.scoreNetworks(some));
  }

  scoresNear(base: Uint8Array, networks: Uint8Array): Float32Array {
    this.#mustPredict();
    const { exports } = this.#instance;
    this.#instance.write(exports.ioNetworks.value + BUFFERED * this.problem.space.slots.length, base);
    return this.#scored(networks, (some) => exports.scoreNetworksNear(BUFFERED, some));
  }

  evolution(options: EvolutionOptions): SubnetSearch {
    checkEvolution(options);
    return new WasmEvolution(instanceFor(this.problem, this.#packed), this.problem, options);
  }

  front(options: FrontOptions): SubnetSearch {
    checkFront(options, this.problem.space.choices.length);
    const instance = instanceFor(this.problem, this.#packed);
    instance.set<RepairCells>({
      worthOf: Uint32Array.from(options.worth, (worth) => instance.put(worth)),
      cheapest: options.cheapest,
    });
    return new WasmFront(instance, this.problem, options);
  }

  rankFronts(costs: Float64Array, scores: Float64Array): Uint32Array {
    const count = costs.length;
    if (!this.#ranking || this.#ranking.most < count) {
      const instance = new CoreInstance();
      const most = 2 ** Math.ceil(Math.log2(Math.max(64, count)));
      const room = () => instance.allocate(most * 8);
      this.#ranking = { instance, most, costs: room(), scores: room(), ranks: room() };
    }
    const { instance, ...at } = this.#ranking;
    instance.write(at.costs, costs);
    instance.write(at.scores, scores);
    if (!instance.exports.rankPoints(at.costs, at.scores, count, at.ranks)) throw outOfMemory(count * 64);
    return new Uint32Array(instance.exports.memory.buffer, at.ranks, count).slice();
  }

  #count(networks: Uint8Array): number {
    return rowCount(networks, this.problem.space.slots.length, 'networks');
  }

  #inParts(networks: Uint8Array, work: (start: number, some: number) => void): void {
    const size = this.problem.space.slots.length;
    const count = this.#count(networks);
    for (let start = 0; start < count; start += BUFFERED) {
      const some = Math.min(BUFFERED, count - start);
      this.#instance.write(
        this.#instance.exports.ioNetworks.value,
        networks.subarray(start * size, (start + some) * size),
      );
      work(start, some);
    }
  }

  #scored(networks: Uint8Array, score: (some: number) => void): Float32Array {
    const scores = new Float32Array(this.#count(networks));
    this.#inParts(networks, (start, some) => {
      score(some);
      scores.set(this.#instance.readFloats(this.#instance.exports.ioScores.value, some), start);
    });
    checkScores(scores, scores.length);
    return scores;
  }

  #mustPredict(): void {
    if (this.problem.predictor) return;
    throw new HeterodyneError('USAGE', 'the problem has no predictor: scores come from outside');
  }
}

/** A fresh instance with the problem's tables in its memory. */
function instanceFor({ space, cost }: SubnetProblem, predictor: PackedPredictor | undefined): CoreInstance {
  const instance = new CoreInstance();
  const values = slotValues(space);
  instance.set<SubnetCells>({
    genes: space.choices.length,
    slots: space.slots.length,
    units: space.unitEnds.length,
    choicesOf: space.choices,
    unitsOf: Uint8Array.from([...space.unitEnds].flatMap((end, u) => [end, space.resolutionUnits[u]])),
    slotOf: Uint8Array.from(
      space.slots.flatMap(({ firstGene, genes, gate, least }) => [firstGene, genes, gate, least]),
    ),
    aliasSlot: space.alias?.slot ?? 255,
    aliasFrom: space.alias?.from ?? 0,
    aliasTo: space.alias?.to ?? 0,
    factors: cost.length,
    factorsOf: Uint32Array.from(
      cost.flatMap(({ slots, table }) => {
        const pairs = [0, 0, 0, 0];
        for (let j = slots.length - 1, stride = 1; j >= 0; j--) {
          pairs[j] = slots[j] | (stride << 8);
          stride *= values[slots[j]] + 1;
        }
        return [slots.length, instance.put(table), ...pairs, 0, 0];
      }),
    ),
  });
  if (predictor) putPredictor(instance, predictor);
  if (!instance.exports.beginSubnets(BUFFERED, Number(predictor !== undefined))) throw outOfMemory(BUFFERED * 256);
  return instance;
}

/** A predictor as the core reads it: widths padded, weights in blocks. Made once, copied into every instance. */
interface PackedPredictor {
  widths: number[];
  embeddings: Float32Array[];
  firstBias: Float32Array;
  weights: Float32Array[];
  biases: Float32Array[];
  lastWeights: Float32Array;
  lastBias: number;
  base: number;
}

function packPredictor(instance: CoreInstance, predictor: SubnetPredictor): PackedPredictor {
  const { embeddings, firstBias, layers, base } = predictor;
  const step = instance.exports.WIDTH_STEP.value;
  const block = instance.exports.OUTPUT_BLOCK.value;
  const hidden = layers.slice(0, -1);
  const last = layers[layers.length - 1];
  const widths = [firstBias.length, ...hidden.map(({ outputs }) => outputs)].map(
    (width) => Math.ceil(width / step) * step,
  );
  return {
    widths,
    embeddings: embeddings.map((rows) => paddedRows(rows, firstBias.length, widths[0])),
    firstBias: paddedRows(firstBias, firstBias.length, widths[0]),
    weights: hidden.map((layer, l) => packed(layer, widths[l], widths[l + 1], block)),
    biases: hidden.map((layer, l) => paddedRows(layer.bias, layer.outputs, widths[l + 1])),
    lastWeights: paddedRows(last.weights, last.inputs, widths[hidden.length]),
    lastBias: last.bias[0],
    base,
  };
}

function putPredictor(instance: CoreInstance, packed: PackedPredictor): void {
  const { widths, embeddings, firstBias, weights, biases, lastWeights, lastBias, base } = packed;
  const addresses = (arrays: Float32Array[]) => Uint32Array.from(arrays, (array) => instance.put(array));
  instance.set<PredictorCells>({
    embeddingsOf: addresses(embeddings),
    firstBias,
    firstOutputs: widths[0],
    hiddenLayers: weights.length,
    inputsOf: Uint32Array.from(widths),
    weightsOf: addresses(weights),
    biasOf: addresses(biases),
    lastWeights,
    lastBias,
    baseValue: base,
    widest: Math.max(...widths),
  });
}

/** Rows of `size` numbers, each followed by zeros up to `width`. */
function paddedRows(numbers: Float32Array, size: number, width: number): Float32Array {
  const count = size === 0 ? 0 : numbers.length / size;
  const wide = new Float32Array(count * width);
  for (let i = 0; i < count; i++) wide.set(numbers.subarray(i * size, (i + 1) * size), i * width);
  return wide;
}

/** [blocks of outputs][inputs][block]: what one block of outputs reads lies side by side. */
function packed({ inputs, outputs, weights }: DenseLayer, rows: number, width: number, block: number): Float32Array {
  const wide = new Float32Array(rows * width);
  for (let o = 0; o < outputs; o++) {
    const start = Math.floor(o / block) * rows * block + (o % block);
    for (let i = 0; i < inputs; i++) wide[start + i * block] = weights[o * inputs + i];
  }
  return wide;
}
