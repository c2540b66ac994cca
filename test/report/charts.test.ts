import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHARTS, chartFiles } from '../../src/report/charts/charts.ts';
import { type Frame, PAPER_FRAME, pageFrame } from '../../src/report/charts/frame.ts';
import { hatchPath } from '../../src/report/charts/hatching.ts';
import { heatScale } from '../../src/report/charts/heat-scale.ts';
import { DARK, LIGHT } from '../../src/report/charts/palette.ts';
import type { PlanView } from '../../src/report/charts/plan-view.ts';
import { linearScale, logScale } from '../../src/report/charts/scale.ts';
import { escapeText } from '../../src/report/charts/svg.ts';
import { fitText, textWidth, wrapText } from '../../src/report/charts/text-width.ts';
import { all, type Element, parseMarkup, textOf } from './markup.ts';
import { assertApart, assertInside, textBoxes } from './text-boxes.ts';
import { nameOf, report } from './views.ts';

const test = suite('charts');

const one = (await report(1, 3)).view;
const four = (await report(4, 3)).view;
const sixteen = (await report(16, 8)).view;
const energy = (await report(2, 2, { objective: 'energy' })).view;
const VIEWS: Record<string, PlanView> = { one, four, sixteen, energy };
const FRAMES: Record<string, Frame> = {
  paper: PAPER_FRAME,
  phone: pageFrame(332),
  page: pageFrame(860),
};

function eachDrawing(look: (svg: Element, place: string) => void): void {
  for (const [viewName, view] of Object.entries(VIEWS)) {
    for (const [frameName, frame] of Object.entries(FRAMES)) {
      for (const chart of CHARTS) {
        look(parseMarkup(chart.draw(view, frame)), `${chart.id} of ${viewName} on ${frameName}`);
      }
    }
  }
}

test('every chart is well-formed, whatever the models are called', () => {
  eachDrawing((svg, place) => {
    assert.is(svg.name, 'svg', place);
    assert.is(all(svg, 'script').length, 0, place);
  });
  const hostile = structuredClone(four);
  const name = 'a\u0000\u001b[2J\ud800<svg onload="x">&amp;\u202e\uffff';
  const was = hostile.plan.models[0]?.name;
  for (const models of [hostile.plan.models, hostile.profile.models, hostile.workload.models]) {
    for (const model of models) if (model.name === was) model.name = name;
  }
  for (const { draw } of CHARTS) parseMarkup(draw(hostile, PAPER_FRAME));
});

test('no text leaves its chart', () => {
  eachDrawing((svg, place) => {
    assert.ok(textBoxes(svg).length > 3, place);
    assertInside(svg, place);
  });
});

test('no two texts overlap', () => {
  eachDrawing(assertApart);
});

test('every chart names its unit in its title, and says the same in words', () => {
  for (const view of Object.values(VIEWS)) {
    for (const chart of CHARTS) {
      const svg = parseMarkup(chart.draw(view, PAPER_FRAME));
      const [title] = all(svg, 'title');
      const [description] = all(svg, 'desc');
      assert.is(textOf({ ...(title as Element), name: 'g' }), chart.title(view));
      assert.match(chart.title(view), /frames\/s|mJ per frame|, ms|% of|bytes/, chart.id);
      const words = textOf(description as Element);
      for (const { name } of view.plan.models) {
        if (['gantt', 'throughput', 'heat-map'].includes(chart.id)) assert.ok(words.includes(name), chart.id);
      }
      assert.ok(words.length > 30, `${chart.id}: ${words}`);
      assert.is(svg.attributes.role, 'img');
      const ids = (svg.attributes['aria-labelledby'] ?? '').split(' ');
      assert.equal(ids, [title?.attributes.id, description?.attributes.id]);
    }
  }
});

test('every chart says on its face that its figures are modelled', () => {
  eachDrawing((svg, place) => {
    const shown = all(svg, 'text').map(textOf).join(' ');
    assert.match(shown, /modelled/, place);
  });
  const measured = structuredClone(four);
  for (const model of measured.profile.models) model.origin = { cpu: 'measured', gpu: 'imported', npu: 'roofline' };
  const heatMap = CHARTS.find(({ id }) => id === 'heat-map');
  const words = all(parseMarkup(heatMap?.draw(measured, PAPER_FRAME) ?? ''), 'text')
    .map(textOf)
    .join(' ');
  assert.match(words, /cpu measured, gpu imported, npu modelled/);
});

test('files need nothing from outside: no links, generic fonts, fixed colours, ids of their own', () => {
  for (const { name, content } of chartFiles(sixteen)) {
    assert.match(name, /^[a-z-]+\.svg$/);
    assert.not.match(content, /href|url\(|var\(|@import|<style/);
    assert.match(content, /font-family="sans-serif"/);
    assert.is(Number(parseMarkup(content).attributes.width), 336);
    const ids = [...content.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.is(new Set(ids).size, ids.length);
  }
});

test('the same plan gives the same bytes', async () => {
  const again = (await report(4, 3)).view;
  assert.equal(chartFiles(again), chartFiles(four));
});

test('the numbers drawn are those of the plan', () => {
  const { models, processors } = four.plan;
  const throughput = CHARTS.find(({ id }) => id === 'throughput');
  const rows = all(parseMarkup(throughput?.draw(four, pageFrame(800)) ?? ''), 'title').map((title) =>
    textOf({ ...title, name: 'g' }),
  );
  for (const { name, throughputPerS } of models) {
    const row = rows.find((each) => each.startsWith(name) && each.includes('alone')) as string;
    const drawn = Number(/: ([\d.]+) frames/.exec(row)?.[1]);
    assert.ok(Math.abs(drawn / throughputPerS - 1) < 0.01, row);
  }
  const utilization = CHARTS.find(({ id }) => id === 'utilization');
  const svg = parseMarkup(utilization?.draw(four, pageFrame(800)) ?? '');
  const track = Math.max(...all(svg, 'rect').map(({ attributes }) => Number(attributes.width)));
  for (const { id, utilization: share } of processors) {
    const bar = all(svg, 'g').find((group) =>
      all(group, 'title').some((each) => textOf({ ...each, name: 'g' }).startsWith(`${id} is busy`)),
    );
    const parts = all(bar as Element, 'rect').filter(({ children }) => children.length > 0);
    const wide = parts.reduce((sum, { attributes }) => sum + Number(attributes.width), 0);
    assert.ok(Math.abs(wide / track - share) < 0.01, `${id}: ${wide / track} for ${share}`);
  }
});

test('each model keeps its number and fill when others are switched off', () => {
  const fewer = structuredClone(four);
  fewer.before = { plan: four.plan };
  fewer.plan.models = fewer.plan.models.slice(1);
  fewer.workload.models = fewer.workload.models.slice(1);
  const utilization = CHARTS.find(({ id }) => id === 'utilization');
  const texts = all(parseMarkup(utilization?.draw(fewer, pageFrame(800)) ?? ''), 'text').map(textOf);
  assert.ok(texts.includes('2') && texts.includes(nameOf(1)));
  assert.not.ok(texts.includes(nameOf(0)));
});

test('text has contrast on everything that it stands on', () => {
  const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color: string) => {
    const hex = color.length === 4 ? [...color.slice(1)].map((c) => c + c).join('') : color.slice(1);
    const [r, g, b] = [0, 2, 4].map((i) => channel(Number.parseInt(hex.slice(i, i + 2), 16) / 255)) as [
      number,
      number,
      number,
    ];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };
  for (const palette of [LIGHT, DARK]) {
    for (const color of [palette.ink, palette.faint, palette.accent, palette.limit]) {
      assert.ok(contrast(color, palette.paper) >= 4.5, `${color} on ${palette.paper}`);
    }
    for (const fill of palette.fills) assert.ok(contrast(palette.onFill, fill) >= 4.5, fill);
    palette.heat.forEach((step, i) => {
      assert.ok(
        contrast(palette.onHeat[i] as string, step) >= 4,
        `${palette.onHeat[i]} on ${step}: ${contrast(palette.onHeat[i] as string, step)}`,
      );
    });
    const steps = palette.heat.map(luminance);
    const rising = palette === DARK;
    for (const [i, step] of steps.slice(1).entries()) assert.is(step > (steps[i] as number), rising);
  }
});

test('axes hold their values and have round ticks', () => {
  for (const [low, high] of [
    [0, 1],
    [0, 0.00123],
    [3.7, 912],
    [-5, 12],
    [7, 7],
    [0, 1e9],
  ] as const) {
    const { ticks, at } = linearScale(low, high, 5);
    assert.ok(at(low) >= -1e-9 && at(high) <= 1 + 1e-9, `${low} to ${high}`);
    assert.ok(ticks.length >= 2 && ticks.length <= 13);
    for (const tick of ticks)
      assert.ok(String(Math.abs(tick)).replace(/e.*/, '').replace(/[.0]/g, '').length <= 2, String(tick));
  }
  const { ticks, at } = logScale(0.2, 300, 12);
  assert.equal(ticks, [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  assert.ok(Math.abs(at(10) - 0.5) < 1e-9);
});

test('heat steps are equal ratios between the least and the greatest cost', () => {
  const { limits, step } = heatScale([1, 512, Number.POSITIVE_INFINITY, 0]);
  for (const [i, limit] of limits.entries()) assert.ok(Math.abs(limit / 2 ** i - 1) < 1e-9);
  assert.equal([0, 1, 1.9, 2, 511, 512].map(step), [0, 0, 0, 1, 8, 8]);
  assert.is(heatScale([0, 0]).step(0), 0);
});

test('hatching stays inside its rectangle', () => {
  const place = { x: 3.3, y: 7.7, width: 21.4, height: 9.1 };
  for (const direction of ['up', 'down', 'vertical', 'horizontal'] as const) {
    const numbers = [...hatchPath(place, direction, 4).matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)];
    assert.ok(numbers.length > 0);
    for (const [, x, y] of numbers) {
      assert.ok(Number(x) >= 3.29 && Number(x) <= 24.71, `${direction} ${x}`);
      assert.ok(Number(y) >= 7.69 && Number(y) <= 16.81, `${direction} ${y}`);
    }
  }
});

test('texts are shortened in the middle and wrapped at blanks', () => {
  assert.is(fitText('short', 100, 10), 'short');
  const shorter = fitText('a-very-long-name-of-a-model', 80, 10);
  assert.match(shorter, /^a-.*….*l$/);
  assert.ok(textWidth(shorter, 10) <= 80);
  assert.is(fitText('name', 1, 10), '');
  assert.equal(wrapText('one two three', textWidth('one two', 10), 10), ['one two', 'three']);
  assert.is(wrapText('about 2.7 %', textWidth('about 2.7', 10), 10).length, 2);
  assert.is(escapeText(`<a href="x">'&`), '&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
});

test.run();
