import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { identicalProcessors } from '../../src/core/symmetry.ts';
import { cores } from './cores.ts';
import { makeTwins, problemFrom, randomProblem } from './problems.ts';

const test = suite('identical processors');

const twoSticks = () => {
  const problem = problemFrom([
    {
      seconds: [
        [1, 2, 1],
        [3, 1, 2],
        [3, 1, 2],
      ].map((row) => row.map((x) => x / 1000)),
    },
    {
      seconds: [
        [2, 2],
        [1, 4],
        [1, 4],
      ].map((row) => row.map((x) => x / 1000)),
    },
  ]);
  problem.activeWatts.fill(1);
  return problem;
};

test('two of a kind are found, and any difference tells them apart', () => {
  assert.equal([...(identicalProcessors(twoSticks()) ?? [])], [0, 1, 1]);
  const changes: ((problem: ReturnType<typeof twoSticks>) => void)[] = [
    (problem) => {
      problem.models[1].seconds[5] = 0.0041;
    },
    (problem) => {
      problem.activeWatts[2] = 2;
    },
    (problem) => {
      problem.maxModels[1] = 1;
    },
    (problem) => {
      problem.transferSeconds[0 * 3 + 2] = 1e-4;
    },
    (problem) => {
      problem.processorUses[0] |= 1 << 1;
    },
    (problem) => {
      problem.poolProcessors = Uint32Array.of(0b010);
      problem.poolBytes = Float64Array.of(1e9);
    },
  ];
  for (const [i, change] of changes.entries()) {
    const problem = twoSticks();
    change(problem);
    assert.is(identicalProcessors(problem), undefined, `change ${i}`);
  }
});

/** The sticks hang on links of their own; from stick to stick the receiver's link is busy. */
const linkedSticks = () => {
  const problem = twoSticks();
  problem.resources = 5;
  problem.transferResource = Int32Array.of(-1, 3, 4, 3, -1, 4, 4, 3, -1);
  problem.transferSeconds.fill(1e-4);
  return problem;
};

test('sticks behind links of their own are of one kind, unless the links differ', () => {
  assert.equal([...(identicalProcessors(linkedSticks()) ?? [])], [0, 1, 1]);
  const senderPays = linkedSticks();
  senderPays.transferResource[2 * 3 + 1] = 4;
  assert.is(identicalProcessors(senderPays), undefined);
  const oneLinkWithTheHost = linkedSticks();
  oneLinkWithTheHost.processorUses[0] |= 1 << 3;
  assert.is(identicalProcessors(oneLinkWithTheHost), undefined);
});

for (const sticks of [twoSticks, linkedSticks])
  test(`exchanging twins changes no value (${sticks.name})`, () => {
    const kernel = cores[0].placement(sticks());
    const placements = kernel.sample('uniform', 50);
    const exchanged = placements.slice();
    for (let at = 0; at < exchanged.length; at += 12) {
      for (let s = 0; s < exchanged[at]; s++) {
        const p = exchanged[at + 1 + 2 * s];
        if (p > 0) exchanged[at + 1 + 2 * s] = 3 - p;
      }
    }
    assert.equal(kernel.evaluate(exchanged).values, kernel.evaluate(placements).values);
  });

for (const core of cores) {
  test(`a search scores one of each pair (${core.id})`, () => {
    const kernel = core.placement(twoSticks());
    const placements = kernel.optionCounts().reduce((product, count) => product * count, 1);
    assert.is(placements, 21 * 9);
    const status = kernel.search({ seed: 1 }).run('tree', 1e6, 1e6);
    assert.ok(status.exhausted);
    // Only placements without either stick have no twin: 1 of 189.
    assert.is(status.evaluations, (placements - 1) / 2 + 1);
  });
}

test('random problems now and then have twins', () => {
  let found = 0;
  for (let seed = 1; seed <= 300; seed++) if (identicalProcessors(randomProblem(seed))) found++;
  assert.ok(found > 20, `${found} of 300`);
  const problem = randomProblem(3, { processors: 4, models: 2 });
  makeTwins(problem, 1, 3);
  problem.transferResource.fill(-1);
  problem.poolProcessors = new Uint32Array(0);
  problem.poolBytes = new Float64Array(0);
  assert.is(identicalProcessors(problem)?.[3], 1);
});

test.run();
