/** The core on WebAssembly with SIMD. */
import type { Core } from '../../src/core/placement.ts';
import { WasmControl } from './control.ts';
import { CORE_BYTES, CORE_HASH } from './core.generated.ts';
import { CoreInstance, coreBytes, isSupported } from './instance.ts';
import { WasmPlacement } from './placement.ts';
import { WasmSubnets } from './subnets.ts';

export { coreBytes, isSupported };

/** Size of the core in bytes. */
export const coreSize = CORE_BYTES;

export function wasmCore(): Core {
  return {
    id: 'wasm',
    version: `wasm-${CORE_HASH}`,
    treeSlotBytes: new CoreInstance().exports.SLOT_BYTES.value,
    placement: (problem) => new WasmPlacement(problem),
    control: (problem) => new WasmControl(problem),
    subnets: (problem) => new WasmSubnets(problem),
  };
}
