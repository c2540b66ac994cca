/** A platform document as tables. */
import { bytesText } from '../documents/quantities.ts';
import { domainStates } from '../platforms/clock-domain.ts';
import { operatingPointCount, operatingPointNames } from '../platforms/operating-point.ts';
import { PRECISIONS } from '../platforms/precision.ts';
import type { Platform } from '../platforms/schema.ts';
import { figure, scaled } from './numbers.ts';
import { drawPlatform } from './platform-drawing.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 32;

/** Bytes of all DRAM; undefined where no resource states any. */
function dramBytes(platform: Platform): number | undefined {
  const stated = platform.resources.flatMap(({ kind, memoryBytes }) =>
    kind === 'dram' && memoryBytes !== undefined ? [memoryBytes] : [],
  );
  return stated.length === 0 ? undefined : stated.reduce((sum, bytes) => sum + bytes, 0);
}

const optional = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? '' : show(value);

export function platformText(platform: Platform, style: TextStyle): string {
  const { bold } = paint(style);
  const parts = [
    `${bold(platform.name)} (${platform.id})`,
    drawPlatform(platform, style.width).trimEnd(),
    processors(platform, style),
    resources(platform, style),
    transfers(platform, style),
    clocks(platform, style),
    sources(platform, style),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function processors(platform: Platform, style: TextStyle): string {
  return table(
    [
      { title: 'processor' },
      { title: 'kind' },
      { title: 'uses', flexible: true },
      ...PRECISIONS.map((precision) => ({ title: `${precision} op/s`, align: 'right' as const })),
      { title: 'bytes/s', align: 'right' },
      { title: 'launch ms', align: 'right' },
      { title: 'watts', align: 'right' },
    ],
    platform.processors.map((processor) => [
      processor.id,
      processor.kind,
      processor.uses.join(', '),
      ...PRECISIONS.map((precision) => optional(processor.peakOpsPerS[precision], scaled)),
      scaled(processor.bandwidthBytesPerS),
      figure(processor.launchOverheadMs),
      optional(processor.activeWatts, figure),
    ]),
    style,
  );
}

function resources(platform: Platform, style: TextStyle): string {
  return table(
    [
      { title: 'resource' },
      { title: 'kind' },
      { title: 'what', flexible: true },
      { title: 'cores', align: 'right' },
      { title: 'bytes/s', align: 'right' },
      { title: 'memory', align: 'right' },
    ],
    platform.resources.map((resource) => [
      resource.id,
      resource.kind,
      resource.name ?? '',
      optional(resource.cores, String),
      optional(resource.bandwidthBytesPerS, scaled),
      optional(resource.memoryBytes, bytesText),
    ]),
    style,
  );
}

function transfers(platform: Platform, style: TextStyle): string {
  const { arrow } = signs(style);
  const both = style.unicode ? '↔' : '<->';
  const rows = (platform.links ?? []).map((link) => [
    `${link.from} ${link.bidirectional ? both : arrow} ${link.to}`,
    link.resource ?? '',
    optional(link.bandwidthBytesPerS, scaled),
    figure(link.latencyMs),
  ]);
  const { copy } = platform;
  if (copy !== undefined) {
    const between = rows.length === 0 ? 'any two processors' : 'all others';
    rows.push([between, 'copy', optional(copy.bandwidthBytesPerS, scaled), figure(copy.latencyMs)]);
  }
  if (rows.length === 0) return '';
  return table(
    [
      { title: 'transfer' },
      { title: 'over' },
      { title: 'bytes/s', align: 'right' },
      { title: 'latency ms', align: 'right' },
    ],
    rows,
    style,
  );
}

function clocks(platform: Platform, style: TextStyle): string {
  const domains = platform.clockDomains ?? [];
  if (domains.length === 0) return '';
  const { dash, times } = signs(style);
  const states = domains.map((domain) => domainStates(platform, domain));
  const rows = domains.map(({ id, resources, frequencyHz, actuationDelayMs }, d) => {
    const first = frequencyHz[0] ?? 0;
    const last = frequencyHz.at(-1) ?? first;
    const range = first === last ? scaled(first, 'Hz') : `${scaled(first, 'Hz')} ${dash} ${scaled(last, 'Hz')}`;
    return [id, resources.join(', '), range, String(frequencyHz.length), String(states[d]), figure(actuationDelayMs)];
  });
  const product = domains.length > 1 ? `${states.join(` ${times} `)} = ` : '';
  const count = `${product}${operatingPointCount(platform)} operating points`;
  const names = `known by name: ${operatingPointNames(platform).join(', ')}`;
  return `${table(
    [
      { title: 'clock' },
      { title: 'drives', flexible: true },
      { title: 'range', align: 'right' },
      { title: 'steps', align: 'right' },
      { title: 'states', align: 'right' },
      { title: 'delay ms', align: 'right' },
    ],
    rows,
    style,
  )}\n${wrap(`${count}; ${names}`, style.width)}`;
}

function sources(platform: Platform, style: TextStyle): string {
  const listed = platform.sources ?? [];
  if (listed.length === 0) return ' no sources are stated';
  return table(
    [{ title: 'source' }, { title: 'reliability' }, { title: 'title', flexible: true }],
    listed.map((source) => [source.id, source.reliability, source.title]),
    style,
  );
}

/** One line per platform. */
export interface PlatformSummary {
  id: string;
  name: string;
  detected?: boolean;
  processors?: Pick<Platform['processors'][number], 'id' | 'kind'>[];
  memoryBytes?: number;
  operatingPoints?: number;
}

export function summaryOf(platform: Platform): PlatformSummary {
  const memoryBytes = dramBytes(platform);
  return {
    id: platform.id,
    name: platform.name,
    processors: platform.processors.map(({ id, kind }) => ({ id, kind })),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    operatingPoints: operatingPointCount(platform),
  };
}

export function platformListText(platforms: readonly PlatformSummary[], style: TextStyle): string {
  const rows = platforms.map((platform) => [
    platform.id,
    shorten(platform.name, LONGEST_NAME, style),
    (platform.processors ?? []).map(({ id }) => id).join(', '),
    optional(platform.memoryBytes, bytesText),
    optional(platform.operatingPoints, String),
  ]);
  const text = table(
    [
      { title: 'platform' },
      { title: 'name' },
      { title: 'processors', flexible: true },
      { title: 'memory', align: 'right' },
      { title: 'operating points', align: 'right' },
    ],
    rows,
    style,
  );
  const note = 'heterodyne platforms show ID tells more; a platform file of your own is used as --platform FILE.';
  return `${text}\n\n${wrap(note, style.width)}\n`;
}
