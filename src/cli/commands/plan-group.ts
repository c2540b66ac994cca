/** `plan --matrix`: whole models on whole devices, from their rates alone. */
import { hostname } from 'node:os';
import process from 'node:process';
import { isGranted, readText } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import { type GroupEvidence, planGroupWithEvidence } from '../../planners/group/group-plan.ts';
import { type GroupPlan, groupPlanDocument } from '../../planners/group/schema.ts';
import { matrixOfWorkloads } from '../../planners/group/services.ts';
import { ownResources } from '../../platforms/own-resources.ts';
import { platformIds } from '../../platforms/registry.ts';
import type { FpsMatrix } from '../../profiles/fps-matrix.ts';
import { readFpsMatrix } from '../../profiles/fps-matrix-read.ts';
import { type Workload, workloadDocument } from '../../profiles/workload.ts';
import { groupPlanText } from '../../report/group-plan.ts';
import type { Call, Options } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { GROUP_OPTIONS, type GroupOptionValues, readGroupOptions } from '../group-options.ts';
import { writeGroupReports } from '../group-report-files.ts';
import { readSeed } from '../option-values.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver, tell } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';
import { startProgress } from '../progress.ts';
import { checkReports, REPORT_OPTIONS, type ReportSettings } from '../report-files.ts';
import { VERSION } from '../version.ts';

export interface GroupValues extends GroupOptionValues, ReportSettings {
  matrix: string;
  planner?: string;
  seed?: string;
  strict?: boolean;
  'what-if'?: boolean;
  provenance?: boolean;
}

/** Options of `plan` that mean something with a matrix. */
const UNDERSTOOD = new Set([
  ...Object.keys(GROUP_OPTIONS),
  ...Object.keys(OUTPUT_OPTIONS),
  ...Object.keys(REPORT_OPTIONS),
  'planner',
  'workload',
  'seed',
  'provenance',
]);

/** @returns the exit code */
export async function planFromMatrix(values: GroupValues, options: Options, call: Call): Promise<number> {
  refuseOthers(values, options);
  const started = performance.now();
  const { matrix, warnings, files } = await readInputs(values, call);
  await checkOutput(values, files);
  await checkReports(values, files);
  const bar = await startProgress(values, call);
  let evidence: GroupEvidence;
  try {
    evidence = await planGroupWithEvidence(
      {
        matrix,
        ...readGroupOptions(values),
        planner: values.planner,
        whatIf: values['what-if'],
        strict: values.strict,
        ...(values.seed !== undefined && { seed: readSeed(values.seed) }),
      },
      { signal: call.signal, onProgress: (progress) => bar.update(progress, 'branch and bound') },
    );
  } finally {
    bar.end();
  }
  const document: GroupPlan = {
    ...evidence.plan,
    warnings: [...warnings, ...evidence.plan.warnings],
    ...(values.provenance && { run: { elapsedMs: performance.now() - started, ...runFacts() } }),
  };
  await deliver(
    {
      json: groupPlanDocument.write(document),
      text: (style) => groupPlanText(document, style),
      warnings: document.warnings,
    },
    values,
    call,
    () => writeGroupReports({ ...evidence, plan: document }, values, call),
  );
  tell(`planned in ${(performance.now() - started).toFixed(0)} ms`, values, call);
  return call.signal.aborted ? INTERRUPTED_EXIT : 0;
}

/** Options that only mean something for blocks and platforms would be ignored silently: refuse them. */
function refuseOthers(values: object, options: Options): void {
  for (const [name, option] of Object.entries(options)) {
    const value = (values as Record<string, unknown>)[name];
    const unset = 'default' in option ? option.default : undefined;
    if (UNDERSTOOD.has(name) || value === undefined || value === unset) continue;
    const spelled = value === false ? `--no-${name}` : `--${name}`;
    throw new HeterodyneError('USAGE', `${spelled} means nothing with --matrix`, {
      path: spelled,
      expected: `with --matrix one of ${understood(options).join(', ')}`,
      received: spelled,
      hint: 'a matrix knows whole models and devices alone: leave one of the two out',
    });
  }
}

function understood(options: Options): string[] {
  return [...UNDERSTOOD]
    .filter((name) => name !== 'matrix')
    .map((name) => (options[name]?.default === true ? `--no-${name}` : `--${name}`));
}

interface GroupInputs {
  matrix: FpsMatrix;
  warnings: Warning[];
  files: string[];
}

/** The matrix, or the rows of it that the workloads name. Its own warnings come with the plan. */
async function readInputs({ matrix: file }: GroupValues, call: Call): Promise<GroupInputs> {
  const text = await readText(file);
  const { matrix: read, warnings } = readFpsMatrix(text, file);
  const matrix = await withUses(read);
  const files = [...(call.repeated.workload ?? [])];
  if (files.length === 0) return { matrix, warnings, files: [file] };
  const workloads: Workload[] = [];
  for (const name of files) {
    const read = workloadDocument.parse(await readText(name), name);
    workloads.push(read.document);
    warnings.push(...read.warnings);
  }
  return { matrix: matrixOfWorkloads(matrix, workloads), warnings, files: [file, ...files] };
}

/** A profile knows the platform, and that knows which of its processors share cores. */
async function withUses(matrix: FpsMatrix): Promise<FpsMatrix> {
  const { platform: id, platformHash, devices } = matrix;
  if (id === undefined || !platformIds().includes(id) || devices.some(({ uses }) => uses !== undefined)) return matrix;
  const { platform } = await choosePlatform(id);
  if (contentHash(platform) !== platformHash) return matrix;
  return {
    ...matrix,
    devices: devices.map((device) => {
      const processor = platform.processors.find((each) => each.id === device.id);
      return processor === undefined ? device : { ...device, uses: ownResources(platform, processor) };
    }),
  };
}

function runFacts(): GroupPlan['run'] {
  const deno = (process.versions as Record<string, string | undefined>).deno;
  return {
    ...(isGranted({ name: 'sys', kind: 'hostname' }) ? { host: hostname() } : {}),
    runtime: deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`,
    version: VERSION,
  };
}
