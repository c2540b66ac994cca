/** `platforms detect`: this machine as a platform document. */
import { HOST_PLATFORM } from '../../platforms/registry.ts';
import { platformDocument } from '../../platforms/schema.ts';
import { platformText } from '../../report/platform.ts';
import { defineCommand } from '../command.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';

export const platformsDetectCommand = defineCommand({
  options: OUTPUT_OPTIONS,
  examples: ['heterodyne platforms detect --out my-machine.json'],
  details: [
    'Cores, clock and memory come from the operating system, the rest is assumed: correct the document by hand, then use it as --platform FILE.',
    'In Deno this needs --allow-sys=cpus,systemMemoryInfo.',
  ],
  async run(values, call) {
    const { platform, warnings } = await choosePlatform(HOST_PLATFORM);
    await checkOutput(values, []);
    const json = platformDocument.write(platform);
    await deliver({ json, text: (style) => platformText(platform, style), warnings }, values, call);
    return 0;
  },
});
