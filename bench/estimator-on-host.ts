/**
 * Does a learned estimator help on a real machine? Costs of four networks are measured on this host, placements of many
 * mixes of them are really executed, two estimators learn from most of the mixes and are tested on the others, beside the
 * throughput model and a constant. With `--write` the table goes to docs/estimator.md, as it comes out. An interrupted run
 * goes on where it stopped; a finished one starts anew in another --folder.
 *
 *   node --import tsx bench/estimator-on-host.ts [--mixes 110] [--placements 2] [--choices 6] [--seconds 0.3] [--folder DIR] [--write]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figures } from '../src/estimators/assessment.ts';
import { estimatorTestDocument } from '../src/estimators/assessment-schema.ts';
import { estimatorDataDocument } from '../src/estimators/dataset/schema.ts';

const { values: flags } = parseArgs({
  options: {
    mixes: { type: 'string', default: '110' },
    placements: { type: 'string', default: '2' },
    choices: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '0.3' },
    folder: { type: 'string', default: join(tmpdir(), 'heterodyne-estimator-on-host') },
    write: { type: 'boolean', default: false },
  },
});
const MODELS = ['squeezenet', 'mobilenet-v1', 'mobilenet-v2', 'googlenet'];
/** What learns from so few rows. */
const ARCHITECTURES = ['linear', 'grid'];
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
mkdirSync(flags.folder, { recursive: true });
const file = (name: string) => join(flags.folder, name);
const started = performance.now();
const minutes = () => ((performance.now() - started) / 60_000).toFixed(1);

/** One command of Heterodyne, unless what it makes is there already. */
async function step(made: string, words: string[]): Promise<void> {
  if (existsSync(file(made))) {
    console.log(`${made}: there already`);
    return;
  }
  console.log(`after ${minutes()} min: heterodyne ${words.join(' ')}`);
  // Only what takes minutes tells how far it is.
  const tells = words[1] === 'train' ? [] : ['--verbose'];
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words, '--out', file(made), ...tells], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0)
    throw new Error(`heterodyne ${words[0]} ended with code ${code}; the same command goes on from there`);
}

const host = ['--platform', 'host', '--models', MODELS.join(',')];
/** Of this machine before anything of ours ran, also where a later call goes on. */
if (!existsSync(file('load'))) writeFileSync(file('load'), loadavg()[0].toFixed(1));
const load = readFileSync(file('load'), 'utf8');
await step('profile.json', ['profile', ...host, '--rounds', '2', '--time-limit', '90s']);
const { mixes, placements, choices, seconds } = flags;
const sizes = ['--mixes', mixes, '--placements', placements, '--choices', choices, '--for', `${seconds}s`];
const labels = ['--profile', file('profile.json'), '--labels', 'executed'];
await step('data.json', ['estimator', 'dataset', ...host, ...labels, ...sizes]);
const learned = ['--data', file('data.json')];
for (const architecture of ARCHITECTURES) {
  await step(`${architecture}.json`, ['estimator', 'train', ...learned, '--architecture', architecture]);
  const network = ['--estimator', file(`${architecture}.onnx`)];
  await step(`${architecture}-test.json`, ['estimator', 'test', ...learned, ...network]);
}

const read = (name: string) => readFileSync(file(name), 'utf8');
const { document: data } = estimatorDataDocument.parse(read('data.json'), 'data.json');
const tests = ARCHITECTURES.map((name) => {
  const { document } = estimatorTestDocument.parse(read(`${name}-test.json`), name);
  return { name, ...document };
});
const [{ analytic, constant, mixes: others, choices: among }] = tests;

const percent = (share: number) => `${share < 0.1 ? (100 * share).toPrecision(2) : (100 * share).toFixed(0)} %`;
const row = (name: string, { mape, medianError, spearman, kendall, regret }: Figures) =>
  `| ${name} | ${percent(mape)} | ${percent(medianError)} | ${spearman.toFixed(3)} | ${kendall.toFixed(3)} | ${percent(regret)} |`;
const gain = ({ mean, halfInterval = Number.NaN }: { mean: number; halfInterval?: number }) =>
  `${(100 * mean).toFixed(1)} ± ${(100 * halfInterval).toFixed(1)}`;
const text = `${data.samples.mixes} mixes of ${MODELS.join(', ')}, ${placements} placements each and ${choices} more of every test mix, each executed for
${seconds} s or longer on ${cpus().length} cores of ${cpus()[0].model.trim()} (load average before: ${load}). Of ${data.samples.rows} placements that
ran, ${data.samples.training} taught and ${data.samples.test} of ${others} other mixes judge (${among.toFixed(1)} to choose from in each); all rates are measured.

| predictor | MAPE | median error | Spearman | Kendall | regret |
| --- | ---: | ---: | ---: | ---: | ---: |
${tests.map(({ name, estimator }) => row(name, estimator)).join('\n')}
${row('throughput model', analytic)}
${row('constant', constant)}

Regret of the throughput model less that of the estimator, percentage points (mean over mixes, 95 % interval):
${tests.map(({ name, regretGain }) => `${name} ${gain(regretGain)}`).join(', ')}.`;
console.log(`${text}\nafter ${minutes()} min: done, everything is in ${flags.folder}`);

if (flags.write) {
  const docs = new URL('../docs/estimator.md', import.meta.url);
  const before = readFileSync(docs, 'utf8');
  const after = before.replace(/(<!-- host -->\n)[\s\S]*?(\n<!-- \/host -->)/, (_, open, close) => open + text + close);
  writeFileSync(docs, after);
}
