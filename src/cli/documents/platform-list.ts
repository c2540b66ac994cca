/** What `platforms list` prints: the known platforms in short. */
import { z } from 'zod';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { PROCESSOR_KINDS } from '../../platforms/schema.ts';

const shape = {
  platforms: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      detected: z.boolean().optional().describe('true: described at run time, so that nothing else is known yet.'),
      processors: z.array(z.strictObject({ id: z.string(), kind: z.enum(PROCESSOR_KINDS) })).optional(),
      memoryBytes: z.number().optional(),
      operatingPoints: z.number().optional(),
    }),
  ),
};

export type PlatformList = DocumentFrom<'platform-list', typeof shape>;

export const platformListDocument = defineDocument({
  kind: 'platform-list',
  schemaVersion: 1,
  title: 'Heterodyne platform list: the known platforms in short',
  shape,
});
