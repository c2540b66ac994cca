/** Which rank a layer gets: a share of K*, as much as an energy needs, or a list. */
import { refusal } from '../refusal.ts';
import { breakEvenRank, factoredMacs, fullMacs, fullRank, type LayerSize, roundedRank } from './arithmetic.ts';
import type { LayerDecomposition } from './factorise.ts';
import type { Layer } from './layers.ts';
import { energyKept, rankForEnergy } from './svd.ts';

export type RankRule =
  /** Of the rank at which factors stop to pay. */
  | { kind: 'share'; share: number }
  /** Of the squared singular values. */
  | { kind: 'energy'; share: number }
  /** By name of the layer; layers that are not named stay whole. */
  | { kind: 'list'; ranks: Readonly<Record<string, number>> };

/** Most singular triples that the rule can ask of a layer; 0 = it stays whole. */
export function largestRank(rule: RankRule, { size, name }: Layer): number {
  if (rule.kind === 'list') return Math.min(fullRank(size), rule.ranks[name] ?? 0);
  return roundedRank(size, rule.kind === 'share' ? rule.share * breakEvenRank(size) : breakEvenRank(size));
}

/** The rank of a layer, all groups together; undefined = it stays whole. */
export function chosenRank(rule: RankRule, layer: Layer, decomposition: LayerDecomposition): number | undefined {
  const { size, name } = layer;
  switch (rule.kind) {
    case 'share':
      return roundedRank(size, rule.share * breakEvenRank(size));
    case 'energy':
      return decomposition.length * Math.max(...decomposition.map((svd) => rankForEnergy(svd, rule.share)));
    case 'list': {
      const rank = rule.ranks[name];
      return rank === undefined ? undefined : roundedRank(size, rank);
    }
  }
}

/** Why a rank does not pay in arithmetic; undefined = it does. */
export function refusedRank(size: LayerSize, rank: number): string | undefined {
  return factoredMacs(size, rank) < fullMacs(size) ? undefined : 'the factors need no less arithmetic';
}

/** Share of the squared singular values that a rank keeps, over all groups. */
export function energyOf(decomposition: LayerDecomposition, rank: number): number {
  const own = rank / decomposition.length;
  let all = 0;
  let kept = 0;
  for (const svd of decomposition) {
    const energy = svd.squares.reduce((sum, square) => sum + square, 0);
    all += energy;
    kept += energy * energyKept(svd, own);
  }
  return all === 0 ? 1 : kept / all;
}

/** A list of ranks in the order of the network's convolutions, by name. @throws HeterodyneError `USAGE` */
export function ranksInOrder(layers: readonly Layer[], ranks: readonly number[]): Record<string, number> {
  const convolutions = layers.filter(({ size }) => size.kind === 'separable');
  if (convolutions.length !== ranks.length) {
    throw refusal('USAGE', 'the list of ranks is that of another network', {
      path: 'ranks',
      expected: `${convolutions.length} ranks, one for each convolution`,
      received: `${ranks.length}`,
    });
  }
  return Object.fromEntries(convolutions.map(({ name }, i) => [name, ranks[i]!]));
}
