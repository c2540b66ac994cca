/** Where the networks of a plan are, when the command line does not say: at the sources that the plan states. */
import { dirname, isAbsolute, join } from 'node:path';
import { exists } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { findZooEntry, ZOO } from '../models/zoo/zoo.ts';
import type { PlannedModel } from '../planners/schema.ts';
import { type WorkloadModel, workloadNames } from '../profiles/workload.ts';

const ZOO_PREFIX = 'zoo:';

/** A stated path from the working directory, else from the plan's folder; undefined = it is in neither. */
async function placeOf(source: string, planFile: string): Promise<string | undefined> {
  if (await exists(source)) return source;
  if (isAbsolute(source)) return undefined;
  const beside = join(dirname(planFile), source);
  return (await exists(beside)) ? beside : undefined;
}

/** Name of the zoo entry that a source names; undefined = it is a path. */
function zooSource(source: string): string | undefined {
  const name = source.startsWith(ZOO_PREFIX) ? source.slice(ZOO_PREFIX.length) : source;
  return findZooEntry(name) === undefined ? undefined : name;
}

/**
 * The models of a plan as workload entries, in the words that they were planned with, and where files are that are not at
 * their paths from here. A form other than the original stands for itself: the plan states no source of its original.
 *
 * @throws HeterodyneError `NOT_READABLE` when a file is in neither place; `USAGE` for a plan without sources
 */
export async function modelsOfPlan(
  planned: readonly PlannedModel[],
  planFile: string,
): Promise<{ models: WorkloadModel[]; moved: Map<string, string> }> {
  const moved = new Map<string, string>();
  const models: WorkloadModel[] = [];
  for (const { name, source, variant } of planned) {
    const model = source === undefined ? entryOf(name) : (zooSource(source) ?? source);
    if (findZooEntry(model) === undefined) {
      const place = await placeOf(model, planFile);
      if (place === undefined) throw gone(name, model, planFile);
      if (place !== model) moved.set(model, place);
    }
    models.push({ model, ...(variant !== 'original' && { variants: [{ name: variant, model }] }) });
  }
  return { models: named(models, planned), moved };
}

/** States a name only where it does not follow from the model, as the plan's workload did. */
function named(models: readonly WorkloadModel[], planned: readonly PlannedModel[]): WorkloadModel[] {
  const entries = [...models];
  for (;;) {
    const names = workloadNames({ kind: 'workload', schemaVersion: 1, models: entries });
    const m = names.findIndex((name, i) => name !== planned[i].name);
    if (m < 0) return entries;
    entries[m] = { ...entries[m], name: planned[m].name };
  }
}

/** Of a plan without sources: `resnet-50` and `resnet-50-2` are instances of the zoo's `resnet-50`. */
function entryOf(name: string): string {
  if (findZooEntry(name) !== undefined) return name;
  const base = name.replace(/-\d+$/, '');
  if (base !== name && findZooEntry(base) !== undefined) return base;
  throw new HeterodyneError('USAGE', `the plan does not say where the model "${name}" is`, {
    path: '--models',
    expected: '--models, --workload or --profile, as they were given to heterodyne plan',
    received: 'a plan without sources',
    hint: `found by name are: ${ZOO.map((entry) => entry.name).join(', ')}`,
  });
}

function gone(name: string, source: string, planFile: string): HeterodyneError {
  return new HeterodyneError('NOT_READABLE', `the model file of "${name}" is gone: ${source}`, {
    source,
    path: name,
    expected: `a file, from the working directory or beside ${planFile}`,
    received: 'no such file',
    hint: `say where it is with --models, as it was said to heterodyne plan: --models ${name}=PATH,...`,
  });
}
