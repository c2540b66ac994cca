import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceCheckDocument } from '../../src/cli/documents/trace-check.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { checkTrace } from '../../src/report/trace/check.ts';
import { inFolder, run } from '../cli/captured.ts';

const test = suite('trace commands');
const PLAN = ['plan', '--platform', 'hikey970', '--models', 'alexnet,squeezenet', '--evaluations', '50', '--quiet'];

test('plan --trace writes a clean trace beside the plan, which then passes the check', async () => {
  await inFolder(async (folder) => {
    const [trace, plan] = [join(folder, 't.json'), join(folder, 'p.json')];
    const planned = await run([...PLAN, '--trace', trace, '--out', plan]);
    assert.is(planned.code, 0, planned.err);
    const document = planDocument.parse(readFileSync(plan, 'utf8'), 'plan').document;
    assert.equal(checkTrace(readFileSync(trace, 'utf8'), { plan: document }), []);

    const checked = await run(['trace', 'check', trace, '--plan', plan]);
    assert.is(checked.code, 0, checked.err);
    assert.match(checked.out, 'is clean, and as planned');
    assert.match(checked.out, /gpu +\d+ % +\d+ %/);
    const { code, out } = await run(['trace', 'check', trace, '--json']);
    assert.is(code, 0);
    const summary = traceCheckDocument.parse(out, 'summary').document;
    assert.is(summary.planCompared, false);
    assert.is(summary.file, trace);
    assert.ok(summary.slices > 0 && summary.requests > 0);
  });
});

test('the plan is the same with and without its trace', async () => {
  await inFolder(async (folder) => {
    const beside = await run([...PLAN, '--json', '--trace', join(folder, 't.json')]);
    assert.is(beside.out, (await run([...PLAN, '--json'])).out);
  });
});

test('a trace with a violation, and one of another plan, are bad input with every finding', async () => {
  await inFolder(async (folder) => {
    const [trace, plan] = [join(folder, 't.json'), join(folder, 'p.json')];
    await run([...PLAN, '--trace', trace]);
    await run([...PLAN, '--objective', 'min', '--out', plan]);
    const other = await run(['trace', 'check', trace, '--plan', plan, '--json']);
    assert.is(other.code, 65);
    assert.match(other.out, 'the trace of another plan');
    writeFileSync(trace, readFileSync(trace, 'utf8').replaceAll('"bp":"e"', '"bp":"b"'));
    const broken = await run(['trace', 'check', trace]);
    assert.is(broken.code, 65);
    assert.match(broken.err, 'a flow ends in the slice around it');
  });
});

test('a trace is never written to a standard stream, over an input, or over the plan', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'workload.json');
    const workload = '{"kind":"workload","schemaVersion":1,"models":[{"model":"alexnet"}]}';
    writeFileSync(file, workload);
    const over = await run(['plan', '--platform', 'hikey970', '--workload', file, '--trace', file]);
    assert.is(over.code, 64);
    assert.match(over.err, '--trace');
    assert.is(readFileSync(file, 'utf8'), workload);
    assert.is((await run([...PLAN, '--trace', '-'])).code, 64);
    assert.is((await run([...PLAN, '--trace', join(folder, 'x'), '--out', join(folder, 'x')])).code, 64);
    const nowhere = await run([...PLAN, '--trace', join(folder, 'none', 't.json')]);
    assert.is(nowhere.code, 65);
  });
});

test.run();
