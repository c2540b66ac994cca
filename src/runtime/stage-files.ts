/** The stages of a placement as ONNX files in a folder of ours: what becomes of the model's own file then matters no more. */
import { writeFileWhole } from '../../bindings/host/index.ts';
import { type CuttableModel, stageModels } from '../models/cut.ts';
import { writeOnnx } from '../models/onnx/write.ts';
import type { PlannedStage } from '../planners/schema.ts';

export interface StageFile {
  processor: string;
  path: string;
  firstBlock: number;
  lastBlock: number;
  /** Names of tensors, in the order of the file. */
  inputs: string[];
  outputs: string[];
  /** What the stage hands to later ones or to the caller. */
  outputBytes: number;
}

/** Writes files into a folder, each run of blocks of a form of a model once. */
export class StageFiles {
  readonly #folder: string;
  readonly #written = new Map<string, Promise<void>>();
  /** Numbers stand for models: names may hold anything. */
  readonly #models: CuttableModel[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws HeterodyneError as `stageModels`, `writeOnnx`; what the file system says */
  async of(
    model: CuttableModel,
    stages: readonly Pick<PlannedStage, 'processor' | 'firstBlock'>[],
  ): Promise<StageFile[]> {
    const cuts = stages.slice(1).map(({ firstBlock }) => firstBlock);
    const pieces = stageModels(model, cuts);
    return Promise.all(
      pieces.map(async ({ firstBlock, lastBlock, inputs, outputs, graph }, s) => {
        const path = `${this.#folder}/${this.#number(model)}-${firstBlock}-${lastBlock}.onnx`;
        let written = this.#written.get(path);
        if (written === undefined) {
          written = writeFileWhole(path, writeOnnx(graph, model.weightsOf));
          this.#written.set(path, written);
        }
        await written;
        return {
          processor: stages[s]!.processor,
          path,
          firstBlock,
          lastBlock,
          inputs: inputs.map(({ name }) => name),
          outputs: outputs.map(({ name }) => name),
          outputBytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
        };
      }),
    );
  }

  #number(model: CuttableModel): number {
    const known = this.#models.indexOf(model);
    return known >= 0 ? known : this.#models.push(model) - 1;
  }
}
