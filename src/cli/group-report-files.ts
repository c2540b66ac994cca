/** What `plan --matrix` writes for people beside the document: a page, and the charts as files. */
import { join } from 'node:path';
import { writeFileWhole } from '../../bindings/host/index.ts';
import type { GroupEvidence } from '../planners/group/group-plan.ts';
import type { Call } from './command.ts';
import { tell } from './output.ts';
import { type ReportSettings, wordsThatMatter } from './report-files.ts';

export async function writeGroupReports(evidence: GroupEvidence, settings: ReportSettings, call: Call): Promise<void> {
  const { report, svg } = settings;
  if (report !== undefined) {
    const { groupPage } = await import('../report/group/page.ts');
    const command = ['heterodyne', call.command, ...wordsThatMatter(call.words)];
    await writeFileWhole(report, groupPage(evidence, command));
    tell(`report in ${report}`, settings, call);
  }
  if (svg !== undefined) {
    const { groupChartFiles } = await import('../report/group/charts.ts');
    const files = groupChartFiles(evidence);
    for (const { name, content } of files) await writeFileWhole(join(svg, name), content);
    tell(`${files.length} charts in ${svg}`, settings, call);
  }
}
