/** Every implementation of the core that tests hold to the same claims. */
import { wasmCore } from '../../bindings/wasm/index.ts';
import { referenceCore } from '../../src/reference/index.ts';

export const cores = [referenceCore(), wasmCore()];
