/**
 * Weights beside the ONNX file: exporters put them into files of their own once they are large. Files are asked of the
 * caller, who knows where the model lies; a location that leads out of its folder is refused.
 */
import { type Graph, type Initializer, innerGraphs, tensorBytes } from '../graph.ts';
import { refusal } from '../refusal.ts';

/** All bytes of a file; the path is relative to the model's folder, and stays inside it. */
export type ReadBeside = (location: string) => Promise<Uint8Array>;

/**
 * Gives every external tensor of a graph its content, as a view into the file that holds it.
 *
 * @throws HeterodyneError `BAD_INPUT` (a location outside the folder, a file that is too short); what `read` throws
 */
export async function attachExternal(graph: Graph, read: ReadBeside): Promise<void> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of externalTensors(graph)) {
    const { location } = tensor.external!;
    if (!staysInside(location)) {
      throw refusal('BAD_INPUT', `Tensor "${tensor.name}" lies outside of the model's folder`, {
        path: tensor.name,
        expected: "a path inside the model's folder",
        received: location,
      });
    }
    const file = files.get(location) ?? (await read(location));
    files.set(location, file);
    tensor.data = contentIn(file, tensor);
  }
}

function externalTensors(graph: Graph): Initializer[] {
  const own = [...graph.initializers.values()].filter((tensor) => tensor.external !== undefined);
  return [...own, ...graph.operators.flatMap((operator) => innerGraphs(operator).flatMap(externalTensors))];
}

function staysInside(location: string): boolean {
  return location !== '' && !/^([/\\]|[a-z]:)/i.test(location) && !location.split(/[/\\]/).includes('..');
}

function contentIn(file: Uint8Array, tensor: Initializer): Uint8Array {
  const { offset, location, length } = tensor.external!;
  const needed = tensorBytes(tensor.type, tensor.shape);
  if (offset + needed <= file.length && (length ?? needed) === needed) {
    return new Uint8Array(file.buffer, file.byteOffset + offset, needed);
  }
  throw refusal('BAD_INPUT', `Tensor "${tensor.name}" does not fit its place in ${location}`, {
    path: tensor.name,
    expected: `${needed} bytes from byte ${offset}, in a file of ${file.length}`,
    received: `${length ?? file.length - offset} bytes`,
  });
}
