import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type GroupEvidence, planGroupWithEvidence } from '../../src/planners/group/group-plan.ts';
import type { FpsMatrix } from '../../src/profiles/fps-matrix.ts';
import { readFpsMatrix } from '../../src/profiles/fps-matrix-read.ts';
import { Random } from '../../src/reference/random.ts';
import { PAPER_FRAME, pageFrame } from '../../src/report/charts/frame.ts';
import { GROUP_CHARTS, groupChartFiles } from '../../src/report/group/charts.ts';
import { groupPage } from '../../src/report/group/page.ts';
import { groupPlanText } from '../../src/report/group-plan.ts';
import { relative } from '../../src/report/numbers.ts';
import { PLAIN } from '../../src/report/style.ts';
import { all, type Element, parseMarkup, textOf } from './markup.ts';
import { assertApart, assertInside } from './text-boxes.ts';

const test = suite('report of a group plan');

const file = new URL('../../examples/group/rates.csv', import.meta.url);
const example = readFpsMatrix(readFileSync(file, 'utf8'), 'rates.csv').matrix;
const HOSTILE = '<script>alert("a & b")</script>';

/** 14 models with long names on 9 devices, some pairs impossible. */
function large(): FpsMatrix {
  const random = new Random(3);
  const devices = Array.from({ length: 9 }, (_, j) => ({
    id: j < 2 ? ['CPU', 'GPU'][j]! : `MYRIAD.3.2.3-ma2480-${j}`,
  }));
  return {
    kind: 'fps-matrix',
    schemaVersion: 1,
    devices,
    models: Array.from({ length: 14 }, (_, i) => ({
      name: i === 0 ? HOSTILE : `person-attributes-recognition-crossroad-0230-${i}`,
      service: i < 7 ? 'left' : 'right',
      callsPerFrame: 1 + (i % 3),
      cells: Object.fromEntries(
        devices.map(({ id }, j) => [
          id,
          j > 0 && random.unit() < 0.2
            ? ('unsupported' as const)
            : { framesPerS: 5 + 95 * random.unit(), origin: 'measured' as const },
        ]),
      ),
    })),
  };
}

const small = await planGroupWithEvidence({ matrix: example, whatIf: true });
const big = await planGroupWithEvidence({
  matrix: large(),
  whatIf: true,
  planner: 'hams-hfs',
  sharing: 'contention',
  interference: { CPU: 0.1, GPU: 0.2 },
});
const GROUPS: Record<string, GroupEvidence> = { small, big };
const FRAMES = { paper: PAPER_FRAME, phone: pageFrame(332), page: pageFrame(760) };

function eachDrawing(look: (svg: Element, place: string) => void): void {
  for (const [group, evidence] of Object.entries(GROUPS)) {
    for (const [frame, given] of Object.entries(FRAMES)) {
      for (const { id, draw } of GROUP_CHARTS)
        look(parseMarkup(draw(evidence, given)!), `${id} of ${group} on ${frame}`);
    }
  }
}

test('no text leaves its chart, and none lies over another', () => {
  eachDrawing((svg, place) => {
    assertInside(svg, place);
    assertApart(svg, place);
  });
});

test('every chart has a title and says the same in words', () => {
  eachDrawing((svg, place) => {
    assert.is(svg.attributes.role, 'img', place);
    assert.ok(textOf(all(svg, 'desc')[0]!).length > 20, place);
  });
});

test('the matrix map frames the chosen cell of every model', () => {
  const svg = GROUP_CHARTS[0]!.draw(small, PAPER_FRAME)!;
  const frames = all(parseMarkup(svg), 'rect').filter(
    ({ attributes }) => attributes.stroke === PAPER_FRAME.palette.path,
  );
  // One of them explains the others.
  assert.is(frames.length, 1 + small.plan.models.length);
  assert.match(svg, /A on GPU \(30\.0\), B on VPU \(30\.0\), C on CPU \(60\.0\), D on CPU \(80\.0\)/);
});

test('the page needs nothing but itself, and names are never markup', () => {
  for (const evidence of Object.values(GROUPS)) {
    const page = groupPage(evidence, ['heterodyne', 'plan', '--matrix', HOSTILE]);
    assert.not.match(page.replaceAll('http://www.w3.org/2000/svg', ''), /https?:/);
    assert.not.match(page, /<script|<!--|<iframe| on[a-z]+="/);
    assert.match(page, /default-src &#39;none&#39;/);
    assert.match(page, /prefers-color-scheme:dark/);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.is(new Set(ids).size, ids.length);
    for (const { title } of GROUP_CHARTS) assert.ok(page.includes(title), title);
  }
});

test('the same plan has the same page', () => {
  assert.is(groupPage(small, ['heterodyne']), groupPage(small, ['heterodyne']));
});

test('without a what-if there is no chart of it', async () => {
  const plain = await planGroupWithEvidence({ matrix: example });
  assert.equal(
    groupChartFiles(plain).map(({ name }) => name),
    ['matrix.svg', 'loads.svg', 'comparison.svg'],
  );
  assert.not.match(groupPage(plain, []), /If something were different|id="changes"/);
});

test('a long staircase of further devices fits into its line', () => {
  const { whatIf } = small.plan;
  const more = [{ device: 'MYRIAD.3.2.3-ma2480', groupFps: [101, 102, 103, 104, 105, 106, 107, 108, 109] }];
  const text = groupPlanText({ ...small.plan, whatIf: { ...whatIf!, more } }, PLAIN);
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
  assert.match(text, /101 -> 102 -> 103 -> \.\.\. -> 109/);
});

test('the text says that MFS and HFS are reconstructed, how far the optimum is, and where rates come from', () => {
  const text = groupPlanText(big.plan, PLAIN);
  assert.match(text, /reconstructed from the public/);
  assert.match(text, /measured/);
  assert.match(text, /The gap to the optimum is|This is the optimum/);
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
});

test('what-if bars are held against the best plan as it is, not against a worse one at hand', async () => {
  const { plan } = await planGroupWithEvidence({ matrix: example, planner: 'hams-mfs', whatIf: true });
  assert.is(plan.bound.kind, 'exact');
  assert.ok(plan.score.groupFps < plan.bound.groupFps);
  const bars = GROUP_CHARTS.find(({ id }) => id === 'what-if')!;
  const words = all(parseMarkup(bars.draw({ plan }, FRAMES.page)!), 'text').map(textOf);
  assert.ok(words.includes('the best plan as it is'), words.join('; '));
  const better = plan.whatIf!.withoutModel.filter(({ groupFps }) => groupFps! > plan.bound.groupFps * 1.001);
  assert.equal(
    words.filter((word) => word.startsWith('+')),
    better.map(({ groupFps }) => relative(groupFps!, plan.bound.groupFps)),
  );
});

test('without the matrix the page is the same but for the rates that were not chosen', () => {
  const { plan } = small;
  assert.match(groupPage(small), 'data-chart="matrix"');
  assert.not.match(groupPage({ plan }), 'data-chart="matrix"');
  assert.match(groupPage({ plan }), 'data-chart="what-if"');
});

test.run();
