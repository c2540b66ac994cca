/**
 * How well measured profiles repeat: profiles the given models on this host several times, once with each number of rounds
 * in turns, and holds every two profiles with the same number of rounds against each other, block by block. With `--write` the
 * table goes to docs/profiling.md.
 *
 *     npx tsx bench/profile.ts [--repeats 3] [--rounds 1,5] [--write] squeezenet mobilenet-v2 ./my.onnx
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, quantile } from '../src/profiles/samples.ts';
import { type Profile, profileDocument } from '../src/profiles/schema.ts';
import { blockSumDifference } from '../src/report/measurement.ts';

/** Largest median error over blocks that counts as a repeat. */
const SAME = 0.05;

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const { values: flags, positionals: models } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '1,5' },
    write: { type: 'boolean', default: false },
  },
});
if (models.length === 0) throw new Error('name the models to profile, as squeezenet mobilenet-v2');
const repeats = Number(flags.repeats);
const choices = flags.rounds.split(',').map(Number);

interface Repeat {
  profile: Profile;
  seconds: number;
  load: number;
}

function measure(folder: string, rounds: number): Repeat {
  const out = join(folder, 'profile.json');
  const words = ['profile', '--platform', 'host', '--models', models.join(','), '--out', out, '--quiet'];
  const load = loadavg()[0]!;
  const began = performance.now();
  const all = [...process.execArgv, main, ...words, '--rounds', String(rounds)];
  execFileSync(process.execPath, all, { stdio: ['ignore', 'ignore', 'inherit'] });
  const seconds = (performance.now() - began) / 1000;
  return { profile: profileDocument.parse(readFileSync(out, 'utf8'), out).document, seconds, load };
}

/** What plans count with, of all blocks on all processors. */
function blockCosts(profile: Profile): Map<string, number> {
  return new Map(
    profile.models.flatMap((model) =>
      model.blocks.flatMap(({ costs }, b) =>
        Object.entries(costs).flatMap(([id, cost]): [string, number][] =>
          cost === 'unsupported' ? [] : [[`${model.name} ${b} ${id}`, cost.latencyMs.mean]],
        ),
      ),
    ),
  );
}

function wholeCosts(profile: Profile): Map<string, number> {
  return new Map(
    profile.models.flatMap(({ name, measurement }) =>
      Object.entries(measurement ?? {}).map(([id, { whole }]): [string, number] => [`${name} ${id}`, whole.mean]),
    ),
  );
}

/** Relative differences of what both know, ascending. */
function differences(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number[] {
  const found = [...a].flatMap(([key, value]) => {
    const other = b.get(key);
    return other === undefined || other === 0 ? [] : [Math.abs(value / other - 1)];
  });
  return found.sort((x, y) => x - y);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function rows(rounds: number, all: readonly Repeat[]): string[] {
  const pairs = all.flatMap((_, a) => all.slice(a + 1).map((__, i): [number, number] => [a, a + 1 + i]));
  return pairs.map(([a, b]) => {
    const [one, other] = [all[a]!.profile, all[b]!.profile];
    const blocks = differences(blockCosts(one), blockCosts(other));
    const at = (share: number): string => percent(quantile(blocks, share));
    const wholes = percent(median(differences(wholeCosts(one), wholeCosts(other))));
    return `| ${rounds} | ${a + 1}, ${b + 1} | ${at(0.5)} | ${at(0.25)} to ${at(0.75)} | ${at(0.95)} | ${wholes} |`;
  });
}

function summary(rounds: number, all: readonly Repeat[]): string {
  const medians = all.flatMap((one, a) =>
    all.slice(a + 1).map((other) => quantile(differences(blockCosts(one.profile), blockCosts(other.profile)), 0.5)),
  );
  const cells = all.flatMap(({ profile }) =>
    profile.models.flatMap(({ measurement }) => Object.values(measurement ?? {})),
  );
  const sums = percent(median(cells.map((cell) => Math.abs(blockSumDifference(cell)))));
  const held = medians.filter((each) => each <= SAME).length;
  const seconds = median(all.map((each) => each.seconds)).toFixed(0);
  return `With \`--rounds ${rounds}\` (${seconds} s a profile) ${held} of ${medians.length} comparisons are within ${percent(SAME)}; block sums differ from whole models by ${sums} in the median.`;
}

const folder = mkdtempSync(join(tmpdir(), 'heterodyne-bench-'));
try {
  const taken = new Map(choices.map((rounds): [number, Repeat[]] => [rounds, []]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [rounds, all] of taken) {
      all.push(measure(folder, rounds));
      const { seconds, load } = all.at(-1)!;
      console.log(
        `repeat ${repeat + 1} of ${repeats}, ${rounds} rounds: ${seconds.toFixed(0)} s, load average before ${load.toFixed(2)}`,
      );
    }
  }
  const blocks = blockCosts([...taken.values()][0]![0]!.profile).size;
  const loads = [...taken.values()].flat().map(({ load }) => load);
  const text = [
    `${models.map((model) => `\`${model}\``).join(', ')} on ${cpus()[0]!.model.trim()}, ${cpus().length} cores: ${blocks} costs of blocks, ${repeats} profiles each in turns; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    [
      '| rounds | profiles | blocks: median difference | quartiles | 95 % below | whole models: median |',
      '|---|---|---|---|---|---|',
      ...[...taken].flatMap(([rounds, all]) => rows(rounds, all)),
    ].join('\n'),
    [...taken].map(([rounds, all]) => summary(rounds, all)).join('\n'),
  ].join('\n\n');
  console.log(`\n${text}`);
  if (flags.write) {
    const page = new URL('../docs/profiling.md', import.meta.url);
    const marked = /(<!-- repeats -->\n)[\s\S]*?(<!-- \/repeats -->)/;
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(marked, (_, start, end) => `${start}\n${text}\n\n${end}`),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
