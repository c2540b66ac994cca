/**
 * Reconstruction of choice by a filtered slow-down (after ALERT, USENIX ATC 2020): at every release one pair of operating
 * point and variant for the whole frame. The slow-down of the last frames, contention included, is filtered to a mean and a
 * deviation; a pair fits when its expected time at mean + `deviations` deviations meets the deadline. Among the pairs that
 * fit: least energy, least loss, or (balanced) least energy among those of at most half the greatest loss. Each instance
 * decides for itself, and the last one sets the clocks.
 */
import type { ControllerDefinition } from './controller.ts';
import { Remaining } from './remaining.ts';

export const alertLike: ControllerDefinition = {
  id: 'alert-like',
  title: 'reconstruction: model and clocks per frame by a filtered slow-down',
  reconstruction: true,
  defaults: { gain: 0.2, deviations: 1.6 },
  create(system, parameters) {
    const gain = Number(parameters.gain);
    const deviations = Number(parameters.deviations);
    const remaining = new Remaining(system);
    const { instances, points, reference } = system;
    const n = instances.length;
    const mean = new Float64Array(n).fill(1);
    const variance = new Float64Array(n).fill(0.01);
    const expected = new Float64Array(n);
    return {
      id: 'alert-like',
      reasons: ['best pair that fits', 'none fits: fastest'],
      react(state, cause, instance, request) {
        if (cause === 'frame-ended' && expected[instance] > 0) {
          const error = state.lastResponseSeconds[instance] / expected[instance] - mean[instance];
          mean[instance] += gain * error;
          variance[instance] += gain * (error * error - variance[instance]);
        }
        // A frame begins when it is released, or when the one before it is out of the way.
        const begins =
          cause === 'released' ? state.waiting[instance] === 0 : cause === 'frame-ended' && state.busy[instance] === 1;
        if (!begins) return;
        const { variants, deadlineSeconds } = instances[instance];
        const factor = mean[instance] + deviations * Math.sqrt(variance[instance]);
        let mostLoss = 0;
        for (let v = 0; v < variants.length; v++) mostLoss = Math.max(mostLoss, variants[v].loss);
        const cap = state.mode === 'balanced' ? mostLoss / 2 : mostLoss;
        let first = Number.POSITIVE_INFINITY;
        let second = Number.POSITIVE_INFINITY;
        let point = -1;
        let variant = 0;
        for (let v = 0; v < variants.length; v++) {
          const { loss } = variants[v];
          if (loss > cap) continue;
          for (let k = 0; k < points.length; k++) {
            const seconds = remaining.frame(instance, v, k);
            if (seconds * factor > deadlineSeconds) continue;
            const { busyWatts, idleWatts } = points[k];
            const joules = busyWatts * seconds + idleWatts * Math.max(0, deadlineSeconds - seconds);
            const a = state.mode === 'max-accuracy' ? loss : joules;
            const b = state.mode === 'max-accuracy' ? joules : loss;
            if (a > first || (a === first && b >= second)) continue;
            first = a;
            second = b;
            point = k;
            variant = v;
          }
        }
        if (point < 0) {
          point = reference;
          for (let v = 0; v < variants.length; v++)
            if (remaining.frame(instance, v, reference) < remaining.frame(instance, variant, reference)) variant = v;
        }
        request.reason = first < Number.POSITIVE_INFINITY ? 0 : 1;
        request.infeasible = request.reason === 1;
        request.point = point;
        request.variants[instance] = variant;
        expected[instance] = remaining.frame(instance, variant, point);
      },
    };
  },
};
