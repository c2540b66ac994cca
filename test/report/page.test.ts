import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultCore, referenceCore } from '../../bindings/core.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { placementProblem } from '../../src/estimators/problem.ts';
import type { PlanView } from '../../src/report/charts/plan-view.ts';
import { planPage } from '../../src/report/page/page.ts';
import { packProfile, unpackProfile } from '../../src/report/page/page-data.ts';
import { planSentence } from '../../src/report/page/parts/headline.ts';
import { planAgain } from '../../src/report/page/plan-again.ts';
import { type Changes, changedConditions, changesInWords, noChanges } from '../../src/report/page/what-if.ts';
import { type Report, report } from './views.ts';

const test = suite('report page');

const four = await report(4, 3);
const page = planPage(four.view, {
  settings: four.settings,
  command: ['heterodyne', 'plan', '--models', "it's.onnx,<b>"],
});

function changesOf({ view, settings }: Report, edit: (changes: Changes) => void = () => {}): Changes {
  const changes = noChanges(view, view.plan.objective, settings.evaluations);
  edit(changes);
  return changes;
}

async function again(from: Report, edit: (changes: Changes) => void, signal = new AbortController().signal) {
  const views: PlanView[] = [];
  const { view, settings } = from;
  const input = { base: view, changes: changesOf(from, edit), plan: view.plan, settings, core: defaultCore(), signal };
  for await (const each of planAgain(input)) views.push(each);
  return views;
}

async function refusal(run: Promise<unknown>): Promise<HeterodyneError> {
  try {
    await run;
  } catch (error) {
    assert.instance(error, HeterodyneError, String(error));
    return error as HeterodyneError;
  }
  throw new Error('was not refused');
}

test('the page needs nothing but itself', () => {
  const markup = page.replace(/<script>[\s\S]*?<\/script>/, '').replaceAll('http://www.w3.org/2000/svg', '');
  assert.not.match(markup, /https?:/);
  assert.not.match(markup, /<(img|iframe|object|embed|base)\b| on[a-z]+="|javascript:/);
  assert.is([...markup.matchAll(/<link /g)].length, 1);
  assert.match(markup, /<link rel="icon" href="data:,">/);
  assert.match(page, /default-src &#39;none&#39;/);
});

test('names of models are never markup, in text or in data', () => {
  assert.not.match(page, /<script>alert/);
  assert.ok(page.includes('&lt;script&gt;alert(&quot;a &amp; b&quot;)&lt;!--'));
  assert.not.match(page, /<!--/);
  assert.is([...page.matchAll(/<script/g)].length, 2);
  assert.is([...page.matchAll(/<\/script/g)].length, 2);
  const data = JSON.parse(/id="data">([^<]*)</.exec(page)?.[1] ?? '');
  assert.is(data.view.plan.models[2].name, '<script>alert("a & b")<!--');
});

test('the command to get the plan again can be pasted into a shell', () => {
  assert.ok(page.includes('heterodyne plan --models &#39;it&#39;\\&#39;&#39;s.onnx,&lt;b&gt;&#39;'));
  assert.not.match(planPage(four.view, { settings: four.settings }), /The same plan again/);
});

test('the same plan gives the same bytes', async () => {
  const twin = await report(4, 3);
  const first = planPage(four.view, { settings: four.settings });
  assert.ok(first === planPage(twin.view, { settings: twin.settings }));
});

test('16 models on 8 processors make a page under 2 MiB, and so do 255 blocks each', async () => {
  for (const blocks of [20, 253]) {
    const { view, settings } = await report(16, 8, { blocks, evaluations: 20, baselines: ['random'] });
    const bytes = new TextEncoder().encode(planPage(view, { settings })).length;
    assert.ok(bytes < 2 * 1024 ** 2, `${bytes} bytes with ${blocks} blocks`);
  }
});

test('every section says where its figures come from', () => {
  for (const id of ['score', 'steady-state', 'processors', 'models', 'search', 'costs']) {
    const section = new RegExp(`<section id="${id}"[^>]*>(.*?)</h2>`).exec(page)?.[1] ?? '';
    assert.match(section, /class="origin"[^>]*>modelled</, id);
  }
  assert.match(page, /predictions of the throughput model, not observations/);
});

test('a steady state that does not add up to the plan says so', () => {
  const { view, settings } = four;
  assert.match(page, /data-part="course"><\/div>/);
  const other = structuredClone(view);
  other.plan.processors[0]!.utilization = 0.123;
  const told = /data-part="course">(.*?)<\/div>/.exec(planPage(other, { settings }))?.[1] ?? '';
  assert.match(told, /the plan states 12\.3 %/);
});

test('the headline is the plan in one sentence, for every objective', async () => {
  assert.match(planSentence(four.view), /^4 models on bench device run at [\d.]+ frames\/s on average, the slowest at/);
  for (const objective of ['min', 'weighted', 'geometric-mean', 'priority', 'energy'] as const) {
    const { view } = await report(2, 2, { objective, evaluations: 20, baselines: [] });
    assert.match(planSentence(view), /^2 models on bench device .*\.$/, objective);
  }
  assert.match(planSentence((await report(1, 2, { evaluations: 10 })).view), /^alexnet on bench device runs at/);
});

test('the profile that the page carries makes the same problem', () => {
  const { view } = four;
  const packed = JSON.parse(JSON.stringify(packProfile(view.profile)));
  const problemOf = (profile: PlanView['profile']) => placementProblem({ ...view, profile }).problem;
  assert.equal(problemOf(unpackProfile(packed)), problemOf(view.profile));
  const mixed = structuredClone(view.profile);
  const cost = mixed.models[0]?.blocks[1]?.costs.gpu;
  if (cost !== undefined && cost !== 'unsupported') cost.origin = 'measured';
  for (const { blocks } of mixed.models) {
    for (const { costs } of blocks)
      for (const each of Object.values(costs)) if (each !== 'unsupported') delete each.energyMj;
  }
  assert.equal(unpackProfile(packProfile(mixed)), mixed);
});

test('nothing changed gives the conditions as they were', () => {
  const { profile, platform, workload } = changedConditions(four.view, changesOf(four));
  assert.equal(platform, four.view.platform);
  assert.equal(profile, four.view.profile);
  const { problem } = placementProblem({ profile, platform, workload });
  assert.equal(problem, placementProblem(four.view).problem);
  assert.equal(changesInWords(changesOf(four), changesOf(four)), []);
});

test('a processor twice as fast halves its latencies and no others', () => {
  const before = placementProblem(four.view).problem;
  const changes = changesOf(four, ({ processors }) => {
    processors[1]!.speed = 2;
  });
  const after = placementProblem(changedConditions(four.view, changes)).problem;
  after.models.forEach((model, m) => {
    const was = before.models[m]!;
    for (let b = 0; b < model.blocks; b++) {
      assert.is(model.seconds[b], was.seconds[b]);
      assert.is(model.seconds[model.blocks + b], was.seconds[model.blocks + b]! / 2);
    }
  });
  assert.equal(changesInWords(changes, changesOf(four)), ['gpu 2 times as fast']);
});

test('a second unit has compute and memory of its own, and shares DRAM', () => {
  const changes = changesOf(four, ({ processors }) => {
    processors[2]!.units = 2;
  });
  const { problem, names } = placementProblem(changedConditions(four.view, changes));
  assert.equal(names.processors, ['cpu', 'gpu', 'npu', 'npu-2']);
  assert.is(problem.processorUses[2]! & problem.processorUses[3]!, 0);
  assert.is(problem.dramResource[3], problem.dramResource[2]);
  assert.equal(names.pools, ['dram', 'npu', 'npu-2']);
  for (const { seconds, blocks } of problem.models) {
    assert.equal(seconds.subarray(3 * blocks), seconds.subarray(2 * blocks, 3 * blocks));
  }
});

test('the plan made again is planned like any other: kept if nothing better is found, compared, never worse', async () => {
  const slower = (changes: Changes) => {
    changes.processors[1]!.speed = 0.25;
  };
  const [first, second, ...rest] = await again(four, slower);
  assert.is(rest.length, 0);
  assert.ok(first && second);
  assert.is(first.plan.baselines, undefined);
  const { score, baselines, bound, planner } = second.plan;
  assert.equal(Object.keys(baselines ?? {}), ['single-best', 'random', 'hill-climb', 'genetic', 'mosaic-dp']);
  for (const value of [...Object.values(baselines ?? {}), second.before?.keptValue ?? Number.NaN]) {
    assert.ok(score.value >= value * (1 - 1e-12), `${score.value} is under ${value}`);
  }
  assert.ok((bound?.value ?? 0) >= score.value);
  assert.ok(planner.evaluations <= four.settings.evaluations);
  assert.ok(score.value < four.view.plan.score.value);
  assert.equal(
    (await again(four, slower)).map(({ plan }) => plan),
    [first.plan, second.plan],
  );
});

test('both cores plan the same again', async () => {
  const { view, settings } = four;
  const changes = changesOf(four, ({ models }) => {
    models[0]!.weight = 3;
  });
  const { signal } = new AbortController();
  const plans: unknown[] = [];
  for (const core of [defaultCore(), referenceCore()]) {
    for await (const { plan } of planAgain({ base: view, changes, plan: view.plan, settings, core, signal }))
      plans.push(plan);
  }
  assert.is(plans.length, 4);
  assert.equal(plans.slice(0, 2), plans.slice(2));
});

test('without a processor nothing runs there, and what cannot run any more is said in words', async () => {
  const without = (p: number) => (changes: Changes) => {
    changes.processors[p]!.units = 0;
  };
  const [view] = await again(four, without(1));
  assert.ok(view?.plan.models.every(({ stages }) => stages.every(({ processor }) => processor !== 'gpu')));
  assert.is(view?.before?.keptValue, undefined);
  const nobody = await refusal(
    again(four, ({ processors }) => {
      for (const each of processors) each.units = 0;
    }),
  );
  assert.is(nobody.code, 'USAGE');
  const npuAlone = await refusal(
    again(four, ({ processors }) => {
      processors[0]!.units = 0;
      processors[1]!.units = 0;
    }),
  );
  assert.is(npuAlone.code, 'INFEASIBLE');
  assert.match(npuAlone.message, /no processor can run block \d+ .*Softmax/);
});

test('without a model the others share what it used', async () => {
  const [view] = await again(four, ({ models }) => {
    models[3]!.on = false;
  });
  assert.is(view?.plan.models.length, 3);
  assert.ok((view?.plan.score.value ?? 0) >= (view?.before?.keptValue ?? Infinity));
  const none = await refusal(
    again(four, ({ models }) => {
      for (const model of models) model.on = false;
    }),
  );
  assert.match(none.message, /no model is left/);
});

test('more weight gives more share, another objective another plan', async () => {
  const heavier = await again(four, ({ models }) => {
    models[2]!.weight = 4;
  });
  const alike = four.view.plan.models[2]!.throughputPerS / four.view.plan.models[0]!.throughputPerS;
  assert.ok(heavier.length === 2 && alike > 0);
  const [fair] = await again(four, (changes) => {
    changes.objective = 'min';
  });
  assert.is(fair?.plan.objective, 'min');
  assert.ok((fair?.plan.score.minThroughputPerS ?? 0) >= four.view.plan.score.minThroughputPerS);
  const { problem } = placementProblem(
    changedConditions(
      four.view,
      changesOf(four, (changes) => {
        changes.objective = 'weighted';
        changes.models[2]!.weight = 4;
      }),
    ),
  );
  assert.equal(
    problem.models.map(({ shareWeight }) => shareWeight),
    [1, 1, 4, 1],
  );
  assert.equal(
    problem.models.map(({ value }) => value),
    [1, 1, 4, 1],
  );
});

test('a change ends the run before it without an answer', async () => {
  const run = new AbortController();
  run.abort();
  const views = await again(
    four,
    (changes) => {
      changes.evaluations = 20_000;
    },
    run.signal,
  );
  assert.equal(views, []);
});

test.run();
