/** Options of `plan` that belong to groups of whole models (`--matrix`), and their reading. */
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import type { GroupOptions } from '../planners/group/from-matrix.ts';
import { SHARING_MODES, type SharingMode } from '../planners/group/problem.ts';
import type { Options } from './command.ts';
import { readShare } from './option-values.ts';

export const GROUP_OPTIONS = {
  matrix: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'plan whole models from an FPS matrix: CSV with the first row model,CPU,GPU,..., JSON, or a profile; takes no --platform',
  },
  'device-caps': {
    type: 'string',
    valueHint: 'DEVICE=N,...',
    description: 'with --matrix: most models on a device, as VPU=1,GPU=3 (1 on a VPU, any number elsewhere)',
  },
  'device-memory': {
    type: 'string',
    valueHint: 'DEVICE=BYTES,...',
    description: 'with --matrix: memory for models on a device, as GPU=2GB',
  },
  'device-count': {
    type: 'string',
    valueHint: 'DEVICE=N,...',
    description: 'with --matrix: how many of a device there are, as VPU=3 (1)',
  },
  calls: {
    type: 'string',
    valueHint: 'MODEL=N,...',
    description: 'with --matrix: calls of a model per group frame, as age-gender=3 (1)',
  },
  'service-weights': {
    type: 'string',
    valueHint: 'SERVICE=N,...',
    description: 'with --matrix: frames of a service per group frame (1)',
  },
  sharing: {
    type: 'enum',
    options: [...SHARING_MODES],
    valueHint: 'MODE',
    description: 'with --matrix: how models share a device (serial: one after another, every frame)',
  },
  interference: {
    type: 'string',
    valueHint: 'DEVICE=SHARE,...',
    description: 'with --sharing contention: slow-down by each further model on a device, as CPU=0.1',
  },
  'what-if': {
    type: 'boolean',
    description: 'with --matrix: also solve for one device more or fewer, one model fewer, tighter limits, noisy rates',
  },
  noise: {
    type: 'string',
    valueHint: 'SHARE',
    description: 'with --what-if: rates are off by up to SHARE, as 10% or 0.1 (10%)',
  },
  strict: { type: 'boolean', description: 'with --matrix: refuse figures of several kinds in one matrix' },
} as const satisfies Options;

export interface GroupOptionValues {
  'device-caps'?: string;
  'device-memory'?: string;
  'device-count'?: string;
  calls?: string;
  'service-weights'?: string;
  sharing?: string;
  interference?: string;
  noise?: string;
}

export function readGroupOptions(values: GroupOptionValues): GroupOptions & {
  weights?: Record<string, number>;
  noise?: number;
} {
  const whole = (least: number) => (text: string, name: string) => {
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= 1e6) return count;
    throw refusal(name, text, `a whole number of at least ${least}`);
  };
  const positive = (text: string, name: string) => {
    const value = Number(text);
    if (value > 0 && value < 1e9) return value;
    throw refusal(name, text, 'a number above 0');
  };
  return {
    caps: readTable(values['device-caps'], '--device-caps', whole(0)),
    memory: readTable(values['device-memory'], '--device-memory', (text, name) => parseQuantity(text, 'B', name)),
    counts: readTable(values['device-count'], '--device-count', whole(0)),
    calls: readTable(values.calls, '--calls', positive),
    weights: readTable(values['service-weights'], '--service-weights', positive),
    interference: readTable(values.interference, '--interference', (text, name) => readShare(text, name)),
    ...(values.sharing !== undefined && { sharing: values.sharing as SharingMode }),
    ...(values.noise !== undefined && { noise: readShare(values.noise, '--noise') }),
  };
}

/** `VPU=1,GPU=3`; the last sign of equality parts name and value. */
function readTable(
  text: string | undefined,
  option: string,
  read: (text: string, option: string) => number,
): Record<string, number> | undefined {
  if (text === undefined) return undefined;
  const entries = text.split(',').map((item): [string, number] => {
    const at = item.lastIndexOf('=');
    const name = item.slice(0, at).trim();
    if (at < 1 || name === '') throw refusal(option, item, 'NAME=VALUE with commas between');
    return [name, read(item.slice(at + 1).trim(), option)];
  });
  return Object.fromEntries(entries);
}

function refusal(option: string, text: string, expected: string): HeterodyneError {
  return new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
    path: option,
    expected,
    received: `"${text}"`,
  });
}
