/** The sub-network kernels in plain TypeScript. */
import { HeterodyneError } from '../../core/errors.ts';
import { checkEvolution, checkFront, checkScores, checkSubnetProblem, rowCount } from '../../core/subnet-checks.ts';
import type { EvolutionOptions, FrontOptions, SubnetKernel, SubnetProblem, SubnetSearch } from '../../core/subnets.ts';
import { costFunction } from './cost.ts';
import { ReferenceEvolution } from './evolution.ts';
import { ReferenceFront } from './front.ts';
import { rankFronts } from './fronts.ts';
import { ReferencePredictor } from './predictor.ts';
import { decode } from './space.ts';

export class ReferenceSubnets implements SubnetKernel {
  readonly problem: SubnetProblem;
  readonly #costOf: (network: Uint8Array) => number;
  readonly #predictor: ReferencePredictor | undefined;

  constructor(problem: SubnetProblem) {
    checkSubnetProblem(problem);
    this.problem = problem;
    this.#costOf = costFunction(problem);
    this.#predictor = problem.predictor && new ReferencePredictor(problem.space, problem.predictor);
  }

  networks(genomes: Uint8Array): Uint8Array {
    const { space } = this.problem;
    const list = rows(genomes, space.choices.length, 'genomes').map((genome) => decode(space, genome));
    const networks = new Uint8Array(list.length * space.slots.length);
    list.forEach((network, i) => {
      networks.set(network, i * space.slots.length);
    });
    return networks;
  }

  costs(networks: Uint8Array): Float64Array {
    return Float64Array.from(this.#rows(networks), this.#costOf);
  }

  scores(networks: Uint8Array): Float32Array {
    const predictor = this.#needed();
    return this.#checked(Float32Array.from(this.#rows(networks), (network) => predictor.score(network)));
  }

  scoresNear(base: Uint8Array, networks: Uint8Array): Float32Array {
    const predictor = this.#needed();
    return this.#checked(Float32Array.from(this.#rows(networks), (network) => predictor.scoreNear(base, network)));
  }

  evolution(options: EvolutionOptions): SubnetSearch {
    checkEvolution(options);
    return new ReferenceEvolution(this.problem.space, this.#costOf, (networks) => this.scores(networks), options);
  }

  front(options: FrontOptions): SubnetSearch {
    checkFront(options, this.problem.space.choices.length);
    return new ReferenceFront(this.problem.space, this.#costOf, (networks) => this.scores(networks), options);
  }

  rankFronts(costs: Float64Array, scores: Float64Array): Uint32Array {
    return rankFronts(costs, scores);
  }

  #rows(networks: Uint8Array): Uint8Array[] {
    return rows(networks, this.problem.space.slots.length, 'networks');
  }

  #needed(): ReferencePredictor {
    if (this.#predictor) return this.#predictor;
    throw new HeterodyneError('USAGE', 'the problem has no predictor: scores come from outside');
  }

  #checked(scores: Float32Array): Float32Array {
    checkScores(scores, scores.length);
    return scores;
  }
}

function rows(bytes: Uint8Array, size: number, what: string): Uint8Array[] {
  return Array.from({ length: rowCount(bytes, size, what) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}
