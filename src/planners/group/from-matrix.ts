/** From an FPS matrix and options to the group problem: names are checked, defaults filled in, devices counted out. */
import { HeterodyneError } from '../../core/errors.ts';
import { didYouMean } from '../../documents/nearest.ts';
import { type FpsDevice, type FpsMatrix, fpsCell } from '../../profiles/fps-matrix.ts';
import { type DeviceKind, type GroupDevice, type GroupProblem, prepareGroup, type SharingMode } from './problem.ts';

/** Larger problems are refused: reports and searches are made for groups that a person can read. */
const GROUP_LIMITS = { models: 256, devices: 64 } as const;

export interface GroupOptions {
  /** Default `serial`. */
  sharing?: SharingMode;
  /** Most models by device id, instead of what the matrix says. */
  caps?: Readonly<Record<string, number>>;
  /** Bytes for models by device id. */
  memory?: Readonly<Record<string, number>>;
  /** How many of a device there are, by device id: copies are named `VPU-2`, `VPU-3`. */
  counts?: Readonly<Record<string, number>>;
  /** Kappa by device id. */
  interference?: Readonly<Record<string, number>>;
  /** Calls per frame by model name. */
  calls?: Readonly<Record<string, number>>;
}

/** @throws HeterodyneError `USAGE` for names that the matrix does not have, `LIMIT` above {@link GROUP_LIMITS} */
export function groupProblem(matrix: FpsMatrix, options: GroupOptions = {}): GroupProblem {
  const ids = matrix.devices.map(({ id }) => id);
  const names = matrix.models.map(({ name }) => name);
  checkNames('device', ids, options.caps, options.memory, options.counts, options.interference);
  checkNames('model', names, options.calls);
  const m = names.length;
  // Counted before copies are made, so that a count of a million is refused and not built.
  checkLimits(
    m,
    ids.reduce((sum, id) => sum + (given(options.counts, id) ?? 1), 0),
  );
  const taken = new Set(ids);
  const columns = matrix.devices.flatMap((device): { source: string; device: GroupDevice }[] =>
    Array.from({ length: given(options.counts, device.id) ?? 1 }, (_, copy) => ({
      source: device.id,
      device:
        copy === 0
          ? { ...deviceOf(device, m, options), ...(device.uses && { uses: device.uses }) }
          : { ...deviceOf(device, m, options), id: freeName(device.id, taken) },
    })),
  );
  return prepareGroup({
    models: matrix.models.map((model) => ({
      name: model.name,
      calls: given(options.calls, model.name) ?? model.callsPerFrame ?? 1,
      // Whole bytes, so that sums are exact in any order.
      memoryBytes: Math.ceil(model.memoryBytes ?? 0),
      ...(model.service !== undefined && { service: model.service }),
    })),
    devices: columns.map(({ device }) => device),
    sharing: options.sharing ?? 'serial',
    rates: matrix.models.map((model) => columns.map(({ source }) => fpsCell(model, source)?.framesPerS ?? 0)),
  });
}

/** The first of `VPU-2`, `VPU-3` ... that no device has. */
function freeName(id: string, taken: Set<string>): string {
  let number = 2;
  while (taken.has(`${id}-${number}`)) number++;
  taken.add(`${id}-${number}`);
  return `${id}-${number}`;
}

function deviceOf(device: FpsDevice, m: number, options: GroupOptions): GroupDevice {
  const { id } = device;
  const kind = device.kind ?? kindOf(id);
  const cap = given(options.caps, id) ?? device.maxModels ?? (kind === 'vpu' ? 1 : m);
  return {
    id,
    kind,
    cap: Math.min(m, cap),
    memoryBytes: Math.floor(given(options.memory, id) ?? device.memoryBytes ?? Number.POSITIVE_INFINITY),
    interference: given(options.interference, id) ?? device.interference ?? 0,
  };
}

/** What the id says, by the names that OpenVINO and others use. */
function kindOf(id: string): DeviceKind {
  const word = id.toLowerCase();
  if (/vpu|myriad|hddl/.test(word)) return 'vpu';
  if (/gpu|mali|adreno|cuda/.test(word)) return 'gpu';
  if (/npu/.test(word)) return 'npu';
  if (/dla/.test(word)) return 'dla';
  if (/cpu|big|little|core/.test(word)) return 'cpu';
  return 'unknown';
}

function given(table: Readonly<Record<string, number>> | undefined, name: string): number | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

function checkNames(
  what: string,
  known: readonly string[],
  ...tables: (Readonly<Record<string, number>> | undefined)[]
): void {
  for (const name of tables.flatMap((table) => Object.keys(table ?? {}))) {
    if (known.includes(name)) continue;
    throw new HeterodyneError('USAGE', `the matrix has no ${what} "${name}"`, {
      expected: `one of ${known.join(', ')}`,
      received: `"${name}"`,
      hint: didYouMean(name, known),
    });
  }
}

function checkLimits(models: number, devices: number): void {
  const refuse = (what: keyof typeof GROUP_LIMITS, received: number): never => {
    throw new HeterodyneError('LIMIT', `${received} ${what} are more than a group may have`, {
      path: `/${what}`,
      expected: `at most ${GROUP_LIMITS[what]}`,
      received: String(received),
    });
  };
  if (models > GROUP_LIMITS.models) refuse('models', models);
  if (devices > GROUP_LIMITS.devices) refuse('devices', devices);
}
