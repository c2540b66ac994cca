/** The compact network on a data set, and as an ONNX graph. */
import type { BatchNorm, Parameter, Parameters, Tape } from '../../../bindings/training/index.ts';
import type { Graph } from '../../models/graph.ts';
import type { EstimatorData } from '../dataset/data.ts';
import {
  CompactNetwork,
  columnOrder,
  drawImage,
  type ImageSize,
  meanWork,
  ORIGINAL_BLOCKS,
  ORIGINAL_MODELS,
  RECORD,
  RESIDUAL_BLOCKS,
} from './cnn.ts';
import { GraphBuilder } from './graph-builder.ts';
import { unscaledOperators } from './grid-trainee.ts';
import type { Scaling } from './scaling.ts';
import type { Forward, Trainee } from './trainee.ts';

/** The original's image, or a larger one where the data need it. */
function imageSizeFor({ processors, blocks, columns }: EstimatorData): ImageSize {
  return { processors, blocks: Math.max(ORIGINAL_BLOCKS, blocks), models: Math.max(ORIGINAL_MODELS, columns) };
}

export class CompactTrainee implements Trainee {
  readonly architecture = 'cnn';
  readonly parameters: Parameters;
  readonly size: ImageSize;
  readonly #network: CompactNetwork;
  readonly #data: EstimatorData;
  readonly #reference: number;
  readonly #residual: boolean;
  /** By catalogue model. */
  readonly #seconds: Float64Array[];
  readonly #work: number[];

  constructor(parameters: Parameters, data: EstimatorData, options: { referenceSeconds: number; residual: boolean }) {
    this.parameters = parameters;
    this.size = imageSizeFor(data);
    this.#network = new CompactNetwork(parameters, this.size);
    this.#data = data;
    this.#reference = options.referenceSeconds;
    this.#residual = options.residual;
    const { catalogue, processors, blocks, seconds } = data;
    const table = processors * blocks;
    this.#seconds = Array.from({ length: catalogue }, (_, c) => seconds.slice(c * table, (c + 1) * table));
    this.#work = this.#seconds.map((own) => meanWork(own, processors, blocks));
  }

  base(row: number, m: number): number {
    const { models, columns, analytic } = this.#data;
    const cell = row * columns + m;
    if (models[cell] < 0) return 0;
    return this.#residual ? analytic[cell] : 1;
  }

  forward(tape: Tape, rows: Int32Array): Forward {
    const { columns, blocks, models, placements } = this.#data;
    const { size } = this;
    const images = new Float32Array(rows.length * size.processors * size.blocks * size.models);
    const columnOf = new Int32Array(rows.length * columns);
    for (const [i, row] of rows.entries()) {
      const here = [...models.subarray(row * columns, (row + 1) * columns)].filter((model) => model >= 0);
      const order = columnOrder(here.map((model) => this.#work[model]));
      for (const [column, m] of order.entries()) columnOf[i * columns + m] = column;
      const drawn = order.map((m) => {
        const cell = (row * columns + m) * RECORD;
        return { seconds: this.#seconds[here[m]], blocks, record: placements.subarray(cell, cell + RECORD) };
      });
      drawImage(images, i, rows.length, size, drawn, this.#reference);
    }
    return {
      output: this.#network.forward(tape, images),
      place: (i, m) => columnOf[i * columns + m] * rows.length + i,
    };
  }

  graph(scaling: Scaling, metadata: ReadonlyMap<string, string>): Graph {
    const builder = new GraphBuilder();
    const { parameters, size } = this;
    const find = (name: string): Parameter => parameters.all.find((each) => each.name === name) as Parameter;
    const array = (name: string): string => builder.weights(name, find(name).shape, parameters.value(find(name)));
    const convolved = (x: string, name: string, stride: number): string => {
      const kernel = find(name).shape[2];
      const padding = (kernel - 1) >> 1;
      const y = builder.add('Conv', [x, array(name)], {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
      });
      const { mean, variance } = parameters.norms.get(`${name}.norm`) as BatchNorm;
      const statistics = [
        builder.weights(`${name}.norm.mean`, [mean.length], mean),
        builder.weights(`${name}.norm.variance`, [variance.length], variance),
      ];
      const norm = [array(`${name}.norm.gamma`), array(`${name}.norm.beta`), ...statistics];
      return builder.add('BatchNormalization', [y, ...norm], { epsilon: 1e-5 });
    };
    const gelu = (x: string): string => builder.add('Gelu', [x]);
    let x = builder.add('MaxPool', [gelu(convolved('image', 'stem', 2))], {
      kernel_shape: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
    for (const [i, [from, to, stride]] of RESIDUAL_BLOCKS.entries()) {
      const name = `block${i + 1}`;
      const own = convolved(gelu(convolved(x, `${name}.first`, stride)), `${name}.second`, 1);
      x = gelu(builder.add('Add', [own, from === to ? x : convolved(x, `${name}.shortcut`, stride)]));
    }
    const flat = builder.add('Flatten', [builder.add('GlobalAveragePool', [x])], { axis: 1 });
    const z = builder.add('Gemm', [flat, array('head'), array('head.bias')], { transB: 1 });
    const ratios = unscaledOperators(builder, scaling, z);
    if (this.#residual) builder.add('Mul', [ratios, 'analytic'], {}, 'rates');
    else builder.add('Identity', [ratios], {}, 'rates');
    return builder.build(
      'heterodyne-cnn',
      [
        { name: 'image', shape: ['batch', size.processors, size.blocks, size.models] },
        ...(this.#residual ? [{ name: 'analytic', shape: ['batch', size.models] }] : []),
      ],
      { name: 'rates', shape: ['batch', size.models] },
      metadata,
    );
  }
}
