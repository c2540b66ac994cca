/** What is done about tables that fall where they should rise, or lack entries. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../bindings/core.ts';
import type { HeterodyneError } from '../../src/core/errors.ts';
import { sumOf } from '../../src/subnets/costs/cost-model.ts';
import { costsModel, type SubnetCosts } from '../../src/subnets/costs/costs-schema.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { isotonic, isotonicGrid } from '../../src/subnets/costs/isotonic.ts';
import { readLayerTable } from '../../src/subnets/costs/layer-table.ts';
import { ofaLatencyModel } from '../../src/subnets/costs/ofa-tables.ts';
import { smoothed } from '../../src/subnets/costs/smoothing.ts';
import { EXPANSIONS, KERNELS, MB_STEM, MB_TAIL, mbShapes, ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { searchSpace } from '../../src/subnets/space.ts';
import { hasOfa, note10Tables } from './fixtures.ts';

const test = suite('cost tables mended');
const RESOLUTIONS = [160, 192, 224];
const space = searchSpace(ofaMbv3(RESOLUTIONS));

const weighted = (values: readonly number[], weights: readonly number[], cells: readonly number[]) =>
  cells.reduce((sum, i) => sum + values[i] * weights[i], 0) / cells.reduce((sum, i) => sum + weights[i], 0);

const distance = (a: readonly number[], b: readonly number[], weights: readonly number[]) =>
  a.reduce((sum, value, i) => sum + weights[i] * (value - b[i]) ** 2, 0);

/** The best of all ways to cut a chain into runs of equal numbers. */
function bestCuts(values: readonly number[], weights: readonly number[]): number[] {
  let best: number[] = [];
  for (let cuts = 0; cuts < 2 ** (values.length - 1); cuts++) {
    const fitted: number[] = [];
    for (let from = 0; from < values.length; ) {
      let to = from + 1;
      while (to < values.length && !(cuts & (1 << (to - 1)))) to++;
      const run = Array.from({ length: to - from }, (_, i) => from + i);
      fitted.push(...run.map(() => weighted(values, weights, run)));
      from = to;
    }
    const rising = fitted.every((value, i) => i === 0 || value >= fitted[i - 1]);
    if (rising && (best.length === 0 || distance(fitted, values, weights) < distance(best, values, weights)))
      best = fitted;
  }
  return best;
}

test('pooling adjacent violators finds the best of all rising chains', () => {
  const random = new Random(5);
  for (let round = 0; round < 60; round++) {
    const values = Array.from({ length: 1 + random.below(8) }, () => random.below(9));
    const weights = values.map(() => 1 + random.below(4));
    const found = isotonic(values, weights);
    bestCuts(values, weights).forEach((value, i) => {
      assert.ok(Math.abs(found[i] - value) < 1e-9, `${values} by ${weights}: ${found}`);
    });
  }
});

/** For every cell the largest, over all upper sets with it, of the least mean over their common part with a lower set. */
function byUpperSets(values: readonly number[], weights: readonly number[], sizes: readonly number[]): number[] {
  const strides = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, size) => product * size, 1));
  const above = values.map((_, cell) =>
    strides.flatMap((stride, axis) =>
      (Math.floor(cell / stride) % sizes[axis]) + 1 < sizes[axis] ? [cell + stride] : [],
    ),
  );
  const uppers: number[] = [];
  for (let set = 0; set < 2 ** values.length; set++) {
    if (above.every((cells, cell) => !(set & (1 << cell)) || cells.every((each) => set & (1 << each))))
      uppers.push(set);
  }
  const cellsOf = (set: number) => values.flatMap((_, cell) => (set & (1 << cell) ? [cell] : []));
  return values.map((_, cell) => {
    const within = uppers.filter((set) => set & (1 << cell));
    const without = uppers.filter((set) => !(set & (1 << cell)));
    const least = (upper: number) =>
      Math.min(...without.map((beyond) => weighted(values, weights, cellsOf(upper & ~beyond))));
    return Math.max(...within.map(least));
  });
}

test('over a grid the closest numbers that rise along every axis are found', () => {
  const random = new Random(6);
  for (const sizes of [
    [2, 2],
    [2, 3],
    [3, 3],
    [2, 2, 2],
    [5, 1],
    [3, 1, 2],
  ]) {
    for (let round = 0; round < 8; round++) {
      const cells = sizes.reduce((product, size) => product * size, 1);
      const values = Array.from({ length: cells }, () => random.below(20));
      const weights = values.map(() => 1 + random.below(3));
      const found = isotonicGrid(values, weights, sizes);
      byUpperSets(values, weights, sizes).forEach((value, cell) => {
        assert.ok(Math.abs(found[cell] - value) < 1e-6, `${values} by ${weights} in ${sizes}: ${found}`);
      });
    }
  }
});

type Times = (what: { kernel?: number; expansion?: number; slot?: number; resolution: number }) => number | undefined;

/** A table as it is published; undefined = the entry is missing. */
function tableText(resolution: number, time: Times, std = 0.001): string {
  const { stemSize, blocks, lastSize } = mbShapes(resolution);
  const [wide, features, classes] = MB_TAIL;
  const square = (size: number, channels: number) => `${size}x${size}x${channels}`;
  const entries = new Map<string, number | undefined>([
    [`Conv-input:${square(resolution, 3)}-output:${square(stemSize, MB_STEM)}`, 0.1],
    [
      `expanded_conv-input:${square(stemSize, MB_STEM)}-output:${square(stemSize, MB_STEM)}-expand:${MB_STEM}-kernel:3-stride:1-idskip:1-se:0-hs:0`,
      0.1,
    ],
    [`Conv_1-input:${square(lastSize, 192)}-output:${square(lastSize, wide)}`, time({ resolution })],
    [`AvgPool2D-input:${square(lastSize, wide)}-output:${square(1, wide)}`, 0.1],
    [`Conv_2-input:${square(1, wide)}-output:${square(1, features)}`, 0.1],
    [`Logits-input:${square(1, features)}-output:${classes}`, 0.1],
  ]);
  blocks.forEach((block, slot) => {
    for (const kernel of KERNELS) {
      for (const expansion of EXPANSIONS) {
        const key = `expanded_conv-input:${square(block.inSize, block.inChannels)}-output:${square(block.outSize, block.channels)}-expand:${block.inChannels * expansion}-kernel:${kernel}-stride:${block.stride}-idskip:${Number(block.position > 0)}-se:${Number(block.squeezeExcite)}-hs:${Number(block.hardSwish)}`;
        // Later blocks share the entry of the second.
        if (block.position <= 1) entries.set(key, time({ kernel, expansion, slot, resolution }));
      }
    }
  });
  return [...entries]
    .filter(([, mean]) => mean !== undefined)
    .map(([key, mean]) => `${key}:\n  count: 100\n  mean: ${mean}\n  std: ${std}\n`)
    .join('');
}

const tables = (time: Times) =>
  RESOLUTIONS.map((resolution) => readLayerTable(tableText(resolution, time), `t/${resolution}_lookup_table.yaml`));

/** Follows the work, by a product of what its parts contribute. */
const product: Times = ({ kernel, expansion, slot, resolution }) =>
  kernel === undefined
    ? resolution ** 2 / 1e5
    : ((0.2 + 0.01 * slot!) * (1 + 0.1 * kernel) * expansion! * resolution ** 2) / 1e5;

test('a fall is said once for all tables, with its count and the worst', () => {
  const fallen: Times = (what) => (what.kernel === 7 && what.slot === 4 ? 0.5 * product(what)! : product(what));
  const { warnings } = ofaLatencyModel(space, tables(fallen));
  const found = warnings.filter(({ code }) => code === 'NON_MONOTONE');
  assert.is(found.length, 1);
  // Three resolutions of three expansions, each faster than kernel 5.
  assert.is(found[0].count, 9);
  assert.match(found[0].message, /^t: 9 larger kernels.*stage 1 first block, kernel 7, expand/);
  assert.equal(ofaLatencyModel(space, tables(product)).warnings, []);
});

test('smoothing changes what falls and nothing else, and says how much', () => {
  const fallen: Times = (what) =>
    what.kernel === 7 && what.slot === 4 && what.resolution === 192 ? 0.7 * product(what)! : product(what);
  const rough = ofaLatencyModel(space, tables(fallen));
  const smooth = smoothed(space, rough, 'board');
  const [warning] = smooth.warnings.slice(-1);
  assert.is(warning.code, 'SMOOTHED');
  assert.match(
    warning.message,
    /^costs of board are smoothed: \d+ of 273 entries were changed, most stage1 block 0, .*ks 7/,
  );
  assert.is.not(smooth.hash, rough.hash);
  rough.factors.forEach(({ table }, f) => {
    if (f !== 5) assert.equal(smooth.factors[f].table, table, `factor ${f} is left alone`);
  });
  // 160, 192 and 224 pixels: nine forms each, the tenth value of a slot being "inactive".
  const at = (r: number, k: number, e: number) => smooth.factors[5].table[(r + 1) * 10 + 1 + 3 * k + e];
  for (let r = 0; r < 3; r++) {
    for (let k = 0; k < 3; k++) {
      for (let e = 0; e < 3; e++) {
        if (k > 0) assert.ok(at(r, k, e) >= at(r, k - 1, e));
        if (e > 0) assert.ok(at(r, k, e) >= at(r, k, e - 1));
        if (r > 0) assert.ok(at(r, k, e) >= at(r - 1, k, e));
      }
    }
  }
  assert.is(smoothed(space, smooth, 'board'), smooth, 'what is smooth stays as it is');
  const work = flopsModel(space);
  assert.is(smoothed(space, work, 'board'), work);
});

test('a missing entry is named and refused, or put in from its neighbours', () => {
  const holes: Times = (what) => {
    const corner = what.slot === 1 && what.kernel === 7 && what.expansion === 6 && what.resolution === 224;
    const middle = what.slot === 4 && what.kernel === 5 && what.resolution === 192;
    return corner || middle ? undefined : product(what);
  };
  assert.throws(
    () => ofaLatencyModel(space, tables(holes)),
    ({ problems, message }: HeterodyneError) =>
      problems.length === 3 && /resolution 192, stage 1, block 0, kernel 5, expand 3 is missing/.test(message),
  );
  const whole = ofaLatencyModel(space, tables(product));
  const model = ofaLatencyModel(space, tables(holes), { interpolate: true });
  const [warning] = model.warnings.slice(-1);
  assert.is(warning.code, 'INTERPOLATED');
  assert.is(warning.count, 4);
  assert.is(model.variances, undefined, 'a deviation that nobody measured is unknown');
  model.factors.forEach(({ table }, f) => {
    table.forEach((value, i) => {
      const expected = whole.factors[f].table[i];
      assert.ok(Math.abs(value - expected) <= 1e-9 * expected, `factor ${f}, ${i}: ${value}, not ${expected}`);
    });
  });
  const complete = ofaLatencyModel(space, tables(product), { interpolate: true });
  assert.is(complete.hash, whole.hash, 'nothing is changed where nothing is missing');
});

test('what all networks pay lies between its neighbours, and is not made up beyond them', () => {
  const without =
    (missing: number): Times =>
    (what) =>
      what.kernel === undefined && what.resolution === missing ? undefined : product(what);
  const [fixed] = ofaLatencyModel(space, tables(without(192)), { interpolate: true }).factors;
  const [whole] = ofaLatencyModel(space, tables(product)).factors;
  assert.ok(Math.abs(fixed.table[2] - whole.table[2]) < 1e-12, `${fixed.table[2]}, not ${whole.table[2]}`);
  assert.throws(() => ofaLatencyModel(space, tables(without(224)), { interpolate: true }), /lacks too much/);
});

test('our own cost documents are completed and smoothed, too', () => {
  const tiny = searchSpace({
    kind: 'elastic-space',
    schemaVersion: 1,
    name: 'tiny',
    resolutions: [24, 32],
    stages: [{ name: 'a', blocks: 2, depths: [1, 2], genes: [{ key: 'ks', choices: [3, 5] }] }],
  });
  const entries: SubnetCosts['entries'] = [24, 32].flatMap((resolution) => [
    { resolution, meanMs: 1 },
    ...[0, 1].flatMap((block) =>
      [3, 5].map((ks) => ({ resolution, stage: 'a', block, form: { ks }, meanMs: (ks * resolution) / 100 })),
    ),
  ]);
  const costs: SubnetCosts = {
    kind: 'subnet-costs',
    schemaVersion: 1,
    space: 'tiny',
    processor: 'cpu',
    provenance: 'measured',
    entries: entries.slice(0, -1),
  };
  assert.throws(() => costsModel(tiny, costs, 'costs.json'), /no cost for 32 a 1/);
  const model = costsModel(tiny, costs, 'costs.json', { interpolate: true });
  const largest = Uint8Array.of(2, 2, 2);
  assert.ok(Math.abs(sumOf(model.factors, tiny, largest) - (1 + 1.6 + 1.6)) < 1e-12);
  const fallen = costsModel(
    tiny,
    { ...costs, entries: [...entries.slice(0, -1), { ...entries.at(-1)!, meanMs: 0.8 }] },
    'costs.json',
  );
  const [warning] = smoothed(tiny, fallen, 'cpu').warnings;
  // Kernel 5 takes 1.2 ms at 24 pixels and 0.8 at 32: both become 1, above the 0.96 of kernel 3.
  assert.is(warning.count, 2);
  assert.throws(
    () => costsModel(tiny, { ...costs, entries: entries.slice(0, 4) }, 'costs.json', { interpolate: true }),
    /lacks too much/,
  );
});

test('an entry of the published tables is restored within 3 %', () => {
  if (!hasOfa) return console.log('skipped: the published tables are not here');
  const all = note10Tables();
  const own = searchSpace(ofaMbv3());
  const whole = ofaLatencyModel(own, all);
  const errors: number[] = [];
  const keys = all[2].entries.filter(({ parts }) => parts.has('expand') && parts.get('expand') !== String(MB_STEM));
  for (const { key } of keys) {
    const holed = all.map((table, t) =>
      t === 2 ? { ...table, entries: table.entries.filter((entry) => entry.key !== key) } : table,
    );
    const model = ofaLatencyModel(own, holed, { interpolate: true });
    model.factors.forEach(({ table }, f) => {
      table.forEach((value, i) => {
        if (value !== whole.factors[f].table[i]) errors.push(Math.abs(value / whole.factors[f].table[i] - 1));
      });
    });
  }
  errors.sort((a, b) => a - b);
  assert.ok(errors.length >= 90 && errors[errors.length - 1] < 0.03, `worst ${errors[errors.length - 1]}`);
  assert.ok(errors[errors.length >> 1] < 0.005, `median ${errors[errors.length >> 1]}`);
});

test.run();
