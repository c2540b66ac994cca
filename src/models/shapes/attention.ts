/** Attention as one operator: the standard one (opset 23) and those that ONNX Runtime's optimiser writes. */
import type { Known, NodeView, ShapeRule } from './node.ts';
import { showShape } from './node.ts';

/** input [batch, seq, hidden], weights [hidden, 3 x hidden] (or unequal parts, `qkv_hidden_sizes`) -> like V. */
const packedAttention: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 3, 3);
  const weights = node.ranked(1, 2, 2).shape;
  if (weights[0] !== shape[2]) {
    node.fail('the weights do not fit', { expected: `${shape[2]} rows`, received: showShape(weights) });
  }
  const sizes = node.ints('qkv_hidden_sizes');
  const hidden = sizes !== undefined && sizes.length === 3 ? sizes[2]! : weights[1]! / 3;
  return [{ type, shape: [shape[0]!, shape[1]!, hidden] }];
};

/** query [batch, seq, hidden], key, value [batch, seq, value hidden] -> [batch, seq, value hidden]. */
const multiHeadAttention: ShapeRule = (node) => {
  const query = node.ranked(0, 3, 3);
  const value = node.optional(2);
  if (value === undefined) return node.dataDependent('the packed form of the attention, whose result');
  const hidden = value.shape.length === 4 ? value.shape[1]! * value.shape[3]! : value.shape[2]!;
  return [{ type: query.type, shape: [query.shape[0]!, query.shape[1]!, hidden] }];
};

/** q, k, v of [batch, heads, seq, size], or [batch, seq, heads x size] with `q_num_heads` and `kv_num_heads`. */
const attention: ShapeRule = (node) => {
  const q = node.ranked(0, 3, 4);
  const k = node.ranked(1, 3, 4);
  const v = node.ranked(2, 3, 4);
  const split = (known: Known, heads: number): readonly number[] =>
    known.shape.length === 4 ? known.shape : [known.shape[0]!, heads, known.shape[1]!, known.shape[2]! / heads];
  const queryHeads = q.shape.length === 4 ? q.shape[1]! : node.requiredInt('q_num_heads');
  const keyHeads = k.shape.length === 4 ? k.shape[1]! : node.requiredInt('kv_num_heads');
  const [query, key, value] = [split(q, queryHeads), split(k, keyHeads), split(v, keyHeads)];
  const past = node.optional(4)?.shape[2] ?? 0;
  const length = key[2]! + past;
  const size = value[3]!;
  const present = (head: number): Known => ({ type: q.type, shape: [q.shape[0]!, keyHeads, length, head] });
  const result =
    q.shape.length === 4 ? [query[0]!, queryHeads, query[2]!, size] : [query[0]!, query[2]!, queryHeads * size];
  return [
    { type: q.type, shape: result },
    present(key[3]!),
    present(size),
    { type: q.type, shape: [query[0]!, queryHeads, query[2]!, length] },
  ];
};

/** ids [batch, seq], segments, word, position and segment tables -> embedding, mask index. */
const embedLayerNormalization: ShapeRule = (node: NodeView) => {
  const ids = node.ranked(0, 2, 2).shape;
  const table = node.ranked(2, 2, 2);
  const result: Known = { type: table.type, shape: [...ids, table.shape[1]!] };
  return [result, { type: 'int32', shape: [ids[0]!] }, result];
};

const same: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.input(0).shape }];

export const ATTENTION_RULES: Record<string, ShapeRule> = {
  Attention: attention,
  RotaryEmbedding: same,
  'com.microsoft:Attention': packedAttention,
  'com.microsoft:MultiHeadAttention': multiHeadAttention,
  'com.microsoft:RotaryEmbedding': same,
  'com.microsoft:EmbedLayerNormalization': embedLayerNormalization,
};
