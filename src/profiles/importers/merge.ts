/** Costs of one model on one processor, put into a profile that holds others. */
import { HeterodyneError } from '../../core/errors.ts';
import type { BlockCost, Profile, ProfileBlock, ProfileModel } from '../schema.ts';

const NOT_PROFILED = 'was not profiled for this model';

/**
 * `into` with the costs of `addition`, which replace what was there for the same model, variant and processor. Where the
 * union of models and processors leaves holes, blocks are unsupported, with that reason.
 *
 * @throws HeterodyneError `BAD_INPUT`: another platform, or the same model in another form
 */
export function mergeProfiles(into: Profile, addition: Profile): Profile {
  if (into.platform !== addition.platform) {
    throw new HeterodyneError('BAD_INPUT', `the profile is of ${into.platform}, not of ${addition.platform}`, {
      path: '/platform',
      expected: addition.platform,
      received: into.platform,
    });
  }
  const processors = [...new Set([...into.processors, ...addition.processors])];
  const models = into.models.map((model) => {
    const same = addition.models.find((each) => each.name === model.name && each.variant === model.variant);
    return same === undefined ? model : mergeModels(model, same);
  });
  for (const model of addition.models) {
    if (!models.some((each) => each.name === model.name && each.variant === model.variant)) models.push(model);
  }
  const warnings = [...(into.warnings ?? []), ...(addition.warnings ?? [])];
  if (into.platformHash !== addition.platformHash) {
    warnings.push({
      code: 'PLATFORM_CHANGED',
      message: `the profile was made for another state of ${into.platform} than the costs that were added`,
      path: '/platformHash',
    });
  }
  const { warnings: _, ...rest } = into;
  return {
    ...rest,
    processors,
    models: models.map((model) => filled(model, processors)),
    ...(warnings.length > 0 && { warnings }),
  };
}

function mergeModels(model: ProfileModel, addition: ProfileModel): ProfileModel {
  refuseOtherForm(model, addition);
  const { measurement = {}, ...rest } = model;
  const replaced = Object.keys(addition.origin);
  const measured = Object.entries(measurement).filter(([id]) => !replaced.includes(id));
  return {
    ...rest,
    ...(measured.length > 0 && { measurement: Object.fromEntries(measured) }),
    ...(addition.computePrecision !== undefined && {
      computePrecision: { ...model.computePrecision, ...addition.computePrecision },
    }),
    origin: { ...model.origin, ...addition.origin },
    ...((model.sources ?? addition.sources) && { sources: { ...model.sources, ...addition.sources } }),
    blocks: model.blocks.map((block, b) => mergeBlocks(block, addition.blocks[b]!)),
  };
}

function mergeBlocks(block: ProfileBlock, addition: ProfileBlock): ProfileBlock {
  const { reasons = {}, ...rest } = block;
  const kept = Object.entries(reasons).filter(([id]) => !Object.hasOwn(addition.costs, id));
  const all = { ...Object.fromEntries(kept), ...addition.reasons };
  return {
    ...rest,
    costs: { ...block.costs, ...addition.costs },
    ...(Object.keys(all).length > 0 && { reasons: all }),
  };
}

function refuseOtherForm(model: ProfileModel, addition: ProfileModel): void {
  const facts = ({ hash, batch, blocks }: ProfileModel): Record<string, unknown> => ({
    'hash of the model': hash,
    batch,
    blocks: blocks.length,
    'names of blocks': blocks.map(({ name }) => name).join(', '),
  });
  const [there, here] = [facts(model), facts(addition)];
  for (const [what, found] of Object.entries(there)) {
    if (found === here[what]) continue;
    throw new HeterodyneError('BAD_INPUT', `the profile holds "${model.name}" in another form: ${what} differ`, {
      path: '/models',
      expected: String(here[what]).slice(0, 200),
      received: String(found).slice(0, 200),
      hint: 'use the same file, --shape, --batch and --cut as for the profile, or another name for the model',
    });
  }
}

/** Every processor of a profile has an entry for every block. */
function filled(model: ProfileModel, processors: readonly string[]): ProfileModel {
  const missing = processors.filter((id) => !Object.hasOwn(model.blocks[0]!.costs, id));
  if (missing.length === 0) return model;
  const blocks = model.blocks.map((block) => {
    const costs: Record<string, BlockCost> = { ...block.costs };
    const reasons: Record<string, string> = { ...block.reasons };
    for (const id of missing) {
      costs[id] = 'unsupported';
      reasons[id] = NOT_PROFILED;
    }
    return { ...block, costs, reasons };
  });
  return { ...model, blocks };
}
