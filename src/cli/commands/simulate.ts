/**
 * `simulate`: a plan in virtual time, under noise, scenarios and controllers; charts, traces and decisions of the same.
 */
import { readText, writeFileWhole } from '../../../bindings/host/index.ts';
import type { ControlMode } from '../../core/control-modes.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import { decisionText } from '../../report/decision.ts';
import { simulationText } from '../../report/simulation.ts';
import { admission, admissionWarnings } from '../../simulator/admission.ts';
import {
  type Decision,
  type DecisionTrace,
  decisionAt,
  decisionNames,
  decisionsDocument,
  firstDifference,
  recorder,
} from '../../simulator/decisions.ts';
import { addedLater, Happenings } from '../../simulator/happenings.ts';
import { subjectOfPlan } from '../../simulator/plan-subject.ts';
import { type ReplanRequest, withReplans } from '../../simulator/replanning.ts';
import { scenarioDocument } from '../../simulator/scenario.ts';
import { type SimulationDocument, simulationDocument } from '../../simulator/schema.ts';
import { type SimulationResult, simulate } from '../../simulator/simulate.ts';
import { simulationOf } from '../../simulator/summary.ts';
import { type Call, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { OUTPUT_OPTIONS, type OutputSettings } from '../options.ts';
import { checkCompanion, checkOutput, deliver, tell } from '../output.ts';
import { startProgress } from '../progress.ts';
import { writeCharts, writeReport, writeTrace } from '../simulation-files.ts';
import { readSimulationInputs } from '../simulation-inputs.ts';
import {
  comparedControllers,
  controllerSettings,
  refuseLonely,
  releaseSettings,
  replanSettings,
  runSettings,
  SIMULATION_OPTIONS,
  type SimulateValues,
} from '../simulation-settings.ts';

export const simulateCommand = defineCommand({
  options: { ...SIMULATION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: [
    'heterodyne simulate plan.json',
    'heterodyne simulate plan.json --for 30s --load 80% --noise 10% --trace simulated.json',
    'heterodyne simulate plan.json --controller max-n --scenario scenario.json --seed 7 --out simulation.json',
    'heterodyne simulate plan.json --controller predictive --compare none,neuos --load 80% --report simulation.html',
  ],
  details: [
    'Known platforms are found by name, models where the plan says: from the working directory, else from its folder. A workload document, a profile, --batch and --shape are given again, as to heterodyne plan. A warning says so when models or costs are not those of the plan.',
    'All figures are simulated, none is measured. The same inputs and seed give the same bytes.',
  ],
  async run(values, call) {
    const started = performance.now();
    refuseLonely(values, call);
    const inputs = await readSimulationInputs(values, call);
    const scenario = values.scenario === undefined ? undefined : await readScenario(values.scenario);
    const earlier = values.replay === undefined ? undefined : await readDecisions(values.replay);
    const files = [...inputs.files, values.scenario, values.replay].filter((file) => file !== undefined);
    await checkOutput(values, files);
    await checkCompanion('--trace', values.trace, values, files);
    await checkCompanion('--report', values.report, values, files);
    const others = comparedControllers(values);
    await checkCompanion('--decisions', values.decisions, values, files);

    const settings = runSettings(values);
    const explainAtMs = timeToExplain(values.explain, settings.seconds * 1000);
    const made = subjectOfPlan({
      ...inputs,
      releases: releaseSettings(values),
      later: addedLater(scenario?.document),
      controlled: values.controller !== undefined || others.some((name) => name !== 'none'),
    });
    const decisions: Decision[] = [];
    const replanning = replanSettings(values);
    const { subject, replans, warnings } =
      scenario === undefined || replanning === undefined
        ? { ...made, replans: [] }
        : await placedAgain(
            made,
            { ...replanning, ...settings, objective: inputs.plan.objective, scenario: scenario.document },
            call,
          );
    const wantsDecisions = values.decisions ?? values.explain ?? values.replay;
    const controller = controllerSettings(values, call);
    const bar = await startProgress(values, call);
    let result: SimulationResult;
    const compared: { controller: string; result: SimulationResult }[] = [];
    const common = {
      ...settings,
      ...(scenario && { scenario: scenario.document }),
      signal: call.signal,
    };
    const progress = (run: number) => (done: number) =>
      bar.update((run + done) / (1 + others.length), `${(done * settings.seconds).toFixed(1)} s`);
    try {
      result = await simulate(subject, {
        ...common,
        ...(controller && { controller }),
        ...(wantsDecisions !== undefined && { onDecision: recorder(decisions) }),
        course: values.trace !== undefined || values.svg !== undefined || values.report !== undefined,
        onProgress: progress(0),
      });
      for (const [i, id] of others.entries()) {
        if (call.signal.aborted) break;
        const other = await simulate(subject, {
          ...common,
          ...(id !== 'none' && { controller: { id, mode: (values.mode ?? 'balanced') as ControlMode } }),
          course: values.report !== undefined,
          onProgress: progress(1 + i),
        });
        if (!call.signal.aborted) compared.push({ controller: id, result: other });
      }
    } finally {
      bar.end();
    }
    const document = simulationOf({
      plan: inputs.plan,
      subject,
      result,
      settings,
      ...(controller && { controller }),
      ...(scenario && { scenario: scenario.document }),
      replans,
      compared,
      warnings: [
        ...inputs.warnings,
        ...(scenario?.warnings ?? []),
        ...warnings,
        ...admissionWarnings(admission(subject)),
      ],
    });
    const trace: DecisionTrace = {
      kind: 'decisions',
      schemaVersion: 1,
      controller: values.controller ?? 'none',
      planHash: document.planHash,
      ...(document.scenarioHash !== undefined && { scenarioHash: document.scenarioHash }),
      seed: settings.seed,
      ...decisionNames(subject),
      decisions,
    };
    await show(values, call, document, trace, explainAtMs, async () => {
      if (values.svg !== undefined) await writeCharts(values.svg, subject, result, document);
      if (values.trace !== undefined) await writeTrace(values.trace, inputs.plan, subject, result, document, call);
      if (values.report !== undefined) {
        const runs = [{ controller: values.controller ?? 'none', result }, ...compared];
        await writeReport(values.report, subject, runs, document, call);
      }
      if (values.decisions !== undefined) await writeFileWhole(values.decisions, decisionsDocument.write(trace));
    });
    tell(
      `${result.events} events in ${(performance.now() - started).toFixed(0)} ms, ${decisions.length} decisions`,
      values,
      call,
    );
    if (call.signal.aborted) return INTERRUPTED_EXIT;
    return earlier === undefined ? 0 : compare(earlier, trace, values.replay ?? '', call);
  },
});

/** With the placements that the scenario asks for, planned in advance. */
async function placedAgain(
  { subject, names, pointsFor, warnings }: ReturnType<typeof subjectOfPlan>,
  request: Omit<ReplanRequest, 'subject' | 'names' | 'signal'>,
  { signal }: Call,
) {
  // Names in the scenario are checked before anything is planned for them.
  new Happenings(request.scenario, subject);
  const found = await withReplans({ ...request, subject, names, pointsFor, signal });
  return { ...found, warnings: [...warnings, ...found.warnings] };
}

async function readScenario(file: string) {
  return scenarioDocument.parse(await readText(file), file);
}

async function readDecisions(file: string): Promise<DecisionTrace> {
  return decisionsDocument.parse(await readText(file), file).document;
}

function timeToExplain(text: string | undefined, endMs: number): number | undefined {
  if (text === undefined) return undefined;
  const at = parseQuantity(text, 'ms', '--explain');
  if (at <= endMs) return at;
  throw new HeterodyneError('USAGE', '--explain lies after the end of the simulation', {
    path: '--explain',
    expected: `at most ${endMs} ms, as --for says`,
    received: `"${text}"`,
  });
}

/** The figures, or with `--explain` one decision. */
async function show(
  values: SimulateValues & OutputSettings,
  call: Call,
  document: SimulationDocument,
  trace: DecisionTrace,
  at: number | undefined,
  beside: () => Promise<void>,
): Promise<void> {
  await deliver(
    {
      json: simulationDocument.write(document),
      text: (style) => {
        if (at === undefined) return simulationText(document, style);
        const decision = decisionAt(trace, at);
        return decision === undefined
          ? `${trace.controller} had decided nothing by ${at} ms.\n`
          : decisionText(trace, decision, style);
      },
      warnings: document.warnings,
    },
    values,
    call,
    beside,
  );
}

function compare(earlier: DecisionTrace, trace: DecisionTrace, file: string, call: Call): number {
  const difference = firstDifference(earlier, trace);
  if (difference === undefined) {
    call.err.write(`the ${trace.decisions.length} decisions are those of ${file}\n`);
    return 0;
  }
  call.err.write(`the decisions are not those of ${file}: ${difference}\n`);
  return 2;
}
