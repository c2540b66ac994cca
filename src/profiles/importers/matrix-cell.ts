/** An imported record as one cell of an FPS matrix: the whole model alone on one device. */
import { HeterodyneError } from '../../core/errors.ts';
import type { FpsCell, FpsMatrix, FpsModel } from '../fps-matrix.ts';
import type { ImportedProfile } from './record.ts';

/**
 * The reported rate where several requests were in flight, else the reciprocal of the median (or mean) latency. Which of
 * the two stands in `metric`, since a matrix that mixes them misleads; `profiled` is good for proportions alone.
 *
 * @param precision number format that it was computed in, where known
 * @throws HeterodyneError `BAD_INPUT`: the file holds times of layers alone, or no rate above 0
 */
export function importedCell(record: ImportedProfile, precision?: string): FpsCell {
  const { mode, latencyMs = {}, batch } = record;
  const latency = latencyMs.median ?? latencyMs.mean;
  const inverse = latency !== undefined && latency > 0 ? (1000 * batch) / latency : undefined;
  const framesPerS = mode === 'throughput' ? record.throughputPerS : inverse;
  if (framesPerS === undefined || !(framesPerS > 0) || !Number.isFinite(framesPerS)) {
    throw new HeterodyneError('BAD_INPUT', `${record.sourceFile} holds no rate of the whole model`, {
      source: record.sourceFile,
      expected: mode === 'throughput' ? 'a throughput' : 'a latency of the whole model',
      received: record.ops.length > 0 ? 'times of layers alone' : 'neither',
    });
  }
  const { count, mean, median, p95, std } = latencyMs;
  const fallback = fallbackOf(record);
  return {
    framesPerS,
    origin: 'imported',
    metric: mode,
    tool: record.toolVersion === undefined ? record.tool : `${record.tool} ${record.toolVersion}`,
    sourceFile: record.sourceFile,
    ...(precision !== undefined && { precision }),
    batch,
    ...(count !== undefined &&
      count >= 1 && {
        latencyMs: {
          n: Math.floor(count),
          ...(mean !== undefined && mean > 0 && { mean }),
          ...(median !== undefined && median > 0 && { p50: median }),
          ...(p95 !== undefined && p95 > 0 && { p95 }),
          ...(std !== undefined && { std }),
        },
      }),
    ...(fallback !== undefined && { fallback }),
  };
}

/** The largest part that ran on another provider than most of the model did. */
function fallbackOf({ ops, provider, providers = {} }: ImportedProfile): FpsCell['fallback'] {
  const others = Object.entries(providers).filter(([name]) => name !== provider);
  if (others.length === 0) return undefined;
  const [name, share] = others.reduce((most, next) => (next[1] > most[1] ? next : most));
  const nodes = ops.filter((op) => op.provider === name).length;
  return { provider: name, nodes, ofNodes: ops.length, timeShare: Math.min(1, share) };
}

const NOT_MEASURED = 'was not measured';

/** `matrix` with one cell set; a model or device that it did not know is unsupported elsewhere, with the reason. */
export function withCell(matrix: FpsMatrix | undefined, name: string, device: string, cell: FpsCell): FpsMatrix {
  const base: FpsMatrix = matrix ?? { kind: 'fps-matrix', schemaVersion: 1, devices: [], models: [] };
  const devices = base.devices.some(({ id }) => id === device) ? base.devices : [...base.devices, { id: device }];
  const known = base.models.some((model) => model.name === name);
  const models: FpsModel[] = known ? base.models : [...base.models, { name, cells: {} }];
  return {
    ...base,
    devices,
    models: models.map((model) => {
      const cells = { ...model.cells };
      const reasons = { ...model.reasons };
      for (const { id } of devices) {
        if (model.name === name && id === device) {
          cells[id] = cell;
          delete reasons[id];
        } else if (!Object.hasOwn(cells, id)) {
          cells[id] = 'unsupported';
          reasons[id] = NOT_MEASURED;
        }
      }
      const { reasons: _, ...rest } = model;
      return { ...rest, cells, ...(Object.keys(reasons).length > 0 && { reasons }) };
    }),
  };
}
