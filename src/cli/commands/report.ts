/** `report`: the page, and the charts, that the command behind a document writes about it; from the document alone. */
import { basename, join } from 'node:path';
import { readText, refuseOverwrite, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import { readJson } from '../../documents/json-text.ts';
import { didYouMean } from '../../documents/nearest.ts';
import { bytesText } from '../../documents/quantities.ts';
import type { Warning } from '../../documents/warnings.ts';
import { groupProblem } from '../../planners/group/from-matrix.ts';
import type { GroupProblem } from '../../planners/group/problem.ts';
import { type GroupPlan, groupPlanDocument } from '../../planners/group/schema.ts';
import { type Plan, planDocument } from '../../planners/schema.ts';
import { fpsCell } from '../../profiles/fps-matrix.ts';
import { readFpsMatrix } from '../../profiles/fps-matrix-read.ts';
import { chartFiles } from '../../report/charts/charts.ts';
import { planView } from '../../report/charts/plan-view.ts';
import { documentChartFiles, documentPage } from '../../report/document-page.ts';
import { groupChartFiles } from '../../report/group/charts.ts';
import { groupPage } from '../../report/group/page.ts';
import { planPage } from '../../report/page/page.ts';
import { runPage } from '../../report/run-page.ts';
import { runDocument } from '../../runtime/schema.ts';
import { type Call, defineCommand } from '../command.ts';
import { DOCUMENT_KINDS } from '../document-kinds.ts';
import { reportDocument } from '../documents/report.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION, WORKLOAD_OPTION } from '../options.ts';
import { checkOutput, deliver, openFolder } from '../output.ts';
import { type PlanSourceValues, planAgain, sourcesOf } from '../plan-again.ts';
import { startProgress } from '../progress.ts';
import { shownDocument } from '../shown-documents.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;
const { models, shape, batch, cut } = MODEL_OPTIONS;

export const reportCommand = defineCommand({
  options: {
    document: {
      type: 'positional',
      required: true,
      description: 'any document that Heterodyne wrote: a plan, profile, group plan, run, simulation, front, ...',
    },
    out: {
      type: 'string',
      alias: 'o',
      valueHint: 'FILE',
      description: 'the page, for any browser (the name of DOCUMENT with .html, in the working directory)',
    },
    svg: {
      type: 'string',
      valueHint: 'DIR',
      description: 'also write every chart as an SVG file; DIR is made if missing',
    },
    profile: { type: 'string', valueHint: 'FILE', description: 'of a plan: the profile that it was made from' },
    models,
    shape,
    batch,
    cut,
    ...WORKLOAD_OPTION,
    ...PLATFORM_OPTION,
    matrix: { type: 'string', valueHint: 'FILE', description: 'of a group plan: the matrix that it was made from' },
    json: { ...json, description: 'print a JSON document that lists the files' },
    quiet,
    verbose,
    progress,
  },
  examples: ['heterodyne report plan.json', 'heterodyne report front.json --out front.html --svg ./charts'],
  details: [
    'A plan holds no costs: its models are found where it says, or with the options that were given to heterodyne plan; costs that are not those of the plan are refused. The search is made again, and drawn where the same plan comes out.',
    'A group plan holds the rates that it chose; with --matrix the page shows all of them. Documents whose command writes no page are shown in its words.',
  ],
  async run(values, call) {
    const { document: file } = values;
    const text = await readText(file);
    const kind = kindOf(text, file);
    checkSources(kind, values, call);
    const out = values.out ?? `${basename(file).replace(/\.json$/, '')}.html`;
    if (out === '-') {
      throw new HeterodyneError('USAGE', 'a report is written to a file, not to standard output', {
        path: '--out',
        expected: 'a file name',
        received: '"-"',
      });
    }
    await checkOutput({ ...values, out }, [file]);
    if (values.svg !== undefined) await openFolder('--svg', values.svg);
    const { page, charts, warnings, files, hash } = await pageOf(kind, text, file, values, call);
    await refuseOverwrite(out, files, '--out');
    const written = [{ file: out, content: page }];
    const { svg } = values;
    if (svg !== undefined) written.push(...charts.map(({ name, content }) => ({ file: join(svg, name), content })));
    for (const { file, content } of written) await writeFileWhole(file, content);
    const list = written.map(({ file, content }) => ({ file, bytes: new TextEncoder().encode(content).length }));
    await deliver(
      {
        json: reportDocument.write({ kind: 'report', schemaVersion: 1, about: { kind, file, hash }, files: list }),
        text: () => list.map((each) => `wrote ${each.file} (${bytesText(each.bytes)})\n`).join(''),
        warnings,
      },
      { ...values, out: undefined },
      call,
    );
    return 0;
  },
});

interface Values extends PlanSourceValues {
  matrix?: string;
  quiet?: boolean;
  progress: boolean;
}

interface Page {
  page: string;
  charts: { name: string; content: string }[];
  warnings: readonly Warning[];
  /** That were read beside the document. */
  files: string[];
  /** Of the document. */
  hash: string;
}

function kindOf(text: string, file: string): string {
  const { kind } = (readJson(text, file) ?? {}) as { kind?: unknown };
  const kinds = DOCUMENT_KINDS.map((each) => each.kind);
  if (typeof kind === 'string' && kinds.includes(kind)) return kind;
  throw new HeterodyneError('BAD_INPUT', `${file} is no document of Heterodyne`, {
    path: '/kind',
    source: file,
    expected: `one of ${kinds.join(', ')}`,
    received: kind === undefined ? 'no kind' : JSON.stringify(kind),
    hint: typeof kind === 'string' ? didYouMean(kind, kinds) : undefined,
  });
}

/** Options that say where a plan comes from mean nothing for other documents. */
function checkSources(kind: string, values: Values, { repeated }: Call): void {
  const given: Record<string, unknown> = { ...values, ...repeated };
  const understood: Record<string, readonly string[]> = {
    plan: ['profile', 'models', 'shape', 'batch', 'cut', 'workload', 'platform'],
    'group-plan': ['matrix'],
  };
  const option = Object.values(understood)
    .flat()
    .find((name) => given[name] !== undefined && !understood[kind]?.includes(name));
  if (option === undefined) return;
  throw new HeterodyneError('USAGE', `--${option} means nothing for a ${kind} document`, {
    path: `--${option}`,
    expected: understood[kind] === undefined ? 'the document alone' : `--${understood[kind].join(', --')}`,
    received: `--${option}`,
  });
}

async function pageOf(kind: string, text: string, file: string, values: Values, call: Call): Promise<Page> {
  if (kind === 'plan') {
    const { document, warnings } = planDocument.parse(text, file);
    return pageOfPlan(document, warnings, file, values, call);
  }
  if (kind === 'group-plan') {
    const { document, warnings } = groupPlanDocument.parse(text, file);
    return pageOfGroup(document, warnings, values.matrix);
  }
  if (kind === 'run') {
    const { document, warnings } = runDocument.parse(text, file);
    return { page: runPage(document), charts: [], warnings, files: [], hash: contentHash(document) };
  }
  const shown = shownDocument(kind, text, file)!;
  return {
    page: documentPage(shown),
    charts: documentChartFiles(shown.charts),
    warnings: [],
    files: [],
    hash: shown.hash,
  };
}

async function pageOfPlan(
  plan: Plan,
  warnings: readonly Warning[],
  file: string,
  values: Values,
  call: Call,
): Promise<Page> {
  const sources = await sourcesOf(plan, file, values, call);
  const bar = await startProgress(values, call);
  try {
    const again = await planAgain(plan, sources.inputs, {
      signal: call.signal,
      onProgress: ({ planner, progress: share }) => bar.update(share, `${planner}, planning again`),
    });
    const view = planView(again, plan);
    const stages = Math.max(...plan.models.map((model) => model.stages.length));
    const settings = {
      maxStages: Math.max(stages, Math.min(plan.processors.length, USUAL_STAGES)),
      depthOne: false,
      seed: plan.planner.seed,
      evaluations: again.evaluations,
    };
    const found = [...warnings, ...sources.warnings, ...(again.results.size === 0 ? [NO_SEARCH] : [])];
    return {
      page: planPage(view, { settings }),
      charts: chartFiles(view),
      warnings: found,
      files: sources.files,
      hash: contentHash(plan),
    };
  } finally {
    bar.end();
  }
}

/** What `plan` allows by itself. */
const USUAL_STAGES = 3;

const NO_SEARCH: Warning = {
  code: 'SEARCH_UNKNOWN',
  message: 'the search is not drawn: planning again as the document states gives another plan',
};

async function pageOfGroup(plan: GroupPlan, warnings: readonly Warning[], file: string | undefined): Promise<Page> {
  const shown = { plan, ...(file !== undefined && { problem: await problemOf(plan, file) }) };
  return {
    page: groupPage(shown),
    charts: groupChartFiles(shown),
    warnings,
    files: file === undefined ? [] : [file],
    hash: contentHash(plan),
  };
}

/** All rates of the group, under the limits that the plan states. @throws HeterodyneError `BAD_INPUT` another matrix */
async function problemOf(plan: GroupPlan, file: string): Promise<GroupProblem> {
  const { matrix } = readFpsMatrix(await readText(file), file);
  const ids = matrix.devices.map(({ id }) => id);
  const column = (device: string) => (ids.includes(device) ? device : device.replace(/-\d+$/, ''));
  const rows = plan.models.map(({ name, device, soloFramesPerS }) => {
    const row = matrix.models.find((model) => model.name === name);
    if (row !== undefined && fpsCell(row, column(device))?.framesPerS === soloFramesPerS) return row;
    throw new HeterodyneError('BAD_INPUT', `the plan was not made from ${file}`, {
      path: '--matrix',
      source: file,
      expected: `${soloFramesPerS} frames/s of ${name} on ${device}`,
      received: row === undefined ? 'no such row' : 'another rate',
    });
  });
  const used = plan.devices.map((device) => ({ ...device, column: column(device.id) }));
  const byColumn = <T>(pick: (device: (typeof used)[number]) => T | undefined) =>
    Object.fromEntries(used.flatMap((device) => (pick(device) === undefined ? [] : [[device.column, pick(device)!]])));
  return groupProblem(
    {
      ...matrix,
      models: rows,
      devices: matrix.devices.filter(({ id }) => used.some((device) => device.column === id)),
    },
    {
      sharing: plan.sharing,
      counts: byColumn((device) => used.filter((each) => each.column === device.column).length),
      caps: byColumn(({ maxModels }) => maxModels),
      memory: byColumn(({ memoryLimitBytes }) => memoryLimitBytes),
      calls: Object.fromEntries(plan.models.map(({ name, callsPerFrame }) => [name, callsPerFrame])),
    },
  );
}
