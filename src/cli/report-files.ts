/** What `plan` writes for people beside the document: a page, and the charts as files. */
import { join } from 'node:path';
import { refuseOverwrite, writeFileWhole } from '../../bindings/host/index.ts';
import { DEFAULT_EVALUATIONS } from '../planners/planner.ts';
import type { PlanEvidence } from '../planners/request.ts';
import { type Plan, planDocument } from '../planners/schema.ts';
import { planView } from '../report/charts/plan-view.ts';
import type { Call, Options } from './command.ts';
import type { OutputSettings } from './options.ts';
import { checkCompanion, openFolder, tell } from './output.ts';

export const REPORT_OPTIONS = {
  report: {
    type: 'string',
    valueHint: 'FILE',
    description: 'also write a page about the plan, for any browser; it plans again when something is changed in it',
  },
  svg: {
    type: 'string',
    valueHint: 'DIR',
    description: 'also write every chart as an SVG file, one column of a paper wide; DIR is made if missing',
  },
} as const satisfies Options;

export interface ReportSettings extends OutputSettings {
  report?: string;
  svg?: string;
  trace?: string;
}

/** Refuses what cannot be written, or would be written over, before any work is done. */
export async function checkReports(settings: ReportSettings, inputs: readonly string[]): Promise<void> {
  const { report, svg, trace } = settings;
  await checkCompanion('--report', report, settings, inputs);
  if (report !== undefined && trace !== undefined) {
    await refuseOverwrite(report, [trace], '--report', 'the file of --trace');
  }
  if (svg !== undefined) await openFolder('--svg', svg);
}

/** @param evaluations the budget that was asked for */
export async function writeReports(
  evidence: PlanEvidence,
  document: Plan,
  evaluations: number | undefined,
  settings: ReportSettings,
  call: Call,
): Promise<void> {
  const { report, svg } = settings;
  if (report === undefined && svg === undefined) return;
  // In the order of the file: `report` makes the same page from it.
  const view = planView(evidence, planDocument.parse(planDocument.write(document), 'plan').document);
  if (report !== undefined) {
    const { planPage } = await import('../report/page/page.ts');
    const { maxStages, depthOne } = evidence.problem.problem;
    const search = {
      maxStages,
      depthOne,
      seed: document.planner.seed,
      evaluations: evaluations ?? DEFAULT_EVALUATIONS,
    };
    const command = ['heterodyne', call.command, ...wordsThatMatter(call.words)];
    await writeFileWhole(report, planPage(view, { settings: search, command }));
    tell(`report in ${report}`, settings, call);
  }
  if (svg !== undefined) {
    const { chartFiles } = await import('../report/charts/charts.ts');
    const files = chartFiles(view);
    for (const { name, content } of files) await writeFileWhole(join(svg, name), content);
    tell(`${files.length} charts in ${svg}`, settings, call);
  }
}

/** Options that say where results go, or how they are told: with and without a value. */
const WITH_VALUE = new Set(['--report', '--svg', '--trace', '--out', '-o', '--core']);
const WITHOUT_VALUE = new Set(['--json', '--quiet', '--verbose', '--progress', '--no-progress', '--provenance']);

/** The words of a command that its plan depends on: so that the same plan has the same report wherever it is written. */
export function wordsThatMatter(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const [name] = word.split('=', 1) as [string];
    if (WITH_VALUE.has(name)) {
      if (name === word) i++;
    } else if (!WITHOUT_VALUE.has(name)) kept.push(word);
  }
  return kept;
}
