/**
 * Ranks that the low-rank networks of NeuOS (Bateni and Liu, USENIX ATC 2020) were made with, by layer in order, as its
 * public code has them. They were chosen for networks without fine-tuning of ours; accuracy at these ranks is not
 * published.
 */
export const PUBLISHED_RANKS: Readonly<Record<string, readonly number[]>> = {
  alexnet: [8, 40, 60, 100, 200],
  'vgg-19': [8, 40, 60, 100, 200, 200, 200, 200, 200, 400, 400, 400, 200, 400, 400, 400],
};
