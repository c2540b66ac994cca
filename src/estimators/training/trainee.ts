/** A network about to learn from a data set: what the trainer, the export and the tests need of either architecture. */
import type { Parameters, Tape, Tensor } from '../../../bindings/training/index.ts';
import type { Graph } from '../../models/graph.ts';
import type { Scaling } from './scaling.ts';

export const ARCHITECTURES = ['grid', 'cnn', 'linear'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** A pass over rows, and where in the output each model's number stands. */
export interface Forward {
  output: Tensor;
  /** Of the i-th row of the pass, data column m. */
  place(i: number, m: number): number;
}

export interface Trainee {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  /** Rate that a ratio of 1 stands for. */
  base(row: number, m: number): number;
  forward(tape: Tape, rows: Int32Array): Forward;
  /** The trained network with features and scaling inside; metadata goes into the file. */
  graph(scaling: Scaling, metadata: ReadonlyMap<string, string>): Graph;
}
