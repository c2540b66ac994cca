/** LAG and required speed-up; twin of src/reference/control/lag.ts, which has the formulas. */
import { horizon, io, nextMember, recordOf, tableRecords } from './problem';

/** Writes both for model m, and its member record; NaN and none where no block is left. */
export function writeNeeds(m: u32): void {
  const record = recordOf(m);
  const at = io + (<usize>m << 3);
  const blocks = load<u32>(record);
  const first = load<u32>(io + (<usize>m << 2), 384);
  if (first >= blocks) {
    store<f64>(at, NaN, 448);
    store<f64>(at, NaN, 576);
    return;
  }
  const references = <usize>load<u32>(record, 32);
  const deadlines = <usize>load<u32>(record, 36);
  const end = min<u32>(first + horizon, blocks);
  const done = load<f64>(references + (<usize>first << 3));
  const reached = load<f64>(deadlines + (<usize>first << 3));
  const elapsed = load<f64>(at);
  const factor = load<f64>(at, 256);
  const lag = reached + load<f64>(record, 24) - elapsed;
  const available = load<f64>(deadlines + (<usize>end << 3)) - reached + lag - load<f64>(at, 128);
  const work = load<f64>(references + (<usize>end << 3)) - done;
  const sigma = available > 0 ? (factor * work) / available : Infinity;
  store<f64>(at, lag, 448);
  store<f64>(at, sigma, 576);

  const table = tableRecords + (<usize>load<u32>(<usize>load<u32>(record, 40) + (<usize>first << 2)) << 5);
  const member = nextMember();
  store<u32>(member, load<u32>(table));
  store<u32>(member, m, 4);
  store<u32>(member, load<u32>(record, 44), 8);
  store<u32>(member, <u32>table, 12);
  store<f64>(member, sigma, 16);
  store<f64>(member, load<f64>(references + (<usize>blocks << 3)) - done, 24);
  store<f64>(member, elapsed, 32);
  store<f64>(member, factor, 40);
  store<f64>(member, load<f64>(record, 8), 48);
  store<f64>(member, load<f64>(record, 16), 56);
  store<u32>(member, load<u32>(record, 4), 64);
}
