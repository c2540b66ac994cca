/** The core in plain TypeScript: the tests' oracle, and the fallback where WebAssembly SIMD is missing. */
import type { Core } from '../core/placement.ts';
import { ReferenceControl } from './control/kernel.ts';
import { ReferencePlacement } from './placement/kernel.ts';
import { SLOT_BYTES } from './placement/tree.ts';
import { ReferenceSubnets } from './subnets/kernel.ts';

export function referenceCore(): Core {
  return {
    id: 'reference',
    version: 'reference-1',
    treeSlotBytes: SLOT_BYTES,
    placement: (problem) => new ReferencePlacement(problem),
    control: (problem) => new ReferenceControl(problem),
    subnets: (problem) => new ReferenceSubnets(problem),
  };
}
