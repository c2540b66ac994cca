/** Training kernels to read; the oracle of the tests. */
export { ReferenceTraining } from './kernels.ts';
