/** `benchmark_report.json` and `benchmark_*_counters_report.json` of OpenVINO's `benchmark_app`. */

import { HeterodyneError } from '../../core/errors.ts';
import { readJson } from '../../documents/json-text.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { isRecord } from './json-records.ts';
import { type CounterNode, countersOf, reportOf } from './openvino.ts';
import type { ReadProfile } from './record.ts';

export const openvinoJson: ProfileFormat = {
  id: 'openvino-json',
  family: 'openvino',
  title: 'OpenVINO benchmark_app (JSON)',
  detect: (text) => {
    const key = /"(execution_results|configuration_setup|avg_performance|detailed_performance)"\s*:/.exec(text)?.[1];
    return key === undefined ? undefined : `the key ${key}`;
  },
  read: readOpenvinoJson,
};

function readOpenvinoJson(text: string, settings: ReadSettings): ReadProfile {
  const { source } = settings;
  const findings = new Findings();
  // Log lines may stand before the document.
  const document = readJson(text.slice(Math.max(0, text.indexOf('{'))), source);
  if (!isRecord(document)) throw unlike(source, 'something else');
  if (isRecord(document.execution_results)) {
    const setup = isRecord(document.configuration_setup) ? document.configuration_setup : {};
    return reportOf(setup, document.execution_results, settings, findings);
  }
  const { avg_performance: average, detailed_performance: detailed } = document;
  const [given, path] = average === undefined ? [detailed, '/detailed_performance'] : [average, '/avg_performance'];
  const tables = Array.isArray(given) ? given : [given];
  if (given === undefined || tables.length === 0) throw unlike(source, Object.keys(document).slice(0, 20).join(', '));
  const requests = tables.map((table: unknown, at) =>
    nodesOf(table, tables.length > 1 ? `${path}/${at}` : path, source),
  );
  return countersOf(requests, average !== undefined, settings, findings);
}

function nodesOf(table: unknown, path: string, source: string): CounterNode[] {
  const nodes = isRecord(table) ? table.nodes : undefined;
  if (!Array.isArray(nodes)) {
    throw new HeterodyneError('BAD_INPUT', `${source} holds no list of layers`, {
      source,
      path: `${path}/nodes`,
      expected: 'an array of layers',
      received: nodes === undefined ? 'nothing' : typeof nodes,
    });
  }
  return nodes.filter(isRecord).map(
    (node, at): CounterNode => ({
      name: node.name,
      status: node.status,
      type: node.node_type ?? node.layer_type,
      realMs: node.real_time,
      path: `${path}/nodes/${at}/real_time`,
    }),
  );
}

function unlike(source: string, received: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${source} is no report of benchmark_app`, {
    source,
    path: '',
    expected: 'execution_results, avg_performance or detailed_performance',
    received: received || 'nothing',
  });
}
