/** From a zoo name to blocks. */
import { HeterodyneError } from '../../core/errors.ts';
import type { BlockedModel, Graph } from '../graph.ts';
import { type BlockOptions, blockModel } from '../load.ts';
import { graphHash } from './hash.ts';
import { type ZooOptions, zooEntry, zooModel } from './zoo.ts';

export interface ZooLoadOptions extends ZooOptions, Omit<BlockOptions, 'name' | 'source' | 'batch'> {
  /** As plans and reports call the model; default: the name in the zoo. */
  name?: string;
}

/**
 * A zoo network, cut into blocks; `source` is `zoo:NAME` and `hash` that of its structure. A shape for `input`
 * ([batch, 3, resolution, resolution]) stands for `batch` and `resolution`.
 *
 * @throws HeterodyneError `USAGE` as `zooModel` and `blockModel` do.
 */
export function loadZooModel(zooName: string, options: ZooLoadOptions = {}): BlockedModel {
  const { graph, blocking } = zooGraph(zooName, options);
  return blockModel(graph, blocking);
}

/** The graph of {@link loadZooModel}, and how it is to be cut into blocks. */
export function zooGraph(
  zooName: string,
  options: ZooLoadOptions = {},
): { graph: Graph; blocking: BlockOptions & { hash: string } } {
  const entry = zooEntry(zooName);
  const graph = zooModel(entry.name, { ...options, ...sizesFrom(entry.name, options) });
  const { granularity, maxLive, precision, shapes, name = entry.name } = options;
  const blocking = {
    name,
    source: `zoo:${entry.name}`,
    hash: graphHash(graph),
    ...(granularity !== undefined && { granularity }),
    ...(maxLive !== undefined && { maxLive }),
    ...(precision !== undefined && { precision }),
    ...(shapes !== undefined && { shapes }),
  };
  return { graph, blocking };
}

function sizesFrom(name: string, { shapes, batch, resolution }: ZooLoadOptions): ZooOptions {
  const given = shapes?.input;
  if (given === undefined) return {};
  const [images, channels, height, width] = given;
  const agrees = (batch ?? images) === images && (resolution ?? height) === height;
  if (given.length !== 4 || channels !== 3 || height !== width || !agrees) {
    throw new HeterodyneError('USAGE', `The shape of "input" does not fit ${name}`, {
      path: 'shape',
      expected: `${batch ?? 'N'}x3x${resolution ?? 'R'}x${resolution ?? 'R'}`,
      received: given.join('x'),
    });
  }
  return { batch: images!, resolution: height! };
}
