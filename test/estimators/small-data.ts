/** A small simulated data set that several tests share; made once a process. */
import type { EstimatorData } from '../../src/estimators/dataset/data.ts';
import { generateDataset } from '../../src/estimators/dataset/generate.ts';
import { engineLabels } from '../../src/estimators/dataset/labels.ts';
import { loadZooModel, platformById, rooflineProfile } from '../../src/index.ts';

export const { platform } = platformById('hikey970');
export const profile = rooflineProfile(
  ['alexnet', 'mobilenet-v1', 'squeezenet', 'resnet-34', 'googlenet'].map((name) => loadZooModel(name)),
  platform,
);

/** Strong effects and little noise: a few hundred rows must do. */
const QUICK_EFFECTS = { blockSigma: 0.02, frameSigma: 0, switchSeconds: 0.01, memoryInterference: 2 };

/** Fifty mixes of at most three models. */
export const SMALL = {
  profile,
  platform,
  mixes: 50,
  placements: 12,
  choices: 16,
  mostModels: 3,
  seed: 5,
  label: engineLabels(QUICK_EFFECTS, 20, 4),
};

let made: Promise<EstimatorData> | undefined;

export function smallData(): Promise<EstimatorData> {
  made ??= generateDataset(SMALL);
  return made;
}
