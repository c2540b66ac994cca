/** Each model where it would run best without the others. */
import { Ledger } from './ledger.ts';
import { bottleneckPlacement, latencyPlacement, loadAwarePlacement } from './mosaic.ts';
import type { Planner } from './planner.ts';

export const mosaicDp: Planner = {
  id: 'mosaic-dp',
  title: 'Each model at its own best, blind to contention',
  source: 'after MOSAIC (PACT 2019), reconstructed as a dynamic programme',
  async plan(context) {
    const ledger = new Ledger(this.id, context);
    const prepared = context.kernel.prepared;
    const variants = { latency: latencyPlacement, bottleneck: bottleneckPlacement, 'load-aware': loadAwarePlacement };
    const wanted = context.options?.variant ?? 'latency';
    for (const [variant, place] of Object.entries(variants)) {
      if (wanted !== 'best' && wanted !== variant) continue;
      const reason = ledger.stop();
      if (reason) return ledger.result(reason);
      await ledger.score(place(prepared));
    }
    return ledger.result('exhausted');
  },
};
