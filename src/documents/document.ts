/**
 * Documents: JSON objects with `kind` and `schemaVersion`. One zod shape gives the TypeScript type, the checks and the
 * JSON Schema.
 *
 *   reading   lenient within a schema version: unknown keys are kept, with a warning unless they begin with `x-`
 *   writing   strict: unknown keys (other than `x-`) are refused, keys come out in schema order
 *
 * A schema uses no defaults and no transforms, so that reading what was written gives the same document.
 */
import { z } from 'zod';
import { HeterodyneError, type Problem } from '../core/errors.ts';
import { canonicalJson, jsonPointer } from './canonical.ts';
import { readJson } from './json-text.ts';
import { nearest } from './nearest.ts';
import { brief, legalKeys, type SchemaNode, separate, toProblem, type UnknownKey, valueAt } from './problems.ts';
import type { Warning } from './warnings.ts';

/** What every document starts with. */
export interface DocumentHeader<Kind extends string = string> {
  $schema?: string;
  kind: Kind;
  schemaVersion: number;
}

export interface DocumentKind<T> {
  readonly kind: string;
  readonly schemaVersion: number;
  /** `<kind>-<version>.schema.json`, the name of the emitted JSON Schema. */
  readonly schemaFile: string;
  /**
   * Reads a document, lenient towards unknown keys.
   *
   * @param input JSON text, or the parsed object (which stays untouched)
   * @param source name of the file or option, for messages
   * @throws HeterodyneError `BAD_INPUT` with all `problems`
   */
  parse(input: unknown, source: string): { document: T; warnings: Warning[] };
  /** What is wrong with a value under the strict rules of writing; empty = nothing. */
  problems(value: unknown): Problem[];
  /**
   * Canonical JSON text, checked, in schema order. `keepUnknown` writes keys that came with a lenient reading.
   *
   * @throws HeterodyneError `INTERNAL` when the document breaks its own schema: a defect, not an input error
   */
  write(document: T, options?: { keepUnknown?: boolean }): string;
  /** JSON Schema, draft 2020-12, of what may be written. */
  jsonSchema(): Record<string, unknown>;
}

/** The document type of a shape: `DocumentFrom<'platform', typeof shape>`. */
export type DocumentFrom<Kind extends string, Shape extends z.core.$ZodLooseShape> = z.infer<
  z.ZodObject<Header<Kind> & Shape, z.core.$strict>
>;

/** Root of the `$id` of all schemas: a name, not an address, so that nobody expects to fetch it. */
const SCHEMA_ID_ROOT = 'urn:heterodyne:schema';

type Header<Kind extends string> = {
  $schema: z.ZodOptional<z.ZodString>;
  kind: z.ZodLiteral<Kind>;
  schemaVersion: z.ZodLiteral<number>;
};

export function defineDocument<Kind extends string, Shape extends z.core.$ZodLooseShape>(definition: {
  kind: Kind;
  schemaVersion: number;
  /** Title of the JSON Schema. */
  title: string;
  /** The members after `$schema`, `kind` and `schemaVersion`. */
  shape: Shape;
  /** Rules between members that a schema cannot say, such as references to ids. Runs only on well-formed documents. */
  check?: (document: DocumentFrom<Kind, Shape>) => Problem[];
}): DocumentKind<DocumentFrom<Kind, Shape>> {
  type T = DocumentFrom<Kind, Shape>;
  const { kind, schemaVersion, title, check } = definition;
  const header: Header<Kind> = {
    $schema: z.string().optional(),
    kind: z.literal(kind),
    schemaVersion: z.literal(schemaVersion),
  };
  const schema = z.strictObject({ ...header, ...definition.shape });

  let cachedSchema: Record<string, unknown> | undefined;
  const jsonSchema = (): Record<string, unknown> => (cachedSchema ??= toJsonSchema(schema, kind, schemaVersion, title));

  /** Checks a private copy, taking unknown keys out until only real problems remain. */
  const inspect = (
    value: unknown,
  ): { document?: T; taken: (UnknownKey & { value: unknown })[]; problems: Problem[] } => {
    const copy = copyPlain(value);
    const taken: (UnknownKey & { value: unknown })[] = [];
    for (;;) {
      const result = schema.safeParse(copy);
      if (result.success) {
        const document = result.data as T;
        return { document, taken, problems: check?.(document) ?? [] };
      }
      const found = separate(result.error.issues, copy);
      if (found.unknownKeys.length === 0) {
        return { taken, problems: found.issues.map((issue) => toProblem(issue, copy, taken)) };
      }
      for (const { parent, key } of found.unknownKeys) {
        const holder = valueAt(copy, parent);
        if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) continue;
        taken.push({ parent, key, value: (holder as Record<string, unknown>)[key] });
        delete (holder as Record<string, unknown>)[key];
      }
    }
  };

  const unknownKeyProblem = ({ parent, key }: UnknownKey): Problem => {
    const legal = legalKeys(jsonSchema() as SchemaNode, parent);
    const meant = nearest(key, legal);
    return {
      path: jsonPointer([...parent, key]),
      message: `unknown key "${key}"${meant === undefined ? '' : `: did you mean "${meant}"?`}`,
      expected: legal.length === 0 ? 'no keys' : `one of ${legal.join(', ')}`,
      received: `"${key}"`,
      hint: meant === undefined ? 'begin the key with "x-" to keep a note of your own' : `did you mean "${meant}"?`,
    };
  };

  return {
    kind,
    schemaVersion,
    schemaFile: `${kind}-${schemaVersion}.schema.json`,
    jsonSchema,
    parse(input, source) {
      const raw = typeof input === 'string' ? readJson(input, source) : input;
      checkHeader(raw, kind, schemaVersion, source);
      const { document, taken, problems } = inspect(raw);
      const warnings: Warning[] = taken
        .filter(({ key }) => !key.startsWith('x-'))
        .map((entry) => {
          const { path, message } = unknownKeyProblem(entry);
          return { code: 'UNKNOWN_KEY', message: `${source}: ${message}`, path };
        });
      if (document === undefined || problems.length > 0) throw badDocument(kind, source, problems);
      for (const { parent, key, value } of taken) setMember(valueAt(document, parent), key, value);
      return { document, warnings };
    },
    problems(value) {
      const { taken, problems } = inspect(value);
      return [...problems, ...taken.filter(({ key }) => !key.startsWith('x-')).map(unknownKeyProblem)];
    },
    write(document, options = {}) {
      const { document: ordered, taken, problems } = inspect(document);
      const refused = options.keepUnknown ? [] : taken.filter(({ key }) => !key.startsWith('x-'));
      const findings = [...problems, ...refused.map(unknownKeyProblem)];
      if (ordered === undefined || findings.length > 0) {
        throw new HeterodyneError('INTERNAL', `a ${kind} document breaks its own schema: ${findings[0]?.message}`, {
          path: findings[0]?.path,
          expected: findings[0]?.expected,
          received: findings[0]?.received,
          problems: findings,
        });
      }
      for (const { parent, key, value } of taken) setMember(valueAt(ordered, parent), key, value);
      return canonicalJson(ordered);
    },
  };
}

/** Kind and version first: nothing else can be judged under the wrong schema. */
function checkHeader(raw: unknown, kind: string, schemaVersion: number, source: string): void {
  const fail = (path: string, message: string, expected: string, received: string, hint?: string): never => {
    throw new HeterodyneError('BAD_INPUT', `${source}: ${message}`, {
      source,
      path,
      expected,
      received,
      hint,
      problems: [{ path, message, expected, received, hint }],
    });
  };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    fail('', `a ${kind} document is an object, not ${brief(raw)}`, 'an object', brief(raw));
  }
  const { kind: found, schemaVersion: version } = raw as { kind?: unknown; schemaVersion?: unknown };
  if (found !== kind) {
    const message =
      found === undefined ? `kind is missing: expected "${kind}"` : `this is a ${brief(found)} document, not "${kind}"`;
    fail('/kind', message, `"${kind}"`, brief(found), `a ${kind} document begins with "kind": "${kind}"`);
  }
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    fail(
      '/schemaVersion',
      `schemaVersion must be ${schemaVersion}, not ${brief(version)}`,
      `${schemaVersion}`,
      brief(version),
    );
  } else if (version > schemaVersion) {
    fail(
      '/schemaVersion',
      `${kind} document of schema version ${version}, and this Heterodyne knows up to version ${schemaVersion}`,
      `schemaVersion ${schemaVersion} or lower`,
      `${version}`,
      'use a newer Heterodyne to read it',
    );
  }
}

function badDocument(kind: string, source: string, problems: Problem[]): HeterodyneError {
  const first = problems[0];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return new HeterodyneError('BAD_INPUT', `${source}: ${place}${first?.message ?? `not a ${kind} document`}${more}`, {
    source,
    path: first?.path,
    expected: first?.expected,
    received: first?.received,
    hint: first?.hint,
    problems: problems.length > 0 ? problems : [{ path: '', message: `not a ${kind} document` }],
  });
}

/** Deep copy of JSON data; anything else is passed through, for the schema to refuse. */
function copyPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyPlain);
  if (typeof value !== 'object' || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) setMember(copy, key, copyPlain(member));
  return copy;
}

/** Plain definition instead of assignment: a key named `__proto__` must stay a key. */
function setMember(holder: unknown, key: string, value: unknown): void {
  if (typeof holder !== 'object' || holder === null) return;
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function toJsonSchema(schema: z.ZodType, kind: string, schemaVersion: number, title: string): Record<string, unknown> {
  const { $schema, ...body } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      if (jsonSchema.type === 'object' && jsonSchema.additionalProperties === false) {
        jsonSchema.patternProperties = { '^x-': {} };
      }
    },
  });
  return { $schema, $id: `${SCHEMA_ID_ROOT}:${kind}:${schemaVersion}`, title, ...body };
}
