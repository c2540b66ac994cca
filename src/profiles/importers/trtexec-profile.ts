/** `trtexec --exportProfile`: an array of `{count}` and then one object per layer of the engine, in milliseconds. */
import { HeterodyneError } from '../../core/errors.ts';
import { duration, finiteNumber, percentText, sum } from './figures.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { type JsonRecord, readRecords } from './json-records.ts';
import type { ImportedOp, ReadProfile } from './record.ts';

const KEYS = ['count', 'name', 'timeMs', 'averageMs', 'medianMs', 'percentage'];

export const trtexecProfile: ProfileFormat = {
  id: 'trtexec-profile',
  family: 'trtexec',
  title: 'trtexec --exportProfile',
  detect: (text) =>
    /"averageMs"\s*:|"timeMs"\s*:/.test(text) && /"name"\s*:/.test(text)
      ? 'layers with timeMs or averageMs'
      : undefined,
  read: readTrtexecProfile,
};

interface Layer {
  name: string;
  avgMs: number;
  totalMs?: number;
  percentage?: number;
}

function readTrtexecProfile(text: string, settings: ReadSettings): ReadProfile {
  const findings = new Findings();
  const items = readRecords(text, KEYS, settings, findings);
  const count = items.map((item) => finiteNumber(item.count)).find((value) => value !== undefined && value >= 1);
  if (count === undefined) findings.add('ASSUMED', 'the file states no count: averages are taken as they are');
  let unknownKeys = 0;
  const layers: Layer[] = [];
  for (const [at, item] of items.entries()) {
    for (const key of Object.keys(item)) if (!KEYS.includes(key)) unknownKeys++;
    const layer = layerOf(item, count, `/${at}`, findings);
    if (layer !== undefined) layers.push(layer);
  }
  if (layers.length === 0) {
    throw new HeterodyneError('BAD_INPUT', `${settings.source} holds no layer`, {
      source: settings.source,
      path: '/1',
      expected: 'objects with name, and medianMs, averageMs or timeMs as plain numbers',
      received: [`${items.length} objects, none with both`, ...findings.messages('BAD_VALUE')].join('; '),
    });
  }
  notePercentages(layers, findings);
  return {
    tool: 'trtexec',
    mode: 'profiled',
    warmup: { removed: 0, rule: 'the file holds sums' },
    ops: numbered(layers),
    warnings: findings.all(),
    unknownKeys,
  };
}

function layerOf(item: JsonRecord, count: number | undefined, path: string, findings: Findings): Layer | undefined {
  const { name } = item;
  if (typeof name !== 'string') return undefined;
  const value = (key: string): number | undefined => duration(item[key], findings, 'layer times', `${path}/${key}`);
  const [totalMs, stated, median] = [value('timeMs'), value('averageMs'), value('medianMs')];
  const computed = totalMs !== undefined && count !== undefined ? totalMs / count : undefined;
  if (
    computed !== undefined &&
    stated !== undefined &&
    Math.abs(computed - stated) > 0.01 * Math.max(computed, stated)
  ) {
    findings.count('BAD_VALUE', 'averages are not timeMs / count, and were computed anew', `${path}/averageMs`);
  }
  const avgMs = median ?? computed ?? stated;
  if (avgMs === undefined) {
    findings.count('BAD_VALUE', 'layers without a time were left out', path);
    return undefined;
  }
  return { name, avgMs, totalMs, percentage: finiteNumber(item.percentage) };
}

/** Layers of one name are kept, with a number behind the second and later ones. */
function numbered(layers: readonly Layer[]): ImportedOp[] {
  const total = sum(layers.map(({ avgMs }) => avgMs));
  const used = new Map<string, number>();
  return layers.map(({ name, avgMs, totalMs }, index): ImportedOp => {
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return {
      name: times === 1 ? name : `${name}#${times}`,
      index,
      avgMs,
      ...(totalMs !== undefined && { totalMs }),
      calls: 1,
      share: total > 0 ? avgMs / total : 0,
    };
  });
}

function notePercentages(layers: readonly Layer[], findings: Findings): void {
  const stated = layers.flatMap(({ percentage }) => (percentage === undefined ? [] : [percentage]));
  if (stated.length === 0) return;
  const total = sum(stated);
  if (total < 95 || total > 105) {
    findings.add(
      'PERCENT_WRONG',
      `the stated percentages add up to ${percentText(total / 100)}: shares were computed anew; layers may be missing`,
    );
  }
}
