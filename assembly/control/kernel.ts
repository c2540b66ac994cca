/** One decision from lags to the chosen row; twin of src/reference/control/kernel.ts. */
import { findByScan, findInIndex } from './delta';
import { writeNeeds } from './lag';
import { chosen, selectRow } from './modes';
import { all, fastest, io, models, points, scan, tableOf, takesPart } from './problem';
import { answerRow } from './response';

export let controlRows: u32 = 0;

/** The row; `current` is the point that holds. */
export function decideControl(current: u32): i32 {
  controlRows = 0;
  if (all) {
    for (let k: u32 = 0; k < points; k++) store<u32>(io + (<usize>k << 2), k, 704);
    controlRows = points;
  } else {
    add(current);
    add(fastest);
  }
  for (let m: u32 = 0; m < models; m++) {
    const at = io + (<usize>m << 3);
    store<f64>(at, NaN, 448);
    store<f64>(at, NaN, 576);
    if (!takesPart(m)) continue;
    writeNeeds(m);
    if (all) continue;
    const sigma = load<f64>(at, 576);
    add(scan ? findByScan(tableOf(m), sigma) : findInIndex(tableOf(m), sigma));
  }
  for (let k: u32 = 0; k < controlRows; k++) answerRow(k);
  selectRow(controlRows);
  return chosen;
}

/** Rows stay ascending and without repeats. */
function add(point: u32): void {
  const rows = io + 704;
  let k = controlRows;
  while (k > 0 && load<u32>(rows + (<usize>(k - 1) << 2)) > point) k--;
  const at = rows + (<usize>k << 2);
  if (k > 0 && load<u32>(at - 4) == point) return;
  memory.copy(at + 4, at, <usize>(controlRows - k) << 2);
  store<u32>(at, point);
  controlRows++;
}
