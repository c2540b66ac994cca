/** The report of a group plan: one HTML file without a script, in the dress of the plan's report. */
import { groupMethod } from '../../planners/group/methods.ts';
import type { GroupPlan } from '../../planners/group/schema.ts';
import { element, escapeText } from '../charts/svg.ts';
import { counted } from '../charts/units.ts';
import { figure, percent, relative } from '../numbers.ts';
import { paragraph, table } from '../page/parts/part.ts';
import { commandText, drawnTwice, factList, section, stillPage, warningList } from '../page/still-page.ts';
import { GROUP_CHARTS, type ShownGroup } from './charts.ts';

/** The same plan and command give the same bytes. @param command that makes the plan, where it is known */
export function groupPage(shown: ShownGroup, command: readonly string[] = []): string {
  const { plan } = shown;
  const name = `${counted(plan.models.length, 'model')} on ${counted(plan.devices.length, 'device')}`;
  const sections = [
    section('matrix', 'Matrix and assignment', from(rateOrigins(plan)), figureOf(shown, 'matrix'), modelTable(plan)),
    section('loads', 'Devices', from('modelled'), figureOf(shown, 'loads'), deviceTable(plan)),
    section('comparison', 'Comparison', from('modelled'), figureOf(shown, 'comparison'), boundText(plan)),
    ...(plan.services ? [section('services', 'Services', from('modelled'), serviceTable(plan.services))] : []),
    ...(plan.whatIf
      ? [section('changes', 'What if', from('modelled'), figureOf(shown, 'what-if'), noiseText(plan))]
      : []),
    ...(plan.warnings.length > 0 ? [section('warnings', 'Warnings', undefined, warningList(plan.warnings))] : []),
    section('provenance', 'Provenance', undefined, provenanceTable(plan), commandText('The same plan again', command)),
  ];
  return stillPage({ name, kind: 'Heterodyne group plan', headline: headline(plan, name), sections });
}

function from(origin: string) {
  return { origin, meaning: 'where the figures of this section come from' };
}

function headline(plan: GroupPlan, name: string): string {
  const { score, bound, bottleneck, strongestBaseline, planner } = plan;
  const title = element('h1', {}, escapeText(`${name}: ${figure(score.groupFps)} group frames per second`));
  const standing =
    bound.kind === 'exact'
      ? bound.gap === 0
        ? 'No assignment is faster: this is the proven optimum.'
        : `The optimum is ${figure(bound.groupFps)} group frames/s; this plan is ${percent(bound.gap)} below it.`
      : `At most ${percent(bound.gap)} below the optimum, which is not proven.`;
  const rival = strongestBaseline === undefined ? undefined : plan.baselines[strongestBaseline];
  const against =
    rival === undefined
      ? ''
      : ` Against the strongest baseline, ${strongestBaseline} with ${figure(rival)} group frames/s: ${relative(score.groupFps, rival)}.`;
  const limit = ` ${bottleneck.device} is the slowest device, and ${bottleneck.model} takes most of it.`;
  const { title: words } = groupMethod(planner.name);
  return (
    title +
    paragraph(standing + against + limit, 'standing') +
    paragraph(`Planned by ${planner.name} (${words}; ${planner.source}), sharing ${plan.sharing}.`, 'note') +
    paragraph('Rates of single models are as their source says; rates of the group are modelled from them.', 'note')
  );
}

function figureOf(shown: ShownGroup, id: string): string {
  const chart = GROUP_CHARTS.find((each) => each.id === id);
  return chart ? drawnTwice(id, chart.title, (frame) => chart.draw(shown, frame)) : '';
}

function rateOrigins({ models }: GroupPlan): string {
  return [...new Set(models.map(({ origin }) => origin))].sort().join(', ');
}

function modelTable({ models }: GroupPlan): string {
  const rows = models.map((model) => [
    escapeText(model.name),
    escapeText(model.device),
    figure(model.soloFramesPerS),
    String(Number(model.callsPerFrame.toPrecision(3))),
    figure(model.timeMs),
    percent(model.loadShare),
    escapeText(model.alternatives.map(alternativeText).join('; ')),
  ]);
  return table(
    'Models: where they run, and what the group would give with one of them elsewhere',
    [
      { title: 'model' },
      { title: 'device' },
      { title: 'alone, frames/s', number: true },
      { title: 'calls', number: true },
      { title: 'ms a frame', number: true },
      { title: 'of its device', number: true },
      { title: 'elsewhere' },
    ],
    rows,
  );
}

function alternativeText({ device, groupFps, rejected }: GroupPlan['models'][number]['alternatives'][number]): string {
  return `${device}: ${groupFps === undefined ? rejected : `${figure(groupFps)} FPS`}`;
}

function deviceTable({ devices }: GroupPlan): string {
  const rows = devices.map(({ id, models, maxModels, frameMs, busy }) => [
    escapeText(id),
    maxModels === undefined ? String(models) : `${models} of ${maxModels}`,
    figure(frameMs),
    percent(busy),
  ]);
  return table(
    'Devices',
    [
      { title: 'device' },
      { title: 'models', number: true },
      { title: 'ms a frame', number: true },
      { title: 'busy', number: true },
    ],
    rows,
  );
}

function stepText({ kind, model, to, groupFps, gain }: NonNullable<GroupPlan['nextMove']>): string {
  const step = `${kind === 'move' ? `moving ${model} to` : `swapping ${model} with`} ${to}, would give ${figure(groupFps)} group frames/s.`;
  return gain > 0 ? `The best next step from here, ${step}` : `No move or swap from here helps: the best, ${step}`;
}

function boundText({ bound, bounds, nextMove }: GroupPlan): string {
  const proof = bound.provenBy ? `The optimum is proven by ${bound.provenBy.join(' and ')}. ` : '';
  const lp = bounds.lp === undefined ? '' : `, ${figure(bounds.lp)} frames/s by the linear programme`;
  return paragraph(
    `${proof}No plan exceeds ${figure(bounds.work)} frames/s by the least work${lp}.${nextMove ? ` ${stepText(nextMove)}` : ''}`,
  );
}

function serviceTable(services: NonNullable<GroupPlan['services']>): string {
  const rows = services.map(({ name, weight, fps, aloneFps }) => [
    escapeText(name),
    figure(weight),
    figure(fps),
    figure(aloneFps),
    percent(fps / aloneFps),
  ]);
  return table(
    'Services together, and each alone on all devices',
    [
      { title: 'service' },
      { title: 'weight', number: true },
      { title: 'FPS here', number: true },
      { title: 'FPS alone', number: true },
      { title: 'kept', number: true },
    ],
    rows,
  );
}

function noiseText({ whatIf }: GroupPlan): string {
  if (!whatIf) return '';
  const { share, samples, staysOptimal, meanRegret, worstRegret, smallestBreak } = whatIf.noise;
  const limits = whatIf.more.flatMap(({ device, limitedBy }) =>
    limitedBy === undefined ? [] : [`no further ${device} helps, since ${limitedBy} is no faster anywhere`],
  );
  const weak = smallestBreak
    ? ` Another plan becomes better once ${smallestBreak.model} on ${smallestBreak.device} changes by ${relative(1 + smallestBreak.change, 1)}.`
    : '';
  const shaken = `With all rates off by up to ${percent(share)}, this plan stays optimal in ${percent(staysOptimal)} of ${samples} draws, giving up ${percent(meanRegret)} on average and ${percent(worstRegret)} at most.${weak}`;
  return paragraph(shaken) + (limits.length === 0 ? '' : paragraph(`Limits: ${limits.join('; ')}.`));
}

const MEANING: Record<string, string> = {
  measured: 'timed on the device by Heterodyne',
  imported: 'from another tool, or a table that does not say',
  modelled: 'computed from model and platform',
  synthetic: 'made up: true of no device',
};

function provenanceTable({ provenance, matrixHash, run }: GroupPlan): string {
  const rows = Object.entries(provenance).map(([word, share]) => [
    word,
    percent(share),
    escapeText(MEANING[word] ?? ''),
  ]);
  const facts = factList([
    ['matrix hash', matrixHash],
    ['took', run?.elapsedMs === undefined ? undefined : `${figure(run.elapsedMs)} ms (measured)`],
    ['on', [run?.host, run?.runtime].filter((text) => text !== undefined).join(', ') || undefined],
  ]);
  return (
    table(
      'Rates behind the plan, by share of the load',
      [{ title: 'rates are' }, { title: 'share', number: true }, { title: 'meaning' }],
      rows,
    ) + facts
  );
}
