/** The charts of a group plan, in the order in which a reader wants them. */
import type { GroupEvidence } from '../../planners/group/group-plan.ts';
import type { GroupPlan } from '../../planners/group/schema.ts';
import { type Frame, PAPER_FRAME } from '../charts/frame.ts';
import { loadBarsChart, loadBarsTitle } from './load-bars.ts';
import { matrixMapChart, matrixMapTitle } from './matrix-map.ts';
import { type RateRow, rateBars } from './rate-bars.ts';

export interface GroupChart {
  /** Also the name of its file. */
  id: string;
  title: string;
  /** Nothing to draw = undefined. */
  draw(evidence: GroupEvidence, frame: Frame): string | undefined;
}

const COMPARISON_TITLE = 'Group frames per second of the plan, the baselines and the optimum';
const WHAT_IF_TITLE = 'Group frames per second of the best plan, if something were different';

export const GROUP_CHARTS: readonly GroupChart[] = [
  { id: 'matrix', title: matrixMapTitle(), draw: matrixMapChart },
  { id: 'loads', title: loadBarsTitle(), draw: loadBarsChart },
  { id: 'comparison', title: COMPARISON_TITLE, draw: ({ plan }, frame) => comparison(plan, frame) },
  { id: 'what-if', title: WHAT_IF_TITLE, draw: ({ plan }, frame) => whatIfBars(plan, frame) },
];

/** Every chart as an SVG file for a paper, one column wide. */
export function groupChartFiles(evidence: GroupEvidence): { name: string; content: string }[] {
  return GROUP_CHARTS.flatMap(({ id, draw }) => {
    const svg = draw(evidence, PAPER_FRAME);
    return svg === undefined
      ? []
      : [{ name: `${id}.svg`, content: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n` }];
  });
}

function comparison(plan: GroupPlan, frame: Frame): string {
  const others: RateRow[] = Object.entries(plan.baselines).map(([name, fps]) => ({ name, fps }));
  const { kind, groupFps } = plan.bound;
  others.push({ name: kind === 'exact' ? 'optimum' : `bound (${kind})`, fps: groupFps });
  others.sort((a, b) => b.fps! - a.fps! || (a.name < b.name ? -1 : 1));
  return rateBars(frame, {
    id: 'comparison',
    title: COMPARISON_TITLE,
    caption: 'group frames/s, modelled; %: the plan against each',
    rows: [{ name: `this plan (${plan.planner.name})`, fps: plan.score.groupFps, own: true }, ...others],
    reference: plan.score.groupFps,
    gains: 'plan',
  });
}

function whatIfBars(plan: GroupPlan, frame: Frame): string | undefined {
  if (!plan.whatIf) return undefined;
  const { more, withoutDevice, withoutModel, limits } = plan.whatIf;
  const rows: RateRow[] = [
    { name: `this plan (${plan.planner.name})`, fps: plan.score.groupFps, own: true },
    ...more.flatMap(({ device, groupFps }) =>
      groupFps.slice(1).map((fps, i) => ({ name: `${i + 1} more ${device}`, fps })),
    ),
    ...[...withoutDevice, ...withoutModel, ...limits].map(({ change, groupFps }) => ({ name: change, fps: groupFps })),
  ];
  return rateBars(frame, {
    id: 'what-if',
    title: WHAT_IF_TITLE,
    caption: 'group frames/s of the best plan then, modelled; %: against this plan',
    rows,
    reference: plan.score.groupFps,
    gains: 'row',
  });
}
