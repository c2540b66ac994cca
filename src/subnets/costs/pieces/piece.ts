/** A part of a network that is timed alone, and the entry of a cost document that its time goes into. */
import type { Graph } from '../../../models/graph.ts';
import { type Feature, GraphBuilder } from '../../../models/zoo/builder.ts';
import type { SubnetCosts } from '../costs-schema.ts';

export interface Piece {
  /** What the entry is about; its time is still to come. */
  entry: Omit<SubnetCosts['entries'][number], 'meanMs'>;
  /** Its graphs: their times add up. */
  build(): Graph[];
}

/** Layers behind a feature map of a given size. */
export function featureGraph(
  channels: number,
  size: number,
  layers: (builder: GraphBuilder, x: Feature) => Feature,
): Graph {
  const builder = new GraphBuilder('piece', 1, 'folded');
  const end = layers(builder, builder.input('input', channels, size, size));
  const graph = builder.finish(end);
  graph.outputs[0].shape = [1, end.channels, end.height, end.width];
  return graph;
}

/** Layers from a feature map to class scores. */
export function scoreGraph(
  channels: number,
  size: number,
  layers: (builder: GraphBuilder, x: Feature) => Feature,
): Graph {
  const builder = new GraphBuilder('piece', 1, 'folded');
  return builder.finish(layers(builder, builder.input('input', channels, size, size)));
}
