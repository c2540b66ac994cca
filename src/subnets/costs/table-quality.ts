/** What is doubtful about published latency tables, said once for all tables of a processor. */
import type { Warning } from '../../documents/warnings.ts';
import { EXPANSIONS, KERNELS, MB_BLOCKS } from '../ofa-mbv3.ts';
import type { LayerEntry } from './layer-table.ts';

/** One resolution's entries in their places; undefined = missing. */
export interface PlacedTable {
  source: string;
  resolution: number;
  fixed: (LayerEntry | undefined)[];
  /** [20][9] */
  blocks: (LayerEntry | undefined)[][];
}

const FEW = 30;
const WIDE = 0.1;
/** Standard errors by which a fall is no noise. */
const ERRORS = 2;
/** Falls that are named. */
const NAMED = 10;

/** Few samples, wide spread, and entries that fall where they should rise by more than two standard errors. */
export function tableQuality(tables: readonly PlacedTable[]): Warning[] {
  const place = tablesPlace(tables);
  const own = tables.map(({ fixed, blocks }) => [
    ...new Set([...fixed, ...blocks.flat()].filter((entry) => entry !== undefined)),
  ]);
  const warning = (code: string, count: number, text: string): Warning[] =>
    count === 0 ? [] : [{ code, message: `${place}: ${text}`, count }];
  const counted = (doubtful: (entry: LayerEntry) => boolean) => {
    const counts = own.map((entries) => entries.filter(doubtful).length);
    const count = counts.reduce((sum, each) => sum + each, 0);
    const touched = counts.filter((each) => each > 0).length;
    return { count, text: `${count} ${count === 1 ? 'entry' : 'entries'} in ${touched} of ${tables.length} tables` };
  };
  const few = counted(({ count }) => count !== undefined && count < FEW);
  const wide = counted(({ meanMs, stdMs }) => stdMs !== undefined && stdMs > WIDE * meanMs);
  const falls = fallsOf(tables).sort((a, b) => b.by - a.by);
  const worst = falls.slice(0, NAMED).map(({ by, name }) => `${name} (${(100 * by).toFixed(1)} % less)`);
  return [
    ...warning('FEW_SAMPLES', few.count, `${few.text} with fewer than ${FEW} samples`),
    ...warning('HIGH_SPREAD', wide.count, `${wide.text} with a spread over ${100 * WIDE} % of their mean`),
    ...warning(
      'NON_MONOTONE',
      falls.length,
      `${falls.length} larger kernels, expansions or resolutions are faster than the next smaller ones: ${worst.join('; ')}${falls.length > NAMED ? '; ...' : ''}`,
    ),
  ];
}

/** The folder of all tables, or the only file. */
export function tablesPlace(tables: readonly { source: string }[]): string {
  const sources = tables.map(({ source }) => source);
  const folders = new Set(sources.map((source) => source.replace(/[\\/]?[^\\/]*$/, '')));
  const [folder] = folders;
  if (sources.length === 1 || folders.size > 1 || folder === '') return sources[0];
  return folder;
}

interface Fall {
  /** Share of the smaller one's time. */
  by: number;
  name: string;
}

function fallsOf(tables: readonly PlacedTable[]): Fall[] {
  const falls: Fall[] = [];
  const compare = (smaller: LayerEntry | undefined, larger: LayerEntry | undefined, name: string) => {
    if (!smaller || !larger) return;
    const error = Math.hypot(standardError(smaller), standardError(larger));
    const by = smaller.meanMs - larger.meanMs;
    if (by > ERRORS * error) falls.push({ by: by / smaller.meanMs, name });
  };
  const ascending = [...tables].sort((a, b) => a.resolution - b.resolution);
  ascending.forEach(({ resolution, blocks }, t) => {
    blocks.forEach((forms, slot) => {
      // Later blocks of a stage share entries: the first two cover all.
      const position = slot % MB_BLOCKS;
      if (position > 1) return;
      forms.forEach((entry, form) => {
        const [k, e] = [Math.floor(form / EXPANSIONS.length), form % EXPANSIONS.length];
        const name = `stage ${Math.floor(slot / MB_BLOCKS)} ${position === 0 ? 'first' : 'later'} block, kernel ${KERNELS[k]}, expand ${EXPANSIONS[e]} at ${resolution}`;
        if (e > 0) compare(forms[form - 1], entry, name);
        if (k > 0) compare(forms[form - EXPANSIONS.length], entry, name);
        if (t > 0) compare(ascending[t - 1].blocks[slot][form], entry, name);
      });
    });
  });
  return falls;
}

function standardError({ stdMs = 0, count = 1 }: LayerEntry): number {
  return stdMs / Math.sqrt(Math.max(1, count));
}
