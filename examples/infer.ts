/**
 * Plans two networks for this machine, runs them as planned, and asks both for results at the same time.
 *
 *   deno run -A examples/infer.ts
 *   npx tsx examples/infer.ts
 *
 * The networks are of the zoo, with random weights: real arithmetic, meaningless answers. Name your own files with
 * `models: { detector: './detector.onnx' }`. Needs onnxruntime-node or onnxruntime-web.
 */
import process from 'node:process';
import { HeterodyneError, plan } from 'heterodyne';
import { deploy, type Tensors, thisHost } from 'heterodyne/runtime';

const FRAMES = 20;

/** Pictures that move: as many as asked for. */
function* pictures(name: string): Generator<Tensors> {
  const dims = [1, 3, 224, 224];
  for (let frame = 0; frame < FRAMES; frame++) {
    const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin((i + 97 * frame) / 50));
    yield { [name]: { type: 'float32', data, dims } };
  }
}

try {
  const { platform } = await thisHost();
  const planned = await plan({ platform, models: ['squeezenet', 'mobilenet-v2'], seed: 7 });
  const runtime = await deploy(planned, { platform, onEvent: (event) => console.error(event) });
  try {
    await Promise.all(
      runtime.models.map(async ({ name, inputs, outputs, planned: { stages } }) => {
        console.log(`${name} on ${stages.map(({ processor }) => processor).join(', ')}`);
        let last = 0;
        for await (const result of runtime.stream(name, pictures(inputs[0].name))) {
          const scores = result.outputs[outputs[0]].data as Float32Array;
          last = scores.indexOf(Math.max(...scores));
        }
        const { outputs: again, responseMs } = await runtime.infer(
          name,
          pictures(inputs[0].name).next().value as Tensors,
        );
        console.log(`${name}: ${FRAMES} frames, the last one of class ${last}`);
        console.log(`${name}: ${Object.keys(again).join(', ')} in ${responseMs.toFixed(1)} ms`);
      }),
    );
  } finally {
    await runtime.close();
  }
} catch (error) {
  if (!(error instanceof HeterodyneError)) throw error;
  console.error(`${error.code}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  process.exitCode = 1;
}
