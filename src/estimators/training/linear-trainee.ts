/**
 * For few examples: the logarithm of the ratio of the true rate to that of the throughput model, as a weighted sum of what
 * can be seen of each model. Some ten to thirty weights, so that a hundred placements that really ran are enough.
 *
 *   of a model          ln of the models under way; resources it uses; its largest share of one; the fullest of those; what
 *                       others take of them; ln of its seconds in all; ln of its modelled rate
 *   with each resource  the part of its seconds there; where it is used, how full it is, and by how many
 *
 * Features are standardised on the training rows; the exported weights take that in.
 */
import { log } from '../../../bindings/core.ts';
import type { Parameter, Parameters, Tape } from '../../../bindings/training/index.ts';
import type { Graph } from '../../models/graph.ts';
import { type EstimatorData, rowsOf, TRAINING } from '../dataset/data.ts';
import { GraphBuilder } from './graph-builder.ts';
import { unscaledOperators } from './grid-trainee.ts';
import type { Scaling } from './scaling.ts';
import type { Forward, Trainee } from './trainee.ts';

const OF_A_MODEL = 7;
const WITH_EACH_RESOURCE = 3;

export class LinearTrainee implements Trainee {
  readonly architecture = 'linear';
  readonly parameters: Parameters;
  readonly #data: EstimatorData;
  readonly #reference: number;
  readonly #weights: Parameter;
  readonly #bias: Parameter;
  /** [K] of the features over the training rows. */
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;

  constructor(parameters: Parameters, data: EstimatorData, options: { referenceSeconds: number }) {
    this.parameters = parameters;
    this.#data = data;
    this.#reference = options.referenceSeconds;
    const width = this.#width;
    // From 0: the throughput model, times one factor.
    this.#weights = parameters.add('weights', [1, width], 0);
    this.#bias = parameters.add('bias', [1], 0);
    const seen: Float64Array[] = [];
    for (const row of rowsOf(data, TRAINING)) {
      for (let m = 0; m < data.columns; m++) if (this.base(row, m) > 0) seen.push(this.#features(row, m));
    }
    const mean = (of: (features: Float64Array, k: number) => number) =>
      Float64Array.from({ length: width }, (_, k) => seen.reduce((sum, each) => sum + of(each, k), 0) / seen.length);
    this.#mean = mean((each, k) => each[k]);
    const variance = mean((each, k) => (each[k] - this.#mean[k]) ** 2);
    this.#deviation = variance.map((each) => (each > 1e-12 ? Math.sqrt(each) : 1));
  }

  get #width(): number {
    return OF_A_MODEL + WITH_EACH_RESOURCE * this.#data.resources;
  }

  base(row: number, m: number): number {
    const { columns, models, analytic } = this.#data;
    const cell = row * columns + m;
    return models[cell] < 0 ? 0 : analytic[cell];
  }

  forward(tape: Tape, rows: Int32Array): Forward {
    const { columns } = this.#data;
    const width = this.#width;
    const plane = rows.length * columns;
    const inputs = new Float32Array(width * plane);
    for (const [i, row] of rows.entries()) {
      for (let m = 0; m < columns; m++) {
        if (this.base(row, m) === 0) continue;
        const features = this.#features(row, m);
        for (let k = 0; k < width; k++) {
          inputs[k * plane + i * columns + m] = (features[k] - this.#mean[k]) / this.#deviation[k];
        }
      }
    }
    const x = tape.input(inputs, { channels: width, images: rows.length, height: columns, width: 1 });
    return { output: tape.dense(x, this.#weights, this.#bias), place: (i, m) => i * columns + m };
  }

  #features(row: number, m: number): Float64Array {
    const { columns: M, resources: R, demands, analytic } = this.#data;
    const features = new Float64Array(this.#width);
    const at = (q: number, r: number) => demands[(row * M + q) * R + r];
    let seconds = 0;
    let models = 0;
    for (let r = 0; r < R; r++) seconds += at(m, r);
    for (let q = 0; q < M; q++) models += Number(this.base(row, q) > 0);
    const rate = analytic[row * M + m];
    let used = 0;
    let most = 0;
    let fullest = 0;
    let others = 0;
    for (let r = 0; r < R; r++) {
      if (!(at(m, r) > 0)) continue;
      let load = 0;
      let users = 0;
      for (let q = 0; q < M; q++) {
        load += at(q, r) * this.base(row, q);
        users += Number(at(q, r) > 0);
      }
      const share = at(m, r) * rate;
      used++;
      most = Math.max(most, share);
      fullest = Math.max(fullest, load);
      others += load - share;
      const k = OF_A_MODEL + WITH_EACH_RESOURCE * r;
      features.set([at(m, r) / seconds, load, users], k);
    }
    features.set([
      log(models),
      used,
      most,
      fullest,
      others,
      log(seconds / this.#reference),
      log(rate * this.#reference),
    ]);
    return features;
  }

  graph(scaling: Scaling, metadata: ReadonlyMap<string, string>): Graph {
    const builder = new GraphBuilder();
    const z = this.#operators(builder);
    builder.add('Mul', [unscaledOperators(builder, scaling, z), 'analytic'], {}, 'rates');
    return builder.build(
      'heterodyne-linear',
      [
        { name: 'demands', shape: ['batch', 'models', this.#data.resources] },
        { name: 'analytic', shape: ['batch', 'models'] },
      ],
      { name: 'rates', shape: ['batch', 'models'] },
      metadata,
    );
  }

  /** As `#features`, then the weighted sum: [N][M]. A column without a model gives a number that is multiplied by 0. */
  #operators(builder: GraphBuilder): string {
    const [models, resources] = [1, 2].map((axis) => builder.integers(axis));
    const sum = (x: string, axis: string) => builder.add('ReduceSum', [x, axis], { keepdims: 1 });
    const largest = (x: string) => builder.add('ReduceMax', [x, resources], { keepdims: 1 });
    const zero = builder.constant(0);
    const one = builder.constant(1);
    const reference = builder.constant(this.#reference);
    const isUsed = builder.add('Greater', ['demands', zero]);
    const used = builder.add('Cast', [isUsed], { to: 1 });
    const total = sum('demands', resources);
    const isThere = builder.add('Greater', [total, zero]);
    const there = builder.add('Cast', [isThere], { to: 1 });
    const seconds = builder.add('Where', [isThere, total, reference]);
    const rate = builder.add('Unsqueeze', ['analytic', resources]);
    const knownRate = builder.add('Where', [isThere, rate, builder.add('Reciprocal', [reference])]);
    const share = builder.add('Mul', ['demands', rate]);
    const load = builder.add('Mul', [used, sum(share, models)]);
    const users = builder.add('Mul', [used, sum(used, models)]);
    const count = builder.add('Log', [builder.add('Max', [sum(there, models), one])]);
    const ofModel = [
      builder.add('Mul', [there, count]),
      sum(used, resources),
      largest(share),
      largest(load),
      builder.add('Sub', [sum(load, resources), sum(share, resources)]),
      builder.add('Log', [builder.add('Div', [seconds, reference])]),
      builder.add('Log', [builder.add('Mul', [knownRate, reference])]),
    ];
    const withResource = [builder.add('Div', ['demands', seconds]), load, users];
    const features = builder.add('Concat', [...ofModel, ...withResource], { axis: 2 });
    const { weights, bias } = this.#exported();
    const product = builder.add('MatMul', [features, builder.weights('weights', [weights.length, 1], weights)]);
    const column = builder.add('Add', [product, builder.weights('bias', [1], bias)]);
    return builder.add('Squeeze', [column, resources]);
  }

  /** Weights of features as they are; those with resources in the order of the graph, kind by kind. */
  #exported(): { weights: Float32Array; bias: Float32Array } {
    const { resources: R } = this.#data;
    const learned = this.parameters.value(this.#weights);
    let bias = this.parameters.value(this.#bias)[0];
    const weights = new Float32Array(learned.length);
    for (const [k, weight] of learned.entries()) {
      const own = weight / this.#deviation[k];
      bias -= own * this.#mean[k];
      const behind = k - OF_A_MODEL;
      const [r, kind] = [Math.floor(behind / WITH_EACH_RESOURCE), behind % WITH_EACH_RESOURCE];
      weights[behind < 0 ? k : OF_A_MODEL + kind * R + r] = own;
    }
    return { weights, bias: Float32Array.of(bias) };
  }
}
