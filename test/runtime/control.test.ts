import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { calibrate } from '../../src/runtime/calibrate.ts';
import { control } from '../../src/runtime/control.ts';
import { deploy } from '../../src/runtime/deploy.ts';
import { metricsText } from '../../src/runtime/metrics.ts';
import { metersOf, run } from '../../src/runtime/run.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { onCoreZero, open, planByHand } from './plans.ts';

const test = suite('controllers on the real clock');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const platform = onCoreZero();
/** Some 40 times the work of its smallest form. */
const elastic = open('elastic', layers(40, 512));
const plan = planByHand([{ model: elastic, places: [['cpu-0', 0]] }]);
const small = open('elastic', layers(1, 512));

claim('the ladder leaves a form that is over the limit for the resident one below, between two frames', async () => {
  const runtime = await deploy(plan, {
    platform,
    models: { elastic },
    variants: { elastic: { small } },
    queue: 4,
    inFlight: 1,
  });
  try {
    const [large, least] = await calibrate(runtime.model('elastic'));
    assert.is(large!.variant, 'original');
    assert.is(least!.variant, 'small');
    assert.ok(least!.seconds < large!.seconds, 'fewer layers take less time');
    // Twice as far from either form as both lie apart: noise of the machine does not decide.
    const limitMs = 1000 * Math.sqrt(large!.seconds * least!.seconds);
    const live = await control(runtime, {
      controller: 'ladder',
      parameters: { limitMs },
      accuracies: { elastic: { original: 0.8, small: 0.7 } },
      deadlinesMs: { elastic: limitMs },
    });
    assert.equal(
      live.system.instances[0]!.variants.map(({ name, loss }) => [name, Math.round(100 * loss)]),
      [
        ['original', 0],
        ['small', 10],
      ],
    );
    const meters = metersOf(runtime, { elastic: limitMs });
    const pids = runtime.stations.map(({ pid }) => pid);
    await run(runtime, { forMs: 300_000, frames: 80, warmupMs: 0, meters });
    const { switches, decisions, id } = live.summary();
    assert.is(id, 'ladder');
    assert.ok(decisions > 0 && switches.length > 0);
    assert.is(switches[0]!.from, 'original');
    assert.is(switches[0]!.to, 'small');
    assert.equal(
      runtime.stations.map(({ pid }) => pid),
      pids,
      'both forms are loaded in the process that was there',
    );
    const calls = (form: string): number => meters.get('elastic')!.stages.get(form)?.[0]?.latency.count ?? 0;
    assert.ok(calls('small') > 0 && calls('original') > 0);
    live.setMode('max-accuracy');
    assert.is(live.mode, 'max-accuracy');
    live.close();

    const text = metricsText({ runtime, meters, control: live, restarts: 0 });
    assert.match(text, /^# TYPE heterodyne_frames_total counter$/m);
    assert.match(
      text,
      new RegExp(
        `heterodyne_frames_total\\{model="elastic",outcome="finished"\\} ${meters.get('elastic')!.counts.finished}`,
      ),
    );
    for (const line of text.trimEnd().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? -?[\d.e+-]+)$/);
  } finally {
    await runtime.close();
  }
});

claim('a form of unknown accuracy is not used, and none that is left is an error', async () => {
  const runtime = await deploy(plan, { platform, models: { elastic }, variants: { elastic: { small } } });
  try {
    const live = await control(runtime, { controller: 'ladder', accuracies: { elastic: { original: 0.8 } } });
    assert.is(live.system.instances[0]!.variants.length, 1);
    live.close();
    const error = await control(runtime, { controller: 'ladder', accuracies: { elastic: {} } }).then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.is(error.code, 'INFEASIBLE');
  } finally {
    await runtime.close();
  }
});

test.run();
