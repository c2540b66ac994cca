/** A progress bar on standard error, on terminals alone. */
import process from 'node:process';
import type { Call } from './command.ts';
import type { OutputSettings } from './options.ts';

export interface Progress {
  /** @param share 0 to 1 */
  update(share: number, note: string): void;
  /** Takes the bar away. */
  end(): void;
}

const NONE: Progress = { update() {}, end() {} };

/** Whatever is done sooner needs no bar: it would only flicker. */
const PATIENCE_MS = 300;

export async function startProgress(settings: OutputSettings, call: Call): Promise<Progress> {
  if (!call.err.redraws || settings.quiet || !settings.progress) return NONE;
  const { default: library } = await import('cli-progress');
  const { unicode } = call.err.style;
  const bar = new library.SingleBar({
    format: '{bar} {percentage} %  {note}',
    barCompleteChar: unicode ? '█' : '#',
    barIncompleteChar: unicode ? '░' : '.',
    barsize: 24,
    stream: process.stderr,
    clearOnComplete: true,
    // Interruption is ours: the result so far must be written first.
    gracefulExit: false,
    fps: 10,
  });
  const began = performance.now();
  return {
    update(share, note) {
      if (bar.isActive) bar.update(share, { note });
      else if (performance.now() - began >= PATIENCE_MS) bar.start(1, share, { note });
    },
    end: () => bar.stop(),
  };
}
