/**
 * Speed of the core against the reference and against two JavaScript versions of the same search (`baselines/`), as
 * ratios: all opponents take turns in this process, round by round, and each round gives one ratio. Printed are the median
 * ratio and the range of its middle half. Absolute times are for orientation only.
 *
 *   npm run bench [-- --quick] [--write]      or      deno run -A bench/run.ts
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import process from 'node:process';
import benny from 'benny';
import { CORE_HASH } from '../bindings/wasm/core.generated.ts';
import { coreBytes, coreSize, wasmCore } from '../bindings/wasm/index.ts';
import type { Core, PlacementProblem } from '../src/core/placement.ts';
import { referenceCore } from '../src/reference/index.ts';
import { ObjectSearch } from './baselines/mcts-object.ts';
import { TypedSearch } from './baselines/mcts-typed.ts';
import { decisionTable } from './decision.ts';
import { BENCH_MODELS, benchProblem } from './problems.ts';
import { median, ratioText } from './statistics.ts';

const quick = process.argv.includes('--quick');
const write = process.argv.includes('--write');
const PLATFORMS = ['hikey970', 'orange-pi-5'];

interface Contender {
  name: string;
  /** Iterations beyond which it takes too long to be worth it. */
  most: number;
  /** Makes a search outside the clock; the result runs it. */
  prepare(problem: PlacementProblem, slots: number, seed: number): (iterations: number) => void;
}

const byCore = (name: string, core: Core, most: number): Contender => ({
  name,
  most,
  prepare: (problem, slots, seed) => {
    const search = core.placement(problem).search({ seed, slots });
    return (iterations) => void search.run('tree', 1e9, iterations);
  },
});

const CONTENDERS: Contender[] = [
  byCore('wasm core', wasmCore(), 1e6),
  {
    name: 'typed arrays',
    most: 1e6,
    prepare: (problem, slots, seed) => {
      const search = new TypedSearch(problem, { slots, seed });
      return (iterations) => search.run(iterations);
    },
  },
  {
    name: 'objects',
    most: 1e5,
    prepare: (problem, slots, seed) => {
      const search = new ObjectSearch(problem, { slots, seed });
      return (iterations) => search.run(iterations);
    },
  },
  byCore('reference', referenceCore(), 1e5),
];

const SIZES = quick ? [1000, 33_000] : [1000, 10_000, 33_000, 100_000, 1_000_000];
const roundsFor = (iterations: number) =>
  quick ? 5 : iterations <= 1000 ? 40 : iterations <= 33_000 ? 11 : iterations <= 100_000 ? 5 : 3;

/** Milliseconds of each contender in each round: [contender][round]. */
function interleave(problem: PlacementProblem, iterations: number): Map<string, number[]> {
  const slots = Math.min(1_048_576, Math.max(1024, 2 * iterations));
  const taking = CONTENDERS.filter(({ most }) => iterations <= most);
  const times = new Map(taking.map(({ name }) => [name, [] as number[]]));
  const rounds = roundsFor(iterations);
  for (let round = -1; round < rounds; round++) {
    for (const { name, prepare } of taking) {
      const run = prepare(problem, slots, round + 2);
      const start = performance.now();
      run(iterations);
      // The first round only warms up.
      if (round >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

const lines: string[] = [];
const print = (line: string) => {
  console.log(line);
  lines.push(line);
};

function searchTables(): void {
  for (const platform of PLATFORMS) {
    const problem = benchProblem(platform);
    print(`\n### Tree search, ${BENCH_MODELS.length} networks on ${platform}\n`);
    print('| iterations | wasm core, ns per iteration | typed arrays / wasm | objects / wasm | reference / wasm |');
    print('| ---: | ---: | ---: | ---: | ---: |');
    for (const iterations of SIZES) {
      const times = interleave(problem, iterations);
      const own = times.get('wasm core') ?? [];
      const cells = CONTENDERS.slice(1).map(({ name }) => {
        const other = times.get(name);
        return other ? ratioText(other, own) : 'too long';
      });
      print(
        `| ${iterations.toLocaleString('en')} | ${((median(own) * 1e6) / iterations).toFixed(0)} | ${cells.join(' | ')} |`,
      );
    }
  }
}

/** The model alone: joint placements scored per call, wasm against the reference. */
function evaluationTable(): void {
  print('\n### Throughput model, batches of 256 joint placements\n');
  print('| platform | wasm core, ns per placement | reference / wasm |');
  print('| --- | ---: | ---: |');
  for (const platform of PLATFORMS) {
    const problem = benchProblem(platform);
    const [wasm, reference] = [wasmCore(), referenceCore()].map((core) => core.placement(problem));
    const placements = wasm.sample('stratified', 256);
    const times: number[][] = [[], []];
    for (let round = -2; round < (quick ? 10 : 60); round++) {
      for (const [i, kernel] of [wasm, reference].entries()) {
        const start = performance.now();
        kernel.evaluate(placements);
        if (round >= 0) times[i].push(performance.now() - start);
      }
    }
    print(`| ${platform} | ${((median(times[0]) * 1e6) / 256).toFixed(0)} | ${ratioText(times[1], times[0])} |`);
  }
}

async function sizes(): Promise<void> {
  print('\n### Size and start\n');
  print('| what | |');
  print('| --- | ---: |');
  print(`| core | ${coreSize.toLocaleString('en')} bytes |`);
  print(`| tree slot, wasm core | ${wasmCore().treeSlotBytes} bytes |`);
  const objectBytes = heapPerNode();
  if (objectBytes !== undefined) print(`| tree node, objects (heap growth) | ${objectBytes.toFixed(0)} bytes |`);
  const bytes = coreBytes();
  const compiled: number[] = [];
  const sessions: number[] = [];
  const session = await smallSession();
  for (let round = -1; round < (quick ? 5 : 15); round++) {
    let start = performance.now();
    new WebAssembly.Instance(new WebAssembly.Module(bytes));
    if (round >= 0) compiled.push(performance.now() - start);
    start = performance.now();
    await session();
    if (round >= 0) sessions.push(performance.now() - start);
  }
  print(`| compile and instantiate the core | ${median(compiled).toFixed(2)} ms |`);
  print(`| onnxruntime-web session of a one-node model / that | ${ratioText(sessions, compiled)} |`);
}

/** Creates and closes a session of a model with one Relu; the runtime itself is loaded before. */
async function smallSession(): Promise<() => Promise<void>> {
  const { openSession } = await import('../bindings/onnx/index.ts');
  const { writeOnnx } = await import('../src/models/onnx/write.ts');
  const tensor = (name: string) => ({ name, type: 'float32' as const, shape: [1, 4] });
  const model = writeOnnx({
    name: 'small',
    opset: 13,
    inputs: [tensor('x')],
    outputs: [tensor('y')],
    initializers: new Map(),
    operators: [{ name: 'relu', type: 'Relu', domain: '', inputs: ['x'], outputs: ['y'], attributes: new Map() }],
    declared: new Map(),
  });
  return async () => (await openSession(model)).close();
}

function heapPerNode(): number | undefined {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (!collect) return undefined;
  const problem = benchProblem(PLATFORMS[0]);
  collect();
  const before = process.memoryUsage().heapUsed;
  const search = new ObjectSearch(problem, { seed: 1, slots: 200_000 });
  search.run(33_000);
  collect();
  return (process.memoryUsage().heapUsed - before) / search.nodes;
}

/** One look through benny's own statistics: the same search, operations per second with its margin. */
async function bennySuite(): Promise<void> {
  const problem = benchProblem(PLATFORMS[0]);
  const cases = CONTENDERS.map(({ name, prepare }) =>
    benny.add(name, () => {
      const run = prepare(problem, 4096, 1);
      return () => run(500);
    }),
  );
  const summary = await benny.suite(
    '500 further iterations on hikey970',
    ...cases,
    benny.configure({ cases: { minSamples: quick ? 3 : 10, maxTime: quick ? 0.3 : 2 } }),
    benny.cycle(),
  );
  print('\n### The same by benny: 500 further iterations of one growing tree\n');
  print('| version | operations/s | margin |');
  print('| --- | ---: | ---: |');
  for (const { name, ops, margin } of summary.results) print(`| ${name} | ${ops} | ±${margin} % |`);
}

function machine(): string {
  const deno = (process.versions as Record<string, string | undefined>).deno;
  const runtime = deno ? `Deno ${deno}` : `Node ${process.versions.node}`;
  let commit = 'unknown';
  try {
    commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    // Not a checkout.
  }
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${runtime} (V8 ${process.versions.v8}), commit ${commit}, core ${CORE_HASH}`;
}

print(`\n## ${machine()}`);
searchTables();
evaluationTable();
decisionTable(print, quick);
await sizes();
await bennySuite();

if (write) {
  const file = new URL('../docs/benchmarks.md', import.meta.url);
  const key = 'deno' in process.versions ? 'deno' : 'node';
  const text = readFileSync(file, 'utf8');
  const marked = new RegExp(`(<!-- ${key} -->\n)[\\s\\S]*?(<!-- /${key} -->)`);
  writeFileSync(
    file,
    text.replace(marked, (_, open, close) => `${open}${lines.join('\n')}\n${close}`),
  );
}
