/**
 * The same seed gives the same bits of every generation, in either core and in every runtime: one hash over all
 * populations, which Node and Deno must both find.
 */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, referenceCore, wasmCore } from '../../bindings/core.ts';
import { slotValues } from '../../src/core/subnet-checks.ts';
import type { SubnetKernel, SubnetProblem, SubnetSearch } from '../../src/core/subnets.ts';
import { extremesOf } from '../../src/subnets/extremes.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { ofaResnet50 } from '../../src/subnets/ofa-resnet50.ts';
import { genomeOf, type SearchSpace, searchSpace } from '../../src/subnets/space.ts';
import { seededCosts, seededPredictor } from './fixtures.ts';

const test = suite('generations on every runtime');
const GENERATIONS = 20;
const SPACES = { 'ofa-mbv3': searchSpace(ofaMbv3()), 'ofa-resnet50': searchSpace(ofaResnet50()) };
const CORES = { reference: referenceCore(), wasm: wasmCore() };

/** Hash of the networks, costs and scores of every population. */
function generationsOf(search: SubnetSearch): string {
  const hash = createHash('sha256');
  const add = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array | Float64Array) =>
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  while (search.status().generation < GENERATIONS) {
    while (search.advance(1000).state === 'drawing');
    search.score();
    const { networks, costs, scores } = search.population();
    add(networks);
    add(costs);
    add(scores);
  }
  return hash.digest('hex').slice(0, 16);
}

function evolution(kernel: SubnetKernel, space: SearchSpace, { cost }: SubnetProblem): SubnetSearch {
  const { least, most } = extremesOf(space, cost);
  return kernel.evolution({
    seed: 3,
    population: 24,
    parents: 6,
    mutants: 12,
    crossovers: 12,
    mutateProbability: 0.1,
    resolutionProbability: 0.5,
    limit: least.cost + 0.4 * (most.cost - least.cost),
    floor: -Infinity,
    initialHalf: false,
    maxDraws: 100_000,
  });
}

function front(kernel: SubnetKernel, space: SearchSpace, { cost }: SubnetProblem): SubnetSearch {
  const random = new Random(8);
  const { choices } = space.numbers;
  const genomes = Uint8Array.from({ length: 600 * choices.length }, (_, i) =>
    random.below(choices[i % choices.length]),
  );
  const costs = kernel.costs(kernel.networks(genomes));
  const limit = costs.slice().sort()[150];
  const within = [...costs.keys()].filter((i) => costs[i] <= limit).slice(0, 24);
  return kernel.front({
    seed: 4,
    mutateProbability: 0.1,
    resolutionProbability: 0.1,
    limit,
    evaluations: 2000,
    worth: slotValues(space.numbers).map((values) => Float64Array.from({ length: values + 1 }, () => random.unit())),
    initial: Uint8Array.from(
      within.flatMap((i) => [...genomes.subarray(i * choices.length, (i + 1) * choices.length)]),
    ),
    cheapest: genomeOf(space, extremesOf(space, cost).least.network),
  });
}

const EXPECTED: Record<string, string> = {
  'evolution ofa-mbv3': '06851f02153a1c05',
  'evolution ofa-resnet50': '0c4976bcf4a54aa8',
  'nsga2 ofa-mbv3': 'b83ce24418a87feb',
  'nsga2 ofa-resnet50': '7dc50af1f9190f26',
};

for (const [method, make] of Object.entries({ evolution, nsga2: front })) {
  test(`${method}: every generation has the bits that are written down here`, () => {
    for (const [name, space] of Object.entries(SPACES)) {
      const problem = {
        space: space.numbers,
        cost: seededCosts(space, 2).factors,
        predictor: seededPredictor(space, 2, 64),
      };
      for (const [core, { subnets }] of Object.entries(CORES)) {
        const found = generationsOf(make(subnets(problem), space, problem));
        assert.is(found, EXPECTED[`${method} ${name}`], `${method} of ${name} in the ${core} core`);
      }
    }
  });
}

test.run();
