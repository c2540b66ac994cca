/** What was noted while models were read, as warnings: one for all models of which the same is to be said. */
import type { Warning } from '../documents/warnings.ts';
import type { BlockedModel } from './graph.ts';

/** Names that a warning lists; of more it tells the number. */
const MOST_NAMES = 3;

export function modelWarnings(models: readonly Pick<BlockedModel, 'name' | 'warnings'>[]): Warning[] {
  const namesOf = new Map<string, string[]>();
  for (const { name, warnings } of models) {
    for (const message of warnings) namesOf.set(message, [...(namesOf.get(message) ?? []), name]);
  }
  return [...namesOf].map(([message, names]) => ({ code: 'MODEL', message: `${listed(names)}: ${message}` }));
}

function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
}
