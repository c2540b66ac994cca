/**
 * A platform held at one operating point: the same document with its figures scaled, so that profiles, planners and
 * estimators need to know nothing about clocks.
 *
 * Time follows `t = o / f_cpu + max(c / f, m[f_mem]) + k` per operator, in terms of a processor's roofline:
 *
 *     peak      x  sum over core groups of on f / f_max, as a share of all cores; an accelerator: f / f_max
 *     bandwidth x  share[f_mem], tabulated (a law 1/f_mem does not fit measurements), and share of cores that are on
 *     launch    x  1 + s (f_max / f - 1): share s waits for the clock of the cores that dispatch, the rest is constant
 *
 * Power follows `P = P_base + sum over domains of idle[f] + sum over busy processors of C V^2 f`:
 *
 *     idle      -  what each domain's idle table loses from its highest frequency; all of it when the domain is off
 *     active    x  (V / V_max)^2 f / f_max per core that is on; or the domain's measured watts, where it states them
 *
 * The form of both is that of the simulation model that Heterodyne uses for clock control. What it leaves out: a slow
 * core also draws less bandwidth; work that does not split runs no slower on fewer cores; leakage depends on heat.
 */
import type { DomainState } from './clock-domain.ts';
import { isHighestPoint, type OperatingPointChoice, operatingPoint, stateIn } from './operating-point.ts';
import type { ClockDomain, OperatingPoint, Platform, Processor, Resource } from './schema.ts';

/** Source that stands behind scaled figures. */
const SCALED = 'operating-point';

/** What a resource has left at the point, relative to the highest clocks and all cores. */
interface ResourceScale {
  resource: Resource;
  cores: number;
  coresOn: number;
  /** f / f_max; of a domain that is off the lowest, for those who still wait for it. */
  clock: number;
  /** Dynamic power per core. */
  power: number;
  bandwidth: number;
}

/**
 * The platform at one operating point. At `max` it is the platform itself, as a copy; elsewhere its clock domains are
 * held (one frequency each, those that are off are gone), `operatingPoint` says where, and provenance marks what was
 * scaled. A processor with all its cores off stays listed, is `off` and runs nothing.
 *
 * @throws HeterodyneError `USAGE` as `operatingPoint`
 */
export function atOperatingPoint(platform: Platform, choice: OperatingPointChoice): Platform {
  const point = operatingPoint(platform, choice);
  if (isHighestPoint(platform, point)) return structuredClone(platform);
  const copy = structuredClone(platform);
  const { operatingPoints, clockDomains, ...rest } = copy;
  const scales = resourceScales(platform, point);
  const memory = (ids: readonly string[]): number =>
    Math.min(1, ...ids.map((id) => (scales.get(id)?.resource.kind === 'dram' ? (scales.get(id)?.bandwidth ?? 1) : 1)));
  const everywhere = memory(platform.resources.map((resource) => resource.id));
  const links = platform.links?.map((link) => ({
    ...link,
    ...scaledBandwidth(link.bandwidthBytesPerS, scales.get(link.resource ?? '')?.bandwidth ?? 1),
  }));
  const domains = heldDomains(platform, point, scales);
  const held: Platform = {
    ...rest,
    resources: rest.resources.map((resource) => heldResource(resource, scales.get(resource.id))),
    processors: rest.processors.map((processor) => heldProcessor(processor, scales, memory(processor.uses))),
    ...(links && { links }),
    ...(rest.copy && { copy: { ...rest.copy, ...scaledBandwidth(rest.copy.bandwidthBytesPerS, everywhere) } }),
    ...(domains.length > 0 && { clockDomains: domains }),
    operatingPoint: point,
    ...(rest.power && { power: heldPower(rest.power, platform, point) }),
  };
  return withProvenance(platform, held);
}

function resourceScales(platform: Platform, point: OperatingPoint): Map<string, ResourceScale> {
  const scales = new Map<string, ResourceScale>();
  for (const resource of platform.resources) {
    const cores = resource.cores ?? 1;
    scales.set(resource.id, { resource, cores, coresOn: cores, clock: 1, power: 1, bandwidth: 1 });
  }
  for (const domain of platform.clockDomains ?? []) {
    const state = stateIn(point, domain);
    const step = stepOf(domain, state);
    const clock = domain.frequencyHz[step] / domain.frequencyHz[domain.frequencyHz.length - 1];
    let first = 0;
    for (const id of domain.resources) {
      const scale = scales.get(id);
      if (scale === undefined) continue;
      scale.clock = clock;
      scale.power = powerScale(domain, step, clock);
      scale.bandwidth = domain.bandwidthShare?.[step] ?? clock;
      const end = first + (scale.resource.cores ?? 0);
      if (state.cores !== undefined) scale.coresOn = state.cores.filter((core) => core >= first && core < end).length;
      first = end;
    }
  }
  return scales;
}

/** Index of the state's frequency in the domain's tables; the lowest where the clock stands. */
function stepOf(domain: ClockDomain, state: DomainState): number {
  return state.frequencyHz === undefined ? 0 : domain.frequencyHz.indexOf(state.frequencyHz);
}

function powerScale(domain: ClockDomain, step: number, clock: number): number {
  const { watts, volts } = domain;
  const most = watts?.at(-1);
  if (watts !== undefined && most !== undefined && most > 0) return watts[step] / most;
  const highest = volts?.at(-1);
  const volt = volts?.[step];
  return volt === undefined || highest === undefined ? clock : (volt / highest) ** 2 * clock;
}

function heldResource(resource: Resource, scale: ResourceScale | undefined): Resource {
  if (scale === undefined) return resource;
  const cores = scale.coresOn > 0 && resource.cores !== undefined ? { cores: scale.coresOn } : {};
  return { ...resource, ...cores, ...scaledBandwidth(resource.bandwidthBytesPerS, scale.bandwidth) };
}

function heldProcessor(
  processor: Processor,
  scales: ReadonlyMap<string, ResourceScale>,
  memoryShare: number,
): Processor {
  const used = processor.uses.flatMap((id) => scales.get(id) ?? []);
  const groups = used.filter(({ resource }) => resource.kind === 'core-group');
  const engines = used.filter(({ resource }) => resource.kind !== 'core-group' && resource.kind !== 'dram');
  if (groups.length > 0 && groups.every((group) => group.coresOn === 0)) return { ...processor, off: true };
  const perCore = (figure: (group: ResourceScale) => number): number =>
    groups.length === 0
      ? 1
      : total(groups, (group) => group.coresOn * figure(group)) / total(groups, ({ cores }) => cores);

  const compute = Math.min(
    perCore(({ clock }) => clock),
    ...engines.map(({ clock }) => clock),
  );
  const power = Math.max(
    ...(groups.length > 0 ? [perCore((group) => group.power)] : []),
    ...engines.map((e) => e.power),
  );
  const own = Math.min(1, ...groups.filter((group) => group.coresOn > 0).map(({ clock }) => clock));
  const { dispatch, activeWatts } = processor;
  const pace = dispatch === undefined ? own : (scales.get(dispatch.resource)?.clock ?? 1);
  const share = dispatch?.share ?? (processor.kind === 'cpu' ? 1 : 0);
  return {
    ...processor,
    peakOpsPerS: Object.fromEntries(
      Object.entries(processor.peakOpsPerS).map(([precision, peak]) => [precision, peak * compute]),
    ),
    bandwidthBytesPerS: processor.bandwidthBytesPerS * memoryShare * perCore(() => 1),
    launchOverheadMs: processor.launchOverheadMs * (1 + share * (1 / pace - 1)),
    ...(activeWatts !== undefined && { activeWatts: activeWatts * power }),
  };
}

/** Domains that run, each at its one frequency, driving what is still on. */
function heldDomains(
  platform: Platform,
  point: OperatingPoint,
  scales: ReadonlyMap<string, ResourceScale>,
): ClockDomain[] {
  return (platform.clockDomains ?? []).flatMap((domain) => {
    const state = stateIn(point, domain);
    if (state.frequencyHz === undefined) return [];
    const step = stepOf(domain, state);
    const { enumeratedHz, coreStates, bandwidthShare, volts, watts, idleWatts, ...rest } = domain;
    const one = (table: readonly number[] | undefined): number[] | undefined => (table ? [table[step]] : undefined);
    return {
      ...rest,
      resources: domain.resources.filter((id) => (scales.get(id)?.coresOn ?? 1) > 0),
      frequencyHz: [state.frequencyHz],
      ...(volts && { volts: one(volts) }),
      ...(watts && { watts: one(watts) }),
      ...(idleWatts && { idleWatts: one(idleWatts) }),
    };
  });
}

function heldPower(
  power: NonNullable<Platform['power']>,
  platform: Platform,
  point: OperatingPoint,
): NonNullable<Platform['power']> {
  if (power.idleWatts === undefined) return power;
  const lost = (platform.clockDomains ?? []).map((domain) => {
    const { frequencyHz } = stateIn(point, domain);
    const table = domain.idleWatts;
    if (table === undefined) return 0;
    const highest = table[table.length - 1];
    return frequencyHz === undefined ? highest : highest - table[domain.frequencyHz.indexOf(frequencyHz)];
  });
  return { ...power, idleWatts: Math.max(0, power.idleWatts - lost.reduce((sum, watts) => sum + watts, 0)) };
}

function scaledBandwidth(bytesPerS: number | undefined, share: number): { bandwidthBytesPerS?: number } {
  return bytesPerS === undefined ? {} : { bandwidthBytesPerS: bytesPerS * share };
}

/** Names the scaling as the source of every figure that it changed. */
function withProvenance(platform: Platform, held: Platform): Platform {
  if (platform.provenance === undefined || held.operatingPoint === undefined) return held;
  const changed = ['/operatingPoint/**'];
  held.resources.forEach((resource, r) => {
    const before = platform.resources[r];
    if (resource.cores !== before.cores) changed.push(`/resources/${resource.id}/cores`);
    if (resource.bandwidthBytesPerS !== before.bandwidthBytesPerS)
      changed.push(`/resources/${resource.id}/bandwidthBytesPerS`);
  });
  held.processors.forEach((processor, p) => {
    const before = platform.processors[p];
    const at = `/processors/${processor.id}`;
    if (Object.entries(processor.peakOpsPerS).some(([key, peak]) => peak !== before.peakOpsPerS[key as 'float32']))
      changed.push(`${at}/peakOpsPerS/**`);
    for (const key of ['bandwidthBytesPerS', 'launchOverheadMs', 'activeWatts'] as const)
      if (processor[key] !== before[key]) changed.push(`${at}/${key}`);
  });
  held.links?.forEach((link, l) => {
    if (link.bandwidthBytesPerS !== platform.links?.[l].bandwidthBytesPerS)
      changed.push(`/links/${l}/bandwidthBytesPerS`);
  });
  if (held.copy?.bandwidthBytesPerS !== platform.copy?.bandwidthBytesPerS) changed.push('/copy/bandwidthBytesPerS');
  if (held.power?.idleWatts !== platform.power?.idleWatts) changed.push('/power/idleWatts');
  return {
    ...held,
    sources: [
      ...(held.sources ?? []).filter((source) => source.id !== SCALED),
      {
        id: SCALED,
        title: `scaled from the highest clocks to operating point ${held.operatingPoint.id} by Heterodyne's clock model`,
        reliability: 'estimated',
      },
    ],
    provenance: [...platform.provenance, ...changed.map((path) => ({ path, source: SCALED }))],
  };
}

function total(groups: readonly ResourceScale[], figure: (group: ResourceScale) => number): number {
  return groups.reduce((sum, group) => sum + figure(group), 0);
}
