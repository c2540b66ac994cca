/** Data sets and estimators as files: a document, and beside it what it describes. */
import { basename, dirname, join } from 'node:path';
import { exists, readBytes, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type EstimatorData, readData, TEST, TRAINING, VALIDATION } from '../estimators/dataset/data.ts';
import { type EstimatorDataDocument, estimatorDataDocument } from '../estimators/dataset/schema.ts';
import { shippedEstimator, shippedIds } from '../estimators/shipped/registry.ts';
import { bytesHash, type DataFacts } from '../estimators/training/export.ts';
import { estimatorDocument } from '../estimators/training/schema.ts';

/** `--out` of a command that writes files beside its document. */
export function companionOf(out: string | undefined, ending: string, example: string): string {
  if (out === undefined || out === '-') {
    throw new HeterodyneError('USAGE', out === undefined ? '--out is missing' : '--out must be a file here', {
      path: '--out',
      expected: `a file name, as ${example}`,
      received: out === undefined ? 'nothing' : '"-"',
    });
  }
  if (!/\.json$/i.test(out)) {
    throw new HeterodyneError('USAGE', `--out names the document, not ${out}`, {
      path: '--out',
      expected: `a name that ends in .json, as ${example}; the rest is written beside it as ${ending}`,
      received: `"${out}"`,
    });
  }
  return out.replace(/\.json$/i, ending);
}

/** Counts of a data set, as its document states them. */
export function samplesOf(data: EstimatorData): EstimatorDataDocument['samples'] {
  const count = (part: number) => data.split.reduce((sum, each) => sum + Number(each === part), 0);
  return {
    mixes: new Set(data.mix).size,
    rows: data.rows,
    training: count(TRAINING),
    validation: count(VALIDATION),
    test: count(TEST),
  };
}

export interface ReadDataSet {
  data: EstimatorData;
  facts: DataFacts;
  files: string[];
  warnings: Warning[];
}

/** `--data`: a document with its arrays beside it, or arrays alone. */
export async function readDataSet(file: string | undefined): Promise<ReadDataSet> {
  if (file === undefined) {
    throw new HeterodyneError('USAGE', '--data is missing', {
      path: '--data',
      expected: 'a data set: a document of heterodyne estimator dataset, or a .npz file',
      received: 'nothing',
    });
  }
  if (/\.npz$/i.test(file)) {
    const bytes = await readBytes(file);
    const data = readData(bytes, file);
    return { data, facts: factsOfArrays(data, file, bytesHash(bytes)), files: [file], warnings: [] };
  }
  const { document, data, arrays, hash, warnings } = await readDataDocument(file);
  return { data, facts: { ...document, arrays: { ...document.arrays, hash } }, files: [file, arrays], warnings };
}

/** The document of a data set with the arrays beside it. */
export async function readDataDocument(file: string): Promise<{
  document: EstimatorDataDocument;
  data: EstimatorData;
  arrays: string;
  /** Of the arrays as they are. */
  hash: string;
  warnings: Warning[];
}> {
  const { document, warnings } = estimatorDataDocument.parse(await readText(file), file);
  const arrays = join(dirname(file), basename(document.arrays.file));
  const bytes = await readBytes(arrays);
  const hash = bytesHash(bytes);
  if (hash !== document.arrays.hash) {
    warnings.push({
      code: 'DATA_CHANGED',
      message: `${arrays} is not the file that ${file} describes: its hash differs`,
      path: '/arrays/hash',
    });
  }
  return { document, data: readData(bytes, arrays), arrays, hash, warnings };
}

/** What can be said about arrays without a document. */
function factsOfArrays({ processors, resources }: EstimatorData, file: string, hash: string): DataFacts {
  const numbered = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word} ${i}`);
  return {
    platform: 'unknown',
    processors: numbered('processor', processors),
    resources: numbered('resource', resources),
    label: { source: 'given' },
    arrays: { file: basename(file), hash },
  };
}

/** `--estimator`: an ONNX file, the document beside one, or the id of a shipped estimator. */
export async function readEstimator(text: string): Promise<{ bytes: Uint8Array; name: string; file?: string }> {
  if (shippedIds().includes(text) && !(await exists(text))) {
    return { bytes: shippedEstimator(text), name: text };
  }
  if (/\.json$/i.test(text)) {
    const { document } = estimatorDocument.parse(await readText(text), text);
    if (document.file === undefined) {
      throw new HeterodyneError('BAD_INPUT', `${text} names no network`, {
        source: text,
        path: '/file',
        expected: 'the document of heterodyne estimator train',
        received: 'a document without its file',
      });
    }
    const file = join(dirname(text), basename(document.file.name));
    return { bytes: await readBytes(file), name: basename(file), file };
  }
  if (!/\.onnx$/i.test(text) && !(await exists(text))) {
    throw new HeterodyneError('USAGE', `no estimator "${text}"`, {
      path: '--estimator',
      expected: `an ONNX file, a document of heterodyne estimator train, or one of ${shippedIds().join(', ')}`,
      received: `"${text}"`,
    });
  }
  return { bytes: await readBytes(text), name: basename(text), file: text };
}
