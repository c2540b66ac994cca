/** `heterodyne search --evaluate`: levels of the shapes space with their real weights, measured by commands and here. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandWords } from '../../bindings/host/index.ts';
import { openSession } from '../../bindings/onnx/index.ts';
import { Random } from '../../src/reference/random.ts';
import { shapesAccuracy } from '../../src/subnets/elastic/shapes-levels.ts';
import { evaluatedLadder, readEvaluation } from '../../src/subnets/evaluation.ts';
import type { Genotype } from '../../src/subnets/genotype.ts';
import { type Ladder, type LadderLevel, ladderDocument } from '../../src/subnets/ladder-schema.ts';
import { inFolder, run } from '../cli/captured.ts';

const test = suite('search --evaluate');
const at = (name: string) => fileURLToPath(new URL(`../../examples/elastic/${name}`, import.meta.url));
const shipped = JSON.parse(readFileSync(at('measured.json'), 'utf8')) as {
  networks: { genotype: Genotype; accuracy: number }[];
};
const COMMON = [
  ...['search', '--space', 'shapes', '--predictor', at('predictor.onnx'), '--costs', at('costs.json'), '--front'],
  ...['--evaluations', '2000', '--quiet'],
];

/** A script for this runtime, as words of a command. */
function script(folder: string, name: string, source: string): string {
  const file = join(folder, name);
  writeFileSync(file, source);
  const how = process.versions.deno === undefined ? '' : ' run -A';
  return `'${process.execPath}'${how} '${file}'`;
}

const levelsOf = (folder: string) => {
  const file = join(folder, 'ladder.json');
  return ladderDocument.parse(readFileSync(file, 'utf8'), file).document.ladders[0].levels;
};

test('a command gets file and genotype as they are, and what it prints takes the place of predictions', () =>
  inFolder(async (folder) => {
    // Accuracy rises with depth here, whatever the predictor said; the quote and the dollar must arrive untouched.
    const command = script(
      folder,
      'measure.mjs',
      `import { existsSync } from 'node:fs';
       const [mark, file, genotype] = process.argv.slice(2);
       if (mark !== "$HOME;'" || !existsSync(file)) process.exit(3);
       const { d, r } = JSON.parse(genotype);
       const depth = d.reduce((sum, blocks) => sum + blocks, 0);
       console.log(JSON.stringify({ accuracy: (depth * 40 + r) / 400, images: 1000, latencyMs: depth + r / 100 }));`,
    );
    const words = [...COMMON, '--levels', '4', '--export', folder];
    const { code, out, err } = await run([...words, '--evaluate', `${command} "$HOME;'" {} {genotype}`]);
    assert.is(code, 0, err);
    assert.match(out, /Ladder as measured, cpu/);
    for (const { genotype, accuracy, accuracyError, accuracySource, latencyMs, latencySource, stated } of levelsOf(
      folder,
    )) {
      const depth = (genotype.d as number[]).reduce((sum, blocks) => sum + blocks, 0);
      assert.is(accuracy, (depth * 40 + (genotype.r as number)) / 400);
      assert.is(accuracyError, Math.sqrt((accuracy * (1 - accuracy)) / 1000));
      assert.is(latencyMs, depth + (genotype.r as number) / 100);
      assert.equal([accuracySource, latencySource], ['measured', 'measured']);
      assert.ok(stated!.accuracy! > 0.6 && stated!.accuracySource === 'predicted' && stated!.latencyMs! < 0.2);
    }
  }));

test('builtin measures the shipped weights: accuracies are those that the repository states', () =>
  inFolder(async (folder) => {
    const words = [...COMMON, '--levels', '2', '--export', folder, '--weights', at('weights.npz')];
    const { code, err } = await run([...words, '--evaluate', 'builtin']);
    assert.is(code, 0, err);
    const levels = levelsOf(folder);
    for (const { accuracy, accuracySource, latencySource, stated } of levels) {
      assert.equal([accuracySource, latencySource], ['measured', 'measured']);
      // The predictor errs by less than 4 points on any judged network.
      assert.ok(Math.abs(accuracy - stated!.accuracy!) < 0.04, `${accuracy} for ${stated!.accuracy}`);
    }
    assert.ok(levels[0].latencyMs! < levels[1].latencyMs!);
    const { model, resolution } = levels[1];
    const session = await openSession(new Uint8Array(readFileSync(join(folder, model!))));
    const accuracy = await shapesAccuracy(session, resolution, 300);
    await session.close();
    const best = Math.max(...shipped.networks.map((network) => network.accuracy));
    assert.ok(Math.abs(accuracy - best) < 0.03, `${accuracy}, and ${best} at best`);
  }));

test('a command that fails, hangs, says nothing or says nonsense is one clear error, and no ladder is written', () =>
  inFolder(async (folder) => {
    const words = [...COMMON, '--levels', '1', '--export', folder];
    const cases: [string, number, RegExp][] = [
      ['console.error("no GPU here"); process.exit(7)', 1, /exit code 7: no GPU here/],
      ['setTimeout(() => {}, 60000)', 1, /longer than 1.5 s/],
      ['', 65, /nothing/],
      ['console.log("accuracy 0.7")', 65, /no JSON/],
      ['console.log("{}")', 65, /accuracy/],
      ['console.log(JSON.stringify({ accuracy: 78 }))', 65, /\/accuracy.*78/s],
      ['console.log(JSON.stringify({ accuracy: 0.7, latency_ms: 3 }))', 65, /latency_ms/],
    ];
    for (const [i, [source, expected, message]] of cases.entries()) {
      const command = script(folder, `case-${i}.mjs`, source);
      const { code, err } = await run([...words, '--evaluate', command, '--evaluate-timeout', '1.5s']);
      assert.is(code, expected, err);
      assert.match(err, message);
      assert.not.match(err, /defect/);
      assert.throws(() => levelsOf(folder), /ENOENT|No such file/);
      rmSync(join(folder, `case-${i}.mjs`));
    }
    const wrong: [string[], RegExp][] = [
      [[...words, '--evaluate', '"open'], /quotes closed/],
      [[...words, '--evaluate-timeout', '3s'], /without --evaluate/],
      [[...COMMON, '--levels', '1', '--evaluate', 'x'], /without --export/],
      [[...words, '--evaluate', 'x', '--evaluate-timeout', '0s'], /above 0/],
    ];
    for (const [given, message] of wrong) {
      const { code, err } = await run(given);
      assert.is(code, 64, err);
      assert.match(err, message);
    }
    const { code, err } = await run([...words, '--evaluate', './no-such-program']);
    assert.is(code, 1);
    assert.match(err, /cannot be started/);
  }));

test('words part as in a shell, without its other powers', () => {
  assert.equal(commandWords(`a 'b c' "d \\"e" f\\ g '' $HOME;|`), ['a', 'b c', 'd "e', 'f g', '', '$HOME;|']);
  assert.is(commandWords("a 'b"), undefined);
});

const ladderWith = (levels: LadderLevel[]): Ladder => ({
  kind: 'ladder',
  schemaVersion: 1,
  space: 'tiny',
  spaceHash: 's',
  predictorHash: 'p',
  ladders: [{ processor: 'cpu', costsHash: 'c', levels }],
  warnings: [],
});

const level = (i: number): LadderLevel => ({
  level: i + 1,
  genotype: { k: [i] },
  resolution: 32,
  accuracy: 0.5 + i / 100,
  accuracySource: 'predicted',
  latencyMs: 10 + i,
  latencySource: 'imported',
});

test('what stays in the ladder is what no other level beats, found by looking at all pairs', () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    const levels = Array.from({ length: 1 + random.below(6) }, (_, i) => level(i));
    const found = levels.map(() => ({ accuracy: (1 + random.below(5)) / 10, latencyMs: 1 + random.below(5) }));
    const { ladder, findings } = evaluatedLadder(ladderWith(levels), [found]);
    assert.equal(ladderDocument.problems(ladder), []);
    const beaten = (i: number) =>
      found.some(
        ({ accuracy, latencyMs }, j) =>
          accuracy >= found[i].accuracy &&
          latencyMs <= found[i].latencyMs &&
          (accuracy > found[i].accuracy || latencyMs < found[i].latencyMs || j < i),
      );
    const kept = levels.filter((_, i) => !beaten(i)).map((each) => each.level);
    assert.equal(ladder.ladders[0].levels.map(({ stated }) => stated!.level).sort(), kept);
    assert.is(findings.length, levels.length - kept.length);
    for (const { message } of findings) assert.match(message, /level \d is left out on cpu: level \d is no slower/);
  }
});

test('levels too close to tell apart stay, with a warning; half-measured ladders are refused', () => {
  const levels = [level(0), level(1)];
  const with1000 = (accuracy: number) => ({ accuracy, images: 1000 });
  const codes = (a: number, b: number) =>
    evaluatedLadder(ladderWith(levels), [[with1000(a), with1000(b)]]).findings.map(({ code }) => code);
  // Two standard errors of the difference near 0.8: 2 sqrt(2 x 0.16 / 1000) = 0.036.
  assert.equal(codes(0.78, 0.82), []);
  assert.equal(codes(0.78, 0.81), ['CLOSE_LEVELS']);
  assert.throws(
    () => evaluatedLadder(ladderWith(levels), [[{ accuracy: 0.7 }, { latencyMs: 3 }]]),
    /level 2.*accuracy/,
  );
  assert.equal(readEvaluation('{"latencyMs": 12.3}\n', 'command'), { latencyMs: 12.3 });
  assert.equal(readEvaluation('loading\n{}\n{"accuracy": 0.7}\n', 'command'), { accuracy: 0.7 });
  assert.equal(readEvaluation('{\n  "accuracy": 0.7\n}\n', 'command'), { accuracy: 0.7 });
});

test.run();
