/**
 * Events per second of the engine, and what the heap grows by meanwhile: `npx tsx bench/engine.ts`. One placement of four
 * zoo networks on `orange-pi-5`, closed loops; every setting runs in turn, several rounds, and the median is given. Seconds are
 * those of the processor, so that other work on the machine counts little.
 */
import process from 'node:process';
import { defaultCore } from '../bindings/core.ts';
import { Engine } from '../src/engine/engine.ts';
import type { EngineOptions } from '../src/engine/options.ts';
import { systemOf } from '../src/engine/system.ts';
import { placementProblem } from '../src/estimators/problem.ts';
import { loadZooModel } from '../src/models/zoo/load.ts';
import { platformById } from '../src/platforms/registry.ts';
import { rooflineProfile } from '../src/profiles/roofline.ts';
import { workloadOf } from '../src/profiles/workload.ts';

const MODELS = ['alexnet', 'squeezenet', 'resnet-50', 'mobilenet-v1'];
const EVENTS = 500_000;
const ROUNDS = 5;

const { platform } = platformById('orange-pi-5');
const { problem } = placementProblem({
  platform,
  workload: workloadOf(MODELS),
  profile: rooflineProfile(
    MODELS.map((name) => loadZooModel(name)),
    platform,
  ),
});
const kernel = defaultCore().placement(problem);
kernel.seed(12);
const placement = kernel.sample('stratified', 1);
kernel.free();

const settings: Record<string, EngineOptions & { withoutDram?: boolean }> = {
  'nothing shared': { withoutDram: true },
  'shared DRAM': {},
  'shared DRAM, by block': { granularity: 'block' },
  'shared DRAM, noise 10 %': { noise: { blockSigma: 0.1 } },
  'by block, noise 10 %': { granularity: 'block', noise: { blockSigma: 0.1 } },
  'whole steps in turn': { discipline: 'round-robin' },
  'time slices': { discipline: 'time-sliced' },
};

/** Events per second of processor time, and bytes of heap per event where no collection came between. */
function measure({ withoutDram = false, ...options }: (typeof settings)[string]): { rate: number; bytes: number } {
  const given = withoutDram ? { ...problem, dramResource: problem.dramResource.map(() => -1) } : problem;
  const engine: Engine = new Engine(systemOf(given, placement), {
    ...options,
    hooks: {
      frameEnded() {
        if (engine.events >= EVENTS) engine.stop();
      },
    },
  });
  engine.run(1);
  const heap = process.memoryUsage().heapUsed;
  const before = engine.events;
  const started = process.cpuUsage();
  engine.run(Number.POSITIVE_INFINITY);
  const used = process.cpuUsage(started);
  const seconds = (used.user + used.system) / 1e6;
  const events = engine.events - before;
  return { rate: events / seconds, bytes: (process.memoryUsage().heapUsed - heap) / events };
}

const found = Object.keys(settings).map(() => [] as { rate: number; bytes: number }[]);
for (let round = 0; round < ROUNDS; round++) {
  Object.values(settings).forEach((setting, i) => {
    found[i].push(measure(setting));
  });
}
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
process.stdout.write(`engine, ${EVENTS} events, median of ${ROUNDS} rounds, ${process.version}\n`);
Object.keys(settings).forEach((name, i) => {
  const rate = median(found[i].map((each) => each.rate)) / 1e6;
  const bytes = median(found[i].map((each) => each.bytes));
  process.stdout.write(
    `  ${name.padEnd(26)} ${rate.toFixed(2)} M events/s, ${bytes.toFixed(2)} bytes of heap per event\n`,
  );
});
