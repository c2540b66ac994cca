/** A trained network as an ONNX file, with its document inside. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { canonicalJson } from '../../documents/canonical.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { EstimatorData } from '../dataset/data.ts';
import type { EstimatorDataDocument } from '../dataset/schema.ts';
import { type EstimatorDocument, METADATA_KEY } from './schema.ts';
import type { Trained } from './train.ts';

/** What is known of the data beside the arrays. */
export type DataFacts = Pick<EstimatorDataDocument, 'platform' | 'processors' | 'resources' | 'label' | 'arrays'> &
  Partial<Pick<EstimatorDataDocument, 'platformHash' | 'profileHash'>>;

/** sha256 of bytes, hexadecimal. */
export function bytesHash(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/**
 * The ONNX file and its document.
 *
 * @param name of the file, for the document
 */
export function exportEstimator(
  trained: Trained,
  data: EstimatorData,
  facts: DataFacts,
  name: string,
): { bytes: Uint8Array; document: EstimatorDocument } {
  const { trainee, scaling, settings, referenceSeconds, log, bestEpoch, partial } = trained;
  const { architecture: _, scaling: __, residual, ...training } = settings;
  const signature = trainee.graph(scaling, new Map());
  const tensor = ({ name, shape = [] }: { name: string; shape?: (number | string)[] }) => ({ name, shape });
  const document: EstimatorDocument = {
    kind: 'estimator',
    schemaVersion: 1,
    architecture: trainee.architecture,
    platform: facts.platform,
    ...(facts.platformHash !== undefined && { platformHash: facts.platformHash }),
    ...(facts.profileHash !== undefined && { profileHash: facts.profileHash }),
    processors: facts.processors,
    resources: facts.resources,
    signature: { inputs: signature.inputs.map(tensor), output: tensor(signature.outputs[0]) },
    referenceSeconds,
    residual,
    scaling,
    weights: trainee.parameters.count,
    data: { label: facts.label.source, hash: facts.arrays.hash, mixes: new Set(data.mix).size, rows: data.rows },
    training: { ...training, bestEpoch, ...(partial && { partial: true as const }), log },
  };
  const bytes = writeOnnx(trainee.graph(scaling, new Map([[METADATA_KEY, canonicalJson(document)]])));
  return { bytes, document: { ...document, file: { name, hash: bytesHash(bytes), bytes: bytes.length } } };
}
