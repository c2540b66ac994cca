/** Networks on their way through a reference search. */
import type { ScoredNetworks } from '../../core/subnets.ts';

export interface ScoredNetwork {
  genome: Uint8Array;
  network: Uint8Array;
  cost: number;
  score: number;
}

/** Scores of networks [count][S] by the problem's predictor. */
export type ScoreBatch = (networks: Uint8Array) => Float32Array;

/** In the contract's layout. */
export function joined(list: readonly ScoredNetwork[]): ScoredNetworks {
  const size = list[0]?.network.length ?? 0;
  const networks = new Uint8Array(list.length * size);
  list.forEach(({ network }, i) => {
    networks.set(network, i * size);
  });
  return {
    count: list.length,
    networks,
    scores: Float32Array.from(list, ({ score }) => score),
    costs: Float64Array.from(list, ({ cost }) => cost),
  };
}
