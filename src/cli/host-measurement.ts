/** Measuring this host for `profile`: options, the journal beside the output, progress, and what comes out. */

import { removeFile } from '../../bindings/host/index.ts';
import { contentHash } from '../documents/canonical.ts';
import { parseQuantity } from '../documents/quantities.ts';
import type { Warning } from '../documents/warnings.ts';
import { measureHandover } from '../execution/handover.ts';
import { measureInterference } from '../execution/interfere.ts';
import { type Journal, measureModels } from '../execution/measure.ts';
import { measureMemory } from '../execution/memory.ts';
import { modelWarnings } from '../models/warnings.ts';
import type { Platform } from '../platforms/schema.ts';
import type { FpsMatrix } from '../profiles/fps-matrix.ts';
import { measuredFpsMatrix } from '../profiles/fps-matrix-measured.ts';
import { fitHandover } from '../profiles/handover.ts';
import { fitInterference } from '../profiles/interference.ts';
import { measuredProfile } from '../profiles/measured.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Call, Options } from './command.ts';
import { openModels, openVariants } from './cuttable-choice.ts';
import { fileJournal, memoryJournal } from './measurement-journal.ts';
import { type ChosenWorkload, parseCut } from './model-choice.ts';
import { wholeNumber } from './option-values.ts';
import type { OutputSettings } from './options.ts';
import { tell } from './output.ts';
import { startProgress } from './progress.ts';

export const MEASURE_OPTIONS = {
  interference: {
    type: 'boolean',
    description:
      'on host: then run pairs of models at the same time, and write down how much processors slow each other',
  },
  'time-limit': {
    type: 'string',
    valueHint: 'TIME',
    description:
      'on host: time for measuring single models, shared out among all series, as 2min or 90s (as each needs)',
  },
  rounds: {
    type: 'string',
    valueHint: 'N',
    description:
      'on host: measure everything N times, in new processes each; of every series the middle one counts (5)',
  },
  resume: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'on host: keep measurements there, and go on from those that it holds (OUT.partial, gone when all is done)',
  },
  provenance: {
    type: 'boolean',
    description: 'on host, with --matrix: record the day of the measurement in every cell',
  },
  roofline: { type: 'boolean', description: 'on host: model the costs as on other platforms, measure nothing' },
} as const satisfies Options;

export interface MeasureSettings {
  platform?: string;
  interference?: boolean;
  'time-limit'?: string;
  rounds?: string;
  resume?: string;
  roofline?: boolean;
  provenance?: boolean;
  matrix?: boolean;
  cut?: string;
}

export interface HostMeasurements {
  matrix: FpsMatrix;
  /** Absent when whole models alone were measured. */
  profile?: Profile;
  warnings: Warning[];
}

/** Share of the progress bar that single models take, when pairs follow. */
const SINGLES = 0.6;
/** Of that: messages to processes. */
const MESSAGES = 0.05;
/** As many as a middle needs to hold two slow spells of the machine. */
const ROUNDS = 5;
const MOST_ROUNDS = 100;

export async function measureHost(
  values: MeasureSettings & OutputSettings,
  platform: Platform,
  chosen: ChosenWorkload,
  found: readonly Warning[],
  call: Call,
): Promise<HostMeasurements> {
  const { signal } = call;
  const timeLimitMs = timeLimit(values);
  const rounds = values.rounds === undefined ? ROUNDS : wholeNumber(values.rounds, '--rounds', 1, MOST_ROUNDS);
  const originals = await openModels(chosen, parseCut(values.cut), signal);
  const forms = values.matrix ? [] : await openVariants(chosen, parseCut(values.cut), signal, originals);
  const models = [...originals, ...forms.map(({ model }) => model)];
  const variants = [...originals.map(() => 'original'), ...forms.map(({ variant }) => variant)];
  const blocked = models.map((model) => model.blocked);
  const singles = values.interference ? SINGLES : 1;
  return journaled(values, platform, call, async (journal, progress) => {
    const { outcomes, warnings } = await measureModels(models, platform, {
      ...(values.matrix && { wholeOnly: true }),
      rounds,
      ...(timeLimitMs !== undefined && { timeLimitMs }),
      journal,
      signal,
      onProgress: (share, note) => progress(share * singles * (values.matrix ? 1 : 1 - MESSAGES), note),
    });
    const all = [...found, ...modelWarnings(blocked), ...warnings];
    const day = values.provenance ? new Date().toISOString().slice(0, 10) : undefined;
    const matrix = measuredFpsMatrix(blocked.slice(0, originals.length), platform, outcomes, day);
    if (values.matrix) return { matrix, warnings: all };
    const messages = await measureHandover(platform, {
      journal,
      signal,
      onProgress: (share, note) => progress(singles * (1 - MESSAGES * (1 - share)), note),
    });
    const memory = await measureMemory(platform, {
      ...(timeLimitMs !== undefined && { timeLimitMs }),
      journal,
      signal,
    });
    const pairs = values.interference
      ? await measureInterference(originals, platform, outcomes, {
          journal,
          signal,
          onProgress: (share, note) => progress(singles + share * (1 - singles), note),
        })
      : [];
    const profile: Profile = {
      ...measuredProfile(blocked, platform, outcomes, variants),
      ...(pairs.length > 0 && { interference: fitInterference(pairs) }),
      memory,
      ...(messages.length > 0 && { handover: fitHandover(messages) }),
      ...(all.length > 0 && { warnings: all }),
    };
    return { matrix, profile, warnings: all };
  });
}

/** Time for all series together; absent = each as it needs. @throws HeterodyneError `USAGE` */
export function timeLimit({ 'time-limit': text }: MeasureSettings): number | undefined {
  return text === undefined ? undefined : parseQuantity(text, 'ms', '--time-limit');
}

/** Measures into the journal of `--resume` or beside `--out`; the latter is gone when `work` is done, and kept else. */
export async function journaled<T>(
  values: Pick<MeasureSettings, 'resume'> & OutputSettings,
  platform: Platform,
  call: Call,
  work: (journal: Journal, progress: (share: number, note: string) => void) => Promise<T>,
): Promise<T> {
  const { journal, file, temporary } = await openJournal(values, platform, call);
  const bar = await startProgress(values, call);
  try {
    const result = await work(journal, (share, note) => bar.update(share, note));
    if (temporary) await removeFile(file!);
    return result;
  } catch (error) {
    if (file !== undefined && !values.quiet) {
      bar.end();
      call.err.write(`measurements so far are in ${file}: the same command goes on from there\n`);
    }
    throw error;
  } finally {
    bar.end();
  }
}

async function openJournal(
  values: Pick<MeasureSettings, 'resume'> & OutputSettings,
  platform: Platform,
  call: Call,
): Promise<{ journal: Journal; file?: string; temporary: boolean }> {
  const beside = values.out === undefined || values.out === '-' ? undefined : `${values.out}.partial`;
  const file = values.resume ?? beside;
  if (file === undefined) return { journal: memoryJournal(), temporary: false };
  const journal = await fileJournal(file, contentHash(platform));
  if (journal.found > 0) tell(`goes on from ${journal.found} measurements in ${file}`, values, call);
  return { journal, file, temporary: values.resume === undefined };
}
