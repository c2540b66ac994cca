/**
 * Reconstruction of the rule in the switching figure of Dynamic-OFA: when the mean of 20 frames is over the limit, one level
 * down, and no look again for as long as a switch took there (about 600 ms). It climbs one level when the mean leaves room
 * for it. For comparison with `ladder`.
 */
import type { ControllerDefinition } from './controller.ts';
import { levelsOf } from './ladder.ts';
import { Remaining } from './remaining.ts';

export const ladderOneStep: ControllerDefinition = {
  id: 'ladder-one-step',
  title: 'reconstruction: one level at a time, by the mean of 20 frames',
  reconstruction: true,
  defaults: { limitMs: 0, startLevel: 0, maxLevel: 0, frames: 20, gapMs: 600, room: 0.9 },
  create(system, parameters) {
    const remaining = new Remaining(system);
    const frames = Number(parameters.frames);
    const gap = Number(parameters.gapMs) / 1000;
    const limit = Number(parameters.limitMs) / 1000;
    const start = Number(parameters.startLevel);
    const top = Number(parameters.maxLevel);
    const climbers = system.instances.map((instance, i) => {
      const order = levelsOf(instance, i, remaining, system.start);
      const most = (top > 0 ? Math.min(top, order.length) : order.length) - 1;
      return { order, most, level: start > 0 ? Math.min(most, start - 1) : most, sum: 0, count: 0, freeAt: 0 };
    });
    let placed = false;
    return {
      id: 'ladder-one-step',
      reasons: ['start level', 'mean over the limit: one down', 'room: one up'],
      react(state, cause, instance, request) {
        if (!placed) {
          placed = true;
          request.reason = 0;
          for (let i = 0; i < climbers.length; i++) request.variants[i] = climbers[i].order[climbers[i].level];
        }
        if (cause !== 'frame-ended') return;
        const climber = climbers[instance];
        if (state.now < climber.freeAt) return;
        climber.sum += state.lastResponseSeconds[instance];
        climber.count++;
        if (climber.count < frames) return;
        const mean = climber.sum / climber.count;
        climber.sum = 0;
        climber.count = 0;
        const most = limit > 0 ? limit : system.instances[instance].deadlineSeconds;
        const { order, level } = climber;
        const step = mean > most && level > 0 ? -1 : level < climber.most ? 1 : 0;
        if (step === 0) return;
        const change =
          remaining.frame(instance, order[level + step], state.point) /
          remaining.frame(instance, order[level], state.point);
        if (step > 0 && mean * change > Number(parameters.room) * most) return;
        climber.level += step;
        climber.freeAt = state.now + gap;
        request.variants[instance] = order[climber.level];
        request.reason = step < 0 ? 1 : 2;
      },
    };
  },
};
