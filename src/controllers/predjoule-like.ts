/**
 * Reconstruction of energy-only control per layer (after PredJoule, RTSS 2018): before each layer the point of least energy
 * for that layer among those that finish it within its sub-deadline and what was saved so far. Originals only, each
 * instance for itself.
 */
import type { ControllerDefinition } from './controller.ts';
import { Remaining } from './remaining.ts';

export const predjouleLike: ControllerDefinition = {
  id: 'predjoule-like',
  title: 'reconstruction: least energy per layer within its sub-deadline',
  reconstruction: true,
  defaults: {},
  create(system) {
    const remaining = new Remaining(system);
    const { reference, points, instances } = system;
    return {
      id: 'predjoule-like',
      reasons: ['least energy within the sub-deadline', 'behind: fastest'],
      react(state, cause, instance, request) {
        if (cause !== 'released' && cause !== 'block-ended') return;
        const position = state.position[instance];
        if (state.busy[instance] === 0 || position >= instances[instance].blocks) return;
        const scale = instances[instance].deadlineSeconds / remaining.frame(instance, 0, reference);
        const done = remaining.frame(instance, 0, reference) - remaining.from(instance, 0, reference, position + 1);
        const available = scale * done - (state.now - state.releasedAt[instance]);
        let least = Number.POSITIVE_INFINITY;
        request.point = reference;
        request.reason = 1;
        for (let k = 0; k < points.length; k++) {
          const seconds = remaining.of(instance, 0, k, position);
          const joules = seconds * points[k].busyWatts;
          if (seconds > available || joules >= least) continue;
          least = joules;
          request.point = k;
          request.reason = 0;
        }
      },
    };
  },
};
