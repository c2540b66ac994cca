/**
 * The ladder on the project's own elastic network, on the real clock: a competing load comes and goes on the same core. Every
 * frame is a batch of labelled images, so the accuracy of what came out is counted, not predicted.
 *
 *     node --import tsx bench/ladder-live.ts [--phase 4] [--out docs/ladder-live.md]     writes a drawing beside it
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tape, trainingKernels } from '../bindings/training/index.ts';
import { packTensors, unpackTensors } from '../src/execution/tensors.ts';
import type { CuttableModel } from '../src/models/cut.ts';
import { cuttableOnnx } from '../src/models/cuttable.ts';
import { quantile } from '../src/profiles/samples.ts';
import { calibrate } from '../src/runtime/calibrate.ts';
import { control } from '../src/runtime/control.ts';
import { deploy } from '../src/runtime/deploy.ts';
import { CLASSES, drawImages, toBatchFirst } from '../src/subnets/elastic/images.ts';
import { shapesOnnx } from '../src/subnets/elastic/shapes-onnx.ts';
import { readSupernet } from '../src/subnets/elastic/supernet.ts';
import type { Genotype } from '../src/subnets/genotype.ts';
import { onCoreZero, planByHand } from '../test/runtime/plans.ts';

const { values } = parseArgs({
  options: {
    phase: { type: 'string', default: '4' },
    out: { type: 'string', default: fileURLToPath(new URL('../docs/ladder-live.md', import.meta.url)) },
  },
});
const BATCH = 256;
const BATCHES = 6;
const SIZE = 32;
const SEEDS = { calibration: 17, test: 23 };
/** Above the p95 of the largest form on the quiet core, below what it takes beside one competitor. */
const LIMIT_FACTOR = 1.4;
const FORMS: Record<string, Genotype> = {
  large: { ks: [5, 5, 5, 5, 5, 5, 5], e: [4, 4, 4, 4, 4, 4, 4], d: [2, 3, 2], w: [16, 28, 48], r: SIZE },
  medium: { ks: [3, 0, 3, 3, 0, 3, 3], e: [2, 0, 2, 2, 0, 2, 2], d: [1, 2, 2], w: [12, 20, 48], r: SIZE },
  small: { ks: [3, 0, 3, 0, 0, 3, 0], e: [2, 0, 2, 0, 0, 2, 0], d: [1, 1, 1], w: [12, 20, 32], r: SIZE },
};

async function form(name: string): Promise<CuttableModel> {
  const kernels = trainingKernels();
  const weights = new Uint8Array(readFileSync(new URL('../examples/elastic/weights.npz', import.meta.url)));
  const supernet = readSupernet(kernels, weights);
  const settle = Array.from({ length: 8 }, (_, i) => drawImages(SEEDS.calibration, i * 64, 64, SIZE));
  supernet.calibrate(new Tape(kernels), settle, FORMS[name]!);
  return cuttableOnnx(shapesOnnx(supernet, FORMS[name]!, BATCH, name), {
    name: 'shapes',
    source: name,
    granularity: 1,
  });
}

const batches = Array.from({ length: BATCHES }, (_, b) => {
  const drawn = drawImages(SEEDS.test, b * BATCH, BATCH, SIZE);
  const input = { type: 'float32' as const, data: toBatchFirst(drawn), dims: [BATCH, 3, SIZE, SIZE] };
  return { labels: drawn.labels, feeds: packTensors({ input }) };
});

interface Row {
  at: number;
  form: string;
  ms: number;
  right: number;
}

const models = Object.fromEntries(await Promise.all(Object.keys(FORMS).map(async (name) => [name, await form(name)])));
const { large, ...others } = models as Record<string, CuttableModel>;
const plan = planByHand([{ model: large!, places: [['cpu-0', 0]] }]);
const platform = onCoreZero();
const runtime = await deploy(plan, {
  platform,
  models: { shapes: large! },
  variants: { shapes: others },
  inFlight: 1,
  queue: 1,
});
const rival = await deploy(plan, { platform, models: { shapes: large! } });
const rows: Row[] = [];
try {
  const shapes = runtime.model('shapes');
  const { flow } = shapes;
  const infer = async (frame: number): Promise<{ form: string; ms: number; right: number }> => {
    const { labels, feeds } = batches[frame % BATCHES]!;
    const { outputs, variant, responseMs } = (await flow.submit(feeds, true))!;
    const at = outputs.headers.findIndex(({ name }) => name === 'logits');
    const { logits } = unpackTensors([outputs.headers[at]!], outputs.payload[at]!);
    const scores = logits!.data as Float32Array;
    const right = labels.reduce((sum, label, n) => {
      const row = scores.subarray(n * CLASSES.length, (n + 1) * CLASSES.length);
      return sum + Number(row.indexOf(Math.max(...row)) === label);
    }, 0);
    return { form: variant === 'original' ? 'large' : variant, ms: responseMs, right };
  };
  const accuracy: Record<string, number> = {};
  for (const [variant, route] of shapes.routes) {
    flow.route = route;
    let right = 0;
    for (let b = 0; b < BATCHES; b++) right += (await infer(b)).right;
    accuracy[variant] = right / (BATCHES * BATCH);
  }
  flow.route = shapes.routes.get('original')!;
  const times = await calibrate(shapes);
  const limitMs = LIMIT_FACTOR * 1000 * times[0]!.seconds;
  const live = await control(runtime, {
    controller: 'ladder',
    parameters: { limitMs },
    accuracies: { shapes: accuracy },
    deadlinesMs: { shapes: limitMs },
  });
  const phaseMs = 1000 * Number(values.phase);
  let competing = false;
  const load = async (): Promise<void> => {
    while (competing) await rival.model('shapes').flow.submit(batches[0]!.feeds, false);
  };
  const began = performance.now();
  let loading: Promise<void> | undefined;
  for (let frame = 0, now = 0; now < 3 * phaseMs; frame++, now = performance.now() - began) {
    const wanted = now >= phaseMs && now < 2 * phaseMs;
    if (wanted !== competing) {
      competing = wanted;
      if (wanted) loading = load();
    }
    rows.push({ at: now, ...(await infer(frame)) });
  }
  competing = false;
  await loading;
  const { switches } = live.summary();
  live.close();
  writeFileSync(values.out, page(limitMs, phaseMs, accuracy, times, switches));
  writeFileSync(values.out.replace(/\.md$/, '.svg'), drawing(limitMs, phaseMs));
  console.log(readFileSync(values.out, 'utf8'));
} finally {
  await Promise.all([runtime.close(), rival.close()]);
}

function page(
  limitMs: number,
  phaseMs: number,
  accuracy: Record<string, number>,
  times: readonly { variant: string; seconds: number }[],
  switches: readonly { atMs: number; from: string; to: string; switchMs: number; reason: string }[],
): string {
  const called = (name: string): string => (name === 'original' ? 'large' : name);
  const phases = ['quiet', 'beside a competitor', 'quiet again'].map((name, p) => {
    const own = rows.filter(({ at }) => Math.floor(at / phaseMs) === p);
    const late = own.slice(Math.floor(own.length / 2));
    const p95 = (some: readonly Row[]): string =>
      some.length === 0
        ? ''
        : quantile(
            some.map(({ ms }) => ms).sort((a, b) => a - b),
            0.95,
          ).toFixed(1);
    const right = own.reduce((sum, each) => sum + each.right, 0) / (own.length * BATCH);
    const used = [...new Set(own.map((each) => each.form))]
      .map((each) => `${each} ${own.filter((row) => row.form === each).length}`)
      .join(', ');
    return `| ${name} | ${own.length} | ${used} | ${p95(own)} | ${p95(late)} | ${(100 * right).toFixed(1)} % |`;
  });
  return `# The ladder on the real clock

Written by \`bench/ladder-live.ts\`, as it came out. The project's own elastic network ([elastic](elastic.md)), three of its sub-networks resident in one process held to one core; frames are batches of ${BATCH} labelled images, one after another. For the middle third a second process on the same core runs the large form without pause. Limit: ${limitMs.toFixed(1)} ms a frame, ${LIMIT_FACTOR} times what the large form took at the start.

| form | ms a frame, alone | accuracy before, ${BATCHES * BATCH} images |
|---|---|---|
${times.map(({ variant, seconds }) => `| ${called(variant)} | ${(1000 * seconds).toFixed(1)} | ${(100 * accuracy[variant]!).toFixed(1)} % |`).join('\n')}

| phase | frames | by form | p95, ms | p95 of its second half | accuracy of what came out |
|---|---|---|---|---|---|
${phases.join('\n')}

${switches.map(({ atMs, from, to, switchMs, reason }) => `- ${(atMs / 1000).toFixed(2)} s: ${called(from)} to ${called(to)} in ${switchMs.toFixed(3)} ms (${reason})`).join('\n')}

![Response of every frame, by form, with the limit](ladder-live.svg)
`;
}

/** Every frame a dot at its time and response, coloured by form. */
function drawing(limitMs: number, phaseMs: number): string {
  const [width, height, left, bottom] = [720, 280, 44, 28];
  const most =
    1.1 *
    quantile(
      rows.map(({ ms }) => ms).sort((a, b) => a - b),
      0.99,
    );
  const x = (at: number): number => left + ((width - left - 8) * at) / (3 * phaseMs);
  const y = (ms: number): number => height - bottom - ((height - bottom - 8) * Math.min(ms, most)) / most;
  const colours: Record<string, string> = { large: '#1f5fa8', medium: '#c77700', small: '#5a9a3a' };
  const dots = rows.map(
    ({ at, ms, form }) => `<circle cx="${x(at).toFixed(1)}" cy="${y(ms).toFixed(1)}" r="1.6" fill="${colours[form]}"/>`,
  );
  const legend = Object.entries(colours).map(
    ([name, colour], i) => `<text x="${left + 8 + 70 * i}" y="18" fill="${colour}">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Response of every frame, coloured by form, with the limit; grey: a competing load</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<rect x="${x(phaseMs)}" y="8" width="${x(2 * phaseMs) - x(phaseMs)}" height="${height - bottom - 8}" fill="#eee"/>
${dots.join('\n')}
<line x1="${left}" x2="${width - 8}" y1="${y(limitMs)}" y2="${y(limitMs)}" stroke="#b00" stroke-dasharray="4 3"/>
<text x="${width - 90}" y="${y(limitMs) - 5}" fill="#b00">limit ${limitMs.toFixed(1)} ms</text>
${legend.join('\n')}
<text x="4" y="${y(0)}">0 ms</text><text x="4" y="20">${most.toFixed(0)}</text>
<text x="${x(1.5 * phaseMs) - 40}" y="${height - 8}">competing load</text><text x="${width - 40}" y="${height - 8}">${(3 * phaseMs) / 1000} s</text>
</svg>
`;
}
