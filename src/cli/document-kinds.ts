/** All kinds of documents: add a new one here, and its schema is emitted and `report` shows it. */
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
import { reportDocument } from './documents/report.ts';
import { traceCheckDocument } from './documents/trace-check.ts';

/** What all kinds have in common, whatever their documents hold. */
type AnyDocument = Pick<DocumentKind<unknown>, 'kind' | 'schemaFile' | 'jsonSchema' | 'parse'>;

/** Every document that Heterodyne writes. */
export const DOCUMENT_KINDS: readonly AnyDocument[] = [
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
  reportDocument,
  errorDocument,
];
