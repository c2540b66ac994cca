/** `estimator train`: from a data set to an estimator, a document and its ONNX network; resumes from a checkpoint. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exists, readBytes, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import { rowsOf, TRAINING } from '../../estimators/dataset/data.ts';
import { readCheckpoint, writeCheckpoint } from '../../estimators/training/checkpoint.ts';
import { exportEstimator } from '../../estimators/training/export.ts';
import { SCALINGS } from '../../estimators/training/scaling.ts';
import { estimatorDocument } from '../../estimators/training/schema.ts';
import { batchFor, TRAINING_DEFAULTS, type TrainingSettings } from '../../estimators/training/settings.ts';
import { type Trained, train } from '../../estimators/training/train.ts';
import { ARCHITECTURES, type Architecture } from '../../estimators/training/trainee.ts';
import { lossChart } from '../../report/estimator/charts.ts';
import { lossLines } from '../../report/estimator/loss-lines.ts';
import { estimatorText } from '../../report/estimator/texts.ts';
import { type Call, defineCommand } from '../command.ts';
import { companionOf, type ReadDataSet, readDataSet } from '../estimator-files.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { readSeed, wholeNumber } from '../option-values.ts';
import { OUTPUT_OPTIONS, type OutputSettings, SEED_OPTION } from '../options.ts';
import { checkCompanion, checkOutput, deliver, openFolder, tell } from '../output.ts';
import { startProgress } from '../progress.ts';

/** Huber's delta in scaled units, where it is asked for. */
const HUBER_DELTA = 1;

export const estimatorTrainCommand = defineCommand({
  options: {
    data: {
      type: 'string',
      valueHint: 'FILE',
      description: 'data set: the document of estimator dataset, or a .npz file in its layout (docs/estimator.md)',
    },
    architecture: {
      type: 'enum',
      options: [...ARCHITECTURES],
      valueHint: 'NAME',
      description:
        'grid: any number of models and processors; cnn: the compact image network after OmniBoost; linear: a weighted sum, for a few hundred rows (grid)',
    },
    scaling: {
      type: 'enum',
      options: [...SCALINGS],
      valueHint: 'NAME',
      description: 'of the rates: logarithms standardised, or the range of the original (log)',
    },
    loss: { type: 'enum', options: ['l1', 'huber'], valueHint: 'NAME', description: 'absolute error, or Huber (l1)' },
    residual: {
      type: 'boolean',
      default: true,
      negativeDescription: 'learn rates by themselves, not relative to the throughput model',
    },
    epochs: { type: 'string', valueHint: 'N', description: 'passes over the data (grid 40, cnn 100, linear 200)' },
    batch: {
      type: 'string',
      valueHint: 'N',
      description: 'rows of one step (grid 64, with few rows down to 8; cnn and linear 16)',
    },
    rate: {
      type: 'string',
      valueHint: 'X',
      description: 'learning rate of the first step (grid 0.005, cnn 0.01, linear 0.02)',
    },
    patience: {
      type: 'string',
      valueHint: 'N',
      description: 'end after so many epochs without a better validation (grid 15, cnn 20, linear 60)',
    },
    checkpoint: {
      type: 'string',
      valueHint: 'FILE',
      description: 'keep the state in FILE.npz after every epoch, and go on from it if it exists',
    },
    svg: {
      type: 'string',
      valueHint: 'DIR',
      description: 'also write the loss curves as an SVG file, loss.svg; DIR is made if missing',
    },
    ...SEED_OPTION,
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne estimator train --data data.json --out estimator.json',
    'heterodyne estimator train --data data.json --architecture cnn --out cnn.json --svg ./charts',
  ],
  details: [
    'Writes the document FILE.json, with the loss of every epoch, and the network FILE.onnx. Ctrl-C ends with the best weights so far (exit code 130).',
  ],
  async run(values, call) {
    const network = companionOf(values.out, '.onnx', 'estimator.json');
    const set = await readDataSet(values.data);
    await checkOutput(values, set.files);
    const { svg, checkpoint } = values;
    if (svg !== undefined) await openFolder('--svg', svg);
    await checkCompanion('--checkpoint', checkpoint, values, set.files);
    const trained = await trainOn(set, settingsOf(values, rowsOf(set.data, TRAINING).length), checkpoint, values, call);
    const { bytes, document } = exportEstimator(trained, set.data, set.facts, basename(network));
    const warnings = [...set.warnings, ...fakeWarning(set)];
    const complete = { ...document, ...(warnings.length > 0 && { warnings }) };
    await writeFileWhole(network, bytes);
    if (svg !== undefined) await writeFileWhole(join(svg, 'loss.svg'), lossChart(complete));
    const json = estimatorDocument.write(complete);
    await deliver({ json, text: (style) => estimatorText(complete, style), warnings }, values, call);
    if (checkpoint !== undefined && !trained.partial) await rm(checkpoint, { force: true });
    return trained.partial ? INTERRUPTED_EXIT : 0;
  },
});

function fakeWarning({ facts }: ReadDataSet) {
  return facts.label.source === 'fake'
    ? [{ code: 'FAKE_DATA', message: 'learned from random numbers: this estimator says nothing', path: '/data/label' }]
    : [];
}

interface TrainValues {
  architecture?: string;
  scaling?: string;
  loss?: string;
  residual: boolean;
  epochs?: string;
  batch?: string;
  rate?: string;
  patience?: string;
  seed?: string;
}

/** @param rows to learn from */
function settingsOf(values: TrainValues, rows: number): TrainingSettings {
  const architecture = (values.architecture ?? 'grid') as Architecture;
  const defaults = TRAINING_DEFAULTS[architecture];
  if (architecture === 'linear' && !values.residual) {
    throw new HeterodyneError('USAGE', '--architecture linear and --no-residual contradict each other', {
      path: '--no-residual',
      expected: '--architecture grid or cnn',
      received: 'both',
    });
  }
  const count = (option: 'epochs' | 'batch' | 'patience', most: number, initial: number = defaults[option]): number => {
    const text = values[option];
    return text === undefined ? initial : wholeNumber(text, `--${option}`, 1, most);
  };
  return {
    ...defaults,
    ...(values.scaling !== undefined && { scaling: values.scaling as TrainingSettings['scaling'] }),
    residual: values.residual,
    delta: values.loss === 'huber' ? HUBER_DELTA : 0,
    epochs: count('epochs', 100_000),
    batch: count('batch', 4096, batchFor(architecture, rows)),
    patience: count('patience', 100_000),
    ...(values.rate !== undefined && { rate: readRate(values.rate) }),
    ...(values.seed !== undefined && { seed: readSeed(values.seed) }),
  };
}

function readRate(text: string): number {
  const rate = parseQuantity(text, '1', '--rate');
  if (rate > 0 && rate <= 1) return rate;
  throw new HeterodyneError('USAGE', `--rate cannot be ${text}`, {
    path: '--rate',
    expected: 'more than 0, at most 1',
    received: `"${text}"`,
  });
}

async function trainOn(
  { data }: ReadDataSet,
  settings: TrainingSettings,
  checkpoint: string | undefined,
  output: OutputSettings,
  call: Call,
): Promise<Trained> {
  const resume =
    checkpoint !== undefined && (await exists(checkpoint))
      ? readCheckpoint(await readBytes(checkpoint), checkpoint)
      : undefined;
  if (resume) tell(`goes on after epoch ${resume.log.length}`, output, call);
  const bar = await startProgress(output, call);
  let note = '';
  try {
    return await train(data, settings, {
      signal: call.signal,
      ...(resume && { resume }),
      onProgress: (share, epoch) => bar.update(share, `epoch ${epoch} of ${settings.epochs}  ${note}`),
      onEpoch({ epoch, validationMape }, log) {
        const curve = lossLines(log, { ...call.err.style, width: 60 }).split('\n')[1];
        note = `${(100 * validationMape).toFixed(1)} % error  ${curve}`;
        tell(`epoch ${epoch}: ${note}`, output, call);
      },
      ...(checkpoint !== undefined && {
        onCheckpoint: (state) => writeFileWhole(checkpoint, writeCheckpoint(state)),
      }),
    });
  } finally {
    bar.end();
  }
}
