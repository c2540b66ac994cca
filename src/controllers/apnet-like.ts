/**
 * Reconstruction of approximation-only control (after ApNet, RTSS 2018): highest clocks, and before each layer the variant
 * of least loss with which the rest of the frame fits its deadline. Each instance for itself.
 */
import type { ControllerDefinition } from './controller.ts';
import { Remaining } from './remaining.ts';

export const apnetLike: ControllerDefinition = {
  id: 'apnet-like',
  title: 'reconstruction: highest clocks, approximation alone',
  reconstruction: true,
  defaults: { margin: 0.05 },
  create(system, parameters) {
    const margin = 1 + Number(parameters.margin);
    const remaining = new Remaining(system);
    const { reference, instances } = system;
    return {
      id: 'apnet-like',
      reasons: ['variant of least loss that fits', 'none fits: fastest variant'],
      react(state, cause, instance, request) {
        request.point = reference;
        if (cause !== 'released' && cause !== 'block-ended') return;
        if (state.busy[instance] === 0) return;
        const left = state.deadlineAt[instance] - state.now;
        // All frames under way share the processor.
        let sharing = 0;
        for (let i = 0; i < state.busy.length; i++) sharing += state.busy[i];
        const { variants } = instances[instance];
        let best = -1;
        let fastest = 0;
        for (let v = 0; v < variants.length; v++) {
          const seconds = remaining.from(instance, v, reference, state.position[instance]);
          if (seconds < remaining.from(instance, fastest, reference, state.position[instance])) fastest = v;
          if (seconds * sharing * margin <= left && (best < 0 || variants[v].loss < variants[best].loss)) best = v;
        }
        request.variants[instance] = best >= 0 ? best : fastest;
        request.reason = best >= 0 ? 0 : 1;
        request.infeasible = best < 0;
      },
    };
  },
};
