/** Which resources decide whether two processors overlap. */
import type { Platform, Processor } from './schema.ts';

/** What a processor has to itself while it works: all that it uses but memory. Processors that share any of it overlap. */
export function ownResources({ resources }: Pick<Platform, 'resources'>, { uses }: Processor): string[] {
  const memories = new Set(resources.filter(({ kind }) => kind === 'dram').map(({ id }) => id));
  return uses.filter((id) => !memories.has(id));
}
