/**
 * Frames without end: does memory grow? Runs a model of under a millisecond for many frames, whose tensors really go to its
 * process and back, and fits a line to the memory of this process and of the one that runs the model.
 *
 *     node --expose-gc --import tsx bench/soak.ts [FRAMES]        exit code 2 above 10 bytes a frame
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Tensors } from '../src/execution/tensors.ts';
import { deploy } from '../src/runtime/deploy.ts';
import { metersOf } from '../src/runtime/run.ts';
import { layers } from '../test/execution/models.ts';
import { onCoreZero, open, planByHand, row } from '../test/runtime/plans.ts';

export interface Soak {
  frames: number;
  /** Median time of a call, ms. */
  callMs: number;
  /** Bytes a frame after warm-up, by least squares: of this process, and of the model's. */
  slope: number;
  stageSlope: number;
}

const SIZE = 64;
const SAMPLES = 80;
/** Frames until heaps have their size: a stage process grows to it within about 100,000. */
const WARMUP = 120_000;

/** Memory in RAM of a process, bytes; 0 where the system does not tell. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}

export async function soak(frames: number, warmup = WARMUP): Promise<Soak> {
  const model = open('small', layers(2, SIZE));
  const plan = planByHand([{ model, places: [['cpu-0', 0]] }]);
  const runtime = await deploy(plan, { platform: onCoreZero(), models: { small: model } });
  const collect = (globalThis as { gc?: () => void }).gc;
  try {
    const meters = metersOf(runtime);
    runtime.observe('small', meters.get('small')!);
    const input = row(SIZE);
    const inputs = function* (count: number): Generator<Tensors> {
      for (let i = 0; i < count; i++) yield input;
    };
    const points: { frame: number; own: number; stage: number }[] = [];
    const step = Math.max(1, Math.floor(frames / SAMPLES));
    for (let done = -warmup; done < frames; done += step) {
      for await (const { outputs } of runtime.stream('small', inputs(step))) {
        if (outputs.x2 === undefined) throw new Error('a result is missing');
      }
      if (done < 0) continue;
      collect?.();
      points.push({ frame: done, own: process.memoryUsage().rss, stage: residentBytes(runtime.stations[0]!.pid!) });
    }
    return {
      frames,
      callMs: meters.get('small')!.stages.get('original')![0]!.latency.quantile(0.5),
      slope: slopeOf(points.map(({ frame, own }) => [frame, own])),
      stageSlope: slopeOf(points.map(({ frame, stage }) => [frame, stage])),
    };
  } finally {
    await runtime.close();
  }
}

/** Of the least-squares line. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const MOST_BYTES_A_FRAME = 10;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { frames, callMs, slope, stageSlope } = await soak(Number(process.argv[2] ?? 100_000));
  const within = slope <= MOST_BYTES_A_FRAME && stageSlope <= MOST_BYTES_A_FRAME;
  console.log(
    `${frames} frames of ${callMs.toFixed(3)} ms: ${slope.toFixed(2)} bytes a frame here, ${stageSlope.toFixed(2)} in the stage process (limit ${MOST_BYTES_A_FRAME}): ${within ? 'kept' : 'MISSED'}`,
  );
  process.exitCode = within ? 0 : 2;
}
