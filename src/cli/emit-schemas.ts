/**
 * Writes `schemas/*.schema.json` from the documents' own definitions. The command line sees every kind of document;
 * add a new kind to {@link DOCUMENT_KINDS}. A test compares the files with what this would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canonicalJson } from '../documents/canonical.ts';
import type { DocumentKind } from '../documents/document.ts';
import { estimatorTestDocument } from '../estimators/assessment-schema.ts';
import { estimatorDataDocument } from '../estimators/dataset/schema.ts';
import { estimatorDocument } from '../estimators/training/schema.ts';
import { stageManifestDocument } from '../models/stage-manifest.ts';
import { variantsDocument } from '../models/variants.ts';
import { groupPlanDocument } from '../planners/group/schema.ts';
import { planDocument } from '../planners/schema.ts';
import { platformDocument } from '../platforms/schema.ts';
import { fpsMatrixDocument } from '../profiles/fps-matrix.ts';
import { profileDocument } from '../profiles/schema.ts';
import { tablesDocument } from '../profiles/tables-schema.ts';
import { workloadDocument } from '../profiles/workload.ts';
import { groupRunDocument } from '../runtime/group-run-schema.ts';
import { runDocument } from '../runtime/schema.ts';
import { decisionsDocument } from '../simulator/decisions.ts';
import { scenarioDocument } from '../simulator/scenario.ts';
import { simulationDocument } from '../simulator/schema.ts';
import { subnetCostsDocument } from '../subnets/costs/costs-schema.ts';
import { elasticSpaceDocument } from '../subnets/elastic-space.ts';
import { frontDocument } from '../subnets/front-schema.ts';
import { ladderDocument } from '../subnets/ladder-schema.ts';
import { errorDocument } from './documents/error.ts';
import { modelDocument } from './documents/model.ts';
import { modelExportDocument, modelListDocument } from './documents/model-list.ts';
import { platformListDocument } from './documents/platform-list.ts';
import { traceCheckDocument } from './documents/trace-check.ts';

/** Every document that Heterodyne writes. */
export const DOCUMENT_KINDS: readonly Pick<DocumentKind<unknown>, 'kind' | 'schemaFile' | 'jsonSchema'>[] = [
  platformDocument,
  workloadDocument,
  profileDocument,
  fpsMatrixDocument,
  tablesDocument,
  planDocument,
  groupPlanDocument,
  scenarioDocument,
  simulationDocument,
  decisionsDocument,
  runDocument,
  groupRunDocument,
  estimatorDataDocument,
  estimatorDocument,
  estimatorTestDocument,
  modelDocument,
  modelListDocument,
  modelExportDocument,
  stageManifestDocument,
  variantsDocument,
  platformListDocument,
  traceCheckDocument,
  elasticSpaceDocument,
  frontDocument,
  ladderDocument,
  subnetCostsDocument,
  errorDocument,
];

/** File name and text of each schema. */
export function schemaFiles(): { name: string; text: string }[] {
  return DOCUMENT_KINDS.map((document) => ({ name: document.schemaFile, text: canonicalJson(document.jsonSchema()) }));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = fileURLToPath(new URL('../../schemas/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of schemaFiles()) writeFileSync(folder + name, text);
}
