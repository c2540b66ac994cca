/** `models export`: networks of the zoo as ONNX files with random weights. */
import { join } from 'node:path';
import { writeFileWhole } from '../../../bindings/host/index.ts';
import { bytesText } from '../../documents/quantities.ts';
import { onnxByteLength, writeOnnxChunks } from '../../models/onnx/write.ts';
import { zooWeights } from '../../models/zoo/weights.ts';
import { ZOO, zooEntry, zooModel } from '../../models/zoo/zoo.ts';
import { defineCommand } from '../command.ts';
import { modelExportDocument } from '../documents/model-list.ts';
import { readSeed, wholeNumber } from '../option-values.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, SEED_OPTION } from '../options.ts';
import { deliver, openFolder } from '../output.ts';
import { startProgress } from '../progress.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;

export const modelsExportCommand = defineCommand({
  options: {
    names: { type: 'positional', required: true, description: 'networks of the zoo with commas between, or all' },
    'out-dir': { type: 'string', valueHint: 'DIR', description: 'folder for the files, made if missing (.)' },
    ...SEED_OPTION,
    batch: { ...MODEL_OPTIONS.batch, description: 'images per inference (1)' },
    resolution: { type: 'string', valueHint: 'N', description: "height and width of the image (the network's own)" },
    json: { ...json, description: 'print a JSON document that lists the files' },
    quiet,
    verbose,
    progress,
  },
  examples: ['heterodyne models export alexnet,squeezenet --out-dir ./models --seed 7'],
  details: ['The weights are random: good for timing and planning, not for recognising anything.'],
  async run(values, call) {
    const { names, 'out-dir': folder = '.' } = values;
    const wanted = names === 'all' ? ZOO : names.split(',').map((name) => zooEntry(name.trim()));
    const seed = readSeed(values.seed);
    const options = {
      batch: values.batch === undefined ? undefined : wholeNumber(values.batch, '--batch', 1, 65_536),
      resolution:
        values.resolution === undefined ? undefined : wholeNumber(values.resolution, '--resolution', 1, 65_536),
    };
    const graphs = [...new Set(wanted)].map((entry) => zooModel(entry.name, options));
    const total = graphs.reduce((sum, graph) => sum + onnxByteLength(graph), 0);
    await openFolder('--out-dir', folder);
    const bar = await startProgress(values, call);
    const files: { name: string; file: string; bytes: number }[] = [];
    let done = 0;
    try {
      for (const graph of graphs) {
        const file = join(folder, `${graph.name}.onnx`);
        const bytes = onnxByteLength(graph);
        await writeFileWhole(file, writeOnnxChunks(graph, zooWeights(graph, seed)), {
          signal: call.signal,
          onBytes: (written) => bar.update((done + written) / total, `${graph.name} (${bytesText(bytes)})`),
        });
        done += bytes;
        files.push({ name: graph.name, file, bytes });
      }
    } finally {
      bar.end();
    }
    const document = modelExportDocument.write({ kind: 'model-export', schemaVersion: 1, seed, files });
    const text = files.map(({ file, bytes }) => `wrote ${file} (${bytesText(bytes)})\n`).join('');
    await deliver({ json: document, text: () => text }, values, call);
    return 0;
  },
});
