/** Estimators that come with Heterodyne, by platform id. `bench/ship-estimator.ts` makes them. */
import { HeterodyneError } from '../../core/errors.ts';
import { HIKEY970_BASE64 } from './hikey970.ts';

const SHIPPED: Readonly<Record<string, string>> = { hikey970: HIKEY970_BASE64 };

export function shippedIds(): string[] {
  return Object.keys(SHIPPED);
}

/** The ONNX file. @throws HeterodyneError `USAGE` */
export function shippedEstimator(id: string): Uint8Array {
  if (!Object.hasOwn(SHIPPED, id)) {
    throw new HeterodyneError('USAGE', `no estimator is shipped for "${id}"`, {
      path: 'estimator',
      expected: `one of ${shippedIds().join(', ')}`,
      received: `"${id}"`,
    });
  }
  return Uint8Array.from(atob(SHIPPED[id]), (character) => character.charCodeAt(0));
}
