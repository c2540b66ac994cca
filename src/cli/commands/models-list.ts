/** `models list`: the networks of the zoo. */
import { blockModel } from '../../models/load.ts';
import { graphHash } from '../../models/zoo/hash.ts';
import { ZOO, zooModel } from '../../models/zoo/zoo.ts';
import { modelListText } from '../../report/model.ts';
import { defineCommand } from '../command.ts';
import { modelListDocument } from '../documents/model-list.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';

export const modelsListCommand = defineCommand({
  options: OUTPUT_OPTIONS,
  examples: ['heterodyne models list'],
  async run(values, call) {
    await checkOutput(values, []);
    const models = ZOO.map((entry) => {
      const { name, title, year, paper, resolution, accuracy } = entry;
      const graph = zooModel(name);
      const { macs, parameters, blocks } = blockModel(graph, { name, source: `zoo:${name}`, hash: graphHash(graph) });
      return { name, title, year, paper, resolution, macs, parameters, blocks: blocks.length, top1Accuracy: accuracy };
    });
    const json = modelListDocument.write({ kind: 'model-list', schemaVersion: 1, models });
    await deliver({ json, text: (style) => modelListText(models, style) }, values, call);
    return 0;
  },
});
