/** Every model whole on one and the same processor: what is done without a planner. One plan per processor. */
import { Ledger } from './ledger.ts';
import type { Planner } from './planner.ts';
import { allOnOne } from './whole-models.ts';

export const singleBest: Planner = {
  id: 'single-best',
  title: 'All models on the best single processor',
  source: 'common practice',
  async plan(context) {
    const ledger = new Ledger(this.id, context);
    for (const placement of allOnOne(context.kernel.problem)) {
      const reason = ledger.stop();
      if (reason) return ledger.result(reason);
      await ledger.score(placement);
    }
    return ledger.result('exhausted');
  },
};
