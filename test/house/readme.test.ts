import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plan } from '../../src/index.ts';
import { planText } from '../../src/report/plan.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

const test = suite('README');

test('shows the plan that npm start ends with', async () => {
  const document = await plan({
    platform: 'hikey970',
    models: ['alexnet', 'mobilenet-v1', 'resnet-50', 'squeezenet'],
    objective: 'geometric-mean',
    evaluations: 2000,
  });
  const text = planText(document, { width: 100, unicode: true, color: false });
  const shown = /<!-- start:output -->\n```\n([\s\S]*?)```\n<!-- end:output -->/.exec(readme)?.[1];
  assert.is(shown, text);
});

test('links to files that exist', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]);
  assert.ok(links.length > 5);
  for (const link of links) assert.ok(existsSync(root + link), link);
});

test.run();
