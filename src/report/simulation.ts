/** A simulation as tables: models, processors, energy, and what it rests on. */
import type { SimulationDocument } from '../simulator/schema.ts';
import { figure, percent } from './numbers.ts';
import { paint, signs, type TextStyle } from './style.ts';
import { bar, type Column, shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;
const BAR = 30;

export function simulationText(document: SimulationDocument, style: TextStyle): string {
  const { bold, yellow } = paint(style);
  const { platform, seconds, controller, operatingPoint } = document;
  const who =
    controller === undefined
      ? `operating point ${operatingPoint}, no controller`
      : `controller ${controller.id}${controller.reconstruction ? ' (a reconstruction)' : ''}, mode ${controller.mode}`;
  const partial = document.partial ? `, ${yellow('interrupted')}` : '';
  return `${[
    wrap(`${bold(`Simulation on ${platform}`)}: ${figure(seconds)} s, ${who}${partial}`, style.width),
    modelTable(document, style),
    ...(document.models.some(({ deadline }) => deadline !== undefined) ? [deadlineTable(document, style)] : []),
    processorTable(document, style),
    footer(document, style),
  ].join('\n\n')}\n`;
}

function modelTable({ models }: SimulationDocument, style: TextStyle): string {
  const losses = models.some(({ loss }) => loss.worst > 0);
  const columns: Column[] = [
    { title: 'model' },
    { title: 'frames', align: 'right' },
    { title: 'frames/s', align: 'right' },
    { title: 'planned', align: 'right' },
    { title: 'P50 ms', align: 'right' },
    { title: 'P95', align: 'right' },
    { title: 'P99', align: 'right' },
    { title: 'P99.9', align: 'right' },
    ...(losses ? [{ title: 'mean loss', align: 'right' as const }] : []),
  ];
  const rows = models.map(({ name, finished, throughputPerS, plannedThroughputPerS, responseMs, loss }) => [
    shorten(name, LONGEST_NAME, style),
    String(finished),
    figure(throughputPerS),
    plannedThroughputPerS === undefined ? '' : figure(plannedThroughputPerS),
    ...(['p50', 'p95', 'p99', 'p999'] as const).map((key) => (responseMs === undefined ? '' : figure(responseMs[key]))),
    ...(losses ? [percent(loss.mean)] : []),
  ]);
  return table(columns, rows, style);
}

function deadlineTable({ models }: SimulationDocument, style: TextStyle): string {
  const { dash } = signs(style);
  const rows = models.flatMap(({ name, deadline, skipped, givenUp }) => {
    if (deadline === undefined) return [];
    const { deadlineMs, missRate, missRate95, worstTardinessMs, bursts } = deadline;
    return [
      [
        shorten(name, LONGEST_NAME, style),
        figure(deadlineMs),
        percent(missRate),
        `${percent(missRate95[0])}${dash}${percent(missRate95[1])}`,
        figure(worstTardinessMs),
        String(bursts.longest),
        String(skipped + givenUp),
      ],
    ];
  });
  return table(
    [
      { title: 'deadlines' },
      { title: 'ms', align: 'right' },
      { title: 'missed', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'latest ms', align: 'right' },
      { title: 'in a row', align: 'right' },
      { title: 'not done', align: 'right' },
    ],
    rows,
    style,
  );
}

function processorTable({ device }: SimulationDocument, style: TextStyle): string {
  return table(
    [{ title: 'processor' }, { title: 'utilization' }, { title: 'busy', align: 'right' }],
    device.utilization.map(({ id, share }) => [id, bar(Math.min(1, share), BAR, style), percent(Math.min(1, share))]),
    style,
  );
}

function footer({ device, controller, noise, seed, discipline }: SimulationDocument, style: TextStyle): string {
  const { energy, pointSwitches, switchesPerFrame } = device;
  const power =
    energy === undefined
      ? 'energy unknown: not all watts are declared'
      : `${figure(energy.mjPerFrame)} mJ per frame, idle included; ${figure(energy.meanWatts)} W on average`;
  const bursts = noise.bursts === undefined ? '' : ', bursts of interference';
  const spread = noise.blockSigma > 0 ? `log-normal noise ${noise.blockSigma} per block${bursts}` : `no noise${bursts}`;
  const switches =
    controller === undefined
      ? []
      : [
          `${controller.decisions === 1 ? '1 decision' : `${controller.decisions} decisions`} among ${controller.operatingPoints.length} operating points, ${pointSwitches} of their changes, ${figure(switchesPerFrame)} switches per frame`,
        ];
  return [power, ...switches, `simulated, not measured: ${discipline}, ${spread}, seed ${seed}`]
    .map((text) => wrap(text, style.width))
    .join('\n');
}
