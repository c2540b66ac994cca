/** A run as tables: what was predicted beside what was measured, per model, stage and processor. */
import type { RunDocument } from '../runtime/schema.ts';
import { MEASURES, valueText } from './charts/units.ts';
import { figure, percent, relative } from './numbers.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { type Column, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;
const MOST_EVENTS = 12;
const right = (title: string): Column => ({ title, align: 'right' });

export function runText(document: RunDocument, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const { platform, seconds, source, policy, partial } = document;
  const how = `${source} frames, ${policy} frame`;
  const head = `${bold(`Run on ${platform}`)}: ${figure(seconds)} s, ${how}${partial ? `, ${yellow('interrupted')}` : ''}`;
  return `${[
    wrap(head, style.width),
    modelTable(document, style),
    stageTable(document, style),
    processorTable(document, style),
    ...(document.compare ? [compareTable(document, document.compare, style)] : []),
    ...(document.controller ? [controllerLines(document.controller, style)] : []),
    ...(document.events.length > 0 ? [eventLines(document, style)] : []),
    footer(document, style),
  ].join('\n\n')}\n`;
}

function modelTable({ models }: RunDocument, style: TextStyle): string {
  const deadlines = models.some(({ deadline }) => deadline !== undefined);
  const lost = models.some(({ skipped, failed }) => skipped + failed > 0);
  const columns = [
    { title: 'model' },
    right('frames'),
    right('planned/s'),
    right('measured/s'),
    right(''),
    right('P50 ms'),
    right('P95 ms'),
    right('P99 ms'),
    ...(deadlines ? [right('deadline ms'), right('missed')] : []),
    ...(lost ? [right('skipped'), right('failed')] : []),
  ];
  const rows = models.map((model) => {
    const { name, finished, throughputPerS, plannedThroughputPerS, responseMs, deadline } = model;
    return [
      shorten(name, LONGEST_NAME, style),
      String(finished),
      figure(plannedThroughputPerS),
      figure(throughputPerS),
      relative(throughputPerS, plannedThroughputPerS, style.unicode),
      ...(['p50', 'p95', 'p99'] as const).map((key) => (responseMs === undefined ? '' : figure(responseMs[key]))),
      ...(deadlines ? (deadline ? [figure(deadline.deadlineMs), percent(deadline.missRate)] : ['', '']) : []),
      ...(lost ? [String(model.skipped), String(model.failed)] : []),
    ];
  });
  return table(columns, rows, style);
}

function stageTable({ models }: RunDocument, style: TextStyle): string {
  const { dash } = signs(style);
  const rows = models.flatMap(({ name, stages }) =>
    stages.map((stage, s) => {
      const { processor, firstBlock, lastBlock, plannedLatencyMs, latencyMs, handoverMs } = stage;
      return [
        s === 0 ? shorten(name, LONGEST_NAME, style) : '',
        processor,
        `${firstBlock}${dash}${lastBlock}`,
        figure(plannedLatencyMs),
        latencyMs === undefined ? '' : figure(latencyMs.p50),
        latencyMs === undefined ? '' : relative(latencyMs.p50, plannedLatencyMs, style.unicode),
        latencyMs === undefined ? '' : figure(latencyMs.p95),
        handoverMs === undefined ? '' : figure(handoverMs.p50),
        s === stages.length - 1 ? '' : figure(stage.plannedTransferMs),
      ];
    }),
  );
  const columns = [
    { title: 'stages' },
    { title: 'processor' },
    { title: 'blocks' },
    right('planned ms'),
    right('P50 ms'),
    right(''),
    right('P95 ms'),
    right('handover ms'),
    right('planned ms'),
  ];
  return table(columns, rows, style);
}

function processorTable({ processors }: RunDocument, style: TextStyle): string {
  return table(
    [{ title: 'processor' }, right('planned busy'), right('measured'), { title: '' }],
    processors.map(({ id, plannedUtilization, utilization, pinned }) => [
      id,
      percent(plannedUtilization),
      percent(utilization),
      pinned ? '' : 'not held to its cores',
    ]),
    style,
  );
}

function compareTable(
  { score }: RunDocument,
  candidates: NonNullable<RunDocument['compare']>,
  style: TextStyle,
): string {
  const { dash } = signs(style);
  const best = Math.max(...candidates.map(({ measured }) => measured.mean));
  const rows = candidates.map(({ name, planned, measured }) => [
    name,
    figure(planned),
    figure(measured.mean),
    // Student's interval knows not that rates are never negative.
    `${figure(Math.max(0, measured.low))}${dash}${figure(measured.high)}`,
    relative(measured.mean, planned, style.unicode),
    (measured.mean / best).toFixed(3),
  ]);
  return table(
    [
      { title: `in turns: ${MEASURES[score.objective].title}` },
      right('predicted'),
      right('measured'),
      right('95 % interval'),
      right('off by'),
      right('of the best'),
    ],
    rows,
    style,
  );
}

function controllerLines(controller: NonNullable<RunDocument['controller']>, style: TextStyle): string {
  const { id, mode, reconstruction, decisions, switches, clocks } = controller;
  const { arrow } = signs(style);
  const lines = [
    `controller ${id}${reconstruction ? ' (a reconstruction)' : ''}, mode ${mode}: ${decisions} decisions, ${switches.length} switches`,
    ...switches
      .slice(0, MOST_EVENTS)
      .map(
        (each) =>
          `  ${figure(each.atMs / 1000)} s  ${each.model}: ${each.from} ${arrow} ${each.to} in ${figure(each.switchMs)} ms (${each.reason})`,
      ),
    ...(clocks
      ? [
          `  clocks: ${clocks.settings} settings ${clocks.written ? `written, ${clocks.drift} of them overruled` : 'not written (dry run; --set-clocks writes)'}`,
        ]
      : []),
  ];
  return lines.map((line) => wrap(line, style.width)).join('\n');
}

function eventLines({ events }: RunDocument, style: TextStyle): string {
  const shown = events.slice(0, MOST_EVENTS).map(({ atMs, kind, subject, text, tookMs }) => {
    const took = tookMs === undefined ? '' : ` in ${figure(tookMs)} ms`;
    return wrap(`${figure(atMs / 1000)} s  ${subject} ${kind}${took}: ${text}`, style.width);
  });
  const more = events.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('\n');
}

function footer({ score, otherLoad, energyJ, models }: RunDocument, style: TextStyle): string {
  const frames = models.reduce((sum, { finished }) => sum + finished, 0);
  const value =
    score.measured === undefined
      ? `${score.objective} needs more than rates; mean ${figure(score.meanThroughputPerS)}/s`
      : `${score.objective}: ${valueText(score.objective, score.measured)} measured, ${valueText(score.objective, score.planned)} predicted (${relative(score.measured, score.planned, style.unicode)})`;
  return [
    value,
    ...(energyJ !== undefined && frames > 0
      ? [`${figure(energyJ)} J of the whole machine, ${figure((1000 * energyJ) / frames)} mJ per frame, measured`]
      : []),
    ...(otherLoad === undefined ? [] : [`other programs took ${percent(otherLoad)} of the cores' time`]),
    'measured on this machine; planned figures are the prediction of the plan',
  ]
    .map((text) => wrap(text, style.width))
    .join('\n');
}
