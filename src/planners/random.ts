/** The best of N placements drawn uniformly from all legal ones. */
import { Ledger } from './ledger.ts';
import type { Planner } from './planner.ts';

/** Placements drawn and scored together. */
const BATCH = 16;

export const random: Planner = {
  id: 'random',
  title: 'Best of N random placements',
  source: 'uniform sampling of legal placements',
  async plan(context) {
    const ledger = new Ledger(this.id, context);
    context.kernel.seed(context.seed ?? 1);
    for (;;) {
      const reason = ledger.stop();
      if (reason) return ledger.result(reason);
      await ledger.score(context.kernel.sample('uniform', Math.min(BATCH, ledger.remaining)));
    }
  },
};
