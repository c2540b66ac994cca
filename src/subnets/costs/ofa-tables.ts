/** Published latency tables of MobileNetV3 networks as a cost model: one table per resolution of the space. */
import { HeterodyneError, type Problem } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import { EXPANSIONS, KERNELS, MB_STEM, MB_TAIL, type MbBlockShape, mbForm, mbShapes } from '../ofa-mbv3.ts';
import type { SearchSpace } from '../space.ts';
import { type CostModel, factor } from './cost-model.ts';
import { interpolated, MISSING_HINT } from './interpolation.ts';
import type { LayerEntry, LayerTable } from './layer-table.ts';
import { type PlacedTable, tableQuality, tablesPlace } from './table-quality.ts';

const FORMS = KERNELS.length * EXPANSIONS.length;
/** Stands for an entry that will be interpolated. */
const MISSING: LayerEntry = { key: '', type: '', parts: new Map(), meanMs: Number.NaN };

interface OfaLatencyOptions {
  /** Put missing entries in from their neighbours; absent = refuse the table. */
  interpolate?: boolean;
}

/**
 * Tables for the resolutions that the space searches; others are left aside.
 *
 * @throws HeterodyneError `USAGE` for another space; `BAD_INPUT` with every missing entry
 */
export function ofaLatencyModel(
  space: SearchSpace,
  tables: readonly LayerTable[],
  { interpolate = false }: OfaLatencyOptions = {},
): CostModel {
  if (space.name !== 'ofa-mbv3') {
    throw new HeterodyneError('USAGE', `tables of this kind describe MobileNetV3 networks, not ${space.name}`, {
      path: '--costs',
      expected: '--space ofa-mbv3, or costs in a document of kind subnet-costs',
      received: `--space ${space.name}`,
    });
  }
  const missing: Problem[] = [];
  const placed = space.resolutions.map((resolution) => place(resolution, tables, interpolate, missing));
  const warnings: Warning[] = [...tables.flatMap((table) => table.warnings), ...tableQuality(placed)];
  const { resolutionSlot } = space;
  const squared = ({ stdMs }: LayerEntry) => (stdMs ?? 0) ** 2;
  const sum = (entries: readonly (LayerEntry | undefined)[], of: (entry: LayerEntry) => number) =>
    entries.reduce((total, entry) => total + of(entry ?? MISSING), 0);
  const factors = (of: (entry: LayerEntry) => number) => [
    factor(space, [resolutionSlot], (r) => sum(placed[r].fixed, of)),
    ...placed[0].blocks.map((_, slot) =>
      factor(space, [resolutionSlot, slot], (r, form) =>
        form < 0 ? 0 : of(placed[r].blocks[slot][tableForm(space, form)] ?? MISSING),
      ),
    ),
  ];
  const all = placed
    .flatMap(({ fixed, blocks }) => [...fixed, ...blocks.flat()])
    .filter((entry) => entry !== undefined);
  const known = missing.length === 0 && all.every(({ stdMs }) => stdMs !== undefined);
  const model: CostModel = {
    unit: 'ms',
    provenance: 'imported',
    hash: contentHash(all.map(({ key, meanMs, stdMs = -1 }) => [key, meanMs, stdMs])),
    factors: factors(({ meanMs }) => meanMs),
    ...(known && { variances: factors(squared) }),
    warnings,
  };
  return interpolate ? interpolated(space, model, missing, tablesPlace(placed)) : model;
}

/** Tables hold all kernels and expansions, the space perhaps some. */
function tableForm(space: SearchSpace, form: number): number {
  const { kernel, expansion } = mbForm(space, form);
  return KERNELS.indexOf(kernel) * EXPANSIONS.length + EXPANSIONS.indexOf(expansion);
}

/** @param missing gets what a table lacks, if that is to be interpolated */
function place(
  resolution: number,
  tables: readonly LayerTable[],
  interpolate: boolean,
  missing: Problem[],
): PlacedTable {
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
    if (entry) return entry;
    const key = [type, ...Object.entries(wanted).map((pair) => pair.join(':'))].join('-');
    const path = `/${key}`;
    // Later blocks of a stage share entries.
    if (problems.some((problem) => problem.path === path)) return undefined;
    problems.push({ path, message: `${what} is missing`, expected: key, received: 'nothing', hint: MISSING_HINT });
    return undefined;
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
      const what = `resolution ${resolution}, stage ${block.stage}, block ${block.position}, kernel ${kernel}, expand ${expansion}`;
      return find(what, 'expanded_conv', blockParts(block, kernel, expansion));
    }),
  );
  missing.push(...problems);
  if (problems.length > 0 && !interpolate) {
    throw new HeterodyneError('BAD_INPUT', `${table.source} lacks entries: ${problems[0].message}`, {
      source: table.source,
      path: problems[0].path,
      expected: problems[0].expected,
      received: 'nothing',
      problems,
    });
  }
  return { source: table.source, resolution, fixed, blocks: forms };
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
