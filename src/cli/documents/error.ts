/** The error document: what a command prints under `--json` when it fails. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { warningSchema } from '../../documents/warnings.ts';

const located = {
  path: z.string().optional().describe('JSON pointer, place in a file, or option.'),
  expected: z.string().optional(),
  received: z.string().optional(),
  hint: z.string().optional().describe('The way to go on.'),
};

const shape = {
  code: z.enum([
    'USAGE',
    'BAD_INPUT',
    'NOT_READABLE',
    'UNKNOWN_OPERATOR',
    'LIMIT',
    'INFEASIBLE',
    'UNBOUNDED_MODEL',
    'PROCESS',
    'INTERNAL',
    'INTERRUPTED',
  ]),
  exitCode: z.int().min(1).max(255),
  message: z.string(),
  source: z.string().optional().describe('File or document that the error is about.'),
  ...located,
  problems: z
    .array(z.strictObject({ message: z.string(), ...located, path: z.string() }))
    .describe('All findings, when there is more than one.'),
  warnings: z.array(warningSchema).optional(),
};

export type ErrorDocument = DocumentFrom<'error', typeof shape>;

export const errorDocument = defineDocument({
  kind: 'error',
  schemaVersion: 1,
  title: 'Heterodyne error: what went wrong, where, and the way to go on',
  shape,
});
