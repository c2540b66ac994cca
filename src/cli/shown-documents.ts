/**
 * Documents whose commands write no page, as a page shows them: in the words and charts of those commands. What no
 * command words is shown as it stands.
 */
import { canonicalJson, contentHash } from '../documents/canonical.ts';
import type { DocumentKind } from '../documents/document.ts';
import type { Warning } from '../documents/warnings.ts';
import { type EstimatorTest, estimatorTestDocument } from '../estimators/assessment-schema.ts';
import { type EstimatorDataDocument, estimatorDataDocument } from '../estimators/dataset/schema.ts';
import { type EstimatorDocument, estimatorDocument } from '../estimators/training/schema.ts';
import { type StageManifest, stageManifestDocument } from '../models/stage-manifest.ts';
import { type Variants, variantsDocument } from '../models/variants.ts';
import { type Platform, platformDocument } from '../platforms/schema.ts';
import { type FpsMatrix, fpsMatrixDocument } from '../profiles/fps-matrix.ts';
import { type Profile, profileDocument } from '../profiles/schema.ts';
import { type TablesDocument, tablesDocument } from '../profiles/tables-schema.ts';
import { frontChart } from '../report/charts/front.ts';
import type { DocumentChart, ShownDocument } from '../report/document-page.ts';
import { lossChart } from '../report/estimator/charts.ts';
import { datasetText, estimatorText, testText } from '../report/estimator/texts.ts';
import { fileStems } from '../report/file-stems.ts';
import { fpsMatrixText } from '../report/fps-matrix.ts';
import { frontText } from '../report/front.ts';
import { groupRunText } from '../report/group-run.ts';
import { handoverText, interferenceText, measurementText } from '../report/measurement.ts';
import { platformText } from '../report/platform.ts';
import { profileText } from '../report/profile.ts';
import { simulationText } from '../report/simulation.ts';
import { splitText } from '../report/split.ts';
import type { TextStyle } from '../report/style.ts';
import { tablesText } from '../report/tables.ts';
import { variantsText } from '../report/variants.ts';
import { type GroupRunDocument, groupRunDocument } from '../runtime/group-run-schema.ts';
import { type SimulationDocument, simulationDocument } from '../simulator/schema.ts';
import { type Front, frontDocument } from '../subnets/front-schema.ts';
import { DOCUMENT_KINDS } from './document-kinds.ts';

/** As wide as a page shows without scrolling. */
const STYLE: TextStyle = { color: false, unicode: true, width: 96 };

interface Shown<T> {
  /** The heading. */
  name(document: T): string;
  text(document: T): string;
  charts?(document: T): DocumentChart[];
}

type Reader = (text: string, file: string) => ShownDocument;

function reader<T>(
  kind: Pick<DocumentKind<T>, 'kind' | 'parse'>,
  { name, text, charts }: Shown<T>,
): [kind: string, read: Reader] {
  const read: Reader = (input, file) => {
    const { document, warnings } = kind.parse(input, file);
    return {
      kind: kind.kind,
      name: name(document),
      text: text(document),
      charts: charts?.(document) ?? [],
      warnings: [...warnings, ...((document as { warnings?: Warning[] }).warnings ?? [])],
      hash: contentHash(document),
    };
  };
  return [kind.kind, read];
}

const READERS = new Map<string, Reader>(
  [
    reader<Profile>(profileDocument, {
      name: ({ platform, models }) => `Costs of ${list(models)} on ${platform}`,
      text: (profile) =>
        [
          profileText(profile, STYLE),
          measurementText(profile, STYLE),
          interferenceText(profile, undefined, STYLE),
          handoverText(profile, STYLE),
        ]
          .filter((part) => part !== '')
          .join('\n'),
    }),
    reader<FpsMatrix>(fpsMatrixDocument, {
      name: ({ models, devices }) => `Rates of ${list(models)} on ${devices.map(({ id }) => id).join(', ')}`,
      text: (matrix) => fpsMatrixText(matrix, STYLE),
    }),
    reader<TablesDocument>(tablesDocument, {
      name: ({ platform, processor }) => `Operating points of ${platform} for ${processor}`,
      text: (tables) => tablesText(tables, STYLE),
    }),
    reader<GroupRunDocument>(groupRunDocument, {
      name: ({ devices }) => `A group on ${devices.map(({ id }) => id).join(', ')}, measured`,
      text: (run) => groupRunText(run, STYLE),
    }),
    reader<SimulationDocument>(simulationDocument, {
      name: ({ platform, models }) => `${list(models)} on ${platform}, simulated`,
      text: (simulation) => simulationText(simulation, STYLE),
    }),
    reader<Front>(frontDocument, {
      name: ({ space }) => `Sub-networks of ${space}`,
      text: (front) => frontText(front, STYLE),
      charts: (front) => {
        const stems = fileStems(front.processors.map(({ id }) => id));
        return front.processors
          .map(({ id }, p) => ({ id, stem: stems[p] }))
          .filter(({ id }) => front.front.some(({ processor }) => processor === id))
          .map(({ id, stem }) => ({
            id: `front-${stem}`,
            title: `Accuracy against cost on ${id}`,
            draw: (frame) => frontChart(front, id, frame),
          }));
      },
    }),
    reader<EstimatorDocument>(estimatorDocument, {
      name: ({ platform }) => `A throughput estimator for ${platform}`,
      text: (estimator) => estimatorText(estimator, STYLE),
      charts: (estimator) => [{ id: 'loss', title: 'Loss by epoch', draw: (frame) => lossChart(estimator, frame) }],
    }),
    reader<EstimatorTest>(estimatorTestDocument, {
      name: ({ platform }) => `A throughput estimator for ${platform}, judged`,
      text: (test) => testText(test, STYLE),
    }),
    reader<EstimatorDataDocument>(estimatorDataDocument, {
      name: ({ platform }) => `Labelled placements on ${platform}`,
      text: (data) => datasetText(data, STYLE),
    }),
    reader<Platform>(platformDocument, { name: ({ name }) => name, text: (platform) => platformText(platform, STYLE) }),
    reader<StageManifest>(stageManifestDocument, {
      name: ({ name }) => `Stages of ${name}`,
      text: (manifest) => splitText(manifest, '.', STYLE),
    }),
    reader<Variants>(variantsDocument, {
      name: ({ name }) => `Forms of ${name}`,
      text: (variants) => variantsText(variants, STYLE),
    }),
    ...DOCUMENT_KINDS.map((kind) =>
      reader(kind, {
        name: () => `A document of kind ${kind.kind}`,
        text: canonicalJson,
      }),
    ),
  ].reverse(),
);

/** @throws HeterodyneError `BAD_INPUT` what the document's own reader refuses; undefined = no such kind */
export function shownDocument(kind: string, text: string, file: string): ShownDocument | undefined {
  return READERS.get(kind)?.(text, file);
}

function list(models: readonly { name: string }[]): string {
  return [...new Set(models.map(({ name }) => name))].join(', ');
}
