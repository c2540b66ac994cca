/**
 * Measures one sub-network of the shapes space, as `heterodyne search --evaluate` asks for it: the words are its ONNX file
 * and its genotype, the answer is one JSON object on standard output.
 *
 *   heterodyne search --space shapes ... --levels 6 --export levels --weights examples/elastic/weights.npz \
 *                     --evaluate 'npx tsx examples/elastic/evaluate.ts {} {genotype}'
 *
 * For a network of your own: open the file, run your validation images through it, and print the same members.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { openSession } from '../../bindings/onnx/index.ts';
import { shapesAccuracy } from '../../src/subnets/elastic/shapes-levels.ts';

const [file, genotype, count = '1000'] = process.argv.slice(2);
if (!file || !genotype) {
  console.error('evaluate.ts MODEL.onnx GENOTYPE [IMAGES]');
  process.exit(64);
}
const size = (JSON.parse(genotype) as { r: number }).r;
const images = Number(count);
const session = await openSession(new Uint8Array(readFileSync(file)));
const accuracy = await shapesAccuracy(session, size, images);

const picture = { type: 'float32' as const, data: new Float32Array(3 * size * size), dims: [1, 3, size, size] };
const times: number[] = [];
for (let call = 0; call < 50; call++) {
  const began = performance.now();
  await session.run({ input: picture });
  times.push(performance.now() - began);
}
await session.close();
const latencyMs = times.sort((a, b) => a - b)[times.length >> 1];
console.log(JSON.stringify({ accuracy, images, latencyMs }));
