/**
 * Operating points: all clocks and cores of a device at one setting. A platform with thousands of them describes its
 * domains; points are numbered, named or spelled out, and made one at a time.
 *
 *   number     0 to operatingPointCount - 1: the domains' states as digits, the last domain fastest, slowest first
 *   name       max (all clocks highest, all cores on), or one that the platform gives, such as max-q
 *   settings   gpu=854.25MHz,emc=1331200000,a57.cores=2,denver=off: what is not said stays as in max
 */
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean } from '../documents/nearest.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { coresOf, type DomainState, domainState, domainStates, firstCores, highestState } from './clock-domain.ts';
import type { ClockDomain, NamedPoint, OperatingPoint, Platform } from './schema.ts';

/** Name of the point that every platform has. */
export const HIGHEST_POINT = 'max';

/** Clocks and cores by domain; what is left out stays at the highest. */
export interface OperatingPointSettings {
  frequencyHz?: Readonly<Record<string, number>>;
  /** How many first cores are on, or which; 0 or an empty list = off. */
  cores?: Readonly<Record<string, number | readonly number[]>>;
}

/** Number, name, settings as text, or settings as data (an {@link OperatingPoint} is such). */
export type OperatingPointChoice = number | string | OperatingPointSettings;

/** Two frequencies that differ by less are the same: units and decimals cost a bit or two. */
const SAME = 1e-6;

/** Settings that numbers run through; 1 for a platform without clock domains. */
export function operatingPointCount(platform: Platform): number {
  return domainsOf(platform).reduce((product, domain) => product * domainStates(platform, domain), 1);
}

/** The names that {@link operatingPoint} knows, `max` first. */
export function operatingPointNames(platform: Platform): string[] {
  if (platform.operatingPoint !== undefined) return [...new Set([HIGHEST_POINT, platform.operatingPoint.id])];
  return [HIGHEST_POINT, ...(platform.operatingPoints ?? []).map((point) => point.id)];
}

/** The point that the platform's figures are for: `max`, unless the document was made for another. */
export function operatingPointOf(platform: Platform): OperatingPoint {
  return operatingPoint(platform, HIGHEST_POINT);
}

/**
 * One operating point, complete. Its id is the name it was asked for, else the name of an equal point, else the settings
 * that differ from `max`.
 *
 * @throws HeterodyneError `USAGE`: a number out of range, an unknown name or domain, a frequency that is not in the
 *   domain's table, cores that cannot be switched so
 */
export function operatingPoint(platform: Platform, choice: OperatingPointChoice): OperatingPoint {
  const held = platform.operatingPoint;
  if (held !== undefined && isHeld(choice, held)) return structuredClone(held);
  if (typeof choice === 'number') return numbered(platform, choice);
  if (typeof choice === 'object') return pointFrom(platform, statesFrom(platform, choice));
  const text = choice.trim();
  if (/^\d+$/.test(text)) return numbered(platform, Number(text));
  if (text.includes('=')) return pointFrom(platform, statesFrom(platform, settingsFrom(platform, text)));
  const states =
    text === HIGHEST_POINT
      ? domainsOf(platform).map((domain) => highestState(platform, domain))
      : statesFrom(platform, namedPoint(platform, text));
  return pointFrom(platform, states, text);
}

/** Whether every clock of `point` is at its highest and every core on. */
export function isHighestPoint(platform: Platform, point: OperatingPoint): boolean {
  return domainsOf(platform).every((domain) => isHighest(platform, domain, stateIn(point, domain)));
}

/** The state of one domain in a complete point. */
export function stateIn(point: OperatingPoint, domain: ClockDomain): DomainState {
  const frequencyHz = entry(point.frequencyHz, domain.id);
  const cores = entry(point.cores, domain.id);
  return { ...(frequencyHz !== undefined && { frequencyHz }), ...(cores !== undefined && { cores }) };
}

/**
 * The states of all domains, in the platform's order.
 *
 * @throws HeterodyneError `USAGE` as {@link operatingPoint}
 */
export function statesFrom(platform: Platform, settings: OperatingPointSettings): DomainState[] {
  const domains = domainsOf(platform);
  for (const id of Object.keys({ ...settings.frequencyHz, ...settings.cores })) {
    if (!domains.some((domain) => domain.id === id)) throw noDomain(platform, id);
  }
  return domains.map((domain) => {
    const asked = entry(settings.frequencyHz, domain.id);
    const cores = coresFrom(platform, domain, entry(settings.cores, domain.id));
    if (cores?.length === 0) {
      if (asked === undefined) return { cores };
      throw usage(`${domain.id} is off and has a frequency`, 'one of the two', `${asked} Hz`);
    }
    const frequencyHz = asked === undefined ? domain.frequencyHz.at(-1) : legalFrequency(domain, asked);
    return { frequencyHz, ...(cores !== undefined && { cores }) };
  });
}

/** A member of its own: ids are chosen by whoever writes a document, and one might be `constructor`. */
function entry<T>(record: Readonly<Record<string, T>> | undefined, id: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, id) ? record[id] : undefined;
}

function domainsOf(platform: Platform): readonly ClockDomain[] {
  return platform.clockDomains ?? [];
}

function isHeld(choice: OperatingPointChoice, held: OperatingPoint): boolean {
  if (typeof choice === 'object') return (choice as Partial<OperatingPoint>).id === held.id;
  return [HIGHEST_POINT, held.id, '0'].includes(String(choice));
}

function numbered(platform: Platform, index: number): OperatingPoint {
  const count = operatingPointCount(platform);
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw usage(`${platform.id} has no operating point ${index}`, `0 to ${count - 1}`, String(index));
  }
  let rest = index;
  const states = domainsOf(platform)
    .toReversed()
    .map((domain) => {
      const radix = domainStates(platform, domain);
      const digit = rest % radix;
      rest = Math.floor(rest / radix);
      return domainState(platform, domain, digit);
    });
  return pointFrom(platform, states.reverse());
}

function namedPoint(platform: Platform, name: string): NamedPoint {
  const found = platform.operatingPoints?.find((point) => point.id === name);
  if (found !== undefined) return found;
  const names = operatingPointNames(platform);
  const count = operatingPointCount(platform);
  const number = count > 1 ? `, a number from 0 to ${count - 1}, or DOMAIN=FREQUENCY,...` : '';
  throw usage(
    `${platform.id} has no operating point "${name}"`,
    `${names.join(', ')}${number}`,
    `"${name}"`,
    didYouMean(name, names),
  );
}

/** `gpu=854.25MHz,a57.cores=2,denver=off` as data. */
function settingsFrom(platform: Platform, text: string): OperatingPointSettings {
  const frequencyHz: Record<string, number> = {};
  const cores: Record<string, number | number[]> = {};
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw usage(`"${part.trim()}" is no setting`, 'DOMAIN=FREQUENCY, DOMAIN.cores=N or DOMAIN=off', `"${text}"`);
    }
    const domain = domainsOf(platform).find(({ id }) => id === key || `${id}.cores` === key);
    if (domain === undefined) throw noDomain(platform, key);
    const ofCores = domain.id !== key || value === 'off';
    const target = ofCores ? cores : frequencyHz;
    if (Object.hasOwn(target, domain.id)) throw usage(`${key} is set twice`, 'each setting once', `"${text}"`);
    if (!ofCores) frequencyHz[domain.id] = parseQuantity(value, 'Hz', `operating point, ${key}`);
    else cores[domain.id] = value === 'off' ? 0 : coresFromText(key, value);
  }
  return { frequencyHz, cores };
}

/** `3` = the first three; `0x0d` = those whose bit is set, cores 0, 2 and 3. */
function coresFromText(key: string, value: string): number | number[] {
  if (/^\d{1,4}$/.test(value)) return Number(value);
  if (/^0x[0-9a-f]{1,13}$/i.test(value)) {
    const bits = Number(value);
    return firstCores(53).filter((core) => Math.floor(bits / 2 ** core) % 2 === 1);
  }
  throw usage(`${key}: "${value}" names no cores`, 'how many first cores, or a mask such as 0x0d', `"${value}"`);
}

function legalFrequency(domain: ClockDomain, asked: number): number {
  const found = domain.frequencyHz.find((hz) => Math.abs(hz - asked) <= SAME * hz);
  if (found !== undefined) return found;
  const near = domain.frequencyHz.reduce((best, hz) => (Math.abs(hz - asked) < Math.abs(best - asked) ? hz : best));
  throw usage(
    `${domain.id} does not run at ${asked} Hz`,
    `one of ${domain.frequencyHz.join(', ')} Hz`,
    `${asked} Hz`,
    `the nearest is ${near}`,
  );
}

/** Cores that are on, or undefined where the domain has none to switch and none are asked for. */
function coresFrom(
  platform: Platform,
  domain: ClockDomain,
  asked: number | readonly number[] | undefined,
): number[] | undefined {
  const total = coresOf(platform, domain);
  const { coreStates, id } = domain;
  if (coreStates === undefined) {
    if (asked === undefined) return undefined;
    throw usage(`the cores of ${id} cannot be switched`, 'frequencies alone', `cores of ${id}`);
  }
  const cores = typeof asked === 'object' ? asked.toSorted((a, b) => a - b) : firstCores(asked ?? total);
  const { choice, alwaysOn } = coreStates;
  const inRange = cores.every(
    (core, i) => Number.isInteger(core) && core >= 0 && core < total && core !== cores[i - 1],
  );
  const kept = firstCores(alwaysOn).every((core) => cores.includes(core));
  const inOrder = choice === 'mask' || cores.every((core, i) => core === i);
  if (inRange && kept && inOrder) return cores;
  const fixed = alwaysOn === 0 ? '' : `, with core ${firstCores(alwaysOn).join(', ')} on`;
  throw usage(
    `${id} cannot have cores ${cores.join(', ') || '(none)'} on alone`,
    choice === 'mask' ? `a set of cores 0 to ${total - 1}${fixed}` : `the first ${alwaysOn} to ${total} cores`,
    cores.join(', ') || 'none',
  );
}

function pointFrom(platform: Platform, states: readonly DomainState[], name?: string): OperatingPoint {
  const frequencyHz: Record<string, number> = {};
  const cores: Record<string, number[]> = {};
  for (const [d, domain] of domainsOf(platform).entries()) {
    const state = states[d];
    if (state?.frequencyHz !== undefined) frequencyHz[domain.id] = state.frequencyHz;
    if (state?.cores !== undefined) cores[domain.id] = state.cores;
  }
  const switched = Object.keys(cores).length > 0;
  return { id: name ?? idOf(platform, states), frequencyHz, ...(switched && { cores }) };
}

/** The name of an equal point, else what differs from `max`. */
function idOf(platform: Platform, states: readonly DomainState[]): string {
  const own = differences(platform, states);
  if (own === '') return HIGHEST_POINT;
  const equal = platform.operatingPoints?.find((point) => differences(platform, statesFrom(platform, point)) === own);
  return equal?.id ?? own;
}

function differences(platform: Platform, states: readonly DomainState[]): string {
  const parts: string[] = [];
  for (const [d, domain] of domainsOf(platform).entries()) {
    const { frequencyHz, cores } = states[d] ?? {};
    if (frequencyHz === undefined) {
      parts.push(`${domain.id}=off`);
      continue;
    }
    if (frequencyHz !== domain.frequencyHz.at(-1)) parts.push(`${domain.id}=${frequencyHz}`);
    if (cores === undefined || cores.length === coresOf(platform, domain)) continue;
    const first = cores.every((core, i) => core === i);
    const mask = cores.reduce((sum, core) => sum + 2 ** core, 0);
    parts.push(`${domain.id}.cores=${first ? cores.length : `0x${mask.toString(16)}`}`);
  }
  return parts.join(',');
}

function isHighest(platform: Platform, domain: ClockDomain, state: DomainState): boolean {
  if (state.frequencyHz !== domain.frequencyHz.at(-1)) return false;
  return domain.coreStates === undefined || state.cores?.length === coresOf(platform, domain);
}

function noDomain(platform: Platform, id: string): HeterodyneError {
  const ids = domainsOf(platform).map((domain) => domain.id);
  return usage(
    `${platform.id} has no clock domain "${id}"`,
    ids.length === 0 ? 'max alone: no clocks are described' : `one of ${ids.join(', ')}`,
    `"${id}"`,
    didYouMean(id, ids),
  );
}

function usage(message: string, expected: string, received: string, hint?: string): HeterodyneError {
  return new HeterodyneError('USAGE', message, { path: 'operatingPoint', expected, received, hint });
}
