/**
 * How well measured profiles repeat: profiles the given models on this host several times (default three), and prints for
 * every two of them the median relative difference over all blocks and processors, and the block sums against the wholes.
 *
 *     npx tsx bench/profile.ts squeezenet mobilenet-v2 ./my.onnx
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { quantile } from '../src/profiles/samples.ts';
import { type Profile, profileDocument } from '../src/profiles/schema.ts';
import { blockSumDifference } from '../src/report/measurement.ts';

const REPEATS = 3;
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const models = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'heterodyne-bench-'));

function measure(repeat: number): Profile {
  const out = join(folder, `${repeat}.json`);
  const words = ['profile', '--platform', 'host', '--models', models.join(','), '--out', out, '--quiet'];
  execFileSync(process.execPath, [...process.execArgv, main, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  return profileDocument.parse(readFileSync(out, 'utf8'), out).document;
}

/** Medians of all blocks on all processors, in one order. */
function blockMedians(profile: Profile): { key: string; milliseconds: number }[] {
  return profile.models.flatMap((model) =>
    model.blocks.flatMap(({ costs }, b) =>
      Object.entries(costs).flatMap(([id, cost]) =>
        cost === 'unsupported' || cost.latencyMs.p50 === undefined
          ? []
          : [{ key: `${model.name} ${b} ${id}`, milliseconds: cost.latencyMs.p50 }],
      ),
    ),
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const spread = (values: number[]): string => {
  const ascending = values.sort((a, b) => a - b);
  const at = (share: number): string => percent(quantile(ascending, share));
  return `median ${at(0.5)}, quartiles ${at(0.25)} to ${at(0.75)}, 95 % below ${at(0.95)} (${values.length} values)`;
};

try {
  const profiles: Profile[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    console.log(`repeat ${repeat + 1} of ${REPEATS}; load average ${loadavg()[0]!.toFixed(2)}`);
    profiles.push(measure(repeat));
    const cells = profiles[repeat]!.models.flatMap((model) => Object.values(model.measurement ?? {}));
    console.log(`  block sums against wholes: ${spread(cells.map((cell) => Math.abs(blockSumDifference(cell))))}`);
  }
  const medians = profiles.map(blockMedians);
  for (let a = 0; a < REPEATS; a++) {
    for (let b = a + 1; b < REPEATS; b++) {
      const other = new Map(medians[b]!.map(({ key, milliseconds }) => [key, milliseconds]));
      const errors = medians[a]!.flatMap(({ key, milliseconds }) => {
        const again = other.get(key);
        return again === undefined || again === 0 ? [] : [Math.abs(milliseconds / again - 1)];
      });
      console.log(`blocks, repeat ${a + 1} against ${b + 1}: ${spread(errors)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
