/** `--platform`: an id, the machine itself, or a document. */
import { exists, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { thisHost } from '../execution/this-host.ts';
import { HOST_PLATFORM, platformById, platformIds } from '../platforms/registry.ts';
import { type Platform, platformDocument } from '../platforms/schema.ts';

export interface ChosenPlatform {
  platform: Platform;
  warnings: Warning[];
  /** The file that it was read from. */
  file?: string;
}

/** @throws HeterodyneError `USAGE` (nothing given, unknown id), `NOT_READABLE`, `BAD_INPUT` */
export async function choosePlatform(text: string | undefined): Promise<ChosenPlatform> {
  if (text === undefined) {
    throw new HeterodyneError('USAGE', '--platform is missing', {
      path: '--platform',
      expected: `one of ${platformIds().join(', ')}, or a platform file`,
      received: 'nothing',
    });
  }
  if (text === HOST_PLATFORM) return thisHost();
  const named = platformIds().includes(text);
  if (!named && (/[/\\]|\.jsonc?$/i.test(text) || (await exists(text)))) {
    const { document, warnings } = platformDocument.parse(await readText(text), text);
    return { platform: document, warnings, file: text };
  }
  return platformById(text);
}
