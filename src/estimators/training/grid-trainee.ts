/** The grid network on a data set, and as an ONNX graph. */
import type { Parameter, Parameters, Tape } from '../../../bindings/training/index.ts';
import type { Graph } from '../../models/graph.ts';
import type { EstimatorData } from '../dataset/data.ts';
import { GraphBuilder } from './graph-builder.ts';
import {
  COLUMN_FACTOR,
  GRID_SIZES,
  type GridBatch,
  GridNetwork,
  type GridSizes,
  LOG_SCALE,
  ROW_FACTOR,
} from './grid.ts';
import type { Scaling } from './scaling.ts';
import type { Forward, Trainee } from './trainee.ts';

export interface GridOptions {
  sizes?: GridSizes;
  /** Learn the ratio to the analytic rates (default), else to the rate that the fullest resource allows all models. */
  residual?: boolean;
  referenceSeconds: number;
}

export class GridTrainee implements Trainee {
  readonly architecture = 'grid';
  readonly parameters: Parameters;
  readonly #network: GridNetwork;
  readonly #data: EstimatorData;
  readonly #residual: boolean;
  readonly #reference: number;

  constructor(parameters: Parameters, data: EstimatorData, options: GridOptions) {
    this.parameters = parameters;
    this.#network = new GridNetwork(parameters, options.sizes ?? GRID_SIZES);
    this.#data = data;
    this.#residual = options.residual ?? true;
    this.#reference = options.referenceSeconds;
  }

  base(row: number, m: number): number {
    const { columns, models, analytic } = this.#data;
    const cell = row * columns + m;
    if (models[cell] < 0) return 0;
    return this.#residual ? analytic[cell] : this.#equalRate(row);
  }

  forward(tape: Tape, rows: Int32Array): Forward {
    const { columns, resources } = this.#data;
    const batch: GridBatch = {
      rows: rows.length,
      columns,
      resources,
      demands: new Float32Array(rows.length * columns * resources),
      base: new Float32Array(rows.length * columns),
    };
    const width = columns * resources;
    for (const [i, row] of rows.entries()) {
      batch.demands.set(this.#data.demands.subarray(row * width, (row + 1) * width), i * width);
      for (let m = 0; m < columns; m++) batch.base[i * columns + m] = this.base(row, m);
    }
    return {
      output: this.#network.forward(tape, batch, this.#reference),
      place: (i, m) => i * columns + m,
    };
  }

  /** 1 / the largest load, for all models alike. */
  #equalRate(row: number): number {
    const { columns, resources, demands } = this.#data;
    let largest = 0;
    for (let r = 0; r < resources; r++) {
      let load = 0;
      for (let m = 0; m < columns; m++) load += demands[(row * columns + m) * resources + r];
      largest = Math.max(largest, load);
    }
    return 1 / largest;
  }

  graph(scaling: Scaling, metadata: ReadonlyMap<string, string>): Graph {
    const builder = new GraphBuilder();
    const base = this.#residual ? 'analytic' : equalRates(builder);
    const { parameters } = this;
    const find = (name: string): Parameter => parameters.all.find((each) => each.name === name) as Parameter;
    /** Weights [out][in] as [in][out], for rows times weights; sums along an axis bring their factor. */
    const turned = (name: string, factor = 1): string => {
      const parameter = find(name);
      const [to, from] = parameter.shape;
      const values = parameters.value(parameter);
      const result = new Float32Array(values.length);
      for (let o = 0; o < to; o++) for (let i = 0; i < from; i++) result[i * to + o] = values[o * from + i] * factor;
      return builder.weights(name, [from, to], result);
    };
    const bias = (name: string): string => builder.weights(name, find(name).shape, parameters.value(find(name)));

    const { features, mask } = featureOperators(builder, base, this.#reference);
    let x = features;
    for (let l = 0; l < this.#network.sizes.layers; l++) {
      const along = (axis: number, name: string, factor: number) =>
        builder.add('MatMul', [
          builder.add('ReduceSum', [x, builder.integers(axis)], { keepdims: 1 }),
          turned(`mix${l}.${name}`, factor),
        ]);
      const own = builder.add('Add', [builder.add('MatMul', [x, turned(`mix${l}.cell`)]), bias(`mix${l}.bias`)]);
      const both = builder.add('Add', [own, along(2, 'row', ROW_FACTOR)]);
      const mixed = builder.add('Add', [both, along(1, 'column', COLUMN_FACTOR)]);
      const y = builder.add('Mul', [builder.add('Gelu', [mixed]), mask]);
      x = l === 0 ? y : builder.add('Add', [x, y]);
    }
    const rows = builder.add('ReduceSum', [x, builder.integers(2)], { keepdims: 0 });
    const hidden = builder.add('Add', [
      builder.add('MatMul', [rows, turned('hidden', ROW_FACTOR)]),
      bias('hidden.bias'),
    ]);
    const out = builder.add('MatMul', [builder.add('Gelu', [hidden]), turned('out')]);
    const z = builder.add('Squeeze', [builder.add('Add', [out, bias('out.bias')]), builder.integers(2)]);
    builder.add('Mul', [unscaledOperators(builder, scaling, z), base], {}, 'rates');
    return builder.build(
      'heterodyne-grid',
      [
        { name: 'demands', shape: ['batch', 'models', 'resources'] },
        ...(this.#residual ? [{ name: 'analytic', shape: ['batch', 'models'] }] : []),
      ],
      { name: 'rates', shape: ['batch', 'models'] },
      metadata,
    );
  }
}

/** [N][1] rate that the fullest resource allows all models. */
function equalRates(builder: GraphBuilder): string {
  const loads = builder.add('ReduceSum', ['demands', builder.integers(1)], { keepdims: 0 });
  return builder.add('Reciprocal', [builder.add('ReduceMax', [loads, builder.integers(1)], { keepdims: 1 })]);
}

/** As `gridFeatures` computes them: [N][M][R][5], and the mask [N][M][R][1]. */
function featureOperators(
  builder: GraphBuilder,
  base: string,
  referenceSeconds: number,
): { features: string; mask: string } {
  const zero = builder.constant(0);
  const reference = builder.constant(referenceSeconds);
  const used = builder.add('Greater', ['demands', zero]);
  const one = builder.add('Cast', [used], { to: 1 });
  const known = builder.add('Where', [used, 'demands', reference]);
  const logs = builder.add('Mul', [
    builder.add('Log', [builder.add('Div', [known, reference])]),
    builder.constant(LOG_SCALE),
  ]);
  const share = builder.add('Mul', ['demands', builder.add('Unsqueeze', [base, builder.integers(2)])]);
  const load = builder.add('ReduceSum', [share, builder.integers(1)], { keepdims: 1 });
  const others = builder.add('Mul', [builder.add('Sub', [load, share]), one]);
  const product = builder.add('Mul', [share, load]);
  const last = builder.integers(3);
  const cells = [one, logs, share, others, product].map((each) => builder.add('Unsqueeze', [each, last]));
  return { features: builder.add('Concat', cells, { axis: 3 }), mask: cells[0] };
}

/** The ratio behind the network's output. */
export function unscaledOperators(builder: GraphBuilder, { kind, scale, shift }: Scaling, z: string): string {
  const linear = builder.add('Add', [builder.add('Mul', [z, builder.constant(scale)]), builder.constant(shift)]);
  return builder.add(kind === 'log' ? 'Exp' : 'Relu', [linear]);
}
