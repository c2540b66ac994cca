/** The kernels that train networks: a module of its own, so that planning does not carry them. */
export { allocate } from '../arena';
export { activate, activateGradient } from './activation';
export { columnsToImage, imageToColumns } from './columns';
export { depthwise, depthwiseInputGradient, depthwiseWeightGradient } from './depthwise';
export { add, addBias, addMasked, fill, scale, sumOfSquares, sumRows } from './elementwise';
export { matmul, matmulRows } from './matmul';
export { channelMoments, normalize, normalizeGradient } from './normalization';
export { adam } from './optimizer';
export { maxPool, maxPoolGradient, spreadAxis, sumAxis } from './pooling';
