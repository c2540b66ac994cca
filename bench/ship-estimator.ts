/**
 * Makes the estimators that ship with Heterodyne: a data set of the simulated platform, a training, and the network as a
 * module. The same run gives the same bytes.
 *
 *   node --import tsx bench/ship-estimator.ts
 */
import { writeFileSync } from 'node:fs';
import { contentHash } from '../src/documents/canonical.ts';
import { writeData } from '../src/estimators/dataset/data.ts';
import { generateDataset } from '../src/estimators/dataset/generate.ts';
import { mixResources } from '../src/estimators/dataset/mixes.ts';
import { bytesHash, exportEstimator } from '../src/estimators/training/export.ts';
import { TRAINING_DEFAULTS } from '../src/estimators/training/settings.ts';
import { train } from '../src/estimators/training/train.ts';
import { loadZooModel, platformById, rooflineProfile, ZOO } from '../src/index.ts';

const PLATFORMS = ['hikey970'];
/** A module of the repository is read by people too. */
const MOST_BYTES = 200_000;

for (const id of PLATFORMS) {
  const { platform } = platformById(id);
  const profile = rooflineProfile(
    ZOO.map(({ name }) => loadZooModel(name)),
    platform,
  );
  const data = await generateDataset({ profile, platform }, { onProgress: progress(id) });
  const trained = await train(data, TRAINING_DEFAULTS.grid, {
    onEpoch: ({ epoch, validationMape }) => console.log(`epoch ${epoch}: ${(100 * validationMape).toFixed(2)} % error`),
  });
  const facts = {
    platform: id,
    platformHash: contentHash(platform),
    profileHash: contentHash(profile),
    processors: profile.processors,
    resources: mixResources(profile, platform),
    label: { source: 'engine' as const },
    arrays: { file: `${id}.npz`, hash: bytesHash(writeData(data)) },
  };
  const { bytes } = exportEstimator(trained, data, facts, `${id}.onnx`);
  if (bytes.length > MOST_BYTES) throw new Error(`${id}: ${bytes.length} bytes`);
  writeFileSync(
    new URL(`../src/estimators/shipped/${id}.ts`, import.meta.url),
    `// Made by bench/ship-estimator.ts. Do not edit.
export const ${id.toUpperCase()}_BASE64 =
  '${Buffer.from(bytes).toString('base64')}';
`,
  );
  console.log(`${id}: ${bytes.length} bytes`);
}

function progress(id: string): (done: number, mixes: number) => void {
  return (done, mixes) => {
    if (done % 100 === 0) console.log(`${id}: ${done} of ${mixes} mixes`);
  };
}
