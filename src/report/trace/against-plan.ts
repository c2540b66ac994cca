/** A trace beside the plan that it was made from: the right stages in the right places, as long as planned. */
import { contentHash } from '../../documents/canonical.ts';
import type { Plan, PlannedModel } from '../../planners/schema.ts';
import { callsOf } from '../timeline/course.ts';
import type { ReadEvents, ReadOther, ReadSlice } from './events-read.ts';
import { type Findings, nanoseconds, objectOr } from './findings.ts';

/** Lengths in whole nanoseconds differ from the plan's by rounding. */
const LENGTH_TOLERANCE_NS = 1.5;
/** Of a track's whole busy time. */
const BUSY_TOLERANCE_NS = 1000;
/** Of products of large doubles. */
const RELATIVE = 1e-12;

export function checkAgainstPlan(read: ReadEvents, other: ReadOther, plan: Plan, findings: Findings): void {
  const hash = contentHash(plan);
  findings.require(other.planHash === hash, '/otherData/planHash', 'the trace of another plan', hash, other.planHash);
  const planned = plan.processors.map(({ id }) => id).join(', ');
  const drawn = other.tracks.filter(({ kind }) => kind === 'processor').map(({ id }) => id);
  findings.require(drawn.join(', ') === planned, '/otherData/tracks', 'other processors', planned, drawn.join(', '));

  const models = new Map(plan.models.map((model) => [model.name, model]));
  other.tracks.forEach(({ pid, tid, id, kind }, t) => {
    let busyNs = 0;
    let expectedNs = 0;
    for (const slice of read.slices.get(`${pid} ${tid}`) ?? []) {
      const { index, ns, endNs, event } = slice;
      const args = objectOr(event.args);
      const model = models.get(String(args.model));
      const stage = model?.stages[Number(args.stage)];
      findings.ofEvent(stage !== undefined, index, '/args', 'a stage that the plan has not', 'one of the plan', args);
      if (!model || !stage) continue;
      const there = kind === 'link' || stage.processor === id;
      findings.ofEvent(there, index, '/tid', 'not on its processor', stage.processor, id);
      const lengthNs = endNs - ns;
      const wholeNs = plannedNs(slice, model);
      const shownNs = wholeNs - (nanoseconds(args.clippedUs) ?? 0);
      const close = Math.abs(lengthNs - shownNs) <= LENGTH_TOLERANCE_NS + RELATIVE * shownNs;
      findings.ofEvent(close, index, '/dur', 'not as long as planned', `${shownNs / 1000}`, lengthNs / 1000);
      // Of shorter ones only those are drawn whose turn makes a nanosecond.
      if (wholeNs < 1) continue;
      busyNs += lengthNs;
      expectedNs += shownNs;
    }
    const close = Math.abs(busyNs - expectedNs) <= BUSY_TOLERANCE_NS + RELATIVE * expectedNs;
    const message = `${id} is not busy as long as planned`;
    findings.require(close, `/otherData/tracks/${t}`, message, `${expectedNs / 1000}`, busyNs / 1000);
  });
}

/** Length of the whole slice, which may reach beyond the window. */
function plannedNs({ event }: ReadSlice, model: PlannedModel): number {
  const stage = Number(objectOr(event.args).stage);
  const ms = event.cat === 'transfer' ? (model.stages[stage - 1]?.transferMs ?? 0) : model.stages[stage].latencyMs;
  return ms * callsOf(model) * 1e6;
}
