/** The problem that benchmarks run on: five zoo networks on one shipped platform. */
import type { PlacementProblem } from '../src/core/placement.ts';
import { mixProblem } from './study-mixes.ts';

export const BENCH_MODELS = ['alexnet', 'mobilenet-v1', 'resnet-50', 'squeezenet', 'googlenet'];

export function benchProblem(platform: string): PlacementProblem {
  return mixProblem(platform, BENCH_MODELS, 'throughput');
}
