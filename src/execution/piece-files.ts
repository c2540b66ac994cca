/** Runs of blocks of one model as ONNX files. */
import { writeFileWhole } from '../../bindings/host/index.ts';
import { type CuttableModel, cutModel } from '../models/cut.ts';

/** Each file is written once, when it is first asked for. */
export class PieceFiles {
  private readonly model: CuttableModel;
  private readonly folder: string;
  private readonly written = new Map<string, Promise<string>>();

  constructor(model: CuttableModel, folder: string) {
    this.model = model;
    this.folder = folder;
  }

  /** Path of the whole model. */
  whole(): Promise<string> {
    return this.path(0, this.model.blocked.blocks.length - 1);
  }

  /** Path of blocks `first` to `last` as an ONNX file. */
  path(first: number, last: number): Promise<string> {
    const name = `${first}-${last}.onnx`;
    const found = this.written.get(name) ?? this.write(name, first, last);
    this.written.set(name, found);
    return found;
  }

  private async write(name: string, first: number, last: number): Promise<string> {
    const path = `${this.folder}/${name}`;
    await writeFileWhole(path, cutModel(this.model, first, last).bytes);
    return path;
  }
}
