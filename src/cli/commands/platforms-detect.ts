/** `platforms detect`: this machine as a platform document. */
import { measureMemory } from '../../execution/memory.ts';
import { HOST_PLATFORM } from '../../platforms/registry.ts';
import { platformDocument } from '../../platforms/schema.ts';
import { stillAssumed, withMeasuredMemory } from '../../profiles/measured-memory.ts';
import { platformText } from '../../report/platform.ts';
import { defineCommand } from '../command.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { type ChosenPlatform, choosePlatform } from '../platform-choice.ts';

export const platformsDetectCommand = defineCommand({
  options: {
    measure: {
      type: 'boolean',
      description: 'measure how fast the processors move numbers to and from memory, instead of assuming it',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne platforms detect --out my-machine.json',
    'heterodyne platforms detect --measure --out my-machine.json',
  ],
  details: [
    'Cores, clock and memory come from the operating system, the rest is assumed, or measured as far as --measure does: correct the document by hand, then use it as --platform FILE.',
    'In Deno this needs --allow-sys=cpus,systemMemoryInfo.',
  ],
  async run(values, call) {
    const found = await choosePlatform(HOST_PLATFORM);
    await checkOutput(values, []);
    const { platform, warnings } = values.measure ? await measured(found, call.signal) : found;
    const json = platformDocument.write(platform);
    await deliver({ json, text: (style) => platformText(platform, style), warnings }, values, call);
    return 0;
  },
});

async function measured({ platform, warnings }: ChosenPlatform, signal: AbortSignal): Promise<ChosenPlatform> {
  const memory = await measureMemory(platform, { signal });
  return {
    platform: withMeasuredMemory(platform, memory),
    warnings: stillAssumed(warnings, { costs: false, memory: true }),
  };
}
