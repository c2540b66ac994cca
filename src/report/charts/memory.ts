/** What each processor must hold, by model, and how much there is. */
import { bytesText } from '../../documents/quantities.ts';
import { percent } from '../numbers.ts';
import { type Bar, stackedBars } from './bars.ts';
import type { Frame } from './frame.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { linearScale } from './scale.ts';

export function memoryTitle(): string {
  return 'Memory that the plan occupies on each processor by model, bytes';
}

export function memoryChart(view: PlanView, frame: Frame): string {
  const { plan, platform } = view;
  const numbers = modelNumbers(view);
  const bars = plan.processors.map(({ id, memoryBytes }): Bar => {
    const own = platform.processors.find((processor) => processor.id === id)?.memoryBytes;
    return {
      name: id,
      about: capacityText(id, memoryBytes, own),
      parts: residentBytes(view, id).map(({ name, bytes }) => ({
        model: numbers.get(name) as number,
        value: bytes,
        about: `${name} occupies ${bytesText(bytes)} on ${id}`,
      })),
      text: own === undefined ? bytesText(memoryBytes) : `${bytesText(memoryBytes)} of ${bytesText(own)}`,
    };
  });
  const shared = sharedMemories(view).map(({ text }) => text);
  const { scale, unit, divisor } = byteScale(Math.max(...plan.processors.map(({ memoryBytes }) => memoryBytes)));
  return stackedBars(frame, {
    id: 'memory',
    title: memoryTitle(),
    description: `Weights and working memory, modelled: ${[...bars.map(({ about }) => about), ...shared].join('; ')}.`,
    caption: `${[`${unit}, modelled`, ...shared].join('; ')}`,
    bars,
    scale: { ticks: scale.ticks.map((tick) => tick * divisor), at: (bytes) => scale.at(bytes / divisor) },
    tickText: (bytes) => String(Number((bytes / divisor).toPrecision(6))),
    followsLegend: true,
    models: plan.models.map(({ name }) => ({ number: numbers.get(name) as number, name })),
  });
}

/** DRAMs that several processors fill together. */
function sharedMemories({ plan, platform }: PlanView): { text: string }[] {
  return platform.resources.flatMap(({ id, kind, memoryBytes }) => {
    if (kind !== 'dram' || memoryBytes === undefined) return [];
    const behind = platform.processors.filter(({ uses }) => uses.includes(id)).map((processor) => processor.id);
    const bytes = plan.processors
      .filter((processor) => behind.includes(processor.id))
      .reduce((sum, processor) => sum + processor.memoryBytes, 0);
    return [{ text: `all in ${capacityText(id, bytes, memoryBytes)}` }];
  });
}

function capacityText(name: string, bytes: number, capacity: number | undefined): string {
  const used = `${name}: ${bytesText(bytes)}`;
  return capacity === undefined ? used : `${used} of ${bytesText(capacity)} (${percent(bytes / capacity)})`;
}

/** Weights of the blocks placed there and working memory of each model with a stage there. */
function residentBytes({ plan, profile }: PlanView, processor: string): { name: string; bytes: number }[] {
  return plan.models.flatMap(({ name, variant, stages }) => {
    const model = profile.models.find((each) => each.name === name && each.variant === variant);
    let bytes = 0;
    for (const stage of stages) {
      if (stage.processor !== processor || model === undefined) continue;
      bytes += model.activationBytes;
      for (let b = stage.firstBlock; b <= stage.lastBlock; b++) bytes += model.blocks[b]?.weightBytes ?? 0;
    }
    return bytes > 0 ? [{ name, bytes }] : [];
  });
}

function byteScale(most: number) {
  const [divisor, unit] = most >= 1e9 ? [1e9, 'GB'] : most >= 1e6 ? [1e6, 'MB'] : [1e3, 'KB'];
  return { scale: linearScale(0, most / divisor, 4), unit, divisor };
}
