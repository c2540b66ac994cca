/** `models info`: inputs, outputs, blocks and work of one model. */
import { modelText } from '../../report/model.ts';
import { defineCommand } from '../command.ts';
import { modelDocument, modelDocumentOf } from '../documents/model.ts';
import { chosenModels, inputFiles, loadModels, parseCut, withShapes } from '../model-choice.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';

const { shape, batch, cut } = MODEL_OPTIONS;

export const modelsInfoCommand = defineCommand({
  options: {
    model: {
      type: 'positional',
      required: true,
      description: 'an ONNX file, or a network of the zoo (heterodyne models list)',
    },
    shape: { ...shape, valueHint: 'INPUT=1x3x224x224' },
    batch,
    cut,
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne models info resnet-50',
    'heterodyne models info ./my.onnx --shape input=1x3x224x224 --cut operator',
  ],
  details: ['A plan may send each block to another processor; it never splits a block.'],
  async run(values, call) {
    const { shape = [] } = call.repeated;
    const chosen = chosenModels(withShapes([{ model: values.model }], shape), values);
    await checkOutput(values, inputFiles(chosen));
    const [model] = await loadModels(chosen, parseCut(values.cut), call.signal);
    const document = modelDocumentOf(model!);
    await deliver(
      { json: modelDocument.write(document), text: (style) => modelText(model!, style), warnings: document.warnings },
      values,
      call,
    );
    return 0;
  },
});
