/** The report of a run: one HTML file without a script, in the dress of the plan's report. */
import type { RunDocument } from '../runtime/schema.ts';
import { drawing, type Frame, label } from './charts/frame.ts';
import { element, escapeText, title } from './charts/svg.ts';
import { fitText, textWidth } from './charts/text-width.ts';
import { counted, MEASURES, valueText } from './charts/units.ts';
import { figure, percent, relative } from './numbers.ts';
import { paragraph, table } from './page/parts/part.ts';
import { commandText, drawnTwice, factList, section, stillPage, warningList } from './page/still-page.ts';

/** The same document and command give the same bytes. @param command that made it, where it is known */
export function runPage(document: RunDocument, command: readonly string[] = []): string {
  const name = `${counted(document.models.length, 'model')} on ${document.platform}`;
  const sections = [
    section('models', 'Models', MEASURED, figureOf(document), modelTable(document)),
    section('stages', 'Stages', MEASURED, stageTable(document)),
    section('processors', 'Processors', MEASURED, processorTable(document)),
    ...(document.compare ? [section('compare', 'Comparison', MEASURED, compareTable(document, document.compare))] : []),
    ...(document.events.length > 0 ? [section('events', 'Events', MEASURED, eventTable(document))] : []),
    ...(document.warnings.length > 0
      ? [section('warnings', 'Warnings', undefined, warningList(document.warnings))]
      : []),
    section('provenance', 'Provenance', undefined, facts(document), commandText('The same run again', command)),
  ];
  return stillPage({ name, kind: 'Heterodyne run', headline: headline(document, name), sections });
}

/** What stands behind every figure of the page. */
const MEASURED = { origin: 'measured', meaning: 'planned figures are predictions of the plan' };

function headline({ score, seconds, source, otherLoad, partial }: RunDocument, name: string): string {
  const { measured, planned, objective } = score;
  const value =
    measured === undefined
      ? `${figure(score.meanThroughputPerS)} frames per second on average`
      : `${objective} ${valueText(objective, measured)} measured, ${valueText(objective, planned)} predicted`;
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

function figureOf(document: RunDocument): string {
  return drawnTwice('rates', 'Frames per second of each model', (frame) => rateChart(document, frame));
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
  const top = fontSize + 12;
  const key = [
    { fill: palette.other, word: 'predicted' },
    { fill: palette.accent, word: 'measured' },
  ].map(({ fill, word }, i) => {
    const x = names + 8 + i * (textWidth('predicted', fontSize) + fontSize + 24);
    const swatch = element('rect', { x, y: 1, width: fontSize, height: fontSize, fill });
    return swatch + label(x + fontSize + 6, fontSize - 1, word);
  });
  const body = models.map(({ name, throughputPerS, plannedThroughputPerS }, m) => {
    const pair = [
      { rate: plannedThroughputPerS, fill: palette.other, word: 'predicted' },
      { rate: throughputPerS, fill: palette.accent, word: 'measured' },
    ];
    const bars = pair.map(({ rate, fill, word }, i) => {
      const y = top + m * row + i * bar;
      return (
        element(
          'rect',
          { x: names + 8, y, width: length(rate), height: bar - 2, fill },
          title(`${name}: ${word} ${figure(rate)}`),
        ) + label(names + 12 + length(rate), y + bar - 4, figure(rate))
      );
    });
    return label(names, top + m * row + bar + 3, fitText(name, names, fontSize), { anchor: 'end' }) + bars.join('');
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
    height: top + models.length * row,
    body: [...key, ...body],
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

function compareTable({ score }: RunDocument, candidates: NonNullable<RunDocument['compare']>): string {
  return table(
    `Executed in turns, ${MEASURES[score.objective].title}; the interval is that of the mean over turns, 95 %`,
    [{ title: 'placement' }, number('predicted'), number('measured'), number('interval'), number('off by')],
    candidates.map(({ name, planned, measured }) => [
      escapeText(name),
      figure(planned),
      figure(measured.mean),
      `${figure(Math.max(0, measured.low))}–${figure(measured.high)}`,
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

function facts({ planHash, policy, energyJ }: RunDocument): string {
  return factList([
    ['plan hash', planHash],
    ['policy', `${policy} frame`],
    ['energy of the machine', energyJ === undefined ? undefined : `${figure(energyJ)} J (measured)`],
  ]);
}
