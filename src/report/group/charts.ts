/** The charts of a group plan, in the order in which a reader wants them. */
import type { GroupProblem } from '../../planners/group/problem.ts';
import type { GroupPlan } from '../../planners/group/schema.ts';
import { type Frame, PAPER_FRAME } from '../charts/frame.ts';
import { bestGroupFps } from '../group-plan.ts';
import { loadBarsChart, loadBarsTitle } from './load-bars.ts';
import { matrixMapChart, matrixMapTitle } from './matrix-map.ts';
import { type RateRow, rateBars } from './rate-bars.ts';

/** A group plan, and the rates that it was made from where they are at hand: the document holds the chosen ones alone. */
export interface ShownGroup {
  plan: GroupPlan;
  problem?: GroupProblem;
}

export interface GroupChart {
  /** Also the name of its file. */
  id: string;
  title: string;
  /** Nothing to draw = undefined. */
  draw(shown: ShownGroup, frame: Frame): string | undefined;
}

const COMPARISON_TITLE = 'Group frames per second of the plan, the baselines and the optimum';
const WHAT_IF_TITLE = 'Group frames per second of the best plan, if something were different';
/** Equal up to rounding. */
const EQUAL = 1e-9;

export const GROUP_CHARTS: readonly GroupChart[] = [
  {
    id: 'matrix',
    title: matrixMapTitle(),
    draw: ({ plan, problem }, frame) => problem && matrixMapChart(plan, problem, frame),
  },
  { id: 'loads', title: loadBarsTitle(), draw: ({ plan }, frame) => loadBarsChart(plan, frame) },
  { id: 'comparison', title: COMPARISON_TITLE, draw: ({ plan }, frame) => comparison(plan, frame) },
  { id: 'what-if', title: WHAT_IF_TITLE, draw: ({ plan }, frame) => whatIfBars(plan, frame) },
];

/** Every chart as an SVG file for a paper, one column wide. */
export function groupChartFiles(shown: ShownGroup): { name: string; content: string }[] {
  return GROUP_CHARTS.flatMap(({ id, draw }) => {
    const svg = draw(shown, PAPER_FRAME);
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
    referenceName: 'The plan',
    gains: 'plan',
  });
}

function whatIfBars(plan: GroupPlan, frame: Frame): string | undefined {
  if (!plan.whatIf) return undefined;
  const { more, withoutDevice, withoutModel, limits } = plan.whatIf;
  const best = bestGroupFps(plan);
  const now = { name: 'the best plan as it is', fps: best };
  const own = { name: `this plan (${plan.planner.name})`, fps: plan.score.groupFps, own: true };
  const rows: RateRow[] = [
    ...(best > own.fps * (1 + EQUAL) ? [now] : []),
    own,
    ...more.flatMap(({ device, groupFps }) =>
      groupFps.slice(1).map((fps, i) => ({ name: `${i + 1} more ${device}`, fps })),
    ),
    ...[...withoutDevice, ...withoutModel, ...limits].map(({ change, groupFps }) => ({ name: change, fps: groupFps })),
  ];
  return rateBars(frame, {
    id: 'what-if',
    title: WHAT_IF_TITLE,
    caption: 'group frames/s of the best plan then, modelled; line and %: the best plan as it is',
    rows,
    reference: best,
    referenceName: 'The best plan as it is',
    gains: 'row',
  });
}
