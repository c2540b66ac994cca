/** Rates of models that all use the same cores at once and leave the sharing to the operating system. */

export interface CoreSharer {
  /** Core seconds that a frame takes, all threads together. */
  coreSeconds: number;
  /** Seconds that a frame takes with all cores to itself. */
  aloneSeconds: number;
  /** Frames that come per second; absent = as many as are done. */
  ratePerS?: number;
}

/**
 * The system is fair in core time, not in rate as models that take turns in one process: of n programs each gets 1/n of the
 * cores, unless it cannot use as much, because it has few frames or its threads wait for each other. What one leaves free
 * goes to the others in equal parts.
 *
 * @returns frames per second, in the order given
 */
export function coreSharedRates(sharers: readonly CoreSharer[], cores: number): number[] {
  const wanted = sharers.map(
    ({ coreSeconds, aloneSeconds, ratePerS = Number.POSITIVE_INFINITY }) =>
      coreSeconds * Math.min(1 / aloneSeconds, ratePerS),
  );
  const shares = new Array<number>(sharers.length).fill(0);
  const modest = [...wanted.keys()].sort((a, b) => wanted[a]! - wanted[b]!);
  let left = cores;
  modest.forEach((m, i) => {
    shares[m] = Math.min(wanted[m]!, left / (modest.length - i));
    left -= shares[m]!;
  });
  return shares.map((share, m) => share / sharers[m]!.coreSeconds);
}
