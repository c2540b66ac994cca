import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ladderChart } from '../../bench/control/ladder-chart.ts';
import { DISTURBED_FROM, DISTURBED_TO } from '../../bench/control/ladder-fixture.ts';
import { simulateLadder } from '../../bench/control/ladder-simulated.ts';

const test = suite('the ladder in the simulator');
const SEEDS = 400;

test('of 400 seeds at least 95 % move 4 to 2 and, after the job, 2 to 4; level 3 is never visited', async () => {
  const downs: number[] = [];
  let exact = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { moves } = await simulateLadder({ seed });
    assert.not.ok(moves.some(({ to }) => to === 3));
    const down = moves[0].atMs - 1000 * DISTURBED_FROM;
    assert.ok(down > 0 && down <= 1100, `seed ${seed}: down after ${down} ms`);
    downs.push(down);
    const up = moves.at(-1)?.atMs ?? 0;
    assert.ok(up > 1000 * DISTURBED_TO && up <= 1000 * DISTURBED_TO + 2500, `seed ${seed}: up at ${up} ms`);
    if (moves.map(({ from, to }) => `${from}-${to}`).join(' ') === '4-2 2-4') exact++;
  }
  assert.ok(exact >= 0.95 * SEEDS, `${exact} of ${SEEDS}`);
  downs.sort((a, b) => a - b);
  assert.ok(Math.abs(downs[SEEDS / 2] - 650) < 100, `median ${downs[SEEDS / 2]} ms`);
});

test('no move in 200 runs without a job; level 1 and infeasible where nothing fits', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    assert.equal((await simulateLadder({ seed, factor: 0.9 })).moves, [], `seed ${seed}`);
  }
  for (let seed = 1; seed <= 20; seed++) {
    const { finalLevel, infeasible } = await simulateLadder({ seed, factor: 1.5 });
    assert.is(finalLevel, 1);
    assert.ok(infeasible);
  }
});

test('the chart beside the original is what the documentation shows', async () => {
  const file = readFileSync(new URL('../../docs/charts/ladder-replay.svg', import.meta.url), 'utf8');
  assert.is(file, `<?xml version="1.0" encoding="UTF-8"?>\n${await ladderChart()}\n`);
  const original = await simulateLadder({ seed: 1, controller: 'ladder-one-step' });
  assert.equal(
    original.moves.slice(0, 2).map(({ from, to }) => [from, to]),
    [
      [4, 3],
      [3, 2],
    ],
  );
});

test.run();
