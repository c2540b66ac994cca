/** Warnings: findings that do not stop the work. They travel inside documents and in return values. */
import { z } from 'zod';

export const warningSchema = z.strictObject({
  /** A word in capitals that programs may compare: `UNKNOWN_KEY`, `ASSUMED`, `NO_LINK`, ... */
  code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  message: z.string(),
  /** JSON pointer or place in the input. */
  path: z.string().optional(),
  /** How often, when one warning stands for several findings. */
  count: z.int().min(1).optional(),
});

export type Warning = z.infer<typeof warningSchema>;
