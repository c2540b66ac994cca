/**
 * Inlines the functions that an ONNX file defines itself: every call becomes the function's nodes, inner tensors get
 * names of their own, attributes that refer to the call's attributes take their values.
 */

import { WireError } from './bounded-reader.ts';
import type { WireAttribute, WireFunction, WireGraph, WireModel, WireNode } from './messages.ts';

/** Functions may call functions, but never themselves. */
const MAX_CALL_DEPTH = 32;
/** Nodes after inlining: a few lines of nested functions could otherwise stand for billions. */
const MAX_NODES = 1 << 20;

function keyOf(domain: string, type: string, overload: string): string {
  return `${domain}:${type}:${overload}`;
}

/** What a function body is rewritten with. */
interface Call {
  /** New name of each tensor of the body. */
  names: ReadonlyMap<string, string>;
  /** Attributes of the call, and defaults of the function. */
  attributes: ReadonlyMap<string, WireAttribute>;
  opset: number | undefined;
}

class Inliner {
  private readonly functions: ReadonlyMap<string, WireFunction>;
  private calls = 0;
  private nodes = 0;

  constructor(functions: readonly WireFunction[]) {
    this.functions = new Map(functions.map((each) => [keyOf(each.domain, each.name, each.overload), each]));
  }

  inline(graph: WireGraph, depth: number): WireGraph {
    return { ...graph, nodes: graph.nodes.flatMap((node) => this.expand(node, depth)) };
  }

  private expand(node: WireNode, depth: number): WireNode[] {
    if (++this.nodes > MAX_NODES)
      throw new WireError(`more than ${MAX_NODES} nodes after inlining functions`, 'functions');
    const body = this.functions.get(keyOf(node.domain, node.type, node.overload));
    if (body === undefined) {
      if (node.attributes.every((attribute) => attribute.graph === undefined)) return [node];
      const attributes = node.attributes.map((attribute) =>
        attribute.graph === undefined ? attribute : { ...attribute, graph: this.inline(attribute.graph, depth) },
      );
      return [{ ...node, attributes }];
    }
    const label = `function ${body.domain}:${body.name}`;
    if (depth >= MAX_CALL_DEPTH) {
      throw new WireError(
        `calls of ${label} are nested more than ${MAX_CALL_DEPTH} deep; a function must not call itself`,
        label,
      );
    }
    if (node.inputs.length > body.inputs.length || node.outputs.length > body.outputs.length) {
      throw new WireError(
        `node "${node.name}" calls ${label} with ${node.inputs.length} inputs and ${node.outputs.length} outputs; it has ${body.inputs.length} and ${body.outputs.length}`,
        label,
      );
    }
    const prefix = `${body.name}@${this.calls++}/`;
    const names = new Map<string, string>();
    for (const [i, name] of body.inputs.entries()) names.set(name, node.inputs[i] ?? '');
    for (const inner of body.nodes) {
      for (const name of inner.outputs) if (name !== '') names.set(name, prefix + name);
    }
    const passedOn: WireNode[] = [];
    for (const [i, name] of body.outputs.entries()) {
      const actual = node.outputs[i];
      if (actual === undefined || actual === '') continue;
      // An input that is also an output needs a node of its own to carry the output's name.
      if (body.inputs.includes(name)) passedOn.push(identity(names.get(name) ?? '', actual));
      else names.set(name, actual);
    }
    const attributes = new Map(body.defaults.map((attribute) => [attribute.name, attribute]));
    for (const attribute of node.attributes) attributes.set(attribute.name, attribute);
    const call: Call = { names, attributes, opset: body.opsets.get('') };
    const nodes = body.nodes.map((inner) => rewrite(inner, call, node.name === '' ? prefix : `${node.name}/`));
    return [...nodes, ...passedOn].flatMap((inner) => this.expand(inner, depth + 1));
  }
}

function identity(from: string, to: string): WireNode {
  return { name: '', type: 'Identity', domain: '', overload: '', inputs: [from], outputs: [to], attributes: [] };
}

function rewrite(node: WireNode, call: Call, prefix: string): WireNode {
  const rename = (name: string): string => call.names.get(name) ?? name;
  const attributes = node.attributes.flatMap((attribute): WireAttribute[] => {
    if (attribute.reference !== '') {
      const actual = call.attributes.get(attribute.reference);
      return actual === undefined ? [] : [{ ...actual, name: attribute.name }];
    }
    return [
      attribute.graph === undefined ? attribute : { ...attribute, graph: rewriteGraph(attribute.graph, call, prefix) },
    ];
  });
  return {
    ...node,
    name: node.name === '' ? '' : prefix + node.name,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes,
    ...(call.opset !== undefined && node.opset === undefined && node.domain === '' && { opset: call.opset }),
  };
}

/** A graph inside a function body: names it takes from the body follow the renaming. */
function rewriteGraph(graph: WireGraph, call: Call, prefix: string): WireGraph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => rewrite(node, call, prefix)),
    outputs: graph.outputs.map((output) => ({ ...output, name: call.names.get(output.name) ?? output.name })),
  };
}

/** The model's graph without calls of local functions. @throws WireError */
export function inlineFunctions(model: WireModel, graph: WireGraph): WireGraph {
  return model.functions.length === 0 ? graph : new Inliner(model.functions).inline(graph, 0);
}
