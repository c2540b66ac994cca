import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/core.ts';
import { openSession } from '../../bindings/onnx/index.ts';
import type { Graph } from '../../src/models/graph.ts';
import { loadOnnxModel } from '../../src/models/load.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { Random } from '../../src/reference/random.ts';
import { sumOf } from '../../src/subnets/costs/cost-model.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { slicedWeights, subnetGraph } from '../../src/subnets/networks/build.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { ofaResnet50 } from '../../src/subnets/ofa-resnet50.ts';
import { type SearchSpace, searchSpace } from '../../src/subnets/space.ts';

const test = suite('sub-networks as ONNX');
const SPACES = [searchSpace(ofaMbv3([64, 96])), searchSpace(ofaResnet50([64, 97]))];

function randomNetworks(space: SearchSpace, count: number): Uint8Array[] {
  const random = new Random(6);
  const kernel = wasmCore().subnets({ space: space.numbers, cost: [] });
  return Array.from({ length: count }, () =>
    kernel.networks(Uint8Array.from(space.numbers.choices, (choices) => random.below(choices))),
  );
}

/** Every gene at its largest. */
function largest(space: SearchSpace): Uint8Array {
  const kernel = wasmCore().subnets({ space: space.numbers, cost: [] });
  return kernel.networks(Uint8Array.from(space.numbers.choices, (choices) => choices - 1));
}

async function logitsOf(file: Uint8Array, graph: Graph): Promise<Float32Array> {
  const session = await openSession(file);
  try {
    const dims = graph.inputs[0].shape as number[];
    const data = Float32Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, i) =>
      Math.sin(0.37 * i),
    );
    const { logits } = await session.run({ input: { type: 'float32', data, dims } });
    assert.equal(logits.dims, [1, 1000]);
    return logits.data as Float32Array;
  } finally {
    await session.close();
  }
}

for (const space of SPACES) {
  test(`${space.name}: graphs do the multiply-accumulates that the genotype says`, async () => {
    const { factors } = flopsModel(space);
    for (const network of [...randomNetworks(space, 3), largest(space)]) {
      const graph = subnetGraph(space, network, 'level');
      const model = await loadOnnxModel(writeOnnx(graph, zooWeights(graph, 1)), { name: 'level', source: 'level' });
      assert.is(model.macs, Math.round(sumOf(factors, space, network) * 1e6));
    }
  });

  test(`${space.name}: sub-networks run in ONNX Runtime`, async () => {
    for (const network of randomNetworks(space, 2)) {
      const graph = subnetGraph(space, network, 'level');
      const logits = await logitsOf(writeOnnx(graph, zooWeights(graph, 1)), graph);
      assert.ok(logits.every(Number.isFinite));
      assert.ok(new Set(logits).size > 100, 'the logits are all alike');
    }
  });
}

test('weights cut from a supernet are its first channels and the middle of its kernels, and they run', async () => {
  const [space] = SPACES;
  const whole = subnetGraph(space, largest(space), 'supernet', 'explicit');
  const supernet = readOnnx(writeOnnx(whole, zooWeights(whole, 9)), { source: 'supernet' });
  const [network] = randomNetworks(space, 1);
  const graph = subnetGraph(space, network, 'level', 'explicit');
  const file = writeOnnx(graph, slicedWeights(supernet, 'supernet'));
  const level = readOnnx(file, { source: 'level' });
  const floats = (from: Graph, name: string) => {
    const { data, shape } = from.initializers.get(name)!;
    const view = new DataView(data!.buffer, data!.byteOffset, data!.byteLength);
    return { shape, at: (i: number) => view.getFloat32(4 * i, true) };
  };
  const name = 'stage0_block0_depthwise.weight';
  const own = floats(level, name);
  const all = floats(supernet, name);
  const [channels, , height, width] = own.shape;
  const border = (all.shape[2] - height) / 2;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const there = (c * all.shape[2] + y + border) * all.shape[3] + x + border;
        assert.is(own.at((c * height + y) * width + x), all.at(there));
      }
    }
  }
  assert.ok((await logitsOf(file, graph)).every(Number.isFinite));
  assert.throws(
    () => writeOnnx(graph, slicedWeights({ ...level, initializers: new Map() }, 'empty')),
    /no weights for/,
  );
});

test.run();
