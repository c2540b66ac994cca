/** ONNX Runtime's profile as a record: what the inferences took, which kernels ran in them, on which providers. */
import { median } from '../samples.ts';
import { latencyFigures, noteSpread, percentText, sum, warmUpLength } from './figures.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { opsOf, readOrtEvents } from './ort-events.ts';
import type { ImportedOp, LatencyFigures, ReadProfile } from './record.ts';

/** The recorder's default limit: what comes later is lost. */
const EVENT_CAP = 1_000_000;
const LITTLE_OF_RUN = 0.5;

export const ortProfile: ProfileFormat = {
  id: 'ort',
  family: 'ort',
  title: 'ONNX Runtime profile',
  detect: (text) =>
    /"cat"\s*:\s*"(?:Session|Node|Kernel|Api)"/.test(text) && /"dur"\s*:/.test(text)
      ? 'events of category Session or Node with a duration'
      : undefined,
  read: readOrt,
};

function readOrt(text: string, settings: ReadSettings): ReadProfile {
  const findings = new Findings();
  const { runs, kernels, events, unknownKeys } = readOrtEvents(text, settings, findings);
  if (events >= EVENT_CAP) {
    findings.add('EVENT_CAP', `the file holds ${events} events, the recorder's limit: later ones are lost`, {
      count: events,
    });
  }
  const durations = runs.map((run) => run.dur / 1000);
  const removed = warmUpLength(durations, 1);
  noteWarmUp(durations, removed, findings);
  const kept = durations.slice(removed);
  const latencyMs = latencyFigures(kept);
  noteSpread(latencyMs, findings, 'inferences');
  const ops = opsOf(kernels.slice(removed));
  const providers = providerShares(ops);
  noteFallback(providers, ops, settings.provider, findings);
  const sumOverRun = overRun(ops, latencyMs, findings);
  return {
    tool: 'onnxruntime',
    ...(Object.keys(providers).length > 0 && { provider: mainProvider(providers), providers }),
    mode: 'profiled',
    latencyMs,
    warmup: { removed, rule: 'the first inference, then those above three times the median of the rest' },
    ops,
    ...(sumOverRun !== undefined && { sumOverRun }),
    warnings: findings.all(),
    unknownKeys,
  };
}

function providerShares(ops: readonly ImportedOp[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { provider, share } of ops) {
    if (provider !== undefined) shares[provider] = (shares[provider] ?? 0) + share;
  }
  return shares;
}

function mainProvider(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares).reduce((main, next) => (next[1] > main[1] ? next : main))[0];
}

function sameProvider(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/executionprovider$/, '');
  return plain(a) === plain(b);
}

/** The question that users ask most: what ran somewhere else? */
function noteFallback(
  shares: Readonly<Record<string, number>>,
  ops: readonly ImportedOp[],
  asked: string | undefined,
  findings: Findings,
): void {
  const names = Object.keys(shares);
  if (names.length === 0) return;
  const wanted = asked ?? mainProvider(shares);
  const others = names.filter((name) => !sameProvider(name, wanted));
  if (others.length === 0) return;
  const parts = others.map((name) => {
    const nodes = ops.filter(({ provider }) => provider === name).length;
    return `${nodes}/${ops.length} nodes on ${name} (${percentText(shares[name]!)} of kernel time)`;
  });
  findings.add('FALLBACK', `not all ran on ${wanted}: ${parts.join(', ')}`, {
    count: ops.filter(({ provider }) => provider !== undefined && others.includes(provider)).length,
  });
}

function noteWarmUp(durations: readonly number[], removed: number, findings: Findings): void {
  const [first] = durations;
  if (removed === 0) {
    findings.add(
      'WARMUP_PRESENT',
      'the only inference is also the first one, which is slower than others: it was kept',
    );
    return;
  }
  const rest = median(durations.slice(removed));
  if (first! > 3 * rest) {
    findings.add(
      'WARMUP_PRESENT',
      `the first inference took ${first!.toPrecision(4)} ms, later ones ${rest.toPrecision(4)} ms: ${removed} were dropped`,
      { count: removed },
    );
  }
}

/** Kernels of a parallel executor overlap; a small sum means that time goes elsewhere. Neither is scaled away. */
function overRun(ops: readonly ImportedOp[], latency: LatencyFigures, findings: Findings): number | undefined {
  if (ops.length === 0 || !latency.mean) return undefined;
  const ratio = sum(ops.map(({ avgMs }) => avgMs)) / latency.mean;
  if (ratio > 1) {
    findings.add('CLOCK', `kernels overlap: their times add up to ${percentText(ratio)} of an inference`);
  } else if (ratio < LITTLE_OF_RUN) {
    findings.add('OUTSIDE_KERNELS', `kernels take only ${percentText(ratio)} of an inference`);
  }
  return ratio;
}
