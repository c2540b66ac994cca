/** A progress bar on standard error, on terminals alone. */
import type { Call } from './command.ts';
import type { OutputSettings } from './options.ts';

export interface Progress {
  /** @param share 0 to 1 */
  update(share: number, note: string): void;
  /** Takes the bar away. */
  end(): void;
}

const NONE: Progress = { update() {}, end() {} };

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
  bar.start(1, 0, { note: '' });
  return {
    update: (share, note) => bar.update(share, { note }),
    end: () => bar.stop(),
  };
}
