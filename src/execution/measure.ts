/**
 * Measures models on the processors of this host, in rounds over all of them, each in new processes. What was measured
 * goes into a journal as it comes, so that a run that was cut short can go on.
 */
import { withScratchFolder } from '../../bindings/host/index.ts';
import { nativeVersion, webVersion } from '../../bindings/onnx/index.ts';
import type { Warning } from '../documents/warnings.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Outcome } from '../profiles/measured.ts';
import { ModelBench } from './model-bench.ts';
import { PieceFiles } from './piece-files.ts';
import { processorsAtHand, withProcessors } from './pool.ts';
import { Schedule } from './schedule.ts';

/** Results by key, kept between runs by whoever calls. */
export interface Journal {
  get(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
}

export interface MeasureOptions {
  /** Whole models alone: enough for an FPS matrix. */
  wholeOnly?: boolean;
  /**
   * How often all is measured, in new processes each time, so that neither a slow spell of the machine nor what a process
   * was given decides; of every series the middle one counts (default 1).
   */
  rounds?: number;
  /** Time for everything, shared out evenly; the last call of each series goes beyond it. Absent = each as it needs. */
  timeLimitMs?: number;
  journal?: Journal;
  signal?: AbortSignal;
  onProgress?: (share: number, note: string) => void;
}

export interface Measured {
  /** Per model, in order: by processor id. */
  outcomes: Map<string, Outcome>[];
  warnings: Warning[];
}

/** Share of the time on cores that others may have without a warning. */
const BUSY = 0.05;

/**
 * Measures every model on every processor that something at hand carries. A model that a processor cannot run is
 * `unsupported` there, with the reason.
 *
 * @throws HeterodyneError `NOT_READABLE` when no runtime is installed; the signal's reason after an abort
 */
export async function measureModels(
  models: readonly CuttableModel[],
  platform: Platform,
  options: MeasureOptions = {},
): Promise<Measured> {
  const processors = processorsAtHand(platform);
  const runtimes = {
    native: `onnxruntime-node ${await nativeVersion()}`,
    wasm: `onnxruntime-web ${await webVersion()}`,
  };
  const schedule = new Schedule(models, processors, options);
  const { rounds = 1 } = options;
  const benches = models.map((model) =>
    processors.map(
      (processor) =>
        new ModelBench({ model, processor, runtime: runtimes[processor.execution!.runtime], schedule, options }),
    ),
  );
  for (let index = 0; index < rounds; index++) {
    const warm = new Set<string>();
    await withProcessors(async (pool) => {
      for (const at of models.keys()) {
        // Each begins a round once, if there are enough rounds.
        const m = (at + index) % models.length;
        await withScratchFolder(async (folder) => {
          const files = new PieceFiles(models[m]!, folder);
          for (const bench of benches[m]!) await bench.run({ index, pool, files, warm });
        });
      }
    }, options);
  }
  const unpinned = new Map(
    benches.flat().flatMap(({ unpinned, processor }) => (unpinned === undefined ? [] : [[processor.id, unpinned]])),
  );
  const warnings = [...unpinned].map(
    ([id, reason]): Warning => ({
      code: 'UNPINNED',
      message: `${id} was not held to its cores: ${reason}`,
      path: '/processors',
    }),
  );
  if (schedule.waitedShare > BUSY) {
    warnings.push({
      code: 'BUSY_MACHINE',
      message: `other programs held the cores for ${Math.round(100 * schedule.waitedShare)} % of the time: the kernel's account of it is taken off, or such calls left out; what the others did to caches stays`,
    });
  }
  return {
    outcomes: benches.map((of) => new Map(of.map(({ processor, outcome }) => [processor.id, outcome]))),
    warnings,
  };
}
