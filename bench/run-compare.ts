/**
 * Plans held against what they give: for several mixes of models this machine is profiled, the mix is planned, and the plan
 * is executed in turns with the best single processor, the best random plan, and one session per model with all threads.
 *
 *     node --import tsx bench/run-compare.ts [--seconds 20] [--models DIR] [--out docs/run-compare.md]
 *
 * Some five minutes a mix with 20 s for each candidate.
 *
 * DIR holds trained networks as ONNX files; what is not there comes from the zoo, with random weights: the same work.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nativeVersion } from '../bindings/onnx/index.ts';
import { median as medianOfNumbers } from '../src/profiles/samples.ts';
import { type RunCandidate, type RunDocument, runDocument } from '../src/runtime/schema.ts';

const MIXES = [
  ['squeezenet', 'mobilenet-v2'],
  ['squeezenet', 'mobilenet-v3'],
  ['mobilenet-v2', 'mobilenet-v3', 'squeezenet'],
  ['squeezenet', 'mobilenet-v2', 'mobilenet-v3', 'efficientnet-b0'],
];
/** By the name of the mix: a file of trained weights, else an entry of the zoo. */
const MODELS: Record<string, { file?: string; zoo: string }> = {
  squeezenet: { file: 'squeezenet1_1.onnx', zoo: 'squeezenet' },
  'mobilenet-v2': { file: 'mobilenet_v2.onnx', zoo: 'mobilenet-v2' },
  'mobilenet-v3': { file: 'mobilenet_v3_small.onnx', zoo: 'mobilenet-v3-large' },
  'efficientnet-b0': { zoo: 'efficientnet-b0' },
};
/** Blocks that a model is cut into: fewer are measured in less time. */
const BLOCKS = '10';
const NEAR_BEST = 0.97;
const NEAR_PREDICTION = 0.15;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    models: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('../docs/run-compare.md', import.meta.url)) },
    'profile-time': { type: 'string', default: '90s' },
  },
});
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heterodyne-bench-'));

function heterodyne(...words: string[]): string {
  const command = [...process.execArgv, main, ...words];
  return execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function sourceOf(name: string): string {
  const { file, zoo } = MODELS[name]!;
  const path = values.models === undefined || file === undefined ? undefined : join(values.models, file);
  return `${name}=${path !== undefined && existsSync(path) ? path : zoo}`;
}

function execute(mix: readonly string[]): RunDocument {
  const [profile, plan] = [join(folder, 'profile.json'), join(folder, 'plan.json')];
  const models = mix.map(sourceOf).join(',');
  const measure = ['--cut', BLOCKS, '--interference', '--time-limit', values['profile-time'], '--quiet'];
  heterodyne('profile', '--platform', 'host', '--models', models, ...measure, '--out', profile);
  heterodyne('plan', '--platform', 'host', '--profile', profile, '--quiet', '--out', plan);
  const text = heterodyne(
    'run',
    plan,
    '--profile',
    profile,
    '--for',
    `${values.seconds}s`,
    '--compare',
    '--json',
    '--quiet',
  );
  return runDocument.parse(text, 'run').document;
}

const medianOf = (errors: Verdict['errors']): number => medianOfNumbers(errors.map(({ error }) => error));
const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const signed = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
const has = ({ name }: RunCandidate, id: string): boolean => name.split(' = ').includes(id);

interface Verdict {
  ofBest: number;
  overDefault: number;
  /** Of each candidate: relative difference of measured to predicted. */
  errors: { name: string; error: number }[];
}

function verdictOf({ compare = [] }: RunDocument): Verdict {
  const best = Math.max(...compare.map(({ measured }) => measured.mean));
  const own = compare.find((each) => has(each, 'plan'))!;
  const plain = compare.find((each) => has(each, 'runtime-default'))!;
  return {
    ofBest: own.measured.mean / best,
    overDefault: own.measured.mean / plain.measured.mean,
    errors: compare.map(({ name, measured, planned }) => ({ name, error: Math.abs(measured.mean / planned - 1) })),
  };
}

function section(mix: readonly string[], document: RunDocument): string {
  const { compare = [], otherLoad, models } = document;
  const best = Math.max(...compare.map(({ measured }) => measured.mean));
  const rows = compare.map(
    ({ name, planned, measured }) =>
      `| ${name} | ${figure(planned)} | ${figure(measured.mean)} | ${figure(measured.low)} to ${figure(measured.high)} | ${signed(measured.mean / planned - 1)} | ${(measured.mean / best).toFixed(3)} |`,
  );
  const placed = compare.map(({ name, placements }) => `- ${name}: ${placements.join('; ')}`);
  const rates = models.map(
    ({ name, plannedThroughputPerS, throughputPerS, responseMs }) =>
      `| ${name} | ${figure(plannedThroughputPerS)} | ${figure(throughputPerS)} | ${responseMs ? figure(responseMs.p50) : ''} | ${responseMs ? figure(responseMs.p95) : ''} |`,
  );
  const load =
    otherLoad === undefined ? '' : ` Other programs took ${Math.round(100 * otherLoad)} % of the cores' time.`;
  return `## ${mix.join(' + ')}

| executed in turns | predicted | measured | 95 % interval | off by | of the best |
|---|---|---|---|---|---|
${rows.join('\n')}

${placed.join('\n')}

The plan, model by model (frames per second; response in ms):${load}

| model | predicted | measured | P50 | P95 |
|---|---|---|---|---|
${rates.join('\n')}
`;
}

const documents: RunDocument[] = [];
try {
  for (const mix of MIXES) {
    console.error(mix.join(' + '));
    documents.push(execute(mix));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const verdicts = documents.map(verdictOf);
const all = verdicts.flatMap((verdict) => verdict.errors);
const median = medianOf(all);
const byCandidate = ['plan', 'single-best', 'random', 'runtime-default'].flatMap((id) => {
  const own = all.filter(({ name }) => name.split(' = ').includes(id));
  return own.length === 0 ? [] : [`${id} ${(100 * medianOf(own)).toFixed(1)} %`];
});
const near = verdicts.filter(({ ofBest }) => ofBest >= NEAR_BEST).length;
const above = verdicts.filter(({ overDefault }) => overDefault > 1).length;
const text = `# Plans executed, beside what they predicted

Written by \`bench/run-compare.ts\`, as it came out. ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, onnxruntime-node ${await nativeVersion()}. Each candidate ran for ${values.seconds} s in five turns, interleaved with the others; the objective is the mean of the models' frames per second, with Student's 95 % interval over the turns. Profiles were measured just before. Frames are synthetic: numbers made in the process of the first stage.

\`runtime-default\` is one session per model with all threads, all at work at once; its prediction is that the operating system gives each an equal share of the cores' time, as far as its threads can use it.

| | |
|---|---|
| mixes where the plan measures at least ${NEAR_BEST} of the best candidate | ${near} of ${MIXES.length} |
| mixes where it is above \`runtime-default\` | ${above} of ${MIXES.length} |
| median of the relative difference of measured to predicted, over all candidates (aim: ${100 * NEAR_PREDICTION} %) | ${(100 * median).toFixed(1)} % |
| the same by candidate | ${byCandidate.join(', ')} |

${MIXES.map((mix, i) => section(mix, documents[i]!)).join('\n')}`;
writeFileSync(values.out, text);
console.log(
  `${near} of ${MIXES.length} near the best, ${above} above runtime-default, median error ${(100 * median).toFixed(1)} %: ${values.out}`,
);
