/** Warnings of one import: findings of one kind are one warning with a count. */
import type { Warning } from '../../documents/warnings.ts';

/** The vocabulary of importers. Programs compare these; docs/importing.md explains each. */
export const IMPORT_WARNINGS = [
  'WARMUP_PRESENT',
  'TRUNCATED',
  'REPAIRED_TEXT',
  'EVENT_CAP',
  'FALLBACK',
  'FEW_SAMPLES',
  'HIGH_SPREAD',
  'BIMODAL',
  'FUSED',
  'UNMAPPED',
  'ASSUMED',
  'PERCENT_WRONG',
  'CLOCK',
  'BAD_VALUE',
  'OUTSIDE_KERNELS',
] as const;
export type ImportWarningCode = (typeof IMPORT_WARNINGS)[number];

interface Tally {
  code: ImportWarningCode;
  what: string;
  path: string;
  count: number;
}

export class Findings {
  readonly warnings: Warning[] = [];
  private readonly tallies = new Map<string, Tally>();

  add(code: ImportWarningCode, message: string, details: { path?: string; count?: number } = {}): void {
    this.warnings.push({ code, message, ...details });
  }

  /** One more of the same; `what` says of all of them what was done. The place of the first is kept. */
  count(code: ImportWarningCode, what: string, path: string): void {
    const key = `${code} ${what}`;
    const tally = this.tallies.get(key);
    if (tally === undefined) this.tallies.set(key, { code, what, path, count: 1 });
    else tally.count++;
  }

  /** All warnings, in the order of their first occurrence within their kind. */
  all(): Warning[] {
    const counted = [...this.tallies.values()].map(
      ({ code, what, path, count }): Warning => ({ code, message: `${what} (${count})`, path, count }),
    );
    return [...this.warnings, ...counted];
  }

  /** What was found of one kind. */
  messages(code: ImportWarningCode): string[] {
    return this.all().flatMap((warning) => (warning.code === code ? [warning.message] : []));
  }
}
