/**
 * Reconstruction of the heuristic in the code that was published with NeuOS: no tables of SpeedUp and PowerUp, but one place
 * in a list of all configurations, slowest first, that every process moves at every layer boundary: by 100 entries up when it
 * is behind its sub-deadlines, by 10 down when it is ahead, over the layer's uncertainty. Slack saturates there, so its size
 * plays no part. In `balanced` the mean over all networks decides, not the network at the boundary.
 *
 * What is plainly a slip in the code is not rebuilt: slack begins anew with every frame, a place below the slowest is the
 * slowest. The list is that of the table's points, the place a fraction of it; uncertainties are not published and the same
 * for all layers. In `max-accuracy` originals run alone, as in the published build; else who is behind takes the variant of
 * least accuracy, the one level that the code has.
 */
import type { ControllerDefinition, ControlState } from './controller.ts';
import { Remaining } from './remaining.ts';

export const neuosHeuristic: ControllerDefinition = {
  id: 'neuos-heuristic',
  title: 'reconstruction: published code of NeuOS, one place in a list of clocks moved by fixed steps',
  reconstruction: true,
  defaults: { up: 100, down: 10, configurations: 11_760, uncertainty: 1 },
  create(system, parameters) {
    const { instances, points, reference, start } = system;
    const remaining = new Remaining(system);
    const list = [...points.keys()].sort((a, b) => remaining.cohort(b) - remaining.cohort(a) || a - b);
    const entry = 1 / (Number(parameters.configurations) * Number(parameters.uncertainty));
    const up = Number(parameters.up) * entry;
    const down = Number(parameters.down) * entry;
    let place = list.indexOf(start) / Math.max(1, list.length - 1);

    /** Ahead (+) of the proportional sub-deadlines; 0 without a deadline. */
    const lagOf = (state: ControlState, i: number): number => {
      const all = remaining.frame(i, 0, reference);
      const done = all - remaining.from(i, 0, reference, state.position[i]);
      const { deadlineSeconds } = instances[i];
      if (deadlineSeconds === Number.POSITIVE_INFINITY) return 0;
      return (deadlineSeconds * done) / all - (state.now - state.releasedAt[i]);
    };
    const meanLag = (state: ControlState): number => {
      let sum = 0;
      for (let i = 0; i < instances.length; i++) if (state.busy[i] === 1) sum += lagOf(state, i);
      return sum;
    };
    return {
      id: 'neuos-heuristic',
      reasons: ['behind: up the list', 'ahead: down the list'],
      react(state, cause, instance, request) {
        if (cause !== 'block-ended' || state.busy[instance] === 0) return;
        const { blocks, variants } = instances[instance];
        if (state.position[instance] >= blocks) return;
        const behind = (state.mode === 'balanced' ? meanLag(state) : lagOf(state, instance)) < 0;
        place = Math.min(1, Math.max(0, place + (behind ? up : -down)));
        request.point = list[Math.round(place * (list.length - 1))];
        request.variants[instance] = behind && state.mode !== 'max-accuracy' ? variants.length - 1 : 0;
        request.reason = behind ? 0 : 1;
      },
    };
  },
};
