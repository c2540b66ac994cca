/** What `simulate` writes for people beside the document: a trace, and charts. */
import { join } from 'node:path';
import { createFolder, writeFileWhole } from '../../bindings/host/index.ts';
import type { Plan } from '../planners/schema.ts';
import type { DrawnSimulation } from '../report/charts/simulation.ts';
import type { SimulationDocument } from '../simulator/schema.ts';
import type { SimulationResult } from '../simulator/simulate.ts';
import type { Subject } from '../simulator/subject.ts';
import { tracedModels } from '../simulator/traced-models.ts';
import type { Call } from './command.ts';
import { wordsThatMatter } from './report-files.ts';

export async function writeCharts(
  folder: string,
  subject: Subject,
  { course }: SimulationResult,
  { platform }: SimulationDocument,
): Promise<void> {
  if (course === undefined) return;
  const { simulationCharts } = await import('../report/charts/simulation.ts');
  await createFolder(folder);
  for (const { name, content } of simulationCharts({ course, platform, models: drawnModels(subject) })) {
    await writeFileWhole(join(folder, name), content);
  }
}

/** @param runs the simulation itself first, then what it is compared with */
export async function writeReport(
  file: string,
  subject: Subject,
  runs: readonly { controller: string; result: SimulationResult }[],
  document: SimulationDocument,
  call: Call,
): Promise<void> {
  const { simulationPage } = await import('../report/simulation-page.ts');
  const drawn = runs.flatMap(({ controller, result: { course } }) => (course ? [{ name: controller, course }] : []));
  if (drawn.some(({ course }) => course.fullAt < Number.POSITIVE_INFINITY)) {
    const until = Math.min(...drawn.map(({ course }) => course.endsAt));
    document.warnings.push({
      code: 'CHARTS_CUT',
      message: `the charts of the report end after ${until.toFixed(3)} s: no more is drawn fluently; figures are of the whole time`,
    });
  }
  const command = ['heterodyne', call.command, ...wordsThatMatter(call.words)];
  const page = simulationPage({ document, models: drawnModels(subject), runs: drawn, command });
  if (!call.signal.aborted) await writeFileWhole(file, page);
}

function drawnModels({ models }: Subject): DrawnSimulation['models'] {
  return models.map(({ name, original, variants, arrival: { deadlineSeconds } }) => ({
    name,
    ...(deadlineSeconds !== undefined && { deadlineMs: deadlineSeconds * 1000 }),
    forms: [original, ...variants.map((variant) => variant.name)],
  }));
}

/** A course that is too long is cut, with a warning in `document`. */
export async function writeTrace(
  file: string,
  plan: Plan,
  subject: Subject,
  result: SimulationResult,
  document: SimulationDocument,
  call: Call,
): Promise<void> {
  const { course } = result;
  if (course === undefined) return;
  const { traceOfSimulation } = await import('../report/trace/simulation.ts');
  const cut = course.fullAt < Number.POSITIVE_INFINITY;
  if (cut) {
    document.warnings.push({
      code: 'TRACE_CUT',
      message: `the trace ends after ${course.endsAt.toFixed(3)} s: viewers draw no more slices fluently`,
    });
  }
  const text = traceOfSimulation({
    course,
    platform: plan.platform,
    planHash: document.planHash,
    objective: plan.objective,
    operatingPoint: document.operatingPoint,
    seed: document.seed,
    ...(document.controller && { controller: document.controller.id }),
    servers: subject.servers,
    processors: subject.problem.processors,
    models: tracedModels(subject).map((model) => ({
      ...model,
      plannedPerS: plan.models.find(({ name }) => name === model.name)?.throughputPerS ?? 0,
    })),
    notes: cut ? ['cut short: more slices than viewers draw fluently'] : [],
  });
  if (!call.signal.aborted) await writeFileWhole(file, text);
}
