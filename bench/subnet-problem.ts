/**
 * What the benches of sub-network search work on: `--predictor acc.onnx --costs DIR`, or without files a seeded predictor
 * of the published shape and counted work.
 */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { writeOnnx } from '../src/models/onnx/write.ts';
import { Random } from '../src/reference/random.ts';
import { flopsModel } from '../src/subnets/costs/flops.ts';
import { readLayerTable } from '../src/subnets/costs/layer-table.ts';
import { ofaLatencyModel } from '../src/subnets/costs/ofa-tables.ts';
import { extremesOf } from '../src/subnets/extremes.ts';
import { type InputLayout, inputLayout } from '../src/subnets/input-layout.ts';
import { ofaMbv3 } from '../src/subnets/ofa-mbv3.ts';
import { loadPredictor } from '../src/subnets/predictor.ts';
import { searchSpace } from '../src/subnets/space.ts';

/** Dense layers over one-hot inputs as an ONNX file: weights [outputs][inputs], seeded. */
function seededFile(layout: InputLayout): Uint8Array {
  const random = new Random(1);
  const widths = [layout.inputs, 400, 400, 400, 1];
  const initializers = new Map();
  const operators = [];
  let from = 'architecture';
  for (let l = 1; l < widths.length; l++) {
    const scale = l === 4 ? 0.02 : 0.3;
    const tensor = (name: string, shape: number[], size: number) => {
      const data = Float32Array.from({ length: size }, () => (random.unit() - 0.5) * scale);
      initializers.set(name, { name, type: 'float32', shape, data: new Uint8Array(data.buffer) });
      return name;
    };
    const weights = tensor(`w${l}`, [widths[l], widths[l - 1]], widths[l] * widths[l - 1]);
    const bias = tensor(`b${l}`, [widths[l]], widths[l]);
    const to = l === 4 ? 'accuracy' : `x${l}`;
    const transB = new Map([['transB', { kind: 'int' as const, value: 1 }]]);
    operators.push({
      name: `gemm${l}`,
      type: 'Gemm',
      domain: '',
      inputs: [from, weights, bias],
      outputs: [to],
      attributes: transB,
    });
    from = to;
    if (l === 4) break;
    operators.push({
      name: `relu${l}`,
      type: 'Relu',
      domain: '',
      inputs: [to],
      outputs: [`r${l}`],
      attributes: new Map(),
    });
    from = `r${l}`;
  }
  const value = (name: string, size: number) => ({ name, type: 'float32' as const, shape: ['batch', size] });
  return writeOnnx({
    name: 'predictor',
    opset: 13,
    inputs: [value('architecture', layout.inputs)],
    outputs: [value('accuracy', 1)],
    initializers,
    operators,
    declared: new Map(),
  });
}

/** Space, predictor, costs and limits: those of the files that the command line names, else stand-ins. */
export async function subnetProblem() {
  const option = (name: string) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const space = searchSpace(ofaMbv3());
  const layout = inputLayout(space);
  const named = option('--predictor');
  const file = named === undefined ? seededFile(layout) : readFileSync(named);
  const predictor = await loadPredictor(file, space, { source: named ?? 'seeded' });
  const folder = option('--costs');
  const model = folder
    ? ofaLatencyModel(
        space,
        readdirSync(folder).map((name) => readLayerTable(readFileSync(`${folder}/${name}`, 'utf8'), name)),
      )
    : flopsModel(space);
  const extremes = extremesOf(space, model.factors);
  const limits = folder
    ? [15, 20, 25, 30, 40]
    : [0.08, 0.15, 0.22, 0.3, 0.4].map(
        (share) => extremes.least.cost + share * (extremes.most.cost - extremes.least.cost),
      );
  return { space, layout, file, predictor, model, extremes, limits };
}
