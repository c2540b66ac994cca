/** What the tree decides: the next model's whole placement (`segment`), or the next block's processor (`layer`). */
import type { Demand } from '../../core/demand.ts';
import type { Random } from '../random.ts';

/** How one decision level names, counts and opens its children. */
export interface Decisions {
  /** Decisions of a complete placement. */
  readonly depth: number;
  /** Decisions already fixed by `commit`. */
  readonly fixed: number;
  /** Start a descent at the root. */
  begin(): void;
  /** Children that the node reached so far may open at most; extends the opening list by one where needed. */
  available(opened: number, random: Random): boolean;
  priors(): ArrayLike<number>;
  priorSum(opened: number): number;
  /** Take the child in that place. */
  descend(child: number): void;
  /** Demands of all models: decided ones, and `complete` for the rest. */
  assemble(random: Random, complete: (m: number) => Demand): Demand[];
  /** A new best plan: its parts may be worth opening. */
  welcome(best: readonly Demand[]): void;
  /** Fix the next decision as in `best`; the place of that child among the opened ones, or -1. */
  commit(best: readonly Demand[], opened: number): number;
  /** A placement of model m from the head of its opening list; undefined where there is none. */
  promising(m: number, random: Random): Demand | undefined;
  /** Models that are not fixed yet, for local steps. */
  open(): number[];
}
