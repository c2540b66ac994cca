/**
 * What is gained by choosing placement and operating point together? Random mixes of the zoo on a board with thousands of
 * operating points, against placement first and the best operating point for it afterwards. With `--write` the table
 * goes to docs/joint-study.md.
 *
 *   node --import tsx bench/joint.ts [--mixes 30] [--evaluations 150] [--write]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type JointRequest, planJointly, planWithEvidence, type Workload } from '../src/index.ts';
import { halfInterval95, mean } from './statistics.ts';
import { drawMixes } from './study-mixes.ts';

const { values: flags } = parseArgs({
  options: {
    mixes: { type: 'string', default: '30' },
    evaluations: { type: 'string', default: '150' },
    write: { type: 'boolean', default: false },
  },
});
const MIXES = Number(flags.mixes);
const evaluations = Number(flags.evaluations);
const PLATFORMS = ['jetson-tx2', 'jetson-agx-xavier'];
/** Of what the fastest plan takes. */
const POWER_SHARE = 0.7;
/** Of the rates that the fastest even plan reaches, and of its latencies. */
const RATE_SHARE = 0.5;
const DEADLINE_SHARE = 1.5;

const rows: string[] = [];
for (const platform of PLATFORMS) {
  const gains = { power: [] as number[], energy: [] as number[] };
  const alone = { power: 0, energy: 0 };
  let worse = 0;
  for (const models of drawMixes(MIXES, 606, 2, 3)) {
    const fastest = await planJointly({ platform, models, points: ['max'], evaluations });
    const even = await planWithEvidence({ platform, models, objective: 'min', evaluations, baselines: [] });
    const watts = fastest.plan.joint?.watts ?? Number.POSITIVE_INFINITY;
    const capped: JointRequest = { platform, models, maxWatts: POWER_SHARE * watts, evaluations };
    const workload: Workload = {
      kind: 'workload',
      schemaVersion: 1,
      models: even.plan.models.map(({ name, throughputPerS, latencyMs }) => ({
        model: name,
        ratePerS: RATE_SHARE * throughputPerS,
        minRatePerS: RATE_SHARE * throughputPerS,
        deadlineMs: DEADLINE_SHARE * latencyMs,
      })),
    };
    const frugal: JointRequest = { platform, workload, objective: 'energy', evaluations };
    for (const [what, request] of [
      ['power', capped],
      ['energy', frugal],
    ] as const) {
      const { plan } = await planJointly(request);
      const first = plan.baselines?.['placement-first'];
      if (first === undefined) {
        alone[what]++;
        continue;
      }
      const gain = what === 'power' ? plan.score.value / first - 1 : 1 - plan.score.value / first;
      if (gain < -1e-9) worse++;
      gains[what].push(100 * gain);
    }
  }
  if (worse > 0) throw new Error(`${worse} joint plans are worse than placement first`);
  for (const [what, title] of [
    ['power', `more throughput at ${100 * POWER_SHARE} % of the power`],
    ['energy', 'less energy at the same rates and deadlines'],
  ] as const) {
    const list = gains[what];
    const interval = `${mean(list).toFixed(1)} % ± ${halfInterval95(list).toFixed(1)}`;
    rows.push(
      `| ${platform} | ${title} | ${list.length} | ${interval} | ${Math.min(...list).toFixed(1)} % | ${Math.max(...list).toFixed(1)} % | ${alone[what]} |`,
    );
    console.log(rows.at(-1));
  }
}

const text = `# Placement and operating point together

Made by \`node --import tsx bench/joint.ts --write\`: ${MIXES} random mixes of two or three models per platform, costs and power
modelled, ${evaluations} evaluations a search. Against *placement first*: the best placement at the highest clocks, then the
best operating point for it (the same candidates, and their neighbours).

| platform | gain | mixes | mean, 95 % interval | least | most | only the joint search found a plan |
|---|---|---|---|---|---|---|
${rows.join('\n')}

A joint plan is never worse: placement first is where its search begins.
`;
if (flags.write) writeFileSync(new URL('../docs/joint-study.md', import.meta.url), text);
else console.log(text);
