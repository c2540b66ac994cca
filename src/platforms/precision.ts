/** Number formats. */

/** Number formats that a processor computes in. */
export const PRECISIONS = ['float32', 'float16', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Bytes of one element. */
export const PRECISION_BYTES: Record<Precision, number> = { float32: 4, float16: 2, int8: 1 };
