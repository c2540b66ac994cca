/** Every implementation of the core that tests hold to the same claims. */
import { referenceCore } from '../../src/reference/index.ts';

export const cores = [referenceCore()];
