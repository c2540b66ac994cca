/**
 * Genetic algorithm over joint placements, one gene per model: population 32, tournaments of 3, the two best survive,
 * uniform crossover, each gene drawn anew with probability 1/M.
 */
import { Random } from '../../bindings/core.ts';
import { Ledger } from './ledger.ts';
import type { Planner } from './planner.ts';
import { recordOf } from './whole-models.ts';

const POPULATION = 32;
const TOURNAMENT = 3;
const ELITE = 2;

interface Individual {
  placement: Uint8Array;
  value: number;
}

export const genetic: Planner = {
  id: 'genetic',
  title: 'Genetic algorithm',
  source: 'generational, with tournament selection, elitism, uniform crossover and resampling mutation',
  async plan(context) {
    const { kernel, seed = 1 } = context;
    const ledger = new Ledger(this.id, context);
    const choices = new Random(~seed);
    kernel.seed(seed);
    const models = kernel.problem.models.length;

    /** Propose until `size` fit or the search is over; those that do not fit are proposed anew. */
    const generation = async (size: number, propose: () => Uint8Array): Promise<Individual[]> => {
      const individuals: Individual[] = [];
      while (individuals.length < size && !ledger.stop()) {
        const placement = propose();
        const { values, excess } = await ledger.score(placement);
        if (excess[0] === 0) individuals.push({ placement, value: values[0] });
      }
      return individuals;
    };

    let population = await generation(POPULATION, () => kernel.sample('uniform', 1));
    const select = (): Individual => {
      let winner = population[choices.below(population.length)];
      for (let i = 1; i < TOURNAMENT; i++) {
        const rival = population[choices.below(population.length)];
        if (rival.value > winner.value) winner = rival;
      }
      return winner;
    };
    const child = (): Uint8Array => {
      const one = select().placement;
      const other = select().placement;
      const placement = one.slice();
      for (let m = 0; m < models; m++) {
        if (choices.below(2) === 1) recordOf(placement, m).set(recordOf(other, m));
        if (choices.below(models) === 0) recordOf(placement, m).set(kernel.sampleModel('uniform', m));
      }
      return placement;
    };
    for (;;) {
      const reason = ledger.stop();
      if (reason) return ledger.result(reason);
      population.sort((a, b) => b.value - a.value);
      population = [...population.slice(0, ELITE), ...(await generation(POPULATION - ELITE, child))];
    }
  },
};
