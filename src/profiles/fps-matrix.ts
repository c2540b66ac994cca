/**
 * The FPS matrix: frames per second of every whole model alone on every device. What planners of whole models decide
 * from, whether it was measured here, imported from another tool, modelled, or made up to show something.
 */
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { type DocumentFrom, defineDocument } from '../documents/document.ts';
import { type Warning, warningSchema } from '../documents/warnings.ts';
import { PROCESSOR_KINDS } from '../platforms/schema.ts';

/** `modelled`: computed from a description of the device. `synthetic`: made up; true of no device. */
export const FPS_ORIGINS = ['measured', 'imported', 'modelled', 'synthetic'] as const;
export type FpsOrigin = (typeof FPS_ORIGINS)[number];

/**
 * What was counted. `throughput`: several requests in flight. `latency`: one at a time, the reciprocal of its time.
 * `profiled`: one at a time with per-layer timing on, slower than real.
 */
const FPS_METRICS = ['throughput', 'latency', 'profiled'] as const;
export type FpsMetric = (typeof FPS_METRICS)[number];

const positive = z.number().gt(0);
const notNegative = z.number().min(0);

const spreadSchema = z.strictObject({
  n: z.int().min(1).describe('Samples, warm-up left out.'),
  mean: positive.optional(),
  p50: positive.optional(),
  p95: positive.optional(),
  std: notNegative.optional(),
});

const cellSchema = z.strictObject({
  framesPerS: positive.describe('Of the model alone on the device: batch times calls per second.'),
  origin: z.enum(FPS_ORIGINS),
  metric: z.enum(FPS_METRICS).optional().describe('Absent = not stated by the source.'),
  tool: z.string().optional().describe('Program that gave the figure, with its version.'),
  sourceFile: z.string().optional().describe('Base name of the file that the figure comes from.'),
  precision: z.string().optional().describe('Number format computed in.'),
  batch: z.int().min(1).optional(),
  date: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional()
    .describe('Day of the measurement, YYYY-MM-DD.'),
  latencyMs: spreadSchema.optional().describe('Of one call: the samples behind the figure.'),
  fallback: z
    .strictObject({
      provider: z.string().describe('Where that part ran instead.'),
      nodes: z.int().min(1),
      ofNodes: z.int().min(1),
      timeShare: z.number().min(0).max(1).optional(),
    })
    .optional()
    .describe('A part of the model ran elsewhere than on the device.'),
});

const deviceSchema = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(PROCESSOR_KINDS).optional().describe('Absent = told from the id where possible, else unknown.'),
  maxModels: z.int().min(0).optional().describe('Most models resident at once; absent = 1 on a VPU, else any number.'),
  memoryBytes: notNegative.optional().describe('For the models resident there; absent = no limit.'),
  uses: z
    .array(z.string().min(1))
    .optional()
    .describe('What it takes while it works, as groups of cores: devices that name the same one never work at once.'),
  interference: notNegative
    .optional()
    .describe('Slow-down of all by each further resident model, as a fraction: kappa of the sharing mode contention.'),
});

const modelSchema = z.strictObject({
  name: z.string().min(1),
  service: z.string().min(1).optional().describe('Group that it works in; absent = all models are one group.'),
  callsPerFrame: positive.optional().describe('Calls per frame of its group; absent = 1.'),
  memoryBytes: notNegative.optional().describe('Resident on its device; absent = 0.'),
  cells: z
    .record(z.string(), z.union([z.literal('unsupported'), cellSchema]))
    .describe('By device id; every device of the matrix has an entry.'),
  reasons: z.record(z.string(), z.string()).optional().describe('By device id: why it is unsupported.'),
});

const shape = {
  name: z.string().optional(),
  platform: z.string().optional().describe('Id of the platform whose processors the devices are.'),
  platformHash: z.string().optional(),
  profileHash: z.string().optional().describe('Of the profile that it was made from.'),
  devices: z.array(deviceSchema).min(1),
  models: z.array(modelSchema).min(1),
  warnings: z.array(warningSchema).optional(),
};

export type FpsMatrix = DocumentFrom<'fps-matrix', typeof shape>;
export type FpsDevice = FpsMatrix['devices'][number];
export type FpsModel = FpsMatrix['models'][number];
export type FpsCell = Exclude<FpsModel['cells'][string], 'unsupported'>;

export const fpsMatrixDocument = defineDocument({
  kind: 'fps-matrix',
  schemaVersion: 1,
  title: 'Heterodyne FPS matrix: frames per second of every whole model alone on every device',
  shape,
  check: checkMatrix,
});

function checkMatrix({ devices, models }: FpsMatrix): Problem[] {
  const problems: Problem[] = [];
  const ids = devices.map(({ id }) => id);
  const names = models.map(({ name }) => name);
  const twice = (path: string, word: string) =>
    problems.push({
      path,
      message: `"${word}" occurs twice`,
      expected: 'names that occur once',
      received: `"${word}"`,
    });
  ids.forEach((id, j) => {
    if (ids.indexOf(id) < j) twice(`/devices/${j}/id`, id);
  });
  models.forEach(({ name, cells }, i) => {
    if (names.indexOf(name) < i) twice(`/models/${i}/name`, name);
    for (const id of ids.filter((each) => !Object.hasOwn(cells, each))) {
      problems.push({
        path: `/models/${i}/cells/${id}`,
        message: `"${name}" has no cell for "${id}"`,
        expected: 'a cell or "unsupported"',
        received: 'nothing',
      });
    }
    for (const id of Object.keys(cells).filter((each) => !ids.includes(each))) {
      problems.push({
        path: `/models/${i}/cells/${id}`,
        message: `"${id}" is not among the devices`,
        expected: `one of ${ids.join(', ')}`,
        received: `"${id}"`,
      });
    }
  });
  return problems;
}

/** The cell of a model on a device; undefined = it cannot run there. */
export function fpsCell(model: FpsModel, device: string): FpsCell | undefined {
  const cell = Object.hasOwn(model.cells, device) ? model.cells[device] : undefined;
  return cell === 'unsupported' ? undefined : cell;
}

/** Samples whose standard deviation is above this share of their mean deserve a warning. */
const WIDE_SPREAD = 0.1;

/** What a reader of decisions made from this matrix should know: kinds of figures mixed, fallbacks, wide spreads. */
export function fpsMatrixFindings({ devices, models }: FpsMatrix): Warning[] {
  const warnings: Warning[] = [];
  const metrics = new Set<FpsMetric>();
  const synthetic = { count: 0 };
  models.forEach((model, i) => {
    for (const { id } of devices) {
      const cell = fpsCell(model, id);
      if (cell === undefined) continue;
      const path = `/models/${i}/cells/${id}`;
      if (cell.metric) metrics.add(cell.metric);
      if (cell.origin === 'synthetic') synthetic.count++;
      if (cell.fallback) {
        const { nodes, ofNodes, provider } = cell.fallback;
        warnings.push({
          code: 'FALLBACK',
          message: `${model.name} on ${id}: ${nodes}/${ofNodes} nodes on ${provider}`,
          path,
        });
      }
      const { mean, std } = cell.latencyMs ?? {};
      if (mean !== undefined && std !== undefined && std > WIDE_SPREAD * mean) {
        const share = Math.round((100 * std) / mean);
        warnings.push({ code: 'HIGH_SPREAD', message: `${model.name} on ${id}: latencies spread by ${share} %`, path });
      }
    }
  });
  if (metrics.size > 1) {
    warnings.push({
      code: 'MIXED_MODES',
      message: `the matrix mixes ${[...metrics].sort().join(' and ')} figures, which do not compare: measure all cells in one way`,
      path: '/models',
    });
  }
  if (synthetic.count > 0) {
    warnings.push({
      code: 'SYNTHETIC',
      message: `${synthetic.count} cells are made up: the plan shows the method and is true of no device`,
      path: '/models',
      count: synthetic.count,
    });
  }
  return warnings;
}
