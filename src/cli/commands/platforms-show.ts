/** `platforms show`: one platform, with the source of every number. */
import { platformDocument } from '../../platforms/schema.ts';
import { platformText } from '../../report/platform.ts';
import { defineCommand } from '../command.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';

export const platformsShowCommand = defineCommand({
  options: {
    platform: { type: 'positional', description: 'a known platform, host, or a platform file', required: false },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne platforms show hikey970',
    'heterodyne platforms show orange-pi-5 --json > my-board.json',
    'heterodyne platforms show ./my-board.json',
  ],
  details: ['The document of a known platform is a good start for a description of your own board.'],
  async run(values, call) {
    const { platform, warnings, file } = await choosePlatform(values.platform);
    await checkOutput(values, file === undefined ? [] : [file]);
    const json = platformDocument.write(platform, { keepUnknown: true });
    await deliver({ json, text: (style) => platformText(platform, style), warnings }, values, call);
    return 0;
  },
});
