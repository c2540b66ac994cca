/** One decision from lags to the chosen row; twin of src/reference/control/kernel.ts. */
import { findInIndex, SCANNED, scanTables } from './delta';
import { writeNeeds } from './lag';
import { chosen, selectRow } from './modes';
import { all, clearMembers, fastest, io, MEMBER_BYTES, memberRecords, members, models, points, scan } from './problem';
import { answerRows } from './response';

export let controlRows: u32 = 0;

/** The row; `current` is the point that holds. */
export function decideControl(current: u32): i32 {
  clearMembers();
  for (let m: u32 = 0; m < models; m++) writeNeeds(m);
  collect(current);
  if (controlRows & 1) store<u32>(io + (<usize>controlRows << 2), load<u32>(io + (<usize>controlRows << 2), 700), 704);
  for (let k: u32 = 0; k < controlRows; k += 2) answerRows(k);
  selectRow(controlRows);
  return chosen;
}

function collect(current: u32): void {
  controlRows = 0;
  if (all) {
    for (let k: u32 = 0; k < points; k++) store<u32>(io + (<usize>k << 2), k, 704);
    controlRows = points;
    return;
  }
  add(current);
  add(fastest);
  if (scan) scanTables();
  const end = memberRecords + <usize>members * MEMBER_BYTES;
  for (let member = memberRecords; member < end; member += MEMBER_BYTES) {
    const found = <usize>load<u32>(member, 4) << 2;
    add(scan ? load<u32>(io + found, SCANNED) : findInIndex(<usize>load<u32>(member, 12), load<f64>(member, 16)));
  }
}

/** Rows stay ascending and without repeats. */
function add(point: u32): void {
  const rows = io + 704;
  let k = controlRows;
  while (k > 0 && load<u32>(rows + (<usize>(k - 1) << 2)) > point) k--;
  const at = rows + (<usize>k << 2);
  if (k > 0 && load<u32>(at - 4) == point) return;
  for (let later = rows + (<usize>controlRows << 2); later > at; later -= 4) store<u32>(later, load<u32>(later - 4));
  store<u32>(at, point);
  controlRows++;
}
