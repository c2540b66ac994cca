/** Analytic cost: multiply-accumulates of convolutions and linear layers, in millions (written MFLOPs, as is usual). */
import { HeterodyneError } from '../../core/errors.ts';
import type { CostFactor } from '../../core/subnets.ts';
import { type BottleneckLayers, formGenes } from '../elastic-space.ts';
import { middleOf } from '../networks/bottlenecks.ts';
import { layersOf } from '../networks/build.ts';
import { divisibleBy8, MB_STEM, MB_TAIL, type MbBlockShape, mbForm, mbShapes, strided } from '../ofa-mbv3.ts';
import { blockMiddle, RES_EXPANSIONS, RES_STRIDES, STAGE_OUT, STEM_MIDDLE, STEM_OUT } from '../ofa-resnet50.ts';
import type { SearchSpace } from '../space.ts';
import { type CostModel, factor } from './cost-model.ts';

const MILLION = 1e6;

/** @throws HeterodyneError `USAGE` for a space whose layers are not known here */
export function flopsModel(space: SearchSpace): CostModel {
  const count = counterOf(space);
  if (!count) {
    throw new HeterodyneError('USAGE', `the layers of "${space.name}" are not known, so its FLOPs cannot be counted`, {
      path: 'costs',
      expected: 'a cost table',
      received: 'flops',
      hint: 'give costs as a file: heterodyne search --costs FILE',
    });
  }
  return { unit: 'MFLOPs', provenance: 'modelled', hash: `flops:${space.hash}`, factors: count(space), warnings: [] };
}

/** Whether the work of the space's networks can be counted. */
export function countsFlops(space: SearchSpace): boolean {
  return counterOf(space) !== undefined;
}

function counterOf(space: SearchSpace): ((space: SearchSpace) => CostFactor[]) | undefined {
  const layers = layersOf(space);
  if (layers) return () => bottleneckFactors(space, layers);
  return { 'ofa-mbv3': mbv3Factors, 'ofa-resnet50': resnetFactors }[space.name];
}

function mbv3FixedMacs(resolution: number): number {
  const { stemSize, lastSize } = mbShapes(resolution);
  const [wide, features, classes] = MB_TAIL;
  const stem = stemSize ** 2 * MB_STEM * (3 * 9 + 9 + MB_STEM);
  return stem + lastSize ** 2 * 192 * wide + wide * features + features * classes;
}

function mbv3BlockMacs(block: MbBlockShape, kernel: number, expansion: number): number {
  const { inChannels, channels, inSize, outSize, squeezeExcite } = block;
  const middle = inChannels * expansion;
  const gates = squeezeExcite ? 2 * middle * divisibleBy8(Math.floor(middle / 4)) : 0;
  return inSize ** 2 * inChannels * middle + outSize ** 2 * middle * (kernel ** 2 + channels) + gates;
}

function mbv3Factors(space: SearchSpace): CostFactor[] {
  const { resolutionSlot, resolutions } = space;
  const shapes = resolutions.map(mbShapes);
  const fixed = factor(space, [resolutionSlot], (r) => mbv3FixedMacs(resolutions[r]) / MILLION);
  const blocks = shapes[0].blocks.map((_, slot) =>
    factor(space, [resolutionSlot, slot], (r, form) => {
      if (form < 0) return 0;
      const { kernel, expansion } = mbForm(space, form);
      return mbv3BlockMacs(shapes[r].blocks[slot], kernel, expansion) / MILLION;
    }),
  );
  return [fixed, ...blocks];
}

function resnetFactors(space: SearchSpace): CostFactor[] {
  const { resolutionSlot, resolutions, stages } = space;
  const [kept, middle, out] = space.globalSlots;
  const stemSizes = resolutions.map((resolution) => strided(resolution, 2));
  const stem = factor(space, [resolutionSlot, kept, middle, out], (r, residual, m, o) => {
    const channels = STEM_MIDDLE[m];
    const inner = residual > 0 ? channels * channels : 0;
    return (stemSizes[r] ** 2 * 9 * (3 * channels + inner + channels * STEM_OUT[o])) / MILLION;
  });
  const factors = [stem];
  // The 3x3 pooling behind the stem halves the size again.
  let sizes = stemSizes.map((size) => strided(size, 2));
  stages.forEach(({ blockSlots, widthSlot }, s) => {
    const before = s === 0 ? out : stages[s - 1].widthSlot;
    const inputs = s === 0 ? STEM_OUT : STAGE_OUT[s - 1];
    const own = STAGE_OUT[s];
    const inSizes = sizes;
    const outSizes = sizes.map((size) => strided(size, RES_STRIDES[s]));
    blockSlots.forEach((slot, position) => {
      const macs = (r: number, form: number, w: number, channels: number, size: number) => {
        const wide = own[w];
        const inner = blockMiddle(wide, RES_EXPANSIONS[form]);
        const shortcut = position === 0 ? channels * wide : 0;
        return (
          (size ** 2 * channels * inner + outSizes[r] ** 2 * (inner * inner * 9 + inner * wide + shortcut)) / MILLION
        );
      };
      factors.push(
        position === 0
          ? factor(space, [resolutionSlot, slot, before, widthSlot], (r, form, b, w) =>
              form < 0 ? 0 : macs(r, form, w, inputs[b], inSizes[r]),
            )
          : factor(space, [resolutionSlot, slot, widthSlot], (r, form, w) =>
              form < 0 ? 0 : macs(r, form, w, own[w], outSizes[r]),
            ),
      );
    });
    sizes = outSizes;
  });
  const last = stages[stages.length - 1].widthSlot;
  factors.push(factor(space, [last], (w) => (STAGE_OUT[STAGE_OUT.length - 1][w] * 1000) / MILLION));
  return factors;
}

/** By stage width where there is a choice; channels of the stem in front of the first stage. */
function bottleneckFactors(space: SearchSpace, layers: BottleneckLayers): CostFactor[] {
  const { resolutionSlot, resolutions, stages } = space;
  let sizes = resolutions.map((resolution) => strided(resolution, layers.stem.stride));
  const stemSizes = sizes;
  const factors = [factor(space, [resolutionSlot], (r) => (stemSizes[r] ** 2 * 27 * layers.stem.channels) / MILLION)];
  let before = { slots: [] as number[], channels: [layers.stem.channels] };
  stages.forEach(({ definition, blockSlots, widthSlot }, s) => {
    const own = definition.width
      ? { slots: [widthSlot], channels: [...definition.width.choices] }
      : { slots: [], channels: [layers.stages[s].channels!] };
    const inputs = before;
    const inSizes = sizes;
    const outSizes = sizes.map((size) => strided(size, layers.stages[s].stride));
    blockSlots.forEach((slot, position) => {
      const [from, at] = position === 0 ? [inputs, inSizes] : [own, outSizes];
      const read = position === 0 ? [...inputs.slots, ...own.slots] : own.slots;
      factors.push(
        factor(space, [resolutionSlot, slot, ...read], (r, form, ...widths) => {
          if (form < 0) return 0;
          const input = from.channels[from.slots.length > 0 ? widths[0] : 0];
          const channels = own.channels[own.slots.length > 0 ? widths[widths.length - 1] : 0];
          const { ks, e } = formGenes(definition, form);
          const middle = middleOf(input, e);
          return (at[r] ** 2 * input * middle + outSizes[r] ** 2 * middle * (ks ** 2 + channels)) / MILLION;
        }),
      );
    });
    sizes = outSizes;
    before = own;
  });
  const { tail, classes } = layers;
  const last = before;
  factors.push(
    factor(
      space,
      [resolutionSlot, ...last.slots],
      (r, w = 0) => (sizes[r] ** 2 * last.channels[w] * tail + tail * classes) / MILLION,
    ),
  );
  return factors;
}
