/** The platforms that Heterodyne knows. Adding one: a file beside this one, a line in {@link SHIPPED}, a test. */
import { HeterodyneError } from '../core/errors.ts';
import { didYouMean } from '../documents/nearest.ts';
import type { Warning } from '../documents/warnings.ts';
import { hikey970 } from './hikey970.ts';
import { type HostFacts, hostPlatform } from './host.ts';
import { jetsonAgxXavier } from './jetson-agx-xavier.ts';
import { jetsonTx2 } from './jetson-tx2.ts';
import { jetsonXavierNx } from './jetson-xavier-nx.ts';
import { openvinoCpuGpuVpu } from './openvino-cpu-gpu-vpu.ts';
import { orangePi5 } from './orange-pi-5.ts';
import type { Platform } from './schema.ts';

const SHIPPED: readonly Platform[] = [
  hikey970,
  jetsonTx2,
  jetsonAgxXavier,
  jetsonXavierNx,
  orangePi5,
  openvinoCpuGpuVpu,
];

/** The platform that is found at run time. */
export const HOST_PLATFORM = 'host';

/** All ids, in listing order; `host` comes last. */
export function platformIds(): string[] {
  return [...SHIPPED.map((platform) => platform.id), HOST_PLATFORM];
}

/**
 * A platform by its id, as a copy that the caller owns.
 *
 * @param host facts about this machine, needed for `host` alone
 * @throws HeterodyneError `USAGE` for an unknown id, with the nearest one
 */
export function platformById(id: string, host?: HostFacts): { platform: Platform; warnings: Warning[] } {
  if (id === HOST_PLATFORM) {
    if (host !== undefined) return hostPlatform(host);
    throw new HeterodyneError('USAGE', 'platform "host" needs facts about this machine', {
      path: 'platform',
      expected: 'cores and memoryBytes',
      received: 'nothing',
      hint: 'pass the facts, or use hostPlatform(facts)',
    });
  }
  const found = SHIPPED.find((platform) => platform.id === id);
  if (found !== undefined) return { platform: structuredClone(found), warnings: [] };
  throw new HeterodyneError('USAGE', `no platform "${id}"`, {
    path: 'platform',
    expected: `one of ${platformIds().join(', ')}, or a platform file`,
    received: `"${id}"`,
    hint: didYouMean(id, platformIds()),
  });
}
