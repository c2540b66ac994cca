/**
 * Latency tables as Once-for-All publishes them: one file per device and resolution, YAML or JSON, a layer's key to
 * `count`, `mean` and `std` in milliseconds.
 *
 *   expanded_conv-input:10x10x136-output:10x10x136-expand:408-kernel:3-stride:1-idskip:1-se:1-hs:1:
 *     count: 497
 *     mean: 0.38
 *     std: 0.01
 *
 * Keys are taken apart, so that their parts may come in any order.
 */
import { parse as parseYaml } from 'deno-std/yaml/parse.js';
import { HeterodyneError } from '../../core/errors.ts';
import { readJson } from '../../documents/json-text.ts';
import type { Warning } from '../../documents/warnings.ts';

export interface LayerEntry {
  key: string;
  type: string;
  /** `input`, `output`, `expand`, `kernel`, `stride`, `idskip`, `se`, `hs` as written. */
  parts: ReadonlyMap<string, string>;
  meanMs: number;
  /** undefined = not stated, which is not zero. */
  stdMs?: number;
  count?: number;
}

export interface LayerTable {
  source: string;
  /** Input size of the network. */
  resolution: number;
  entries: LayerEntry[];
  warnings: Warning[];
}

/** @throws HeterodyneError `BAD_INPUT` */
export function readLayerTable(text: string, source: string): LayerTable {
  const raw = readMapping(text, source);
  const entries = Object.entries(raw).map(([key, value]) => readEntry(key, value, source));
  const stem = entries.find(({ type }) => type === 'Conv');
  const resolution = Number(stem?.parts.get('input')?.split('x')[0]);
  if (!Number.isInteger(resolution) || resolution < 1) {
    throw bad(
      source,
      '',
      'a latency table has the entry of the first layer',
      'a key Conv-input:HxWx3-output:...',
      'none',
    );
  }
  const warnings: Warning[] = [];
  const named = /^(\d+)_/.exec(source.split(/[\\/]/).at(-1) ?? '');
  if (named && Number(named[1]) !== resolution) {
    const message = `${source} holds the layers of resolution ${resolution}, whatever its name says`;
    warnings.push({ code: 'RESOLUTION_MISMATCH', message });
  }
  return { source, resolution, entries, warnings };
}

function readMapping(text: string, source: string): Record<string, unknown> {
  let raw: unknown;
  if (/^\s*[{]/.test(text)) raw = readJson(text, source);
  else {
    // The most restricted schema makes texts only; anchors and tags have no business here.
    if (/(^|[\s:])[&*!][^\s]/.test(text)) {
      throw bad(source, '', 'tags and anchors are not read', 'plain keys and numbers', 'a tag or an anchor');
    }
    try {
      raw = parseYaml(text, { schema: 'failsafe' });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      throw bad(source, '', `${source} is not YAML: ${reason}`, 'a latency table in YAML or JSON', 'something else');
    }
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || Object.keys(raw).length === 0) {
    throw bad(
      source,
      '',
      `${source} is no latency table`,
      'layer keys with count, mean and std',
      raw === null ? 'nothing' : typeof raw,
    );
  }
  return raw as Record<string, unknown>;
}

function readEntry(key: string, value: unknown, source: string): LayerEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(source, `/${key}`, 'an entry must be a mapping', 'count, mean and std', String(value));
  }
  const number = (name: string): number | undefined => {
    const given = (value as Record<string, unknown>)[name];
    if (given === undefined) return undefined;
    const found =
      typeof given === 'number' ? given : typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
    if (Number.isFinite(found) && found >= 0) return found;
    throw bad(source, `/${key}/${name}`, `${name} must be a number`, 'a finite number of at least 0', String(given));
  };
  const [type, ...parts] = key.split('-');
  const meanMs = number('mean');
  if (meanMs === undefined || meanMs === 0) {
    throw bad(source, `/${key}/mean`, 'an entry needs its mean', 'milliseconds, more than 0', String(meanMs));
  }
  const variance = number('var');
  return {
    key,
    type,
    parts: new Map(parts.map((part) => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)])),
    meanMs,
    stdMs: number('std') ?? (variance === undefined ? undefined : Math.sqrt(variance)),
    count: number('count'),
  };
}

function bad(source: string, path: string, message: string, expected: string, received: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', message, { source, path, expected, received });
}
