import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planPage } from '../../src/report/page/page.ts';
import { Browser, findChromium, type Page } from './chromium.ts';
import { type Report, report } from './views.ts';

/** Texts of drawings that leave them or lie over each other, and elements wider than the window, as the browser lays them out. */
const LAYOUT_FAULTS = `(() => {
  const faults = [];
  for (const svg of document.querySelectorAll('.drawing svg')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    for (const { words, box } of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) faults.push('cut: ' + words);
    }
    texts.forEach((a, i) => {
      for (const b of texts.slice(i + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 1.5 && down > 0.45 * Math.min(a.box.height, b.box.height)) faults.push('overlap: ' + a.words + ' and ' + b.words);
      }
    });
  }
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('svg') || element.closest('[hidden]') || getComputedStyle(element).position === 'absolute') continue;
    if (element.getBoundingClientRect().right > innerWidth + 1) faults.push('wider than the window: ' + element.tagName + ' ' + element.className);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
  return faults;
})()`;

const chromium = findChromium();

if (chromium === undefined) console.log('report in the browser: skipped, no Chromium is installed');
else {
  const test = suite('report in the browser');
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-report-'));
  let browser: Browser;

  const addressOf = (name: string, { view, settings }: Report): string => {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, planPage(view, { settings, command: ['heterodyne', 'plan'] }));
    return pathToFileURL(file).href;
  };
  const set = (page: Page, selector: string, value: string) =>
    page.evaluate(`(() => {
      const input = document.querySelector(${JSON.stringify(selector)});
      input.value = ${JSON.stringify(value)};
      input.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
  const state = (page: Page) => page.evaluate<string>('document.documentElement.dataset.state');
  const headline = (page: Page) => page.evaluate<string>("document.querySelector('h1').textContent");
  const becomes = (page: Page, wanted: string) =>
    page.until(`document.documentElement.dataset.state === '${wanted}'`, `state ${wanted}`);
  const drawings = (page: Page) =>
    page.evaluate<string>(
      "[...document.querySelectorAll('.drawing, [data-part]')].map((each) => each.innerHTML).join()",
    );

  test.before(() => {
    browser = new Browser(chromium);
  });
  test.after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('moving a slider plans again, reset brings the plan back, and nothing is loaded or logged', async () => {
    const address = addressOf('four', await report(4, 3));
    const page = await browser.open(address, { width: 1280, height: 900 });
    assert.is(await state(page), 'original');
    const [was, drawn] = [await headline(page), await drawings(page)];
    await set(page, '[data-speed="1"]', '0');
    await becomes(page, 'compared');
    assert.is.not(await headline(page), was);
    const status = await page.evaluate<string>("document.getElementById('status').innerText");
    assert.match(
      status,
      /What-if[\s\S]*gpu 0\.25 times as fast: [\d.]+ frames\/s instead of [\d.]+ frames\/s \(-[\d.]+ %\)/,
    );
    assert.match(await drawings(page), /what-if/);
    const label = await page.evaluate<string>(
      "getComputedStyle(document.querySelector('figcaption'), '::before').content",
    );
    assert.is(label, '"what-if"');
    await page.evaluate("document.querySelector('#status .reset').click()");
    await becomes(page, 'original');
    assert.is(await headline(page), was);
    assert.ok((await drawings(page)) === drawn, 'everything is drawn as it was');
    assert.equal(page.errors, []);
    assert.equal(page.requests, [address]);
  });

  test('the answer in the page is that of the planner outside', async () => {
    const four = await report(4, 3);
    const page = await browser.open(addressOf('same', four), { width: 1280, height: 900 });
    await set(page, '[data-units="2"]', '0');
    await becomes(page, 'compared');
    const inPage = await page.evaluate<string>("document.querySelector('#status p').textContent");
    const { planAgain } = await import('../../src/report/page/plan-again.ts');
    const { noChanges } = await import('../../src/report/page/what-if.ts');
    const { defaultCore } = await import('../../bindings/core.ts');
    const { valueText } = await import('../../src/report/charts/units.ts');
    const { view, settings } = four;
    const changes = noChanges(view, view.plan.objective, settings.evaluations);
    changes.processors[2]!.units = 0;
    const input = {
      base: view,
      changes,
      plan: view.plan,
      settings,
      core: defaultCore(),
      signal: new AbortController().signal,
    };
    let value = Number.NaN;
    for await (const { plan } of planAgain(input)) value = plan.score.value;
    assert.ok(
      inPage.includes(`without npu: ${valueText('throughput', value)} instead of`),
      `${inPage}; is the page's script an older build? node src/report/page/build.mjs`,
    );
    assert.equal(page.errors, []);
  });

  test('of many quick changes the last one counts', async () => {
    const page = await browser.open(addressOf('quick', await report(4, 3)), { width: 1280, height: 900 });
    await set(page, '#budget', '8');
    for (const value of ['0', '3', '9', '12', '2']) await set(page, '[data-speed="0"]', value);
    await becomes(page, 'compared');
    const words = await page.evaluate<string>("document.querySelector('#status p').textContent");
    assert.match(words, /^cpu 0\.5 times as fast, 10000 evaluations: /);
    assert.equal(page.errors, []);
  });

  test('every kind of change is answered, and what is impossible is said', async () => {
    const page = await browser.open(addressOf('kinds', await report(4, 3)), { width: 1280, height: 900 });
    const change = async (selector: string, value: string, words: RegExp, wanted = 'compared') => {
      await set(page, selector, value);
      await page.until(
        `document.documentElement.dataset.state === '${wanted}' && ${words}.test(document.querySelector('#status p').textContent)`,
        `${selector} = ${value}`,
      );
    };
    await change('[data-units="1"]', '2', /a second gpu/);
    assert.match(await drawings(page), />gpu-2</);
    await change('[data-weight="1"]', '12', /mobilenet-v1 with 4 times the weight/);
    await change('#objective', 'min', /objective min/);
    await page.evaluate('document.querySelector(\'[data-on="3"]\').click()');
    await page.until("document.querySelector('#status p').textContent.includes('without a-model')", 'a model less');
    await change('[data-units="0"]', '0', /without cpu/);
    await change('[data-units="1"]', '0', /no processor can run block/, 'failed');
    await page.evaluate("document.querySelector('#what-if .reset').click()");
    await becomes(page, 'original');
    assert.is(await page.evaluate('document.querySelector(\'[data-units="1"]\').value'), '1');
    assert.is(await page.evaluate('document.querySelector(\'[data-on="3"]\').checked'), true);
    assert.equal(page.errors, []);
  });

  test('the block under the pointer is told with its cost and where that comes from', async () => {
    const page = await browser.open(addressOf('pointer', await report(1, 3)), { width: 1280, height: 900 });
    const text = await page.evaluate<string>(`(() => {
      const grid = document.querySelector('[data-model]');
      const box = grid.getBoundingClientRect();
      const at = { clientX: box.left + 3, clientY: box.top + 3, bubbles: true };
      grid.querySelector('path').dispatchEvent(new PointerEvent('pointermove', at));
      return document.querySelector('[data-chart=heat-map] .readout').textContent;
    })()`);
    assert.match(text, /^alexnet, block 0 \(block-0\) on cpu: [\d.]+ ms, modelled$/);
  });

  test('charts follow the width, and nothing is cut or overlaps, wide or narrow, light or dark', async () => {
    for (const [models, processors] of [
      [1, 3],
      [4, 3],
      [16, 8],
    ] as const) {
      const address = addressOf(`layout-${models}`, await report(models, processors));
      for (const [width, dark] of [
        [1280, false],
        [1010, true],
        [390, true],
        [360, false],
      ] as const) {
        const page = await browser.open(address, { width, height: 900, dark });
        const place = `${models} models at ${width}`;
        assert.equal(await page.evaluate(LAYOUT_FAULTS), [], place);
        await set(page, '[data-speed="0"]', '0');
        await becomes(page, 'compared');
        assert.equal(await page.evaluate(LAYOUT_FAULTS), [], `${place}, changed`);
        const scheme = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        assert.is(scheme, dark ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)');
        assert.equal(page.errors, [], place);
      }
    }
  });

  test('print is light, without controls', async () => {
    const address = addressOf('print', await report(2, 3));
    const page = await browser.open(address, { width: 700, height: 900, dark: true, media: 'print' });
    assert.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)');
    assert.is(await page.evaluate("getComputedStyle(document.getElementById('what-if')).display"), 'none');
    assert.is(await page.evaluate("getComputedStyle(document.querySelector('.reset')).display"), 'none');
  });

  test.run();
}
