/** The processors of a platform at work: started when first asked for, started anew after a death, ended together. */
import { HeterodyneError } from '../core/errors.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { type ExecutionProcessor, openProcessor, type ProcessorOptions } from './processor.ts';

export interface ProcessorPool {
  /** @throws HeterodyneError `BAD_INPUT` for a processor that nothing at hand carries; as `openProcessor` */
  get(processor: Processor): Promise<ExecutionProcessor>;
  /** Forgets a processor whose process is gone, so that the next `get` starts another one. */
  drop(processor: Processor): Promise<void>;
}

/** Processors of this host: those that say how they are carried. */
export function runnableProcessors(platform: Platform): Processor[] {
  return platform.processors.filter(({ execution, off }) => execution !== undefined && off !== true);
}

/** The same, of which there must be some. @throws HeterodyneError `NOT_READABLE` when no runtime is installed */
export function processorsAtHand(platform: Platform): Processor[] {
  const processors = runnableProcessors(platform);
  if (processors.length === 0) {
    throw new HeterodyneError('NOT_READABLE', `nothing at hand runs a processor of ${platform.id}`, {
      path: '/processors',
      expected: 'onnxruntime-node or onnxruntime-web, optional peers of heterodyne',
      received: 'neither',
      hint: 'npm install onnxruntime-node onnxruntime-web',
    });
  }
  return processors;
}

/**
 * Runs `work` with a pool whose processes are gone when it returns or throws. An abort ends them at once, whatever they
 * do, and `work` with the signal's reason.
 */
export async function withProcessors<T>(
  work: (pool: ProcessorPool) => Promise<T>,
  { signal, ...options }: ProcessorOptions & { signal?: AbortSignal } = {},
): Promise<T> {
  const open = new Map<string, Promise<ExecutionProcessor>>();
  const closeAll = async (): Promise<void> => {
    const processors = [...open.values()];
    open.clear();
    for (const each of processors) await each.then((processor) => processor.close()).catch(() => {});
  };
  const stop = (): void => void closeAll();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await work({
      get({ id, execution }) {
        signal?.throwIfAborted();
        if (execution === undefined) {
          throw new HeterodyneError('BAD_INPUT', `nothing at hand runs ${id}`, {
            path: `/processors/${id}`,
            expected: 'a processor with the member execution, as heterodyne platforms detect writes them',
            received: 'a description alone',
          });
        }
        const found = open.get(id) ?? openProcessor(execution, options);
        open.set(id, found);
        return found;
      },
      async drop({ id }) {
        const found = open.get(id);
        open.delete(id);
        await found?.then((processor) => processor.close()).catch(() => {});
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await closeAll();
  }
}
