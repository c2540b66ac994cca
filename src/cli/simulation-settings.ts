/** The options of `heterodyne simulate`, and what they mean. */
import type { ControllerParameters } from '../controllers/controller.ts';
import { controllers } from '../controllers/registry.ts';
import { CONTROL_MODES, type ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean } from '../documents/nearest.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { DISCIPLINES, type Discipline } from '../engine/options.ts';
import { WORKLOAD_PRECISIONS } from '../profiles/workload.ts';
import type { Releases } from '../simulator/plan-subject.ts';
import type { RunSettings } from '../simulator/summary.ts';
import type { Call, Options } from './command.ts';
import { readMoveCost, readSeed, readShare, wholeNumber } from './option-values.ts';
import { MODEL_OPTIONS, PLATFORM_OPTION, SEED_OPTION, WORKLOAD_OPTION } from './options.ts';

const DEFAULT_SECONDS = 10;
const DEFAULT_SIGMA = 0.05;
const DEFAULT_IN_FLIGHT = 4;
const MOST_IN_FLIGHT = 64;
/** Longer runs are asked for in pieces: their frames are kept for percentiles. */
const MOST_SECONDS = 100_000;

export const SIMULATION_OPTIONS = {
  plan: { type: 'positional', description: 'a plan document', required: true },
  for: {
    type: 'string',
    valueHint: 'TIME',
    description: `virtual time, as 10s (${DEFAULT_SECONDS}s; a bare number means ms)`,
  },
  controller: {
    type: 'enum',
    options: controllers.map(({ id }) => id),
    valueHint: 'NAME',
    description: 'what sets clocks and variants meanwhile; absent = the plan as it is',
  },
  compare: {
    type: 'string',
    valueHint: 'NAME,NAME',
    description: 'also run the same frames under these controllers, or "none"',
  },
  mode: {
    type: 'enum',
    options: [...CONTROL_MODES],
    valueHint: 'NAME',
    description: 'what the controller aims at (balanced)',
  },
  set: {
    type: 'string',
    repeatable: true,
    valueHint: 'NAME=VALUE',
    description: 'a parameter of the controller; may be repeated',
  },
  scenario: { type: 'string', valueHint: 'FILE', description: 'what happens meanwhile: a scenario document' },
  replan: {
    type: 'enum',
    options: ['on', 'off'],
    valueHint: 'on|off',
    description: 'place the models anew where the scenario takes a processor or a model, or brings one (on)',
  },
  'move-cost': {
    type: 'string',
    valueHint: 'SHARE',
    description: 'share of the objective that a stage must gain to be moved then (1%)',
  },
  'replan-time': {
    type: 'string',
    valueHint: 'TIME',
    description: 'from such a change to the new placement (0ms)',
  },
  load: {
    type: 'string',
    valueHint: 'SHARE',
    description:
      'release frames periodically at this share of the planned rate, as 80%; absent = whenever one is done, unless the workload states a rate',
  },
  'in-flight': {
    type: 'string',
    valueHint: 'N',
    description: `most frames of a model under way, 1 to 64 (${DEFAULT_IN_FLIGHT})`,
  },
  discipline: {
    type: 'enum',
    options: [...DISCIPLINES],
    valueHint: 'NAME',
    description: 'who runs next on a processor (fifo)',
  },
  noise: {
    type: 'string',
    valueHint: 'SHARE',
    description: 'log-normal spread of the time of a block, as 5% (5%); 0 = none',
  },
  bursts: {
    type: 'string',
    valueHint: 'GAP,LENGTH,FACTOR',
    description: 'interference: every GAP on average each processor is FACTOR times slower for LENGTH, as 500ms,50ms,2',
  },
  'decision-time': {
    type: 'string',
    valueHint: 'TIME',
    description: 'what a decision of the controller takes before it acts (0ms)',
  },
  ...SEED_OPTION,
  ...PLATFORM_OPTION,
  ...MODEL_OPTIONS,
  precision: {
    type: 'enum',
    options: [...WORKLOAD_PRECISIONS],
    valueHint: 'FORMAT',
    description: "format to compute in (native: each processor's own)",
  },
  ...WORKLOAD_OPTION,
  profile: { type: 'string', valueHint: 'FILE', description: 'the profile that the plan was made from' },
  trace: {
    type: 'string',
    valueHint: 'FILE',
    description: 'also write the course as a trace, which ui.perfetto.dev opens',
  },
  report: { type: 'string', valueHint: 'FILE', description: 'also write a page about the simulation, for any browser' },
  svg: {
    type: 'string',
    valueHint: 'DIR',
    description: 'also write charts of response times, clocks, power and levels as SVG files; DIR is made if missing',
  },
  decisions: {
    type: 'string',
    valueHint: 'FILE',
    description: 'also write every decision of the controller, with its reasons',
  },
  replay: {
    type: 'string',
    valueHint: 'FILE',
    description: 'compare the decisions with those of an earlier run: exit code 2 where they differ',
  },
  explain: {
    type: 'string',
    valueHint: 'TIME',
    description: 'show the decision that held at TIME, as 1250ms, instead of the figures',
  },
} as const satisfies Options;

export interface SimulateValues {
  for?: string;
  load?: string;
  'in-flight'?: string;
  controller?: string;
  mode?: string;
  noise?: string;
  bursts?: string;
  discipline?: string;
  seed?: string;
  explain?: string;
  decisions?: string;
  replay?: string;
  'decision-time'?: string;
  scenario?: string;
  compare?: string;
  replan?: string;
  'move-cost'?: string;
  'replan-time'?: string;
}

/** Further controllers to run the same frames under. @throws HeterodyneError `USAGE` */
export function comparedControllers({ compare, controller = 'none' }: SimulateValues): string[] {
  if (compare === undefined) return [];
  const known = ['none', ...controllers.map(({ id }) => id)];
  const names = compare.split(',');
  for (const [i, name] of names.entries()) {
    const twice = name === controller || names.indexOf(name) < i;
    if (known.includes(name) && !twice) continue;
    throw new HeterodyneError('USAGE', twice ? `--compare names "${name}" twice` : `there is no controller "${name}"`, {
      path: '--compare',
      expected: `some of ${known.filter((id) => id !== controller).join(', ')}`,
      received: `"${compare}"`,
      hint: didYouMean(name, known),
    });
  }
  return names;
}

/** Options that mean something only beside `--controller`. */
export function refuseLonely(values: SimulateValues, call: Call): void {
  refuseWithoutScenario(values);
  if (values.controller !== undefined) return;
  const given = {
    '--mode': values.compare === undefined ? values.mode : undefined,
    '--set': call.repeated.set,
    '--explain': values.explain,
    '--decisions': values.decisions,
    '--replay': values.replay,
    '--decision-time': values['decision-time'],
  };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new HeterodyneError('USAGE', `${option} means nothing without --controller`, {
      path: option,
      expected: `--controller, one of ${controllers.map(({ id }) => id).join(', ')}`,
      received: `${option} alone`,
    });
  }
}

function refuseWithoutScenario(values: SimulateValues): void {
  for (const name of ['replan', 'move-cost', 'replan-time'] as const) {
    if (values[name] === undefined) continue;
    const alone = values.scenario === undefined;
    if (!alone && (name === 'replan' || values.replan !== 'off')) continue;
    throw new HeterodyneError(
      'USAGE',
      `--${name} means nothing ${alone ? 'without --scenario' : 'with --replan off'}`,
      {
        path: `--${name}`,
        expected: alone ? '--scenario FILE, which changes what there is' : '--replan on',
        received: `--${name} ${values[name]}`,
      },
    );
  }
}

/** How placements change with the scenario; undefined = they do not. */
export function replanSettings(values: SimulateValues): { replanSeconds: number; moveCost?: number } | undefined {
  if (values.scenario === undefined || values.replan === 'off') return undefined;
  const time = values['replan-time'];
  return {
    replanSeconds: time === undefined ? 0 : parseQuantity(time, 'ms', '--replan-time') / 1000,
    ...(values['move-cost'] !== undefined && { moveCost: readMoveCost(values['move-cost']) }),
  };
}

/** How frames come where the workload states no rate. */
export function releaseSettings(values: SimulateValues): Releases {
  const inFlight = values['in-flight'];
  const load = values.load === undefined ? undefined : readShare(values.load, '--load', { most: 10 });
  if (load === 0) {
    throw new HeterodyneError('USAGE', '--load 0 releases no frames', {
      path: '--load',
      expected: 'more than 0',
      received: `"${values.load}"`,
    });
  }
  return {
    inFlight: inFlight === undefined ? DEFAULT_IN_FLIGHT : wholeNumber(inFlight, '--in-flight', 1, MOST_IN_FLIGHT),
    ...(load !== undefined && { load }),
  };
}

export function runSettings(values: SimulateValues): RunSettings {
  const seconds = values.for === undefined ? DEFAULT_SECONDS : parseQuantity(values.for, 'ms', '--for') / 1000;
  const decision = values['decision-time'];
  if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw new HeterodyneError('USAGE', `--for cannot be "${values.for}"`, {
      path: '--for',
      expected: `more than 0 s, at most ${MOST_SECONDS} s`,
      received: `"${values.for}"`,
    });
  }
  return {
    seconds,
    seed: readSeed(values.seed),
    discipline: (values.discipline ?? 'fifo') as Discipline,
    noise: {
      blockSigma: values.noise === undefined ? DEFAULT_SIGMA : readShare(values.noise, '--noise', { most: 10 }),
      ...(values.bursts !== undefined && { bursts: readBursts(values.bursts) }),
    },
    ...(decision !== undefined && { decisionSeconds: parseQuantity(decision, 'ms', '--decision-time') / 1000 }),
  };
}

function readBursts(text: string): NonNullable<RunSettings['noise']['bursts']> {
  const parts = text.split(',');
  const factor = Number(parts[2]);
  if (parts.length === 3 && factor >= 1 && factor < Number.POSITIVE_INFINITY) {
    const [gap, length] = parts.slice(0, 2).map((part) => parseQuantity(part, 'ms', '--bursts') / 1000);
    if (gap > 0 && length > 0) return { meanGapSeconds: gap, meanSeconds: length, slowdown: factor };
  }
  throw new HeterodyneError('USAGE', `--bursts cannot be "${text}"`, {
    path: '--bursts',
    expected: 'mean gap, mean length, factor of at least 1, as 500ms,50ms,2',
    received: `"${text}"`,
  });
}

export function controllerSettings(
  values: SimulateValues,
  call: Call,
): { id: string; mode: ControlMode; parameters: ControllerParameters } | undefined {
  if (values.controller === undefined) return undefined;
  const parameters: Record<string, number | string | boolean> = {};
  for (const text of call.repeated.set ?? []) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new HeterodyneError('USAGE', `--set cannot be "${text}"`, {
        path: '--set',
        expected: 'NAME=VALUE',
        received: `"${text}"`,
      });
    }
    const plain = Number(value);
    parameters[name] =
      value === 'true' || value === 'false' ? value === 'true' : value !== '' && !Number.isNaN(plain) ? plain : value;
  }
  return { id: values.controller, mode: (values.mode ?? 'balanced') as ControlMode, parameters };
}
