/** What a schema cannot say about clocks: tables that fit each other, cores that can be switched, points that exist. */
import { HeterodyneError, type Problem } from '../core/errors.ts';
import { coresOf } from './clock-domain.ts';
import { HIGHEST_POINT, statesFrom } from './operating-point.ts';
import type { ClockDomain, Platform } from './schema.ts';

/** More cores behind one switch than this have no whole number for each set of them. */
const MOST_CORES = 48;

export function checkClocks(platform: Platform): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, expected: string, received: string): void => {
    problems.push({ path, message, expected, received });
  };
  const kinds = new Map(platform.resources.map((resource) => [resource.id, resource.kind]));
  const drivenBy = new Map<string, string>();
  const domains = platform.clockDomains ?? [];
  let idleWatts = 0;

  domains.forEach((domain, i) => {
    const at = `/clockDomains/${i}`;
    if (domains.findIndex((other) => other.id === domain.id) < i)
      report(`${at}/id`, `"${domain.id}" occurs twice`, 'ids that occur once', `"${domain.id}"`);
    domain.resources.forEach((id, k) => {
      const path = `${at}/resources/${k}`;
      if (!kinds.has(id)) report(path, `no resource "${id}"`, `one of ${[...kinds.keys()].join(', ')}`, `"${id}"`);
      const other = drivenBy.get(id);
      if (other !== undefined) report(path, `"${id}" has two clocks`, `the clock of ${other} alone`, domain.id);
      drivenBy.set(id, domain.id);
    });
    checkTables(domain, at);
    checkCores(domain, at);
    idleWatts += domain.idleWatts?.at(-1) ?? 0;
  });
  const stated = platform.power?.idleWatts;
  if (idleWatts > 0 && (stated === undefined || idleWatts > stated * (1 + 1e-9)))
    report(
      '/power/idleWatts',
      'the clock domains draw more idle power than the device',
      `at least the ${idleWatts} W of clockDomains/*/idleWatts`,
      stated === undefined ? 'nothing' : `${stated} W`,
    );
  checkNamedPoints();
  return problems;

  function checkTables(domain: ClockDomain, at: string): void {
    const { frequencyHz, enumeratedHz, bandwidthShare } = domain;
    const count = frequencyHz.length;
    for (const key of ['frequencyHz', 'enumeratedHz'] as const) {
      if (domain[key]?.some((hz, k, table) => k > 0 && hz <= table[k - 1]))
        report(`${at}/${key}`, 'frequencies must ascend', 'ascending numbers', 'others');
    }
    const alien = enumeratedHz?.find((hz) => !frequencyHz.includes(hz));
    if (alien !== undefined)
      report(`${at}/enumeratedHz`, `${alien} Hz is not in frequencyHz`, 'some of frequencyHz', `${alien}`);
    if (enumeratedHz !== undefined && enumeratedHz.at(-1) !== frequencyHz.at(-1))
      report(
        `${at}/enumeratedHz`,
        'the highest frequency is left out',
        `${frequencyHz.at(-1)} as the last entry`,
        `${enumeratedHz.at(-1)}`,
      );
    for (const key of ['volts', 'watts', 'idleWatts', 'bandwidthShare'] as const) {
      const points = domain[key];
      if (points !== undefined && points.length !== count)
        report(
          `${at}/${key}`,
          `${key} has ${points.length} entries for ${count} frequencies`,
          `${count} entries`,
          `${points.length}`,
        );
    }
    if (bandwidthShare === undefined) return;
    if (!domain.resources.every((id) => ['dram', 'link'].includes(kinds.get(id) ?? 'dram')))
      report(`${at}/bandwidthShare`, `${domain.id} clocks no memory`, 'DRAM or links as resources', 'others');
    if (bandwidthShare.some((share, k) => k > 0 && share < bandwidthShare[k - 1]) || bandwidthShare.at(-1) !== 1)
      report(
        `${at}/bandwidthShare`,
        'bandwidth must not fall as the clock rises, and ends at 1',
        'ascending shares up to 1',
        bandwidthShare.join(', '),
      );
  }

  function checkCores(domain: ClockDomain, at: string): void {
    if (domain.coreStates === undefined) return;
    const other = domain.resources.find((id) => {
      const resource = platform.resources.find((entry) => entry.id === id);
      return resource !== undefined && (resource.kind !== 'core-group' || resource.cores === undefined);
    });
    if (other !== undefined)
      report(`${at}/coreStates`, `"${other}" states no cores to switch`, 'core groups with cores', `"${other}"`);
    const total = coresOf(platform, domain);
    if (domain.coreStates.alwaysOn > total || total > MOST_CORES)
      report(
        `${at}/coreStates/alwaysOn`,
        `${domain.coreStates.alwaysOn} of ${total} cores cannot always be on`,
        `at most all cores, and at most ${MOST_CORES} cores in a domain`,
        `${domain.coreStates.alwaysOn} of ${total}`,
      );
  }

  function checkNamedPoints(): void {
    const points = platform.operatingPoints ?? [];
    points.forEach((point, i) => {
      const at = `/operatingPoints/${i}`;
      if (points.findIndex((other) => other.id === point.id) < i)
        report(`${at}/id`, `"${point.id}" occurs twice`, 'ids that occur once', `"${point.id}"`);
      if (point.id === HIGHEST_POINT || /^\d+$/.test(point.id))
        report(`${at}/id`, `"${point.id}" has a meaning already`, 'a word other than max', `"${point.id}"`);
      if (problems.length > 0) return;
      try {
        statesFrom(platform, point);
      } catch (error) {
        if (!(error instanceof HeterodyneError)) throw error;
        report(at, error.message, error.expected ?? '', error.received ?? '');
      }
    });
  }
}
