/**
 * A decision of the control kernels: eight networks over the 51,968 operating points of the AGX Xavier, by sorted index and by
 * SIMD scan, against a freely optimised scan in JavaScript and the reference. All take turns in one process.
 *
 *   node --expose-gc --import tsx bench/decision.ts      or      deno run -A --v8-flags=--expose-gc bench/decision.ts
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { wasmCore } from '../bindings/wasm/index.ts';
import { type ControlInput, type ControlProblem, paretoIndex } from '../src/core/control.ts';
import { referenceCore } from '../src/reference/index.ts';
import { Random } from '../src/reference/random.ts';
import { TypedControl } from './baselines/control-typed.ts';
import { boardOf, NETWORKS } from './control/cohort.ts';
import { median, ratioText } from './statistics.ts';

const MODELS = 8;
/** States of the cohort that all decide on, over and over. */
const STATES = 256;
const SAME = 1;

/** All points of the platform, one table per network over its whole frame. */
export function decisionProblem(): ControlProblem {
  const { full, rows } = boardOf('jetson-agx-xavier');
  const tables = full.models.map(({ referenceMs, speedUp }) => {
    const B = referenceMs.length;
    const total = referenceMs.reduce((sum, ms) => sum + ms, 0);
    return Float32Array.from(rows, (row) => {
      let ms = 0;
      for (let b = 0; b < B; b++) ms += referenceMs[b] / speedUp[row * B + b];
      return total / ms;
    });
  });
  return {
    tables,
    powerUp: Float32Array.from(rows, (row) => full.powerUp[row]),
    busyWatts: Float64Array.from(rows, (row) => full.busyWatts[row]),
    idleWatts: Float64Array.from(rows, (row) => full.idleWatts[row]),
    fastest: full.points - 1,
    subDeadline: 'proportional',
    horizon: 255,
    models: Array.from({ length: MODELS }, (_, m) => {
      const { referenceMs } = full.models[m % NETWORKS.length];
      const referenceSeconds = referenceMs.map((ms) => ms / 1000);
      return {
        referenceSeconds,
        deadlineSeconds: 1.5 * referenceSeconds.reduce((sum, seconds) => sum + seconds, 0),
        weight: 1,
        tableAt: new Uint32Array(referenceMs.length).fill(m % NETWORKS.length),
        variantSpeedUp: Float64Array.of(1, 1.2, 1.4, 1.7),
        variantLoss: Float64Array.of(0, 0.005, 0.014, 0.03),
      };
    }),
  };
}

interface Contender {
  name: string;
  input: ControlInput;
  /** Decisions timed at once, so that a clock of a microsecond suffices. */
  batch: number;
  /** The chosen point. */
  decide(current: number): number;
}

function contenders(problem: ControlProblem): Contender[] {
  const kernel = (
    name: string,
    core: ReturnType<typeof wasmCore>,
    search: 'index' | 'scan',
    batch: number,
  ): Contender => {
    const made = core.control(problem);
    made.choose({ mode: 'max-accuracy', objective: 'power', search });
    return { name, input: made.input, batch, decide: (current) => made.output.point[made.decide(current)] };
  };
  const typed = new TypedControl(problem);
  return [
    kernel('sorted index, wasm', wasmCore(), 'index', 256),
    kernel('SIMD scan, wasm', wasmCore(), 'scan', 4 * SAME),
    { name: 'typed scan', input: typed.input, batch: SAME, decide: (current) => typed.decide(current) },
    kernel('reference scan', referenceCore(), 'scan', SAME),
  ];
}

export function decisionTable(print: (line: string) => void, quick: boolean): void {
  const problem = decisionProblem();
  const all = contenders(problem);
  const states = randomStates(problem);
  let sure = 0;
  for (let s = 0; s < STATES; s++) {
    const points = all.map((contender) => {
      enter(contender.input, states, s);
      return contender.decide(0);
    });
    // Points of equal SpeedUp and PowerUp differ in name alone.
    if (points.every((point) => problem.powerUp[point] === problem.powerUp[points[0]])) sure++;
  }
  if (sure !== STATES) throw new Error(`only ${sure} of ${STATES} decisions agree`);

  const times = all.map((): number[] => []);
  for (let round = -3; round < (quick ? 100 : 500); round++) {
    for (const [c, contender] of all.entries()) {
      const start = performance.now();
      for (let i = 0; i < contender.batch; i++) {
        // All take the same few states in a round: how long a scan takes depends on them.
        enter(contender.input, states, ((round + 3) * SAME + (i % SAME)) % STATES);
        contender.decide(0);
      }
      if (round >= 0) times[c].push((performance.now() - start) / contender.batch);
    }
  }
  const [index, scan, typed, reference] = times;
  print(
    `\n### Control decision: ${MODELS} networks over ${problem.powerUp.length.toLocaleString('en')} operating points of the AGX Xavier\n`,
  );
  print('| way | µs per decision | typed scan / it | reference scan / it |');
  print('| --- | ---: | ---: | ---: |');
  print(
    `| sorted index (${indexSize(problem)} points), wasm | ${(1000 * median(index)).toFixed(2)} | ${ratioText(typed, index)} | ${ratioText(reference, index)} |`,
  );
  print(
    `| SIMD scan, wasm | ${(1000 * median(scan)).toFixed(1)} | ${ratioText(typed, scan)} | ${ratioText(reference, scan)} |`,
  );
  print(`| typed scan | ${(1000 * median(typed)).toFixed(1)} | | ${ratioText(reference, typed)} |`);

  const { p50, p99 } = spread(all[0], states, quick ? 20_000 : 200_000);
  print(
    `\nOne decision by index, each timed alone (clock included): p50 ${p50.toFixed(2)} µs, p99 ${p99.toFixed(2)} µs.`,
  );
  const bytes = heapBytesPerDecision(all[0], states);
  if (bytes !== undefined) print(`Heap growth over 1,000,000 decisions by index: ${bytes} bytes in all.`);
}

/** Points on the front of a table. */
function indexSize({ tables, powerUp }: ControlProblem): string {
  const sizes = tables.map((table) => paretoIndex(table, powerUp).point.length);
  return `${Math.min(...sizes)} to ${Math.max(...sizes)}`;
}

/** [states][models] elapsed seconds and positions. */
function randomStates(problem: ControlProblem) {
  const random = new Random(11);
  const elapsed = new Float64Array(STATES * MODELS);
  const position = new Uint32Array(STATES * MODELS);
  for (let i = 0; i < STATES * MODELS; i++) {
    const { deadlineSeconds, referenceSeconds } = problem.models[i % MODELS];
    const blocks = referenceSeconds.length;
    position[i] = random.below(blocks);
    elapsed[i] = deadlineSeconds * (position[i] / (blocks + 1)) * (0.4 + 0.6 * random.unit());
  }
  return { elapsed, position };
}

function enter(input: ControlInput, { elapsed, position }: ReturnType<typeof randomStates>, state: number): void {
  for (let m = 0; m < MODELS; m++) {
    input.elapsed[m] = elapsed[state * MODELS + m];
    input.position[m] = position[state * MODELS + m];
  }
}

function spread(contender: Contender, states: ReturnType<typeof randomStates>, count: number) {
  const micros = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    enter(contender.input, states, i % STATES);
    const start = performance.now();
    contender.decide(0);
    micros[i] = 1000 * (performance.now() - start);
  }
  micros.sort();
  return { p50: micros[count >> 1], p99: micros[Math.floor(0.99 * count)] };
}

/** undefined where the collector cannot be called. The least of five looks: the host allocates for itself now and then. */
function heapBytesPerDecision(contender: Contender, states: ReturnType<typeof randomStates>): number | undefined {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (!collect) return undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000; i++) {
      enter(contender.input, states, i % STATES);
      contender.decide(0);
    }
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  decisionTable((line) => console.log(line), process.argv.includes('--quick'));
}
