/** Files as the tools write them, made here: the shape of each format with numbers that can be followed by hand. */

import type { ImportedProfile } from '../../src/profiles/importers/record.ts';
import { type ImportOptions, importProfile } from '../../src/profiles/importers/registry.ts';

export function read(text: string, options: Partial<ImportOptions> = {}): Promise<ImportedProfile> {
  return importProfile(new TextEncoder().encode(text), { source: 'folder/sample', batch: 1, ...options });
}

export const codes = ({ warnings }: ImportedProfile): string[] => warnings.map(({ code }) => code);

export interface SampleNode {
  name: string;
  type: string;
  us: number;
  provider?: string;
  shape?: number[];
}

export const NODES: readonly SampleNode[] = [
  { name: 'conv1', type: 'Conv', us: 40, shape: [1, 8, 16, 16] },
  { name: 'relu1', type: 'Relu', us: 10, shape: [1, 8, 16, 16] },
  { name: 'fc', type: 'Gemm', us: 30, shape: [1, 10] },
];

/** One event a line, in the order of their ends, as ONNX Runtime does. */
export function ortLines(nodes: readonly SampleNode[], runs: number, firstUs = 500): string[] {
  const lines: string[] = [];
  const event = (cat: string, name: string, ts: number, dur: number, args: string): void => {
    lines.push(
      `{"cat" : "${cat}","pid" :7,"tid" :7,"dur" :${dur},"ts" :${ts},"ph" : "X","name" :"${name}","args" : ${args}}`,
    );
  };
  event('Session', 'session_initialization', 5, 900, '{}');
  let clock = 1000;
  for (let run = 0; run < runs; run++) {
    const start = clock;
    clock += run === 0 ? firstUs : 2;
    nodes.forEach(({ name, type, us, provider = 'CPUExecutionProvider', shape = [1] }, index) => {
      const args = `{"op_name" : "${type}","node_index" : "${index}","provider" : "${provider}","thread_scheduling_stats" : "","input_type_shape" : [{"float":[1,3]}],"output_type_shape" : [{"float":[${shape}]}],"output_size" : "40"}`;
      event('Node', `${name}_kernel_time`, clock, us, args);
      clock += us + 1;
    });
    event('Session', 'SequentialExecutor::Execute', start + 1, clock - start, '{}');
    event('Session', 'model_run', start, clock + 2 - start, '{}');
    clock += 10;
  }
  return lines;
}

export function ortText(nodes: readonly SampleNode[] = NODES, runs = 30): string {
  return `[\n${ortLines(nodes, runs).join(',\n')}\n]\n`;
}

export interface SampleLayer {
  name: string;
  ms: number;
  median?: number;
}

export function trtProfileText(layers: readonly SampleLayer[], count = 100): string {
  const total = layers.reduce((sum, { ms }) => sum + ms, 0);
  const rows = layers.map(({ name, ms, median }) => {
    const more = median === undefined ? '' : `, "medianMs" : ${median}`;
    return `, { "name" : "${name}", "timeMs" : ${ms * count}, "averageMs" : ${ms}${more}, "percentage" : ${(100 * ms) / total} }`;
  });
  return `[\n  { "count" : ${count} }\n${rows.join('\n')}\n]\n`;
}

/** Queries of 2 ms every 3 ms, with 0.25 ms of copies on both sides. */
export function trtTimesText(queries: number, { old = false, from = 0, computeMs = 2 } = {}): string {
  const [inward, outward] = old ? ['In', 'Out'] : ['H2d', 'D2h'];
  const [inMs, outMs] = old ? ['inMs', 'outMs'] : ['h2dMs', 'd2hMs'];
  const rows = Array.from({ length: queries }, (_, q) => {
    const t = from + 3 * q;
    const end = t + 0.25 + computeMs;
    return `{ "start${inward}Ms" : ${t}, "end${inward}Ms" : ${t + 0.25}, "startComputeMs" : ${t + 0.25}, "endComputeMs" : ${end}, "start${outward}Ms" : ${end}, "end${outward}Ms" : ${end + 0.25}, "${inMs}" : 0.25, "computeMs" : ${computeMs}, "${outMs}" : 0.25, "latencyMs" : ${computeMs + 0.5}${old ? `, "endToEndMs" : ${computeMs + 0.5}` : ''} }`;
  });
  return `[\n${rows.join('\n, ')}\n]\n`;
}

export interface SampleRow {
  type: string;
  name: string;
  ms: number;
  called?: number;
  percent?: number;
}

export const ROWS: readonly SampleRow[] = [
  { type: 'CONV_2D', name: '[net/conv1/Conv2D]:0', ms: 0.4 },
  { type: 'Convolution (NHWC, QC8) IGEMM', name: '[net/conv2;net/relu2]:1', ms: 0.5 },
  { type: 'SOFTMAX', name: '[Identity, of all]:2', ms: 0.1 },
];

/** Both forms: commas, or the tab-separated text of the log. */
export function tfliteText(
  rows: readonly SampleRow[] = ROWS,
  { form = 'csv', start = true, log = '' }: { form?: 'csv' | 'text'; start?: boolean; log?: string } = {},
): string {
  const glue = form === 'csv' ? ', ' : '\t';
  const mark = (name: string): string => (form === 'csv' ? name.replace('avg ms', 'avg_ms') : `[${name}]`.padStart(12));
  const line = (cells: readonly string[]): string => (form === 'csv' ? cells.join(glue) : `\t${cells.join(glue)}`);
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const names = ['node type', ...(start ? ['start'] : []), 'first', 'avg ms', '%', 'cdf%', 'mem KB', 'times called'];
  const table = (title: string, some: readonly SampleRow[]): string[] => [
    `============================== ${title} ==============================`,
    line([...names, form === 'csv' ? 'name' : 'Name'].map(mark)),
    ...some.map(({ type, name, ms, called = 1, percent = (100 * ms) / total }) =>
      line([
        type,
        ...(start ? ['0.1'] : []),
        `${2 * ms}`,
        `${ms}`,
        `${percent}%`,
        `${percent}%`,
        '0',
        `${called}`,
        name,
      ]),
    ),
    '',
  ];
  return [
    'Profiling Info for Benchmark Initialization:',
    ...table('Run Order', [{ type: 'AllocateTensors', name: 'AllocateTensors/0', ms: 9 }]),
    'Number of nodes executed: 1',
    'Timings (microseconds): count=1 curr=9000',
    '',
    'Operator-wise Profiling Info for Regular Benchmark Runs:',
    ...table('Run Order', rows),
    ...table('Top by Computation Time', rows.slice(0, 1)),
    `Number of nodes executed: ${rows.length}`,
    `Timings (microseconds): count=50 first=1900 curr=1010 min=980 max=1040 avg=${1000 * total} std=12`,
    'Memory (bytes): count=0',
    `${rows.length} nodes observed`,
    log,
  ].join('\n');
}

export interface SampleReport {
  api?: string;
  nireq?: number;
  device?: string;
  percentile?: number;
  latency?: boolean;
  warmUp?: boolean;
  error?: string;
}

export function openvinoReport(sample: SampleReport = {}): string {
  const { api = 'sync', nireq = 1, device = 'CPU', percentile = 50, latency = true, warmUp = true, error } = sample;
  return JSON.stringify(
    {
      cmd_options: { m: 'net.xml' },
      configuration_setup: {
        benchmark_mode: 'inference only',
        topology: 'net',
        target_device: device,
        api,
        precision: 'FP32',
        batch_size: '1',
        nireq: String(nireq),
        [`${device}_streams_num`]: '1',
      },
      execution_results: {
        ...(warmUp && { first_inference_time: '9.5' }),
        execution_time: '1000',
        iterations_num: '200',
        ...(latency && {
          latency_median: '4.5',
          percentile_boundary: String(percentile),
          latency_avg: '5',
          latency_min: '4',
          latency_max: 8,
        }),
        throughput: 200.5,
        ...(error !== undefined && { error }),
      },
    },
    null,
    2,
  );
}

export function openvinoReportCsv({ percentile = 50, decimal = '.' } = {}): string {
  const label = percentile === 50 ? 'Median latency (ms)' : `latency (${percentile} percentile) (ms)`;
  return [
    'Command line parameters',
    'm;net.xml',
    '',
    'Configuration setup',
    'topology;net',
    'target device;GPU.0',
    'API;sync',
    'batch size;1',
    'number of parallel infer requests;1',
    '',
    'Execution results',
    `first inference time (ms);9${decimal}50`,
    'total number of iterations;200',
    `${label};4${decimal}50`,
    `Average latency (ms);5${decimal}00`,
    `Min latency (ms);4${decimal}00`,
    `Max latency (ms);8${decimal}00`,
    `throughput;200${decimal}50`,
    '',
    'Group Latencies',
    'Data shape;Median;Average;Min;Max',
    '{1,3,224,224};4.50;5.00;4.00;8.00',
  ].join('\n');
}

export interface SampleCounter {
  name: string;
  type: string;
  ms: number;
  status?: string;
}

export const COUNTERS: readonly SampleCounter[] = [
  { name: 'conv1', type: 'Convolution', ms: 0.75 },
  { name: 'relu1', type: 'Relu', ms: 0, status: 'OPTIMIZED_OUT' },
  { name: 'fc;with semicolon', type: 'FullyConnected', ms: 0.25 },
];

function counterNode({ name, type, ms, status = 'EXECUTED' }: SampleCounter): object {
  return { name, status, node_type: type, exec_type: 'jit_avx2_FP32', real_time: String(ms), cpu_time: ms };
}

export function openvinoCounters(requests: readonly (readonly SampleCounter[])[] = [COUNTERS]): string {
  const tables = requests.map((nodes) => ({ nodes: nodes.map(counterNode), total_real_time: 1, total_cpu_time: 1 }));
  return tables.length === 1
    ? JSON.stringify({ report_type: 'average_counters', avg_performance: tables[0] })
    : JSON.stringify({ report_type: 'detailed_counters', detailed_performance: tables });
}

export function openvinoCountersCsv(
  requests: readonly (readonly SampleCounter[])[] = [COUNTERS],
  sorted = false,
): string {
  const tables = requests.map((nodes) =>
    [
      `layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)${sorted ? '; %' : ''}`,
      ...nodes.map(
        ({ name, type, ms, status = 'EXECUTED' }) =>
          `${name};${status};${type};jit_avx2_FP32;${ms};${ms}${sorted ? ';12.5' : ''}`,
      ),
      `Total;;;;1;1${sorted ? ';100' : ''}`,
    ].join('\n'),
  );
  return `${tables.join('\n\n')}\n`;
}

/** One of every format, by its id, for tests that hold for all. */
export const ONE_OF_EACH: Readonly<Record<string, string>> = {
  ort: ortText(),
  'trtexec-profile': trtProfileText([
    { name: 'Reformatting CopyNode for Input Tensor 0 to conv1 + relu1', ms: 0.1 },
    { name: 'conv1 + relu1', ms: 0.6, median: 0.5 },
    { name: 'fc', ms: 0.3 },
  ]),
  'trtexec-times': trtTimesText(200),
  tflite: tfliteText(),
  'openvino-json': openvinoReport(),
  'openvino-csv': openvinoCountersCsv(),
};
