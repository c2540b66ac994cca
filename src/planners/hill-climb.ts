/** From a random placement, one model at a time drawn anew; what is not worse is kept. */
import { Random } from '../../bindings/core.ts';
import { Ledger } from './ledger.ts';
import type { Planner } from './planner.ts';
import { recordOf } from './whole-models.ts';

export const hillClimb: Planner = {
  id: 'hill-climb',
  title: 'Hill climbing from a random placement',
  source: 'stochastic local search: resample one model uniformly, accept if not worse',
  async plan(context) {
    const { kernel, seed = 1 } = context;
    const ledger = new Ledger(this.id, context);
    const choices = new Random(~seed);
    kernel.seed(seed);
    const models = kernel.problem.models.length;
    let current: Uint8Array | undefined;
    let currentValue = Number.NEGATIVE_INFINITY;
    let currentExcess = Number.POSITIVE_INFINITY;
    for (;;) {
      const reason = ledger.stop();
      if (reason) return ledger.result(reason);
      let candidate: Uint8Array;
      if (current) {
        candidate = current.slice();
        const m = choices.below(models);
        recordOf(candidate, m).set(kernel.sampleModel('uniform', m));
      } else candidate = kernel.sample('uniform', 1);
      const { values, excess } = await ledger.score(candidate);
      // While limits are exceeded, nearer to them counts as not worse.
      if (excess[0] < currentExcess || (excess[0] === currentExcess && values[0] >= currentValue)) {
        current = candidate;
        currentValue = values[0];
        currentExcess = excess[0];
      }
    }
  },
};
