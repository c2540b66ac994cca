/**
 * The group problem: whole models on whole devices, decided from the FPS matrix. Numbers and names, ready for the
 * planners of this folder; documents come in through `from-matrix.ts`.
 *
 * Reconstructed from the public HAMS slides (Kou et al., "HAMS: Hardware-Aware Model Scheduling on Heterogeneous
 * Platforms"), which give the problem in words; sharing models and units are ours.
 */
import type { PROCESSOR_KINDS } from '../../platforms/schema.ts';

/**
 * How models on one device share it. `serial`: one after another, every frame. `fair`: free-running, equal time slices.
 * `exclusive`: one model per device. `contention`: serial, slowed down by every further resident model.
 */
export const SHARING_MODES = ['serial', 'fair', 'exclusive', 'contention'] as const;
export type SharingMode = (typeof SHARING_MODES)[number];

export type DeviceKind = (typeof PROCESSOR_KINDS)[number] | 'unknown';

export interface GroupModel {
  name: string;
  /** Calls per group frame, > 0. */
  calls: number;
  memoryBytes: number;
  service?: string;
}

export interface GroupDevice {
  id: string;
  kind: DeviceKind;
  /** Most models resident; the number of models = unlimited. */
  cap: number;
  /** Infinity = unlimited. */
  memoryBytes: number;
  /** Kappa of `contention`: slow-down by each further model, a fraction. */
  interference: number;
  /** What it takes while it works; devices that name the same thing overlap. Absent = nothing that others use. */
  uses?: readonly string[];
}

/** m models, n devices. */
export interface GroupProblem {
  models: readonly GroupModel[];
  devices: readonly GroupDevice[];
  sharing: SharingMode;
  /** [m][n] frames/s alone; 0 = cannot run. */
  rates: readonly (readonly number[])[];
  /** [m][n] seconds of all calls of one group frame; Infinity = cannot run, or never fits there. */
  seconds: readonly (readonly number[])[];
}

/** Device index of every model. */
export type Assignment = readonly number[];

/** The problem with its times: pairs that can never be are Infinity, and `exclusive` takes one model per device. */
export function prepareGroup(given: Omit<GroupProblem, 'seconds'>): GroupProblem {
  const { models, sharing, rates } = given;
  const devices = given.devices.map((device) => ({
    ...device,
    cap: sharing === 'exclusive' ? Math.min(1, device.cap) : device.cap,
  }));
  const seconds = models.map(({ calls, memoryBytes }, i) =>
    devices.map((device, j) => {
      const rate = rates[i]![j]!;
      const fits = device.cap > 0 && memoryBytes <= device.memoryBytes;
      return rate > 0 && fits ? calls / rate : Number.POSITIVE_INFINITY;
    }),
  );
  return { ...given, devices, seconds };
}

/** Device id by model name. */
export function devicesByName({ models, devices }: GroupProblem, assignment: Assignment): Record<string, string> {
  return Object.fromEntries(assignment.map((j, i) => [models[i]!.name, devices[j]!.id]));
}
