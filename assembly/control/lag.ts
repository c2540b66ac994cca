/** LAG and required speed-up; twin of src/reference/control/lag.ts, which has the formulas. */
import { horizon, io, positionOf, recordOf } from './problem';

/** Writes both for model m. */
export function writeNeeds(m: u32): void {
  const record = recordOf(m);
  const at = io + (<usize>m << 3);
  const references = <usize>load<u32>(record, 32);
  const deadlines = <usize>load<u32>(record, 36);
  const first = positionOf(m);
  const end = min<u32>(first + horizon, load<u32>(record));
  const reached = load<f64>(deadlines + (<usize>first << 3));
  const lag = reached + load<f64>(record, 24) - load<f64>(at);
  const available = load<f64>(deadlines + (<usize>end << 3)) - reached + lag - load<f64>(at, 128);
  const work = load<f64>(references + (<usize>end << 3)) - load<f64>(references + (<usize>first << 3));
  store<f64>(at, lag, 448);
  store<f64>(at, available > 0 ? (load<f64>(at, 256) * work) / available : Infinity, 576);
}
