/**
 * A governor in the manner of Linux `ondemand`: looks at how busy the device was and at nothing else. Above the upper
 * share the highest clocks, else the point of least power that would have been `upper` busy.
 */
import type { Controller, ControllerDefinition } from './controller.ts';
import { Remaining } from './remaining.ts';

export const ondemand: ControllerDefinition = {
  id: 'ondemand',
  title: 'governor by utilization, after the Linux kernel',
  reconstruction: true,
  defaults: { sampleSeconds: 0.01, upper: 0.8 },
  create(system, parameters): Controller {
    const sample = Number(parameters.sampleSeconds);
    const upper = Number(parameters.upper);
    const remaining = new Remaining(system);
    const seconds = Float64Array.from(system.points, (_, point) => remaining.cohort(point));
    let since = 0;
    let busySeconds = 0;
    let sampledAt = 0;
    let busy = false;
    return {
      id: 'ondemand',
      reasons: ['busy: highest clocks', 'slowest clocks that serve the load'],
      react(state, _cause, _instance, request) {
        if (busy) busySeconds += state.now - since;
        since = state.now;
        busy = state.busy.includes(1);
        const window = state.now - sampledAt;
        if (window + 1e-9 < sample) {
          request.wakeAt = sampledAt + sample;
          return;
        }
        const share = busySeconds / window;
        sampledAt = state.now;
        busySeconds = 0;
        request.wakeAt = state.now + sample;
        request.reason = share > upper ? 0 : 1;
        request.point = system.reference;
        if (share > upper) return;
        // Work done at the present point would take share / upper of the window at the point asked for.
        const longest = (seconds[state.point] * upper) / Math.max(share, 1e-3);
        for (let k = 0; k < seconds.length; k++) {
          if (seconds[k] <= longest && system.points[k].busyWatts < system.points[request.point].busyWatts)
            request.point = k;
        }
      },
    };
  },
};
