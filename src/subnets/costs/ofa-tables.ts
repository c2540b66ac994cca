/** Published latency tables of MobileNetV3 networks as a cost model: one table per resolution of the space. */
import { HeterodyneError, type Problem } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import { EXPANSIONS, KERNELS, MB_STEM, MB_TAIL, type MbBlockShape, mbForm, mbShapes } from '../ofa-mbv3.ts';
import type { SearchSpace } from '../space.ts';
import { type CostModel, factor } from './cost-model.ts';
import type { LayerEntry, LayerTable } from './layer-table.ts';

const FORMS = KERNELS.length * EXPANSIONS.length;

/** One resolution's entries in their places. */
interface PlacedTable {
  fixed: LayerEntry[];
  /** [20][9] */
  blocks: LayerEntry[][];
}

/** Tables for the resolutions that the space searches; others are left aside. */
export function ofaLatencyModel(space: SearchSpace, tables: readonly LayerTable[]): CostModel {
  if (space.name !== 'ofa-mbv3') {
    throw new HeterodyneError('USAGE', `tables of this kind describe MobileNetV3 networks, not ${space.name}`, {
      path: '--costs',
      expected: '--space ofa-mbv3, or costs in a document of kind subnet-costs',
      received: `--space ${space.name}`,
    });
  }
  const warnings: Warning[] = tables.flatMap((table) => table.warnings);
  const placed = space.resolutions.map((resolution) => place(resolution, tables, warnings));
  const { resolutionSlot } = space;
  const squared = ({ stdMs }: LayerEntry) => (stdMs ?? 0) ** 2;
  const sum = (entries: readonly LayerEntry[], of: (entry: LayerEntry) => number) =>
    entries.reduce((total, entry) => total + of(entry), 0);
  const factors = (of: (entry: LayerEntry) => number) => [
    factor(space, [resolutionSlot], (r) => sum(placed[r].fixed, of)),
    ...placed[0].blocks.map((_, slot) =>
      factor(space, [resolutionSlot, slot], (r, form) =>
        form < 0 ? 0 : of(placed[r].blocks[slot][tableForm(space, form)]),
      ),
    ),
  ];
  const all = placed.flatMap(({ fixed, blocks }) => [...fixed, ...blocks.flat()]);
  const known = all.every(({ stdMs }) => stdMs !== undefined);
  return {
    unit: 'ms',
    provenance: 'imported',
    hash: contentHash(all.map(({ key, meanMs, stdMs = -1 }) => [key, meanMs, stdMs])),
    factors: factors(({ meanMs }) => meanMs),
    ...(known && { variances: factors(squared) }),
    warnings,
  };
}

/** Tables hold all kernels and expansions, the space perhaps some. */
function tableForm(space: SearchSpace, form: number): number {
  const { kernel, expansion } = mbForm(space, form);
  return KERNELS.indexOf(kernel) * EXPANSIONS.length + EXPANSIONS.indexOf(expansion);
}

function place(resolution: number, tables: readonly LayerTable[], warnings: Warning[]): PlacedTable {
  const fitting = tables.filter((table) => table.resolution === resolution);
  if (fitting.length !== 1) {
    const found = tables.map((table) => table.resolution).sort((a, b) => a - b);
    throw new HeterodyneError('BAD_INPUT', `there must be one latency table for resolution ${resolution}`, {
      path: '--costs',
      expected: 'one file for each resolution of the space',
      received:
        fitting.length > 1
          ? fitting.map(({ source }) => source).join(', ')
          : `resolutions ${found.join(', ') || 'none'}`,
      hint: 'search fewer resolutions: --resolutions LIST',
    });
  }
  const [table] = fitting;
  if (table.entries.some(({ type, parts }) => type === 'expanded_conv' && !parts.has('se'))) {
    throw new HeterodyneError('BAD_INPUT', `${table.source} is a table of another family of networks`, {
      source: table.source,
      expected: 'blocks with se and hs, as MobileNetV3 tables have them',
      received: 'blocks without, as ProxylessNAS tables have them',
    });
  }
  const { stemSize, blocks, lastSize } = mbShapes(resolution);
  const problems: Problem[] = [];
  const find = (what: string, type: string, wanted: Record<string, string>): LayerEntry | undefined => {
    const entry = table.entries.find(
      (candidate) =>
        candidate.type === type && Object.entries(wanted).every(([name, value]) => candidate.parts.get(name) === value),
    );
    if (!entry) {
      const key = [type, ...Object.entries(wanted).map((pair) => pair.join(':'))].join('-');
      problems.push({ path: `/${key}`, message: `${what} is missing`, expected: key, received: 'nothing' });
    }
    return entry;
  };
  const square = (size: number, channels: number) => `${size}x${size}x${channels}`;
  const [wide, features, classes] = MB_TAIL;
  const stem = square(stemSize, MB_STEM);
  const fixed = [
    find('the stem', 'Conv', { input: square(resolution, 3), output: stem }),
    find('the first block', 'expanded_conv', {
      input: stem,
      output: stem,
      expand: String(MB_STEM),
      kernel: '3',
      stride: '1',
    }),
    find('the widening layer', 'Conv_1', { input: square(lastSize, 192), output: square(lastSize, wide) }),
    find('the pooling', 'AvgPool2D', { input: square(lastSize, wide) }),
    find('the feature layer', 'Conv_2', { input: square(1, wide), output: square(1, features) }),
    find('the classifier', 'Logits', { input: square(1, features), output: String(classes) }),
  ];
  const forms = blocks.map((block) =>
    Array.from({ length: FORMS }, (_, form) => {
      const kernel = KERNELS[Math.floor(form / EXPANSIONS.length)];
      const expansion = EXPANSIONS[form % EXPANSIONS.length];
      const what = `stage ${block.stage}, block ${block.position}, kernel ${kernel}, expand ${expansion}`;
      return find(what, 'expanded_conv', blockParts(block, kernel, expansion));
    }),
  );
  if (problems.length > 0) {
    throw new HeterodyneError('BAD_INPUT', `${table.source} lacks entries: ${problems[0].message}`, {
      source: table.source,
      path: problems[0].path,
      expected: problems[0].expected,
      received: 'nothing',
      problems,
    });
  }
  const complete = { fixed: fixed as LayerEntry[], blocks: forms as LayerEntry[][] };
  checkQuality(table, complete, warnings);
  return complete;
}

function blockParts(block: MbBlockShape, kernel: number, expansion: number): Record<string, string> {
  const { inSize, outSize, inChannels, channels, stride, position, squeezeExcite, hardSwish } = block;
  return {
    input: `${inSize}x${inSize}x${inChannels}`,
    output: `${outSize}x${outSize}x${channels}`,
    expand: String(inChannels * expansion),
    kernel: String(kernel),
    stride: String(stride),
    idskip: position === 0 ? '0' : '1',
    se: squeezeExcite ? '1' : '0',
    hs: hardSwish ? '1' : '0',
  };
}

/** Few samples, wide spread, and entries that fall where they should rise by more than two standard errors. */
function checkQuality(table: LayerTable, { fixed, blocks }: PlacedTable, warnings: Warning[]): void {
  const all = [...new Set([...fixed, ...blocks.flat()])];
  const few = all.filter(({ count }) => count !== undefined && count < 30);
  const wide = all.filter(({ meanMs, stdMs }) => stdMs !== undefined && stdMs > 0.1 * meanMs);
  const add = (code: string, found: readonly unknown[], message: string) => {
    if (found.length > 0) warnings.push({ code, message: `${table.source}: ${message}`, count: found.length });
  };
  add('FEW_SAMPLES', few, `${few.length} entries stand on fewer than 30 samples`);
  add('HIGH_SPREAD', wide, `${wide.length} entries spread by more than 10 % of their mean`);
  const falls: { by: number; text: string }[] = [];
  const compare = (smaller: LayerEntry, larger: LayerEntry) => {
    const error = Math.hypot(standardError(smaller), standardError(larger));
    const by = smaller.meanMs - larger.meanMs;
    if (by > 2 * error)
      falls.push({
        by: by / smaller.meanMs,
        text: `${larger.key} (${((100 * by) / smaller.meanMs).toFixed(1)} % less)`,
      });
  };
  // Later blocks of a stage share entries: the first two cover all.
  blocks.forEach((forms, slot) => {
    if (slot % 4 > 1) return;
    forms.forEach((entry, form) => {
      if (form % 3 < 2) compare(entry, forms[form + 1]);
      if (form < 6) compare(entry, forms[form + 3]);
    });
  });
  const worst = falls.sort((a, b) => b.by - a.by).slice(0, 10);
  add(
    'NON_MONOTONE',
    falls,
    `${falls.length} larger kernels or expansions are faster than smaller ones, first ${worst[0]?.text}`,
  );
}

function standardError({ stdMs = 0, count = 1 }: LayerEntry): number {
  return stdMs / Math.sqrt(Math.max(1, count));
}
