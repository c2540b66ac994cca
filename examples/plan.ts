/**
 * Plans ONNX files, or three networks of the zoo, from a program. The same file runs on Node and in Deno:
 *
 *   deno run --allow-read examples/plan.ts detector.onnx pose.onnx
 *   npx tsx examples/plan.ts detector.onnx pose.onnx
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { type BlockedModel, HeterodyneError, loadOnnxModel, loadZooModel, plan } from 'heterodyne';

async function load(path: string): Promise<BlockedModel> {
  return loadOnnxModel(await readFile(path), { name: basename(path, '.onnx'), source: path });
}

const paths = process.argv.slice(2);
const models =
  paths.length > 0
    ? await Promise.all(paths.map(load))
    : ['alexnet', 'mobilenet-v2', 'resnet-50'].map((name) => loadZooModel(name));

try {
  const { score, ...found } = await plan(
    { platform: 'orange-pi-5', models, objective: 'geometric-mean', evaluations: 1000, seed: 7 },
    { signal: AbortSignal.timeout(10_000) },
  );
  for (const model of found.models) {
    const stages = model.stages.map(
      ({ processor, firstBlock, lastBlock }) => `${processor} ${firstBlock}-${lastBlock}`,
    );
    console.log(`${model.name}: ${stages.join(', ')}: ${model.throughputPerS.toFixed(1)}/s`);
  }
  console.log(`geometric mean ${score.geometricMeanPerS.toFixed(1)}/s`);
} catch (error) {
  if (!(error instanceof HeterodyneError)) throw error;
  console.error(`${error.code}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  process.exitCode = 1;
}
