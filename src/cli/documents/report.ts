/** What `report --json` prints. */
import { z } from 'zod';
import { defineDocument } from '../../documents/document.ts';

export const reportDocument = defineDocument({
  kind: 'report',
  schemaVersion: 1,
  title: 'Heterodyne report: the page and charts that were written about a document',
  shape: {
    about: z.strictObject({ kind: z.string(), file: z.string(), hash: z.string() }),
    files: z.array(z.strictObject({ file: z.string(), bytes: z.int().min(0) })),
  },
});
