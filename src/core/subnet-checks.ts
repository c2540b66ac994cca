/** What a sub-network problem must look like before a kernel takes it, and sizes that follow from it. */
import { HeterodyneError } from './errors.ts';
import {
  type EvolutionOptions,
  type FrontOptions,
  SUBNET_LIMITS,
  type SubnetPredictor,
  type SubnetProblem,
  type SubnetSpace,
} from './subnets.ts';

/** [S] number of values of each slot, inactive not counted. */
export function slotValues({ slots, choices }: SubnetSpace): number[] {
  return slots.map(({ firstGene, genes }) => {
    let values = 1;
    for (let g = firstGene; g < firstGene + genes; g++) values *= choices[g];
    return values;
  });
}

function refuse(path: string, expected: string, received: unknown): never {
  throw new HeterodyneError('BAD_INPUT', `${path} does not fit the search space`, {
    path,
    expected,
    received: String(received),
  });
}

function limited(path: string, value: number, most: number): void {
  if (value <= most) return;
  throw new HeterodyneError('LIMIT', `${path} is over the core's limit`, {
    path,
    expected: `at most ${most}`,
    received: String(value),
  });
}

/** @throws HeterodyneError `LIMIT`, `BAD_INPUT` */
export function checkSubnetProblem(problem: SubnetProblem): void {
  const { space, cost, predictor } = problem;
  const values = slotValues(space);
  limited('genes', space.choices.length, SUBNET_LIMITS.genes);
  limited('slots', space.slots.length, SUBNET_LIMITS.slots);
  values.forEach((count, s) => {
    limited(`slots/${s}`, count, SUBNET_LIMITS.values);
  });
  if (space.choices.some((count) => count === 0)) refuse('choices', 'at least one choice a gene', 0);
  if (space.unitEnds.at(-1) !== space.choices.length) refuse('unitEnds', 'every gene in a unit', space.unitEnds.at(-1));
  cost.forEach(({ slots, table }, f) => {
    limited(`cost/${f}/slots`, slots.length, SUBNET_LIMITS.factorSlots);
    const entries = slots.reduce((product, slot) => product * (values[slot] + 1), 1);
    limited(`cost/${f}/table`, entries, SUBNET_LIMITS.factorEntries);
    if (table.length !== entries) refuse(`cost/${f}/table`, `${entries} entries`, table.length);
    const bad = table.findIndex((value) => !Number.isFinite(value) || value < 0);
    if (bad >= 0) refuse(`cost/${f}/table/${bad}`, 'a finite number of at least 0', table[bad]);
  });
  if (predictor) checkPredictor(predictor, values);
}

function checkPredictor({ embeddings, firstBias, layers, base }: SubnetPredictor, values: readonly number[]): void {
  const finite = (path: string, numbers: Float32Array, length: number) => {
    if (numbers.length !== length) refuse(path, `${length} numbers`, numbers.length);
    const bad = numbers.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse(`${path}/${bad}`, 'a finite number', numbers[bad]);
  };
  limited('predictor/firstBias', firstBias.length, SUBNET_LIMITS.layerOutputs);
  limited('predictor/layers', layers.length - 1, SUBNET_LIMITS.hiddenLayers);
  if (embeddings.length !== values.length) refuse('predictor/embeddings', `${values.length} slots`, embeddings.length);
  finite('predictor/firstBias', firstBias, firstBias.length);
  embeddings.forEach((rows, s) => {
    finite(`predictor/embeddings/${s}`, rows, values[s] * firstBias.length);
  });
  let inputs = firstBias.length;
  layers.forEach((layer, l) => {
    const path = `predictor/layers/${l}`;
    limited(path, layer.outputs, SUBNET_LIMITS.layerOutputs);
    if (layer.inputs !== inputs) refuse(`${path}/inputs`, String(inputs), layer.inputs);
    finite(`${path}/weights`, layer.weights, layer.inputs * layer.outputs);
    finite(`${path}/bias`, layer.bias, layer.outputs);
    inputs = layer.outputs;
  });
  if (layers.length === 0 || inputs !== 1) refuse('predictor/layers', 'one output at the end', inputs);
  if (!Number.isFinite(base)) refuse('predictor/base', 'a finite number', base);
}

/** Number of whole rows of `size` in `bytes`. */
export function rowCount(bytes: Uint8Array, size: number, what: string): number {
  if (bytes.length % size === 0) return bytes.length / size;
  return refuse(what, `a multiple of ${size} bytes`, bytes.length);
}

export function checkEvolution(options: EvolutionOptions): void {
  const { population, parents, mutants, crossovers } = options;
  limited('population', Math.max(population, mutants + crossovers), SUBNET_LIMITS.population);
  if (parents < 1 || population < 1 || mutants + crossovers < 1) refuse('population', 'at least 1', population);
}

export function checkFront(options: FrontOptions, genes: number): void {
  const population = rowCount(options.initial, genes, 'initial');
  limited('population', population, SUBNET_LIMITS.population);
  limited('evaluations', options.evaluations, SUBNET_LIMITS.remembered);
  if (population < 1) refuse('population', 'at least 1', population);
}

/** @throws HeterodyneError `BAD_INPUT` when a predictor gives NaN or Infinity, which no order can hold */
export function checkScores(scores: Float32Array, count: number): void {
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (scores.length === count && bad < 0) return;
  throw new HeterodyneError('BAD_INPUT', 'the accuracy predictor gives no usable number', {
    path: `scores/${Math.max(bad, 0)}`,
    expected: `${count} finite numbers`,
    received: bad < 0 ? `${scores.length} numbers` : String(scores[bad]),
  });
}
