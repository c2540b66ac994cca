/** From zod's findings to ours: JSON pointer, expected, received, hint. */
import type { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { jsonPointer } from './canonical.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** A key that the schema does not know, and where it stands. */
export interface UnknownKey {
  parent: PropertyKey[];
  key: string;
}

/** The part of JSON Schema that leads from a path to the legal keys at its end. */
export interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  additionalProperties?: boolean | SchemaNode;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
}

/** Every key that may stand at `path`, over all alternatives of the schema. */
export function legalKeys(schema: SchemaNode, path: readonly PropertyKey[]): string[] {
  let nodes = alternatives(schema);
  for (const key of path) nodes = nodes.flatMap((node) => step(node, key)).flatMap(alternatives);
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function alternatives(node: SchemaNode): SchemaNode[] {
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return branches.length === 0 ? [node] : branches.flatMap(alternatives);
}

function step(node: SchemaNode, key: PropertyKey): SchemaNode[] {
  const named = node.properties?.[String(key)];
  if (named !== undefined) return [named];
  if (typeof key === 'number') return node.items === undefined ? [] : [node.items];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

/** Splits issues (unions included) into unknown keys, which a lenient reader accepts, and everything else. */
export function separate(issues: readonly Issue[], root: unknown): { unknownKeys: UnknownKey[]; issues: Issue[] } {
  const unknownKeys: UnknownKey[] = [];
  const rest: Issue[] = [];
  const visit = (issue: Issue, base: PropertyKey[]): void => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) unknownKeys.push({ parent: path, key });
    } else if (issue.code === 'invalid_union') {
      const branch = likelyBranch(issue.errors, valueAt(root, path));
      if (branch === undefined) rest.push({ ...issue, path });
      else for (const inner of branch) visit(inner, path);
    } else rest.push({ ...issue, path });
  };
  for (const issue of issues) visit(issue, []);
  return { unknownKeys, issues: rest };
}

/** Of a union's branches the one that the writer meant: its outer type fits; among several, the fewest findings. */
function likelyBranch(branches: readonly Issue[][], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fitting = branches.filter((issues) => !issues.some((issue) => issue.path.length === 0 && isTypeIssue(issue)));
  return fitting.sort((a, b) => a.length - b.length)[0];
}

function isTypeIssue(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A value in a few words, for messages: never longer than a line. */
export function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  return String(value);
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return alternativesText(issue.values.map((value) => brief(value)));
    case 'too_small':
      return limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      return issue.pattern === undefined ? issue.format : `text that matches ${issue.pattern}`;
    case 'invalid_union':
      return alternativesText([...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))]);
    default:
      return issue.message;
  }
}

function article(type: string): string {
  switch (type) {
    case 'int':
      return 'a whole number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'an array';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `a ${type}`;
  }
}

function limit(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'array') return `${relation} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return `${relation} ${bound} ${bound === 1 ? 'letter' : 'letters'}`;
  return `a number of ${relation} ${bound}`;
}

function alternativesText(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** One issue (after {@link separate}) as a problem. `unknownKeys` serve to explain a missing key as a misspelt one. */
export function toProblem(issue: Issue, root: unknown, unknownKeys: readonly UnknownKey[]): Problem {
  const value = valueAt(root, issue.path);
  const expected = expectation(issue);
  const received = brief(value);
  const path = jsonPointer(issue.path);
  const name = issue.path.length === 0 ? 'the document' : String(issue.path.at(-1));
  const missing = value === undefined;
  return {
    path,
    message: missing ? `${name} is missing` : `${name} must be ${expected}, not ${received}`,
    expected,
    received,
    hint: hintFor(issue, value, unknownKeys),
  };
}

function hintFor(issue: Issue, value: unknown, unknownKeys: readonly UnknownKey[]): string | undefined {
  if (value === null) return 'null is not used: leave the key out when the value is unknown';
  const wanted = issue.path.at(-1);
  if (value === undefined && wanted !== undefined) {
    const siblings = unknownKeys.filter((entry) => samePath(entry.parent, issue.path.slice(0, -1)));
    const misspelt = nearest(
      String(wanted),
      siblings.map((entry) => entry.key),
    );
    return misspelt === undefined ? undefined : `"${misspelt}" is not known here: was "${String(wanted)}" meant?`;
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const word = nearest(
      value,
      issue.values.filter((entry) => typeof entry === 'string'),
    );
    return word === undefined ? undefined : `did you mean "${word}"?`;
  }
  return undefined;
}

function samePath(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}
