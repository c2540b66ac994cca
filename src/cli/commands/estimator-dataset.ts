/**
 * `estimator dataset`: placements of many mixes, labelled with rates: a document and arrays; resumes where it stopped.
 */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { exists, readBytes, readText, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import type { Warning } from '../../documents/warnings.ts';
import { type EstimatorData, readData, writeData } from '../../estimators/dataset/data.ts';
import { DEMO_BLOCKS, DEMO_MODELS, DEMO_PROCESSORS, demoData } from '../../estimators/dataset/demo.ts';
import { type DatasetRequest, generateDataset } from '../../estimators/dataset/generate.ts';
import {
  analyticLabels,
  DEFAULT_EFFECTS,
  DEFAULT_FRAMES,
  DEFAULT_IN_FLIGHT,
  engineLabels,
  executedLabels,
} from '../../estimators/dataset/labels.ts';
import { mixResources } from '../../estimators/dataset/mixes.ts';
import { readNpz } from '../../estimators/dataset/npy.ts';
import { type EstimatorDataDocument, estimatorDataDocument } from '../../estimators/dataset/schema.ts';
import { bytesHash } from '../../estimators/training/export.ts';
import { withExecution } from '../../execution/throughput.ts';
import { ZOO } from '../../models/zoo/zoo.ts';
import { rooflineProfile } from '../../profiles/roofline.ts';
import { type Profile, profileDocument } from '../../profiles/schema.ts';
import { workloadNames } from '../../profiles/workload.ts';
import { datasetText } from '../../report/estimator/texts.ts';
import { type Call, defineCommand } from '../command.ts';
import { openModels } from '../cuttable-choice.ts';
import { companionOf, samplesOf } from '../estimator-files.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { chooseWorkload, inputFiles, loadModels, parseCut } from '../model-choice.ts';
import { readSeed, wholeNumber } from '../option-values.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION, SEED_OPTION } from '../options.ts';
import { checkOutput, deliver, tell } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';
import { startProgress } from '../progress.ts';

/** What was made so far is written at most this often, ms. */
const SAVE_EVERY = 10_000;

export const estimatorDatasetCommand = defineCommand({
  options: {
    ...PLATFORM_OPTION,
    ...MODEL_OPTIONS,
    mixes: { type: 'string', valueHint: 'N', description: 'different mixes of models (500)' },
    placements: {
      type: 'string',
      valueHint: 'N',
      description: 'placements of each mix, half uniform, half stratified (20)',
    },
    choices: {
      type: 'string',
      valueHint: 'N',
      description: 'further stratified placements of each test mix, among which a choice is tested (64)',
    },
    'most-models': { type: 'string', valueHint: 'N', description: 'most models of a mix (5)' },
    labels: {
      type: 'enum',
      options: ['engine', 'analytic', 'executed'],
      valueHint: 'SOURCE',
      description:
        'who says the rates: the simulation, the throughput model, or execution of the split models on this host (engine)',
    },
    frames: {
      type: 'string',
      valueHint: 'N',
      description: `frames that the slowest model ends under one label of the engine (${DEFAULT_FRAMES})`,
    },
    for: {
      type: 'string',
      valueHint: 'TIME',
      description: 'executed: how long each placement is counted (1s; a bare number means ms)',
    },
    profile: {
      type: 'string',
      valueHint: 'FILE',
      description: 'costs of the models from a profile document; absent = modelled from models and platform',
    },
    demo: { type: 'boolean', description: '100 fake rows of random numbers, as the original ships: for a look alone' },
    ...SEED_OPTION,
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne estimator dataset --platform hikey970 --out data.json',
    'heterodyne estimator dataset --platform host --profile host.json --models squeezenet,mobilenet-v1 --labels executed --mixes 5 --out data.json',
    'heterodyne estimator dataset --platform jetson-agx-xavier --models alexnet,resnet-50,./my.onnx --mixes 50 --out data.json',
  ],
  details: [
    'Writes the document FILE.json and the arrays FILE.npz, which NumPy reads. Without --models, all networks of the zoo. After an interruption the same command goes on where it stopped.',
  ],
  async run(values, call) {
    const arrays = companionOf(values.out, '.npz', 'data.json');
    await checkOutput(values, []);
    const seed = readSeed(values.seed);
    const made = values.demo ? demonstration(seed) : await generated(values, call, arrays, seed);
    if (made === undefined) return INTERRUPTED_EXIT;
    const bytes = writeData(made.data);
    await writeFileWhole(arrays, bytes);
    const document: EstimatorDataDocument = {
      ...made.about,
      seed,
      samples: samplesOf(made.data),
      arrays: { file: basename(arrays), hash: bytesHash(bytes) },
      ...(made.warnings.length > 0 && { warnings: made.warnings }),
    };
    const json = estimatorDataDocument.write(document);
    await deliver({ json, text: (style) => datasetText(document, style), warnings: made.warnings }, values, call);
    await rm(partialOf(arrays), { force: true });
    return 0;
  },
});

type About = Omit<EstimatorDataDocument, 'samples' | 'arrays' | 'seed' | 'warnings'>;

interface Made {
  data: EstimatorData;
  about: About;
  warnings: Warning[];
}

function demonstration(seed: number): Made {
  return {
    data: demoData(seed),
    about: {
      kind: 'estimator-data',
      schemaVersion: 1,
      platform: 'fake',
      processors: DEMO_PROCESSORS,
      resources: DEMO_PROCESSORS,
      models: DEMO_MODELS.map((name) => ({ name, blocks: DEMO_BLOCKS })),
      label: { source: 'fake' },
    },
    warnings: [
      {
        code: 'FAKE_DATA',
        message: 'costs and rates are random numbers: nothing can be learned from them',
        path: '/label',
      },
    ],
  };
}

interface DatasetValues {
  platform?: string;
  batch?: string;
  cut?: string;
  mixes?: string;
  placements?: string;
  choices?: string;
  'most-models'?: string;
  labels?: string;
  frames?: string;
  for?: string;
  profile?: string;
  quiet?: boolean;
  progress: boolean;
}

/** undefined = interrupted; what was made waits in the partial file. */
async function generated(values: DatasetValues, call: Call, arrays: string, seed: number): Promise<Made | undefined> {
  const { platform, warnings } = await choosePlatform(values.platform);
  const { models: lists = ZOO.map(({ name }) => name), shape } = call.repeated;
  const chosen = await chooseWorkload({ batch: values.batch, models: lists, shape });
  await checkOutput(values, inputFiles(chosen));
  const cut = parseCut(values.cut);
  const profile =
    values.profile === undefined
      ? rooflineProfile(await loadModels(chosen, cut, call.signal), platform)
      : await profileFor(values.profile, workloadNames(chosen.workload));
  const count = (name: keyof DatasetValues & string, initial: number, least: number, most: number): number => {
    const text = values[name];
    return typeof text === 'string' ? wholeNumber(text, `--${name}`, least, most) : initial;
  };
  const source = (values.labels ?? 'engine') as 'engine' | 'analytic' | 'executed';
  const secondsEach = values.for === undefined ? 1 : parseQuantity(values.for, 'ms', '--for') / 1000;
  const frames = count('frames', DEFAULT_FRAMES, 2, 100_000);
  const sizes = {
    mixes: count('mixes', 500, 3, 1_000_000),
    placements: count('placements', 20, 2, 10_000),
    choices: count('choices', 64, 0, 10_000),
    mostModels: count('most-models', 5, 1, 16),
    seed,
  };
  const about: About = {
    kind: 'estimator-data',
    schemaVersion: 1,
    platform: platform.id,
    platformHash: contentHash(platform),
    profileHash: contentHash(profile),
    processors: profile.processors,
    resources: mixResources(profile, platform),
    models: profile.models.map(({ name, blocks }) => ({ name, blocks: blocks.length })),
    label: {
      source,
      ...(source === 'engine' && { framesCounted: frames, inFlight: DEFAULT_IN_FLIGHT, effects: DEFAULT_EFFECTS }),
      ...(source === 'executed' && { secondsEach }),
    },
  };
  const request: DatasetRequest = {
    profile,
    platform,
    ...sizes,
    label: source === 'engine' ? engineLabels(DEFAULT_EFFECTS, frames, DEFAULT_IN_FLIGHT) : analyticLabels,
  };
  const fingerprint = contentHash({ ...about, ...sizes });
  const make = (made: DatasetRequest) => withPartial(made, fingerprint, arrays, values, call);
  const data =
    source === 'executed'
      ? await withExecution(await openModels(chosen, cut, call.signal), platform, (execute) =>
          make({ ...request, label: executedLabels(execute, profile.processors, secondsEach) }),
        )
      : await make(request);
  return data && { data, about, warnings };
}

/** The models of that name, in that order. */
async function profileFor(file: string, names: readonly string[]): Promise<Profile> {
  const { document } = profileDocument.parse(await readText(file), file);
  const models = names.map((name) => {
    const found = document.models.find((model) => model.name === name && model.variant === 'original');
    if (found !== undefined) return found;
    throw new HeterodyneError('BAD_INPUT', `the profile has no model "${name}"`, {
      source: file,
      path: '/models',
      expected: `one of ${document.models.map((model) => model.name).join(', ')}`,
      received: `"${name}"`,
    });
  });
  return { ...document, models };
}

function partialOf(arrays: string): string {
  return arrays.replace(/\.npz$/, '.partial.npz');
}

/** Generates, saving what there is from time to time and when interrupted. */
async function withPartial(
  request: DatasetRequest,
  fingerprint: string,
  arrays: string,
  values: DatasetValues,
  call: Call,
): Promise<EstimatorData | undefined> {
  const file = partialOf(arrays);
  const mark = new TextEncoder().encode(fingerprint);
  const resume = (await exists(file)) ? await readPartial(file, fingerprint) : undefined;
  if (resume) tell(`goes on after ${new Set(resume.mix).size} mixes of ${file}`, values, call);
  const save = (data: EstimatorData) =>
    data.rows > 0
      ? writeFileWhole(file, writeData(data, { request: { shape: [mark.length], values: mark } }))
      : undefined;
  const bar = await startProgress(values, call);
  let saved = performance.now();
  try {
    const data = await generateDataset(request, {
      signal: call.signal,
      ...(resume && { resume }),
      onProgress: (done, mixes) => bar.update(done / mixes, `${done} of ${mixes} mixes`),
      async onMix(current) {
        if (performance.now() - saved < SAVE_EVERY) return;
        const made = current();
        await save(made);
        tell(`${new Set(made.mix).size} of ${request.mixes} mixes`, values, call);
        saved = performance.now();
      },
    });
    if (!call.signal.aborted) return data;
    await save(data);
    call.err.write(`stopped after ${new Set(data.mix).size} mixes; the same command goes on from ${file}\n`);
    return undefined;
  } finally {
    bar.end();
  }
}

async function readPartial(file: string, fingerprint: string): Promise<EstimatorData> {
  const bytes = await readBytes(file);
  const mark = readNpz(bytes, file).get('request')?.values;
  if (mark instanceof Uint8Array && new TextDecoder().decode(mark) === fingerprint) return readData(bytes, file);
  throw new HeterodyneError('BAD_INPUT', `${file} was begun with other options`, {
    source: file,
    expected: 'the data set that this command began',
    received: 'another one',
    hint: 'remove the file, or choose another --out',
  });
}
