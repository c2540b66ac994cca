/** `trace check`: a trace held against the rules of viewers, and against the plan that it was made from. */
import { readText } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { planDocument } from '../../planners/schema.ts';
import { checkTrace } from '../../report/trace/check.ts';
import type { Trace } from '../../report/trace/format.ts';
import { traceSummary, traceSummaryText } from '../../report/trace/summary.ts';
import { defineCommand } from '../command.ts';
import { type TraceCheck, traceCheckDocument } from '../documents/trace-check.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';

export const traceCheckCommand = defineCommand({
  options: {
    file: { type: 'positional', description: 'a trace that Heterodyne wrote', required: true },
    plan: {
      type: 'string',
      valueHint: 'FILE',
      description: 'the plan that the trace was made from: compares places, lengths and busy times with it',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['heterodyne trace check trace.json', 'heterodyne trace check trace.json --plan plan.json'],
  details: [
    'Findings are an error with exit code 65. The rules are those of Perfetto (slices of a track do not overlap, arrows begin and end in slices, requests end, names and order) and of our own traces, so traces of other tools do not pass.',
  ],
  async run(values, call) {
    const { file } = values;
    await checkOutput(values, values.plan === undefined ? [file] : [file, values.plan]);
    const text = await readText(file);
    const plan = values.plan === undefined ? undefined : planDocument.parse(await readText(values.plan), values.plan);
    const problems = checkTrace(text, { plan: plan?.document });
    const [first] = problems;
    if (first !== undefined) {
      const count = problems.length === 1 ? '' : ` (and ${problems.length - 1} more findings)`;
      throw new HeterodyneError('BAD_INPUT', `${file} breaks the rules of traces: ${first.message}${count}`, {
        ...first,
        source: file,
        problems,
      });
    }
    const document: TraceCheck = {
      kind: 'trace-check',
      schemaVersion: 1,
      file,
      planCompared: plan !== undefined,
      ...traceSummary(JSON.parse(text) as Trace),
    };
    const json = traceCheckDocument.write(document);
    await deliver({ json, text: (style) => traceSummaryText(document, style), warnings: plan?.warnings }, values, call);
    return 0;
  },
});
