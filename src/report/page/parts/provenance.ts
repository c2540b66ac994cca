/** Where the numbers come from, and how to get them again. */
import type { PlanView } from '../../charts/plan-view.ts';
import { element, escapeText } from '../../charts/svg.ts';
import { figure, percent, scaled } from '../../numbers.ts';
import { type Part, paragraph, table } from './part.ts';

export const PROVENANCE: Part = {
  id: 'provenance',
  markup: (view) => [costOrigins(view), facts(view), sources(view)].join(''),
};

function costOrigins({ plan }: PlanView): string {
  const { measured, imported, modelled } = plan.provenance;
  const shares = table(
    'Costs behind the plan, by the share of the processors’ busy time',
    [{ title: 'costs are' }, { title: 'share', number: true }, { title: 'meaning' }],
    [
      ['measured', percent(measured), 'timed on the device by Heterodyne'],
      ['imported', percent(imported), 'timed by another tool, and read from its file'],
      ['modelled', percent(modelled), 'computed from model and platform (roofline)'],
    ],
  );
  const note =
    'Rates, utilization, memory, energy and the steady state are modelled whatever the costs: they are predictions of the throughput model, not observations.';
  return shares + paragraph(note);
}

function facts({ plan, platform }: PlanView): string {
  const { operatingPoint } = plan;
  const clocks = Object.entries(operatingPoint.frequencyHz).map(([id, hertz]) => `${id} ${scaled(hertz, 'Hz')}`);
  const rows: [string, string | undefined][] = [
    ['platform', `${platform.name} (${platform.id})`],
    ['operating point', [operatingPoint.id, ...clocks].join(', ')],
    ['objective', plan.objective],
    ['seed', String(plan.planner.seed)],
    ['started', plan.run?.startedAt],
    ['took', plan.run?.elapsedMs === undefined ? undefined : `${figure(plan.run.elapsedMs)} ms (measured)`],
    ['on', [plan.run?.host, plan.run?.runtime].filter((text) => text !== undefined).join(', ') || undefined],
    ['kernels', plan.run?.core],
    ['version', plan.run?.version],
    ['platform hash', plan.platformHash],
    ['profile hash', plan.profileHash],
    ['workload hash', plan.workloadHash],
  ];
  const items = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [element('dt', {}, escapeText(name)), element('dd', {}, escapeText(value))],
  );
  return element('dl', { class: 'facts' }, ...items);
}

function sources({ platform }: PlanView): string {
  const listed = platform.sources ?? [];
  if (listed.length === 0) return '';
  return table(
    'Sources of the platform’s figures',
    [{ title: 'source' }, { title: 'reliability' }, { title: 'title' }],
    listed.map(({ id, reliability, title }) => [escapeText(id), escapeText(reliability), escapeText(title)]),
  );
}
