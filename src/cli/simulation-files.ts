/** What `simulate` writes for people beside the document: a trace, and charts. */
import { join } from 'node:path';
import { createFolder, writeFileWhole } from '../../bindings/host/index.ts';
import type { Plan } from '../planners/schema.ts';
import type { SimulationDocument } from '../simulator/schema.ts';
import type { SimulationResult } from '../simulator/simulate.ts';
import type { Subject } from '../simulator/subject.ts';
import { tracedModels } from '../simulator/traced-models.ts';
import type { Call } from './command.ts';

export async function writeCharts(
  folder: string,
  subject: Subject,
  { course }: SimulationResult,
  { platform }: SimulationDocument,
): Promise<void> {
  if (course === undefined) return;
  const { simulationCharts } = await import('../report/charts/simulation.ts');
  const models = subject.models.map(({ name, arrival: { deadlineSeconds } }) => ({
    name,
    ...(deadlineSeconds !== undefined && { deadlineMs: deadlineSeconds * 1000 }),
  }));
  await createFolder(folder);
  for (const { name, content } of simulationCharts({ course, platform, models })) {
    await writeFileWhole(join(folder, name), content);
  }
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
