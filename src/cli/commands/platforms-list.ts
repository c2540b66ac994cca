/** `platforms list`: the known platforms. */
import { HOST_PLATFORM, platformById, platformIds } from '../../platforms/registry.ts';
import { type PlatformSummary, platformListText, summaryOf } from '../../report/platform.ts';
import { defineCommand } from '../command.ts';
import { platformListDocument } from '../documents/platform-list.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';

export const platformsListCommand = defineCommand({
  options: OUTPUT_OPTIONS,
  examples: ['heterodyne platforms list'],
  async run(values, call) {
    await checkOutput(values, []);
    const platforms = platformIds().map(
      (id): PlatformSummary =>
        id === HOST_PLATFORM ? { id, name: 'this machine', detected: true } : summaryOf(platformById(id).platform),
    );
    const json = platformListDocument.write({ kind: 'platform-list', schemaVersion: 1, platforms });
    await deliver({ json, text: (style) => platformListText(platforms, style) }, values, call);
    return 0;
  },
});
