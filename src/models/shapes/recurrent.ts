/** RNN, GRU, LSTM over whole sequences. */
import type { Known, NodeView, ShapeRule } from './node.ts';
import { showShape } from './node.ts';

/**
 * X [seq, batch, input], W [directions, gates x hidden, input], R [directions, gates x hidden, hidden] ->
 * Y [seq, directions, batch, hidden], Y_h [directions, batch, hidden] (and Y_c alike). `layout` 1 (opset 14) puts the
 * batch first.
 */
function recurrent(gates: number, states: number): ShapeRule {
  return (node: NodeView) => {
    const x = node.ranked(0, 3, 3);
    const w = node.ranked(1, 3, 3);
    const r = node.ranked(2, 3, 3);
    const hidden = r.shape[2]!;
    const directions = node.string('direction') === 'bidirectional' ? 2 : 1;
    if (
      w.shape[0] !== directions ||
      w.shape[1] !== gates * hidden ||
      w.shape[2] !== x.shape[2] ||
      r.shape[1] !== gates * hidden
    ) {
      node.fail('the weights do not fit', {
        expected: `W ${directions}x${gates * hidden}x${x.shape[2]}, R ${directions}x${gates * hidden}x${hidden}`,
        received: `W ${showShape(w.shape)}, R ${showShape(r.shape)}`,
      });
    }
    const stated = node.int('hidden_size');
    if (stated !== undefined && stated !== hidden) {
      node.fail('attribute "hidden_size" contradicts the weights', { expected: `${hidden}`, received: `${stated}` });
    }
    const batchFirst = node.int('layout', 0) !== 0;
    const [steps, batch] = batchFirst ? [x.shape[1]!, x.shape[0]!] : [x.shape[0]!, x.shape[1]!];
    const all: Known = {
      type: x.type,
      shape: batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden],
    };
    const last: Known = { type: x.type, shape: batchFirst ? [batch, directions, hidden] : [directions, batch, hidden] };
    return [all, ...new Array<Known>(states).fill(last)];
  };
}

export const RECURRENT_RULES: Record<string, ShapeRule> = {
  RNN: recurrent(1, 1),
  GRU: recurrent(3, 1),
  LSTM: recurrent(4, 2),
};
