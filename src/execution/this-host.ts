/** This machine as a platform: what it is made of, and which runtimes are at hand. */
import { coreTopology, machineFacts } from '../../bindings/host/index.ts';
import { installedRuntimes } from '../../bindings/onnx/index.ts';
import type { Warning } from '../documents/warnings.ts';
import { hostPlatform } from '../platforms/host.ts';
import type { Platform } from '../platforms/schema.ts';

/** @throws HeterodyneError as `machineFacts` */
export async function thisHost(): Promise<{ platform: Platform; warnings: Warning[] }> {
  const groups = coreTopology()?.groups;
  return hostPlatform({
    ...(await machineFacts()),
    ...(groups !== undefined && { groups }),
    runtimes: installedRuntimes(),
  });
}
