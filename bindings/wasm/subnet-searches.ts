/** Searches over sub-networks on the WASM core; each owns an instance. */
import { HeterodyneError } from '../../src/core/errors.ts';
import { checkScores, rowCount } from '../../src/core/subnet-checks.ts';
import type {
  EvolutionOptions,
  FrontOptions,
  ScoredNetworks,
  SearchState,
  SubnetProblem,
  SubnetSearch,
  SubnetSearchStatus,
} from '../../src/core/subnets.ts';
import { type CoreInstance, outOfMemory } from './instance.ts';

/** The core's numbering of states. */
const STATES: readonly SearchState[] = ['drawing', 'scoring', 'capped'];

/** The batch of a search, and how scores get into it. */
abstract class WasmSearch implements SubnetSearch {
  protected readonly instance: CoreInstance;
  protected readonly slots: number;
  readonly #predicts: boolean;
  protected state: SearchState = 'drawing';
  /** Networks in the batch: waiting, or scored last. */
  #count = 0;

  constructor(instance: CoreInstance, { space, predictor }: SubnetProblem) {
    this.instance = instance;
    this.slots = space.slots.length;
    this.#predicts = predictor !== undefined;
  }

  protected abstract draw(draws: number): { state: number; count: number };
  protected abstract absorb(): void;
  abstract status(): SubnetSearchStatus;
  abstract population(): ScoredNetworks;
  abstract best(): ScoredNetworks | undefined;

  advance(draws: number): SubnetSearchStatus {
    const { state, count } = this.draw(draws);
    this.state = STATES[state];
    this.#count = count;
    return this.status();
  }

  batch(): Uint8Array {
    return this.instance.readBytes(this.instance.exports.batch.value, this.#count * this.slots);
  }

  score(): void {
    if (!this.#predicts) throw new HeterodyneError('USAGE', 'the problem has no predictor: scores come from outside');
    const { exports } = this.instance;
    exports.scoreBatch(this.#count);
    checkScores(this.instance.readFloats(exports.batchScores.value, this.#count), this.#count);
    this.absorb();
  }

  tell(scores: Float32Array): void {
    checkScores(scores, this.#count);
    this.instance.write(this.instance.exports.batchScores.value, scores);
    this.absorb();
  }

  scored(): ScoredNetworks {
    const { batch, batchScores, batchCosts } = this.instance.exports;
    return {
      count: this.#count,
      networks: this.instance.readBytes(batch.value, this.#count * this.slots),
      scores: this.instance.readFloats(batchScores.value, this.#count),
      costs: this.instance.readNumbers(batchCosts.value, this.#count),
    };
  }
}

export class WasmEvolution extends WasmSearch {
  constructor(instance: CoreInstance, problem: SubnetProblem, options: EvolutionOptions) {
    super(instance, problem);
    const ready = instance.exports.beginEvolution(
      options.seed >>> 0,
      options.population,
      options.parents,
      options.mutants,
      options.crossovers,
      options.mutateProbability,
      options.resolutionProbability,
      options.limit,
      options.floor,
      Number(options.initialHalf),
      options.maxDraws,
    );
    if (!ready) throw outOfMemory(options.population * 256);
  }

  protected draw(draws: number): { state: number; count: number } {
    const state = this.instance.exports.advanceEvolution(draws);
    return { state, count: this.instance.exports.evolutionDue.value };
  }

  protected absorb(): void {
    this.instance.exports.absorbEvolution();
  }

  status(): SubnetSearchStatus {
    const { evolutionGeneration, evolutionEvaluations, evolutionDraws } = this.instance.exports;
    return {
      state: this.state,
      generation: evolutionGeneration.value,
      evaluations: evolutionEvaluations.value,
      draws: evolutionDraws.value,
      duplicates: 0,
      repairs: 0,
    };
  }

  population(): ScoredNetworks {
    const { evolutionNetworks, evolutionScores, evolutionCosts, evolutionSurvivors } = this.instance.exports;
    const count = evolutionSurvivors.value;
    return {
      count,
      networks: this.instance.readBytes(evolutionNetworks.value, count * this.slots),
      scores: this.instance.readFloats(evolutionScores.value, count),
      costs: this.instance.readNumbers(evolutionCosts.value, count),
    };
  }

  best(): ScoredNetworks | undefined {
    const { evolutionHasBest, evolutionBestNetwork, evolutionBestScore, evolutionBestCost } = this.instance.exports;
    if (!evolutionHasBest.value) return undefined;
    return {
      count: 1,
      networks: this.instance.readBytes(evolutionBestNetwork.value, this.slots),
      scores: Float32Array.of(evolutionBestScore.value),
      costs: Float64Array.of(evolutionBestCost.value),
    };
  }
}

export class WasmFront extends WasmSearch {
  constructor(instance: CoreInstance, problem: SubnetProblem, options: FrontOptions) {
    super(instance, problem);
    const ready = instance.exports.beginFront(
      options.seed >>> 0,
      instance.put(options.initial),
      rowCount(options.initial, problem.space.choices.length, 'initial'),
      options.mutateProbability,
      options.resolutionProbability,
      options.limit,
      options.evaluations,
    );
    if (!ready) throw outOfMemory(options.evaluations * this.slots);
  }

  protected draw(draws: number): { state: number; count: number } {
    const state = this.instance.exports.advanceFront(draws);
    return { state, count: this.instance.exports.frontDrawn.value };
  }

  protected absorb(): void {
    this.instance.exports.absorbFront();
  }

  status(): SubnetSearchStatus {
    const { frontGeneration, frontEvaluations, frontDraws, frontDuplicates, frontRepairs } = this.instance.exports;
    return {
      state: this.state,
      generation: frontGeneration.value,
      evaluations: frontEvaluations.value,
      draws: frontDraws.value,
      duplicates: frontDuplicates.value,
      repairs: frontRepairs.value,
    };
  }

  population(): ScoredNetworks {
    const { frontNetworks, frontScores, frontCosts, frontMembers } = this.instance.exports;
    const count = frontMembers.value;
    return {
      count,
      networks: this.instance.readBytes(frontNetworks.value, count * this.slots),
      scores: Float32Array.from(this.instance.readNumbers(frontScores.value, count)),
      costs: this.instance.readNumbers(frontCosts.value, count),
    };
  }

  /** The highest score, at the lowest cost among equals. */
  best(): ScoredNetworks | undefined {
    const { count, networks, scores, costs } = this.population();
    if (count === 0) return undefined;
    let best = 0;
    for (let i = 1; i < count; i++) {
      if (scores[i] > scores[best] || (scores[i] === scores[best] && costs[i] < costs[best])) best = i;
    }
    return {
      count: 1,
      networks: networks.slice(best * this.slots, (best + 1) * this.slots),
      scores: scores.slice(best, best + 1),
      costs: costs.slice(best, best + 1),
    };
  }
}
