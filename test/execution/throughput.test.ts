import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coreTopology } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { withExecution } from '../../src/execution/throughput.ts';
import { cuttable } from '../../src/models/cuttable.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { layers, missingRuntime } from './models.ts';

const test = suite('executed throughput');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const groups = coreTopology()?.groups;
const { platform } = hostPlatform({
  cores: groups?.reduce((sum, { cores }) => sum + cores.length, 0) ?? 2,
  memoryBytes: 4e9,
  ...(groups && { groups }),
  runtimes: { native: true, wasm: true },
});
const models = [3, 6].map((count) =>
  cuttable(layers(count), { name: `${count}`, source: `${count}.onnx`, hash: `${count}` }),
);
const [first] = platform.processors;
const last = platform.processors.at(-1) ?? first;

claim('placed models run at the same time, split ones from processor to processor', async () => {
  const blocks = models[1].blocked.blocks.length;
  const rates = await withExecution(models, platform, (execute) =>
    execute(
      [
        { model: 0, stages: [{ processor: first.id, firstBlock: 0, lastBlock: models[0].blocked.blocks.length - 1 }] },
        {
          model: 1,
          stages: [
            { processor: first.id, firstBlock: 0, lastBlock: 1 },
            { processor: last.id, firstBlock: 2, lastBlock: blocks - 1 },
          ],
        },
      ],
      { seconds: 0.1 },
    ),
  );
  assert.is(rates.length, 2);
  for (const rate of rates) assert.ok(rate > 0 && rate < 1e6, String(rate));
});

claim('a processor that nothing here carries is refused', async () => {
  await withExecution(models, platform, (execute) =>
    execute([{ model: 0, stages: [{ processor: 'npu', firstBlock: 0, lastBlock: 2 }] }], { seconds: 0.1 }),
  ).then(
    () => assert.unreachable(),
    (error) => {
      assert.instance(error, HeterodyneError, String(error));
      assert.is((error as HeterodyneError).code, 'BAD_INPUT');
    },
  );
});

test.run();
