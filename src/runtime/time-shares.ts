/** Rates of models that all use the same cores at once and leave the sharing to the operating system. */

export interface TimeSharer {
  /** Frames per second with all cores to itself. */
  aloneThroughputPerS: number;
  /** Frames that come per second; absent = as many as are done. */
  ratePerS?: number;
}

/**
 * The system is fair in time, not in rate as models that take turns in one process: of n programs each gets 1/n of the
 * cores, and what one leaves free goes to the others in equal parts.
 *
 * @returns frames per second, in the order given
 */
export function timeSharedRates(sharers: readonly TimeSharer[]): number[] {
  const wanted = sharers.map(({ aloneThroughputPerS, ratePerS = Number.POSITIVE_INFINITY }) =>
    Math.min(1, ratePerS / aloneThroughputPerS),
  );
  const shares = new Array<number>(sharers.length).fill(0);
  const modest = [...wanted.keys()].sort((a, b) => wanted[a]! - wanted[b]!);
  let left = 1;
  modest.forEach((m, i) => {
    shares[m] = Math.min(wanted[m]!, left / (modest.length - i));
    left -= shares[m]!;
  });
  return shares.map((share, m) => share * sharers[m]!.aloneThroughputPerS);
}
