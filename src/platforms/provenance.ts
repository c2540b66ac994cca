/** Which source stands behind which number of a platform. */
import { pointerSegment } from '../documents/canonical.ts';
import type { Platform } from './schema.ts';

export type PlatformSource = NonNullable<Platform['sources']>[number];

/** A segment's spellings: the key or index, and for an array entry also its `id`. */
interface Step {
  key: string;
  id?: string;
}

/** Members that count or name rather than describe the device: they need no source. */
const SELF_EVIDENT = new Set(['/schemaVersion']);

/**
 * The source of the number at `pointer`, or undefined when no entry covers it. The last entry that matches decides.
 *
 * @param pointer JSON pointer; an array entry may be named by index or by `id` (`/processors/gpu/activeWatts`)
 */
export function sourceOf(platform: Platform, pointer: string): PlatformSource | undefined {
  let value: unknown = platform;
  const steps: Step[] = [];
  for (const segment of pointer.split('/').slice(1)) {
    const found = member(value, segment);
    if (found === undefined) return undefined;
    steps.push(found.step);
    value = found.value;
  }
  return sourceAt(platform, steps);
}

/** JSON pointers of all numbers that no provenance entry covers; empty for a platform that is fully accounted for. */
export function numbersWithoutSource(platform: Platform): string[] {
  const bare: string[] = [];
  const visit = (value: unknown, steps: Step[]): void => {
    if (typeof value === 'number') {
      const pointer = steps.map((step) => `/${pointerSegment(step.key)}`).join('');
      if (!SELF_EVIDENT.has(pointer) && sourceAt(platform, steps) === undefined) bare.push(pointer);
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) {
        const found = member(value, key);
        if (found !== undefined) visit(found.value, [...steps, found.step]);
      }
    }
  };
  visit(platform, []);
  return bare;
}

function sourceAt(platform: Platform, steps: readonly Step[]): PlatformSource | undefined {
  const entry = platform.provenance?.findLast(({ path }) => matches(path.split('/').slice(1), steps));
  return platform.sources?.find((source) => source.id === entry?.source);
}

function matches(pattern: readonly string[], steps: readonly Step[]): boolean {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? steps.length < fixed.length : steps.length !== fixed.length) return false;
  return fixed.every((segment, i) => {
    const step = steps[i];
    return segment === '*' || segment === step.key || segment === step.id;
  });
}

function member(holder: unknown, segment: string): { step: Step; value: unknown } | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
  const idOf = (entry: unknown): string | undefined => (entry as { id?: string } | null)?.id;
  if (Array.isArray(holder) && !Object.hasOwn(holder, name)) {
    const index = holder.findIndex((entry) => idOf(entry) === name);
    return index < 0 ? undefined : { step: { key: String(index), id: name }, value: holder[index] };
  }
  if (!Object.hasOwn(holder, name)) return undefined;
  const value = (holder as Record<string, unknown>)[name];
  return { step: { key: name, id: Array.isArray(holder) ? idOf(value) : undefined }, value };
}
