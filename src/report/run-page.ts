/** The report of a run: one HTML file without a script, in the dress of the plan's report. */
import type { RunDocument } from '../runtime/schema.ts';
import { drawing, type Frame, label, pageFrame } from './charts/frame.ts';
import { element, escapeText, title } from './charts/svg.ts';
import { fitText, textWidth } from './charts/text-width.ts';
import { counted } from './charts/units.ts';
import { quoted } from './command-line.ts';
import { figure, percent, relative } from './numbers.ts';
import { originLabel, paragraph, table } from './page/parts/part.ts';
import { STYLES } from './page/styles.ts';

/** Charts are drawn for a page and for a phone, CSS pixels; the style sheet shows one of the two. */
const WIDE = 760;
const NARROW = 332;
const CHOICE = '.narrow{display:none}@media screen and (max-width:640px){.wide{display:none}.narrow{display:block}}';
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The same document and command give the same bytes. */
export function runPage(document: RunDocument, command: readonly string[]): string {
  const name = `${counted(document.models.length, 'model')} on ${document.platform}`;
  const sections = [
    section('models', 'Models', 'measured', figureOf(document), modelTable(document)),
    section('stages', 'Stages', 'measured', stageTable(document)),
    section('processors', 'Processors', 'measured', processorTable(document)),
    ...(document.compare ? [section('compare', 'Comparison', 'measured', compareTable(document.compare))] : []),
    ...(document.events.length > 0 ? [section('events', 'Events', 'measured', eventTable(document))] : []),
    ...(document.warnings.length > 0 ? [section('warnings', 'Warnings', undefined, warningList(document))] : []),
    section('provenance', 'Provenance', undefined, facts(document), commandText(command)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeText(POLICY)}">
<title>${escapeText(name)} – Heterodyne run</title>
<link rel="icon" href="data:,">
<style>
${STYLES}
.page{max-width:820px}
${CHOICE}
</style>
</head>
<body>
<div class="page">
<header>
<p class="eyebrow">Heterodyne run report</p>
${headline(document, name)}
</header>
<main>
${sections.join('\n')}
</main>
</div>
</body>
</html>
`;
}

function headline({ score, seconds, source, otherLoad, partial }: RunDocument, name: string): string {
  const { measured, planned, objective } = score;
  const value =
    measured === undefined
      ? `${figure(score.meanThroughputPerS)} frames per second on average`
      : `${objective} ${figure(measured)} measured, ${figure(planned)} predicted`;
  const off = measured === undefined ? '' : ` The prediction is off by ${relative(measured, planned)}.`;
  const load = otherLoad === undefined ? '' : ` Other programs took ${percent(otherLoad)} of the cores' time.`;
  return (
    element('h1', {}, escapeText(`${name}: ${value}`)) +
    paragraph(
      `${figure(seconds)} s of ${source} frames were measured${partial ? ', then the run was interrupted' : ''}.${off}${load}`,
      'standing',
    )
  );
}

function section(id: string, heading: string, origin: string | undefined, ...content: string[]): string {
  const chip = origin === undefined ? '' : originLabel(origin, 'planned figures are predictions of the plan');
  return element('section', { id }, element('h2', {}, escapeText(heading), chip), ...content);
}

function figureOf(document: RunDocument): string {
  return element(
    'figure',
    { 'data-chart': 'rates' },
    element('figcaption', {}, 'Frames per second: predicted, and measured'),
    element('div', { class: 'drawing wide' }, rateChart(document, pageFrame(WIDE))),
    element('div', { class: 'drawing narrow' }, rateChart(document, { ...pageFrame(NARROW), prefix: 'narrow-' })),
  );
}

/** Two bars for each model: what the plan predicts above what was measured. */
function rateChart({ models }: RunDocument, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const bar = fontSize + 3;
  const row = 2 * bar + 10;
  const names = Math.min(0.35 * width, Math.max(...models.map(({ name }) => textWidth(name, fontSize))));
  const numbers = textWidth('00000.0', fontSize);
  const most = Math.max(1e-9, ...models.flatMap((model) => [model.throughputPerS, model.plannedThroughputPerS]));
  const length = (rate: number): number => ((width - names - numbers - 16) * rate) / most;
  const body = models.map(({ name, throughputPerS, plannedThroughputPerS }, m) => {
    const pair = [
      { rate: plannedThroughputPerS, fill: palette.other, word: 'predicted' },
      { rate: throughputPerS, fill: palette.accent, word: 'measured' },
    ];
    const bars = pair.map(({ rate, fill, word }, i) => {
      const y = m * row + i * bar;
      return (
        element(
          'rect',
          { x: names + 8, y, width: length(rate), height: bar - 2, fill },
          title(`${name}: ${word} ${figure(rate)}`),
        ) + label(names + 12 + length(rate), y + bar - 4, figure(rate))
      );
    });
    return label(names, m * row + bar + 3, fitText(name, names, fontSize), { anchor: 'end' }) + bars.join('');
  });
  return drawing(frame, {
    id: 'rates',
    title: 'Frames per second: predicted above, measured below',
    description: models
      .map(
        (each) =>
          `${each.name}: ${figure(each.plannedThroughputPerS)} predicted, ${figure(each.throughputPerS)} measured`,
      )
      .join('; '),
    height: models.length * row,
    body,
  });
}

const number = (heading: string) => ({ title: heading, number: true as const });

function modelTable({ models }: RunDocument): string {
  return table(
    'Response from the offer of a frame to its end, ms',
    [
      { title: 'model' },
      { title: 'form' },
      number('frames'),
      number('P50'),
      number('P95'),
      number('P99'),
      number('late'),
      number('lost'),
    ],
    models.map(({ name, variant, finished, responseMs, deadline, skipped, failed }) => [
      escapeText(name),
      escapeText(variant),
      String(finished),
      ...(['p50', 'p95', 'p99'] as const).map((key) => (responseMs ? figure(responseMs[key]) : '')),
      deadline ? percent(deadline.missRate) : '',
      String(skipped + failed),
    ]),
  );
}

function stageTable({ models }: RunDocument): string {
  return table(
    'Calls of every stage, ms',
    [
      { title: 'model' },
      { title: 'processor' },
      { title: 'blocks' },
      number('planned'),
      number('P50'),
      number('off by'),
      number('handover'),
    ],
    models.flatMap(({ name, stages }) =>
      stages.map(({ processor, firstBlock, lastBlock, plannedLatencyMs, latencyMs, handoverMs }) => [
        escapeText(name),
        escapeText(processor),
        `${firstBlock}–${lastBlock}`,
        figure(plannedLatencyMs),
        latencyMs ? figure(latencyMs.p50) : '',
        latencyMs ? relative(latencyMs.p50, plannedLatencyMs) : '',
        handoverMs ? figure(handoverMs.p50) : '',
      ]),
    ),
  );
}

function processorTable({ processors }: RunDocument): string {
  return table(
    'Share of the time in calls',
    [{ title: 'processor' }, number('planned'), number('measured'), { title: '' }],
    processors.map(({ id, plannedUtilization, utilization, pinned }) => [
      escapeText(id),
      percent(plannedUtilization),
      percent(utilization),
      pinned ? '' : 'not held to its cores',
    ]),
  );
}

function compareTable(candidates: NonNullable<RunDocument['compare']>): string {
  return table(
    'Executed in turns; the interval is that of the mean over turns, 95 %',
    [{ title: 'placement' }, number('predicted'), number('measured'), number('interval'), number('off by')],
    candidates.map(({ name, planned, measured }) => [
      escapeText(name),
      figure(planned),
      figure(measured.mean),
      `${figure(measured.low)}–${figure(measured.high)}`,
      relative(measured.mean, planned),
    ]),
  );
}

function eventTable({ events }: RunDocument): string {
  return table(
    'What happened',
    [number('s'), { title: 'subject' }, { title: 'event' }, number('ms'), { title: '' }],
    events.map(({ atMs, subject, kind, tookMs, text }) => [
      figure(atMs / 1000),
      escapeText(subject),
      escapeText(kind),
      tookMs === undefined ? '' : figure(tookMs),
      escapeText(text),
    ]),
  );
}

function warningList({ warnings }: RunDocument): string {
  return element('ul', { class: 'warnings' }, ...warnings.map(({ message }) => element('li', {}, escapeText(message))));
}

function facts({ planHash, policy, energyJ }: RunDocument): string {
  const known = [
    ['plan hash', planHash],
    ['policy', `${policy} frame`],
    ...(energyJ === undefined ? [] : [['energy of the machine', `${figure(energyJ)} J (measured)`]]),
  ];
  return element(
    'dl',
    { class: 'facts' },
    ...known.flatMap(([name, value]) => [element('dt', {}, escapeText(name!)), element('dd', {}, escapeText(value!))]),
  );
}

function commandText(command: readonly string[]): string {
  return element('h3', {}, 'The same run again') + element('pre', {}, escapeText(command.map(quoted).join(' ')));
}
