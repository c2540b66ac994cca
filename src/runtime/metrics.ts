/** What runs, as Prometheus reads it: text exposition format 0.0.4. */
import type { LiveControl } from './control.ts';
import type { Runtime } from './deploy.ts';
import type { ModelMeter } from './meters.ts';

/** Content type of the text. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | undefined];

function family(name: string, type: 'counter' | 'gauge' | 'summary', help: string, samples: readonly Sample[]): string {
  const lines = samples
    .filter(([, value]) => value !== undefined && !Number.isNaN(value))
    .map(([labels, value]) => `${suffixed(name, labels)} ${value}`);
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

/** `_sum` and `_count` of summaries are told by the label `part`. */
function suffixed(name: string, { part = '', ...labels }: Labels): string {
  const text = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return `${name}${part}${text.length === 0 ? '' : `{${text.join(',')}}`}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

const QUANTILES = [0.5, 0.95, 0.99];

export interface MetricsInput {
  runtime: Runtime;
  meters: ReadonlyMap<string, ModelMeter>;
  control?: LiveControl;
  /** Of the whole machine since the start. */
  energyJ?: number;
  restarts: number;
}

export function metricsText({ runtime, meters, control, energyJ, restarts }: MetricsInput): string {
  const models = runtime.models.flatMap((model) => {
    const meter = meters.get(model.name);
    return meter === undefined ? [] : [{ ...model, labels: { model: model.name }, meter }];
  });
  const frames = models.flatMap(({ labels, meter }) =>
    Object.entries(meter.counts).map(([outcome, value]): Sample => [{ ...labels, outcome }, value]),
  );
  const response = models.flatMap(({ labels, meter }): Sample[] => [
    ...QUANTILES.map((q): Sample => [{ ...labels, quantile: String(q) }, meter.response.quantile(q) / 1000]),
    [{ ...labels, part: '_sum' }, meter.response.sum / 1000],
    [{ ...labels, part: '_count' }, meter.response.count],
  ]);
  return [
    family('heterodyne_frames_total', 'counter', 'Frames by what became of them.', frames),
    family('heterodyne_response_seconds', 'summary', 'From the offer of a frame to its end.', response),
    family(
      'heterodyne_planned_throughput',
      'gauge',
      'Frames per second that the plan predicts.',
      models.map(({ labels, planned }) => [labels, planned.throughputPerS]),
    ),
    family(
      'heterodyne_lag_seconds',
      'gauge',
      'Deadline less response of the last frame: negative is late.',
      models.map(({ labels, meter }) => [labels, meter.lagMs / 1000]),
    ),
    family(
      'heterodyne_deadline_misses_total',
      'counter',
      'Finished frames that were late.',
      models.map(({ labels, meter }) => [labels, meter.missed]),
    ),
    family(
      'heterodyne_form',
      'gauge',
      'The form that new frames take.',
      models.map(({ labels, flow }) => [{ ...labels, form: flow.route.name }, 1]),
    ),
    family(
      'heterodyne_pending_frames',
      'gauge',
      'Frames that wait or are under way.',
      models.map(({ labels, flow }) => [labels, flow.pending]),
    ),
    family(
      'heterodyne_processor_busy_seconds_total',
      'counter',
      'Time in calls.',
      runtime.stations.map(({ processor, busyMs }) => [{ processor: processor.id }, busyMs / 1000]),
    ),
    family('heterodyne_restarts_total', 'counter', 'Processes that were started anew.', [[{}, restarts]]),
    family('heterodyne_clock_share', 'gauge', 'Share of the highest clocks that was asked for.', [
      [{}, control?.hasClocks ? control.clockShare : undefined],
    ]),
    family('heterodyne_energy_joules_total', 'counter', 'Of the whole machine.', [[{}, energyJ]]),
  ].join('');
}
