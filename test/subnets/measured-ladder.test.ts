/** Which levels remain when a ladder is measured, on outcomes whose answer can be found by looking at all pairs. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { platformById } from '../../src/platforms/registry.ts';
import type { Outcome } from '../../src/profiles/measured.ts';
import { Random } from '../../src/reference/random.ts';
import { type Ladder, type LadderLevel, ladderDocument } from '../../src/subnets/ladder-schema.ts';
import { contested, type LadderNetwork, ladderNetworks, measuredLadder } from '../../src/subnets/measured-ladder.ts';

const test = suite('measured ladder');
const { platform } = platformById('hikey970');
const [first, second] = platform.processors.map(({ id }) => id);

const level = (i: number, changes: Partial<LadderLevel> = {}): LadderLevel => ({
  level: i + 1,
  genotype: { k: [i] },
  resolution: 32,
  accuracy: 0.5 + i / 100,
  accuracySource: 'predicted',
  latencyMs: 10 + i,
  latencySource: 'imported',
  model: `level-${i + 1}.onnx`,
  ...changes,
});

const ladderWith = (...ladders: LadderLevel[][]): Ladder => ({
  kind: 'ladder',
  schemaVersion: 1,
  space: 'tiny',
  spaceHash: 's',
  predictorHash: 'p',
  ladders: ladders.map((levels, l) => ({ processor: `phone-${l}`, costsHash: 'c', levels })),
  warnings: [{ code: 'NOISY_TABLE', message: 'of the search' }],
});

const timed = (mean: number, std = mean / 1000): Outcome => ({
  runtime: 'onnxruntime-node 1',
  pinned: true,
  whole: { n: 25, mean, p50: mean, p95: mean + std, std },
});

const measure = (ladder: Ladder, outcomes: ReadonlyMap<string, Outcome>[]) => {
  const networks = ladderNetworks(ladder, 'l.json');
  return measuredLadder(ladder, networks, platform, outcomes, ({ level: { model } }: LadderNetwork) => model);
};

test('what remains is what no other level beats in accuracy and latency together', () => {
  const random = new Random(7);
  for (let round = 0; round < 300; round++) {
    const count = 1 + Math.floor(random.unit() * 7);
    const levels = Array.from({ length: count }, (_, i) => level(i));
    // Few values, so that ties are met.
    const means = levels.map(() => 1 + Math.floor(random.unit() * 6));
    const { ladder, findings } = measure(
      ladderWith(levels),
      means.map((mean) => new Map([[first, timed(mean)]])),
    );
    const wanted = levels.filter(
      (_, i) => !levels.some((other, j) => other.accuracy > levels[i].accuracy && means[j] <= means[i]),
    );
    const kept = ladder.ladders[0].levels;
    assert.equal(
      kept.map(({ stated }) => stated?.level),
      wanted.map((each) => each.level),
    );
    assert.is(findings.filter(({ code }) => code === 'DOMINATED_LEVEL').length, count - wanted.length);
    assert.equal(ladderDocument.problems(ladder), []);
  }
});

test('a level keeps its network and what was stated of it, and gets what was measured', () => {
  const { ladder } = measure(ladderWith([level(0), level(1)]), [
    new Map([[first, timed(3, 0.5)]]),
    new Map([[first, timed(4)]]),
  ]);
  assert.is(ladder.platform, platform.id);
  assert.equal(ladder.ladders[0].levels[0], {
    ...level(0),
    latencyMs: 3,
    latencySigmaMs: 0.5,
    latencySource: 'measured',
    latencyP95Ms: 3.5,
    latencyRuns: 25,
    latencySeriesMs: undefined,
    stated: { processor: 'phone-0', level: 1, latencyMs: 10, latencySigmaMs: undefined, latencySource: 'imported' },
  });
  const { document } = ladderDocument.parse(ladderDocument.write(ladder), 'written');
  assert.is(document.ladders[0].levels[1].stated?.level, 2);
});

test('the same network in two ladders is measured once, under a name that says where it stands', () => {
  const networks = ladderNetworks(ladderWith([level(0), level(2)], [level(0), level(1)]), 'l.json');
  assert.equal(
    networks.map(({ name }) => name),
    ['phone-0 level 1', 'phone-1 level 2', 'phone-0 level 3'],
  );
});

test('levels whose series overlap are kept with a warning', () => {
  const codes = (fast: Outcome, slow: Outcome) =>
    measure(ladderWith([level(0), level(1)]), [new Map([[first, fast]]), new Map([[first, slow]])]).findings.map(
      ({ code }) => code,
    );
  const series = (...seriesMs: number[]) => ({ ...timed(seriesMs[1]), seriesMs });
  assert.equal(codes(series(2.8, 3, 3.1), series(3.2, 3.3, 3.9)), []);
  assert.equal(codes(series(2.8, 3, 3.3), series(3.2, 3.3, 3.9)), ['CLOSE_LEVELS']);
  // Of one series, two standard errors: 3 + 2 * 0.5 / 5 is below 3.5 - 0.2, and 3 + 0.28 is not below 3.5 - 0.28.
  assert.equal(codes(timed(3, 0.5), timed(3.5, 0.5)), []);
  assert.equal(codes(timed(3, 0.7), timed(3.5, 0.7)), ['CLOSE_LEVELS']);
});

test('a level is contested while its series overlap with those of the level that beats it, outliers apart', () => {
  const networks = ladderNetworks(ladderWith([level(0), level(1)]), 'l.json');
  const series = (...seriesMs: number[]) => ({ ...timed(seriesMs[seriesMs.length >> 1]), seriesMs });
  const of = (worse: Outcome, better: Outcome) =>
    contested(networks, platform, [new Map([[first, worse]]), new Map([[first, better]])]);
  assert.ok(of(series(2, 4, 5), series(2, 3, 3.5)));
  assert.not(of(series(4, 5, 6), series(2, 3, 3.5)));
  assert.not(of(series(2, 3, 3.5), series(2, 4, 5)));
  assert.not(of(series(2, 4, 5, 5, 6), series(2, 3, 3, 3.5, 9)));
});

test('a processor that refuses a level has a ladder without it, and one that refuses all has none', () => {
  const refusal = { unsupported: 'no kernel for Foo' };
  const { ladder, findings } = measure(ladderWith([level(0), level(1)]), [
    new Map<string, Outcome>([
      [first, refusal],
      [second, refusal],
    ]),
    new Map<string, Outcome>([
      [first, timed(2)],
      [second, refusal],
    ]),
  ]);
  assert.equal(
    ladder.ladders.map(({ processor, levels }) => [processor, levels.length]),
    [[first, 1]],
  );
  assert.equal(
    findings.map(({ message }) => message),
    [
      `level 1 does not run on ${first}: no kernel for Foo`,
      `level 1 does not run on ${second}: no kernel for Foo`,
      `level 2 does not run on ${second}: no kernel for Foo`,
    ],
  );
  assert.throws(
    () => measure(ladderWith([level(0)]), [new Map([[first, refusal]])]),
    (error: { code: string; received: string }) => error.code === 'BAD_INPUT' && error.received === 'no kernel for Foo',
  );
});

test('warnings of an earlier measurement go, those of the search stay', () => {
  const given = ladderWith([level(0)]);
  given.warnings.push({ code: 'BUSY_MACHINE', message: 'then' });
  const { ladder, findings } = measure(given, [new Map([[first, timed(2)]])]);
  assert.equal(findings, []);
  assert.equal(
    ladder.warnings.map(({ code }) => code),
    ['NOISY_TABLE'],
  );
});

test.run();
