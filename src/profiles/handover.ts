/**
 * What it costs to run a stage in a process of its own: messages there and back, and the bytes of tensors. The form is
 *
 *     core time of a call on p  =  the call itself  +  call[p]  +  bytes into p / into[p]  +  bytes out of p / outOf[p]
 *
 * in the feeding process and in that of p together: on a busy machine core time is what a call takes from others, while
 * waiting for an answer costs nothing. So a tensor that goes from p to q takes bytes x (1 / outOf[p] + 1 / into[q]).
 */
import type { Handover, HandoverSeries, Profile } from './schema.ts';

/** Core seconds by processor; zeros where nothing was measured. */
export interface HandoverCosts {
  callSeconds: number;
  intoSecondsPerByte: number;
  outOfSecondsPerByte: number;
}

export function handoverOf({ handover }: Pick<Profile, 'handover'>, processor: string): HandoverCosts {
  const costs = handover?.processors[processor];
  const perByte = (bytesPerS: number | undefined): number => (bytesPerS === undefined ? 0 : 1 / bytesPerS);
  return {
    callSeconds: (costs?.callMs ?? 0) / 1000,
    intoSecondsPerByte: perByte(costs?.intoBytesPerS),
    outOfSecondsPerByte: perByte(costs?.outOfBytesPerS),
  };
}

/**
 * Least squares of relative errors, per processor; no cost below 0.
 *
 * @param series at least one of every processor that occurs; absent costs are those that the series do not show
 */
export function fitHandover(series: readonly HandoverSeries[]): Handover {
  const ids = [...new Set(series.map(({ processor }) => processor))].sort();
  const all = series.reduce((sum, { coreMs, calls }) => sum + coreMs * calls, 0);
  const fed = series.reduce((sum, { feederMs, calls }) => sum + feederMs * calls, 0);
  return {
    processors: Object.fromEntries(
      ids.map((id) => {
        const own = series.filter(({ processor }) => processor === id);
        const rows = own.map(({ intoBytes, outOfBytes }) => [1, intoBytes, outOfBytes]);
        const [callMs, into, outOf] = nonNegativeFit(
          rows,
          own.map(({ coreMs }) => coreMs),
        ) as [number, number, number];
        return [
          id,
          {
            callMs,
            ...(into > 0 && { intoBytesPerS: 1000 / into }),
            ...(outOf > 0 && { outOfBytesPerS: 1000 / outOf }),
          },
        ];
      }),
    ),
    feederShare: all > 0 ? Math.min(1, fed / all) : 0,
    series: [...series],
  };
}

/**
 * Coefficients of at least 0 for which rows x coefficients is nearest to the values, errors counted as shares of the
 * values. With three columns every set of columns is tried: the best one without a negative coefficient is the answer.
 */
export function nonNegativeFit(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const width = rows[0]?.length ?? 0;
  const kept = values.flatMap((value, i) => (value > 0 ? [{ row: rows[i]!, value }] : []));
  let best = { coefficients: new Array<number>(width).fill(0), error: Number.POSITIVE_INFINITY };
  for (let set = 0; set < 1 << width; set++) {
    const columns = Array.from({ length: width }, (_, c) => c).filter((c) => set & (1 << c));
    const solved = solve(
      columns.map((a) =>
        columns.map((b) => kept.reduce((sum, { row, value }) => sum + (row[a]! * row[b]!) / value ** 2, 0)),
      ),
      columns.map((a) => kept.reduce((sum, { row, value }) => sum + row[a]! / value, 0)),
    );
    if (solved === undefined || solved.some((each) => each < 0)) continue;
    const coefficients = new Array<number>(width).fill(0);
    columns.forEach((c, i) => {
      coefficients[c] = solved[i]!;
    });
    const error = kept.reduce((sum, { row, value }) => {
      const found = coefficients.reduce((total, each, c) => total + each * row[c]!, 0);
      return sum + (found / value - 1) ** 2;
    }, 0);
    if (error < best.error) best = { coefficients, error };
  }
  return best.coefficients;
}

/** Gaussian elimination with the largest pivot; undefined for a singular system. */
function solve(matrix: number[][], right: number[]): number[] | undefined {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < n; c++) {
    const scale = rows.map((row) => Math.max(...row.slice(0, n).map(Math.abs)));
    let pivot = c;
    for (let r = c; r < n; r++) {
      if (Math.abs(rows[r]![c]!) / scale[r]! > Math.abs(rows[pivot]![c]!) / scale[pivot]!) pivot = r;
    }
    if (!(Math.abs(rows[pivot]![c]!) > 1e-12 * scale[pivot]!)) return undefined;
    [rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / rows[c]![c]!;
      for (let k = c; k <= n; k++) rows[r]![k]! -= factor * rows[c]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
